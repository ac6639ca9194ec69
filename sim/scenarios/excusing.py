"""Why a world never became calm: whether known peculiarities of the protocol explain all of it."""

from __future__ import annotations

from collections.abc import Iterable

from minisentinel.trace import SentinelEvent
from sim.invariants import PECULIARITIES, Judgement, Kind
from sim.invariants.verdicts import Violation
from sim.world import World
from sim.world.calm import is_settled
from sim.world.mastership import present_master

__all__ = ["unrest_is_explained"]

_LATELY_US = 30_000_000


def unrest_is_explained(world: World, judgements: Iterable[Judgement]) -> bool:
    """Whether each master whose group is not at rest is one about which all is explained.

    What is wrong at the end must be explained, master by master: that one group will never agree
    does not excuse another, nor a process that is frozen or a network that is cut.
    """
    endings = [each for each in judgements if each.invariant.kind is Kind.LIVENESS]
    if any(each.is_broken for each in endings) or _is_disturbed(world):
        return False
    explained = {
        name
        for each in endings
        if each.is_explained
        for violation in each.verdict.violations
        for name in _masters_of(world, violation)
    }
    explained |= _stirred_up(world)
    restless = _restless_masters(world)
    return bool(restless) and restless <= explained


def _stirred_up(world: World) -> set[str]:
    """The masters about which a peculiarity that never rests was the last to show.

    That is in the last half minute, or before that if nothing has happened to the master since.
    """
    lately_us = world.trace.entries[-1].time_us - _LATELY_US
    last_us = {data.master: entry.time_us for entry, data in world.trace.of(SentinelEvent)}
    return {
        name
        for peculiarity in PECULIARITIES
        if peculiarity.never_rests
        for entry in peculiarity.recognise(world.trace).entries
        if (name := getattr(entry.data, "master", ""))
        and entry.time_us >= min(lately_us, last_us.get(name, lately_us))
    }


def _is_disturbed(world: World) -> bool:
    return bool(world.network.partitions) or any(
        node.state == "paused" for node in world.nodes.values()
    )


def _restless_masters(world: World) -> set[str]:
    """The names of the masters whose groups are not at rest."""
    addresses = {place.name: (place.ip, place.port) for place in world.plan.places}
    restless = set()
    for number, name in enumerate(world.deployment.master_names):
        group, sentinels = world.plan.group(number), world.sentinels.values()
        master = present_master(name, group, world.servers, sentinels)
        servers = [world.servers[place.name] for place in group]
        if master is None or not is_settled(
            world.servers[master], servers, sentinels, addresses, name
        ):
            restless.add(name)
    return restless


def _masters_of(world: World, violation: Violation) -> set[str]:
    """The masters that a violation is about: those that it names, and those of its servers."""
    names = world.deployment.master_names
    found = {name for each in violation.evidence if (name := getattr(each.data, "master", ""))}
    found &= set(names)
    for number, name in enumerate(names):
        servers = [place.name for place in world.plan.group(number)]
        if any(each.node in servers for each in violation.evidence):
            found.add(name)
    return found
