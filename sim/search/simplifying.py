"""What could be simpler about a story: fewer nodes, plainer settings, shorter times.

A simpler story is a little simpler than the one before, in one respect. Whether it still tells what
it is told for is for somebody else to say (`sim.search.shrinking`). What is simple is what comes
first in the choices of which stories are made, and of the nodes as few as can be.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from sim.scenarios import Fault
from sim.search.deployments import names_of
from sim.search.stories import SETTLED_S, Story
from sim.world.deployment import Deployment, DeploymentError

__all__ = ["STEPS", "Simplification", "with_faults"]

Simplification: TypeAlias = Callable[[Story], Iterator[Story]]
"""Simpler stories than one that is given, the boldest first; none if it is simple already."""

NamesBefore: TypeAlias = Mapping[str, "str | None"]
"""What each node is called afterwards; None: it is gone. A name that is not there stays."""

PLAIN = Deployment()
FANCY = (
    ("topology",),
    ("host_names", "resolve_hostnames", "announce_hostnames", "name_delay"),
    ("directives", "redis_conf"),
    ("machine",),
    ("latency", "loopback"),
    ("replica_priorities",),
    ("parallel_syncs",),
    ("master_reboot_down_after_period",),
)
"""Settings that most stories do without, those together that need each other."""

SHORT_MS = {"down_after_milliseconds": 1000, "failover_timeout": 3000}


def with_faults(story: Story, faults: Sequence[Fault]) -> Story:
    """The same story with these faults."""
    return _with(story, faults=tuple(faults))


def _with(story: Story, **changes: Any) -> Story:
    return dataclasses.replace(story, scenario=dataclasses.replace(story.scenario, **changes))


def _in(story: Story, names: NamesBefore, **changes: Any) -> Iterator[Story]:
    """The story with another deployment, and without faults of those who are gone.

    None if there is no such deployment, or if it says something about one who is gone.
    """
    try:
        where = dataclasses.replace(story.scenario.deployment, **changes)
    except DeploymentError:
        return
    known = {each for group in names_of(where) for each in group}
    lost = [node for _, node in where.host_names if node not in known]
    if lost or where.topology.unknown_nodes(known):
        return
    faults = [_renamed(fault, names) for fault in story.scenario.faults]
    yield _with(story, deployment=where, faults=tuple(each for each in faults if each is not None))


def _renamed(fault: Fault, names: NamesBefore) -> Fault | None:
    """The same fault of the same nodes under their new names; None if it was done to the others."""
    single = {field: getattr(fault, field) for field in ("node", "to", "by", "about")}
    after = {field: names.get(name, name) for field, name in single.items()}
    nodes = _kept(fault.nodes, names)
    groups = tuple(group for each in fault.groups if (group := _kept(each, names)))
    is_pointless = (
        None in after.values()
        or (fault.nodes and not nodes)
        or len(groups) < min(len(fault.groups), 2)
    )
    return None if is_pointless else dataclasses.replace(fault, nodes=nodes, groups=groups, **after)


def _kept(nodes: Sequence[str], names: NamesBefore) -> tuple[str, ...]:
    return tuple(after for each in nodes if (after := names.get(each, each)) is not None)


def _moved_up(nodes: Sequence[str], gone: Sequence[str]) -> NamesBefore:
    """The names after some of `nodes`, which are numbered, have gone: the others move up."""
    left = iter(nodes)
    return {each: None if each in gone else next(left) for each in nodes}


def fewer_clients(story: Story) -> Iterator[Story]:
    """Nobody reads or writes, or only one does, in the ordinary way."""
    where = story.scenario.deployment
    clients = names_of(where)[2]
    if clients:
        yield from _in(story, dict.fromkeys(clients), clients=0, groups=())
    if len(clients) > 1 or where.groups:
        yield from _in(story, dict.fromkeys(clients[1:]), clients=1, groups=())
    if len(clients) > 1 and where.groups:
        first = dataclasses.replace(where.groups[0], count=1)
        yield from _in(story, dict.fromkeys(clients[1:]), clients=1, groups=(first,))


def plainer_settings(story: Story) -> Iterator[Story]:
    """Nothing is set that need not be; what is set has its simplest value."""
    where = story.scenario.deployment
    plain = [
        {name: getattr(PLAIN, name) for name in names}
        for names in FANCY
        if any(getattr(where, name) != getattr(PLAIN, name) for name in names)
    ]
    if len(plain) > 1:
        yield from _in(story, {}, **{name: value for each in plain for name, value in each.items()})
    for each in plain:
        yield from _in(story, {}, **each)
    for name, value in SHORT_MS.items():
        if getattr(where, name) > value:
            yield from _in(story, {}, **{name: value})


def fewer_masters(story: Story) -> Iterator[Story]:
    """The first master alone, or without one of the others and its replicas."""
    where = story.scenario.deployment
    servers = names_of(where)[0]
    size = where.replicas + 1
    if where.masters > 1:
        yield from _in(story, dict.fromkeys(servers[size:]), masters=1)
    for number in range(where.masters - 1, 0, -1) if where.masters > 2 else ():
        gone = servers[number * size : (number + 1) * size]
        yield from _in(story, _moved_up(servers, gone), masters=where.masters - 1)


def fewer_replicas(story: Story) -> Iterator[Story]:
    """No replicas, or every master has one less: the last, or another one."""
    where = story.scenario.deployment
    servers = names_of(where)[0]
    size = where.replicas + 1
    if where.replicas > 1:
        replicas = [each for place, each in enumerate(servers) if place % size]
        none = _moved_up(servers, replicas)
        yield from _in(story, none, replicas=0, replica_priorities=())
    for number in range(where.replicas, 0, -1):
        gone = servers[number::size]
        priorities = where.replica_priorities
        yield from _in(
            story,
            _moved_up(servers, gone),
            replicas=where.replicas - 1,
            replica_priorities=priorities[: number - 1] + priorities[number:],
        )


def fewer_sentinels(story: Story) -> Iterator[Story]:
    """Those to whom something is done alone, or without one: first of those who only watch."""
    where = story.scenario.deployment
    sentinels = names_of(where)[1]
    hit = {name for fault in story.scenario.faults for name in fault.names if not fault.groups}
    idle = [each for each in reversed(sentinels) if each not in hit]
    busy = [each for each in reversed(sentinels) if each in hit]
    bold = [idle if busy else idle[:-1]] if len(idle) > 1 else []
    for gone in [*bold, *([each] for each in (*idle, *busy))]:
        left = len(sentinels) - len(gone)
        quorum = where.quorum
        if quorum is not None and left < quorum <= len(sentinels):
            quorum = left
        if left:
            names = _moved_up(sentinels, gone)
            yield from _in(story, names, sentinels=left, quorum=quorum)


def milder_faults(story: Story) -> Iterator[Story]:
    """A fault happens once, both ways, at its time, in two parts, and for half as long."""
    faults = story.scenario.faults
    for place, fault in enumerate(faults):
        milder: list[Fault] = []
        if fault.repeat is not None:
            milder.append(dataclasses.replace(fault, repeat=None))
        if fault.one_way:
            milder.append(dataclasses.replace(fault, one_way=False))
        if fault.do == "partition" and len(fault.groups) > 2:
            one, *others = fault.groups
            together = tuple(name for group in others for name in group)
            milder.append(dataclasses.replace(fault, groups=(one, together)))
        if fault.seconds > 1:
            milder.append(dataclasses.replace(fault, seconds=float(fault.seconds // 2 or 1)))
        for each in milder:
            yield with_faults(story, [*faults[:place], each, *faults[place + 1 :]])


def sooner(story: Story) -> Iterator[Story]:
    """All happens at whole seconds; and what follows comes at once, or after half of the time."""
    faults = story.scenario.faults
    moments = sorted({fault.at for fault in faults if fault.at is not None})
    if any(at != round(at) for at in moments):
        yield with_faults(story, [_moved(fault, round) for fault in faults])
    for before, at in zip([SETTLED_S, *moments], moments, strict=False):
        gap = at - before
        for shorter in (0.0, float(gap // 2)) if gap >= 1 else ():
            earlier = _earlier_from(at, gap - shorter)
            yield with_faults(story, [_moved(fault, earlier) for fault in faults])


def _earlier_from(at: float, seconds: float) -> Callable[[float], float]:
    return lambda moment: moment - seconds if moment >= at else moment


def _moved(fault: Fault, when: Callable[[float], float]) -> Fault:
    repeat = fault.repeat
    if repeat is not None and repeat.until is not None:
        repeat = dataclasses.replace(repeat, until=round(float(when(repeat.until)), 3))
    at = None if fault.at is None else round(float(when(fault.at)), 3)
    return dataclasses.replace(fault, at=at, repeat=repeat)


STEPS: tuple[Simplification, ...] = (
    fewer_clients,
    plainer_settings,
    fewer_masters,
    fewer_replicas,
    fewer_sentinels,
    milder_faults,
    sooner,
)
"""In which respects a story can be simpler, what matters most to its reader first."""
