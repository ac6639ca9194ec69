"""Hunting grounds in which something stays broken: nobody mends the master, or what hangs.

Stories that end well cannot show a Sentinel that does nothing: the mending does its work.
"""

from __future__ import annotations

from sim.clients import ClientGroup, Workload
from sim.scenarios import Fault
from sim.search.choosing import Chooser
from sim.search.schedules import Schedule
from sim.search.stories import SETTLED_S, Story, told
from sim.world.deployment import Deployment

__all__ = ["gone", "guarded", "returning", "stuck_replica"]

MASTER = "redis-1"


def _watched(to: Schedule, seconds: float) -> Story:
    """The story of what was done, watched for so long after it."""
    return told(to, to.faults, watch_for=seconds)


def gone(choose: Chooser) -> Story:
    """The master dies for ever, perhaps with a Sentinel or a replica; or no replica is fit."""
    replicas = choose.choice((2, 1, 3))
    where = Deployment(
        sentinels=choose.choice((3, 5, 4)),
        replicas=replicas,
        clients=0,
        quorum=choose.choice((2, 1)),
        down_after_milliseconds=choose.choice((1000, 2000, 500)),
        failover_timeout=choose.choice((6000, 1000, 10_000)),
        replica_priorities=(choose.choice((100, 100, 0)),) * replicas,
    )
    to = Schedule(choose, where, SETTLED_S + choose.integer(0, 99) / 10)
    to.faults.append(Fault("kill", to.now_s, node=MASTER))
    for who in (to.sentinels, to.servers[1:]):
        if choose.choice((False, False, True)) and len(who) > 1:
            to.wait((0.0, 0.3, 2.0))
            to.faults.append(Fault("kill", to.now_s, node=choose.choice(who)))
    return _watched(to, 30.0)


def returning(choose: Chooser) -> Story:
    """A master comes back when another one has long taken its place, and is watched for a while."""
    where = Deployment(
        sentinels=choose.choice((3, 1, 5)),
        replicas=choose.choice((1, 2)),
        clients=choose.choice((0, 1)),
        quorum=1,
        down_after_milliseconds=choose.choice((1000, 2000)),
        failover_timeout=choose.choice((6000, 10_000)),
    )
    to = Schedule(choose, where, SETTLED_S)
    away, back = choose.choice((("pause", "resume"), ("kill", "restart")))
    to.faults.append(Fault(away, to.now_s, node=MASTER))
    to.wait((15.0, 20.0))
    to.faults.append(Fault(back, to.now_s, node=MASTER))
    return _watched(to, 50.0)


def stuck_replica(choose: Chooser) -> Story:
    """An operator asks for a failover, and a replica freezes that is to follow the new master."""
    replicas = choose.choice((2, 3))
    where = Deployment(
        sentinels=choose.choice((3, 1)),
        replicas=replicas,
        clients=0,
        parallel_syncs=choose.choice((3, 4)),
        down_after_milliseconds=choose.choice((20_000, 30_000)),
        failover_timeout=choose.choice((60_000, 40_000)),
    )
    to = Schedule(choose, where, SETTLED_S)
    # It is not needed for anything else, and the better one is promoted.
    to.faults.append(Fault("pause", to.now_s, node=choose.choice(to.servers[1:])))
    to.wait((0.0, 0.3))
    words = ("SENTINEL", "FAILOVER", where.master_name)
    to.faults.append(Fault("command", to.now_s, node=choose.choice(to.sentinels), words=words))
    return _watched(to, 30.0)


def guarded(choose: Chooser) -> Story:
    """A master that must not write without replicas loses some or all of them, in every way.

    They come back or they do not, and the master may die, or be cut off with a client of its own.
    """
    replicas = choose.choice((1, 2, 3))
    needed = choose.choice((1, 1, 2))
    where = Deployment(
        sentinels=3,
        replicas=replicas,
        clients=2,
        groups=(ClientGroup(count=2, workload=Workload(rate=10.0)),),
        down_after_milliseconds=choose.choice((5000, 20_000, 1000)),
        failover_timeout=10_000,
        directives=(
            ("min-replicas-to-write", str(needed)),
            ("min-replicas-max-lag", choose.choice(("2", "3", "5"))),
        ),
    )
    to = Schedule(choose, where, SETTLED_S)
    if choose.choice((False, False, False, True)):
        # Nobody needs replicas until an operator says so; a promoted server is as it was started.
        words = ("CONFIG", "SET", "min-replicas-to-write", choose.choice(("0", str(replicas))))
        to.faults.append(Fault("command", to.now_s, node=MASTER, words=words))
    # All of them, or just one too many.
    lost = to.servers[1:] if choose.integer(0, 1) else to.servers[1 : max(replicas - needed, 0) + 2]
    match choose.choice(("cut", "pause", "kill", "apart")):
        case "cut":
            to.faults.append(Fault("partition", to.now_s, groups=((MASTER,), tuple(lost))))
        case "apart":
            alone = (MASTER, "sentinel-1", "client-1")
            to.faults.append(Fault("partition", to.now_s, groups=(alone,)))
        case verb:
            to.faults += [Fault(verb, to.now_s, node=each) for each in lost]
    to.wait((7.0, 12.0, 3.5))
    if choose.integer(0, 1):
        to.faults.append(Fault("heal", to.now_s))
        to.faults += [Fault("resume", to.now_s, node=each) for each in lost]
        if choose.integer(0, 1):
            to.faults.append(Fault("kill", to.now_s, node=MASTER))
        else:
            to.faults += [Fault("restart", to.now_s, node=each) for each in lost]
    return _watched(to, 12.0)
