"""From the first start to the moment that a search begins at, by fair moves only.

The world is built as a real one is: everybody starts, finds everybody else by INFO and hello, the
masters die, everybody finds that out and asks the others. Everything arrives at once, and all
timers fire every 100 ms. The search takes over one step before the first attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from minisentinel.core.instances import destroy_peer
from minisentinel.core.state import FailoverState, State
from minisentinel.trace import Data
from sim.adversary.history import Breach
from sim.adversary.moves import Move
from sim.adversary.servers import Server
from sim.adversary.world import Outcome, Situation, World

__all__ = [
    "STARTS",
    "begin",
    "crisis",
    "failed_over",
    "fair_round",
    "peace",
    "promoted",
    "settled",
    "wake",
]

START_MS = 1_767_225_600_000
"""The wall clock at the start: 2026-01-01 00:00:00 UTC."""

TICK_MS = 100
NEVER_MS = 2**40
OUT_OF_REACH = 1_000


class NeverSettled(RuntimeError):
    """The world did not come to the point that was waited for; this is a mistake in the world."""


def begin(world: World) -> Situation:
    """Everybody has just been started; the masters have their replicas."""
    world.prologue.clear()
    plan = world.plan
    servers = []
    for name in plan.server_names:
        group, _, number = name.rpartition("-")
        follows = None if number == "1" else plan.addresses[f"{group}-1"]
        servers.append(world.number_of_server(Server(name, plan.runids[name], follows=follows)))
    minds = []
    for place, name in enumerate(plan.sentinel_names):
        mind = world.minds.first(name, START_MS, 0 if plan.lucky else 1000 + place)
        minds.append(world.minds.changed(mind, _prepare))
    return Situation(tuple(minds), tuple(servers), ())


def _prepare(state: State) -> None:
    """No TILT, however far a clock jumps; and no quorum is ever reached until the search begins."""
    state.timing.tilt_trigger = NEVER_MS
    for master in state.masters.values():
        master.quorum = OUT_OF_REACH


def _fair_round(world: World, situation: Situation) -> Situation:
    """A fair round of which the world remembers the records."""
    outcome = fair_round(world, situation)
    world.prologue += outcome.records
    return outcome.situation


def fair_round(
    world: World, situation: Situation, ms: int = TICK_MS, asleep: tuple[str, ...] = ()
) -> Outcome:
    """Time passes for everybody, all timers fire, and everything arrives until nothing is left."""
    breaches: list[Breach] = []
    records: list[tuple[str, int, Data]] = []
    for name in world.plan.sentinel_names:
        if name not in asleep:
            outcome = world.apply(situation, Move("tick", name, ms=ms))
            situation = outcome.situation
            breaches += outcome.breaches
            records += outcome.records
    while True:
        waiting = [world.wires[n] for n in situation.wires]
        waiting = [wire for wire in waiting if wire.out or wire.back]
        if not waiting:
            break
        wire = waiting[0]
        move = Move("deliver" if wire.out else "answer", key=wire.key)
        outcome = world.apply(situation, move)
        situation = outcome.situation
        breaches += outcome.breaches
        records += outcome.records
    return Outcome(situation, tuple(breaches), tuple(records))


def settled(world: World) -> Situation:
    """Everybody knows everybody, has had news of all within the last second, and is calm."""
    situation = begin(world)
    peers, replicas = world.plan.sentinels - 1, world.plan.replicas
    for _ in range(200):
        situation = _fair_round(world, situation)
        if all(
            len(master.peers) == peers
            and len(master.replicas) == replicas
            and all(not each.link.disconnected for each in state.instances.values())
            for state in _states(world, situation)
            for master in state.masters.values()
        ):
            break
    else:
        raise NeverSettled("not everybody met everybody else")
    for _ in range(30):
        situation = _fair_round(world, situation)
    return situation


def crisis(world: World) -> Situation:
    """All masters are dead, everybody has heard it from everybody, and nobody has acted yet.

    The next tick of any Sentinel finds its masters objectively down and starts an attempt for each.
    """
    situation = settled(world)
    for name in world.plan.master_names:
        outcome = world.apply(situation, Move("kill", f"{name}-1"))
        world.prologue += outcome.records
        situation = outcome.situation
    for _ in range(200):
        situation = _fair_round(world, situation)
        masters = [
            master for state in _states(world, situation) for master in state.masters.values()
        ]
        if all(
            master.subjectively_down and all(peer.master_down for peer in master.peers.values())
            for master in masters
        ):
            break
    else:
        raise NeverSettled("the masters were not found to be down")
    situation = _each(world, situation, lambda state: _set_quorum(state, world.plan.quorum))
    if world.plan.only_votes:
        situation = _each(world, situation, _hush)
    for one, other in world.plan.strangers:
        situation = _forget(world, situation, one, other)
    return situation._replace(spent=type(situation.spent)(), history=0)


def peace(world: World) -> Situation:
    """Everybody knows everybody, and nobody is down: all that happens is up to the adversary."""
    situation = _each(world, settled(world), lambda state: _set_quorum(state, world.plan.quorum))
    return situation._replace(spent=type(situation.spent)(), history=0)


def promoted(world: World) -> Situation:
    """The masters have died, one Sentinel each has promoted a replica, and nobody else knows it."""
    situation = crisis(world)
    for _ in range(600):
        situation = _fair_round(world, situation)
        states = _states(world, situation)
        makers = [
            sum(state.masters[name].config_epoch > 0 for state in states)
            for name in world.plan.master_names
        ]
        if all(each == 1 for each in makers):
            return situation._replace(spent=type(situation.spent)(), history=0)
    raise NeverSettled("there was no moment at which only the leaders knew the new masters")


def failed_over(world: World) -> Situation:
    """The masters have died, others were promoted, everybody knows it, and the old ones run again.

    None of the old ones has been told yet that it is a replica now.
    """
    situation = crisis(world)
    for _ in range(600):
        situation = _fair_round(world, situation)
        states = _states(world, situation)
        masters = [master for state in states for master in state.masters.values()]
        if len({(each.name, each.config_epoch) for each in masters}) == world.plan.masters and all(
            each.config_epoch and each.failover_state is FailoverState.NONE for each in masters
        ):
            break
    else:
        raise NeverSettled("not every master was replaced")
    for name in world.plan.master_names:
        outcome = world.apply(situation, Move("revive", f"{name}-1"))
        world.prologue += outcome.records
        situation = outcome.situation
    return situation._replace(spent=type(situation.spent)(), history=0)


STARTS: Mapping[str, Callable[[World], Situation]] = MappingProxyType(
    {"crisis": crisis, "peace": peace, "promoted": promoted, "failed over": failed_over}
)
"""Where a search may begin. All but the crisis need a world in which more happens than votes."""


def wake(world: World, situation: Situation) -> Situation:
    """The periods are what they usually are again: PING, INFO and hello go on."""
    return _each(world, situation, _unhush)


def _set_quorum(state: State, quorum: int) -> None:
    for master in state.masters.values():
        master.quorum = quorum


def _hush(state: State) -> None:
    timing = state.timing
    timing.info_period = timing.ping_period = timing.publish_period = NEVER_MS


def _unhush(state: State) -> None:
    timing = state.timing
    timing.info_period, timing.ping_period, timing.publish_period = 10_000, 1_000, 2_000


def _each(world: World, situation: Situation, change: Callable[[State], None]) -> Situation:
    minds = tuple(world.minds.changed(mind, change) for mind in situation.minds)
    return situation._replace(minds=minds)


def _forget(world: World, situation: Situation, one: str, other: str) -> Situation:
    """`one` has never met `other`."""
    runid = world.plan.runids[other]
    gone: list[int] = []

    def forget(state: State) -> None:
        for master in state.masters.values():
            released = destroy_peer(state, master, master.peers[runid])
            gone.extend(connection.id for _, connection in released)

    place = world.plan.sentinel_names.index(one)
    minds = list(situation.minds)
    minds[place] = world.minds.changed(minds[place], forget)
    wires = tuple(
        n
        for n in situation.wires
        if not (world.wires[n].key.opener == one and world.wires[n].connection in gone)
    )
    return situation._replace(minds=tuple(minds), wires=wires)


def _states(world: World, situation: Situation) -> list[State]:
    return [world.minds.memory(mind) for mind in situation.minds]
