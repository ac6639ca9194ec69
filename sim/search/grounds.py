"""Hunting grounds: stories in which one kind of bug shows soon, for what the others show seldom.

Each is a maker of stories like those of `sim.search.stories`, with choices enough that it is still
a search: it knows the circumstances in which a rule matters, not the moment. The true protocol must
be well in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sim.clients import ClientGroup, Workload
from sim.redis.settings import Machine
from sim.scenarios import Expectation, Fault
from sim.scenarios.expectations import BECOMES_CALM, CONDITIONAL_NAMES
from sim.search.choosing import Chooser
from sim.search.lasting import gone, guarded, returning, stuck_replica
from sim.search.schedules import Schedule
from sim.search.stories import KINDS, LIVENESS_LIMIT_S, SETTLED_S, Maker, Story, told
from sim.world.deployment import Deployment

__all__ = ["GROUNDS", "ground"]

MASTER = "redis-1"
MEGABYTE = 2**20
NOWHERE = ("REPLICAOF", "10.99.99.99", "6379")


def _told(to: Schedule, mended_at: float) -> Story:
    """The story of all that was done, and of how it was mended."""
    return told(
        to,
        (*to.faults, *to.mend(round(mended_at, 3))),
        (Expectation(BECOMES_CALM, True),),
        invariants=CONDITIONAL_NAMES,
        limit=LIVENESS_LIMIT_S,
    )


def _do(to: Schedule, verb: str, node: str, words: Sequence[str] = ()) -> None:
    to.faults.append(Fault(verb, to.now_s, node=node, words=tuple(words)))


def _slow(
    to: Schedule, nodes: Sequence[str], low_ms: float, high_ms: float, seconds: float
) -> None:
    """For so long whatever goes to or from any of the nodes takes its time."""
    to.faults += [
        Fault("delay", to.now_s, groups=((node,),), milliseconds=(low_ms, high_ms), seconds=seconds)
        for node in nodes
    ]


def old_opinions(choose: Chooser) -> Story:
    """A Sentinel dies that has said that the master is down, and long after another one says so.

    The quorum are all three, of whom never more than two are there.
    """
    where = Deployment(
        sentinels=3,
        replicas=1,
        clients=0,
        quorum=3,
        down_after_milliseconds=choose.choice((1000, 500)),
        failover_timeout=3000,
    )
    to = Schedule(choose, where, SETTLED_S)
    late = choose.choice(to.sentinels)
    witness = choose.choice([each for each in to.sentinels if each != late])
    _do(to, "kill", late)
    to.wait((0.0, 0.3))
    _do(to, "kill", MASTER)
    to.wait((2.0, 3.0))
    _do(to, "kill", witness)
    to.wait((6.0, 8.0))
    _do(to, "restart", late)
    return _told(to, to.now_s + choose.integer(4, 8))


def many_masters(choose: Chooser) -> Story:
    """Several masters fail, at once or one after the other, on a network that is slow or is not."""
    masters = choose.choice((2, 3, 4))
    where = Deployment(
        sentinels=choose.choice((3, 2)),
        masters=masters,
        replicas=1,
        clients=0,
        quorum=choose.choice((2, 1)),
        down_after_milliseconds=1000,
        failover_timeout=3000,
    )
    to = Schedule(choose, where, SETTLED_S)
    if choose.integer(0, 1):
        _slow(to, to.sentinels, 20, choose.choice((20, 100)), 10.0)
    verb = choose.choice(("kill", "pause"))
    for master in to.servers[::2]:
        if master == MASTER or choose.integer(0, 2):
            _do(to, verb, master)
            to.now_s = round(to.now_s + choose.choice((0.0, 0.0, 0.3, 2.0)), 3)
    return _told(to, max(to.now_s, SETTLED_S + 10.0) + 4.0)


def minority(choose: Chooser) -> Story:
    """The smaller part of a network that was cut has a replica and a quorum, and nothing else."""
    sentinels = choose.choice((3, 5, 4))
    where = Deployment(
        sentinels=sentinels,
        replicas=choose.choice((1, 2)),
        clients=0,
        quorum=1,
        down_after_milliseconds=choose.choice((1000, 500)),
        failover_timeout=3000,
    )
    to = Schedule(choose, where, SETTLED_S)
    few = [*to.sentinels[: choose.integer(1, (sentinels - 1) // 2)], to.servers[-1]]
    many = [each for each in to.nodes if each not in few]
    to.faults.append(Fault("partition", to.now_s, groups=(tuple(few), tuple(many))))
    if choose.integer(0, 1):
        to.wait((0.3, 2.0))
        _do(to, "kill", MASTER)
    return _told(to, to.now_s + choose.integer(8, 20))


def high_quorum(choose: Chooser) -> Story:
    """A quorum above the majority, and a network so slow that votes split or get lost."""
    sentinels = choose.choice((4, 5))
    where = Deployment(
        sentinels=sentinels,
        replicas=1,
        clients=0,
        quorum=4,
        down_after_milliseconds=1000,
        failover_timeout=3000,
    )
    to = Schedule(choose, where, SETTLED_S)
    _slow(to, to.sentinels, 50, choose.choice((50, 100, 150)), 15.0)
    to.wait((0.3,))
    _do(to, "kill", MASTER)
    to.now_s += 1.0
    for _ in range(choose.integer(0, 2)):
        to.wait((0.0, 0.3))
        _do(to, "kill", choose.choice(to.sentinels))
    return _told(to, SETTLED_S + 16.0)


def race(choose: Chooser) -> Story:
    """All Sentinels are candidates at once, and what they say to each other takes a while."""
    where = Deployment(
        sentinels=choose.choice((3, 5, 4)),
        replicas=choose.choice((1, 2)),
        clients=0,
        quorum=1,
        down_after_milliseconds=1000,
        failover_timeout=choose.choice((1000, 3000)),
    )
    to = Schedule(choose, where, SETTLED_S)
    _slow(to, to.sentinels, 20, choose.choice((20, 40, 60)), 15.0)
    to.wait((0.3,))
    _do(to, "kill", MASTER)
    return _told(to, SETTLED_S + 16.0)


def lonely(choose: Chooser) -> Story:
    """A candidate that nobody hears tries again and again."""
    where = Deployment(
        sentinels=choose.choice((3, 2, 5)),
        replicas=1,
        clients=0,
        quorum=1,
        down_after_milliseconds=500,
        failover_timeout=1000,
    )
    to = Schedule(choose, where, SETTLED_S)
    alone = choose.choice(to.sentinels)
    for each in to.sentinels:
        if each != alone:
            _do(to, "kill", each)
    _do(to, "kill", MASTER)
    return _told(to, to.now_s + choose.integer(12, 20))


def sleeper(choose: Chooser) -> Story:
    """A Sentinel sleeps or is away through a failover or two, and then tells what it knows."""
    where = Deployment(
        sentinels=choose.choice((3, 4)),
        replicas=choose.choice((1, 2)),
        clients=0,
        quorum=choose.choice((2, 1)),
        down_after_milliseconds=choose.choice((1000, 500)),
        failover_timeout=3000,
    )
    to = Schedule(choose, where, SETTLED_S)
    away = choose.choice(to.sentinels)
    _do(to, choose.choice(("pause", "kill")), away)
    to.wait((0.0, 0.3))
    _do(to, choose.choice(("kill", "pause")), MASTER)
    to.wait((5.0, 7.0))
    if choose.integer(0, 1):
        _do(to, "restart", MASTER)
        _do(to, "resume", MASTER)
        to.wait((3.5, 15.0))
        other = choose.choice([each for each in to.sentinels if each != away])
        _do(to, "command", other, ("SENTINEL", "FAILOVER", where.master_name))
        to.wait((3.5, 7.0))
    _do(to, "resume", away)
    _do(to, "restart", away)
    return _told(to, to.now_s + choose.integer(3, 10))


def amnesia(choose: Chooser) -> Story:
    """A Sentinel comes back among others in a later epoch, dies at once, and comes back alone.

    There is no replica, so that no failover ends and many epochs begin.
    """
    where = Deployment(
        sentinels=3,
        replicas=0,
        clients=0,
        quorum=1,
        down_after_milliseconds=1000,
        failover_timeout=1000,
    )
    to = Schedule(choose, where, SETTLED_S)
    forgetful = choose.choice(to.sentinels)
    _do(to, "kill", forgetful)
    _do(to, "kill", MASTER)
    to.wait((7.0, 15.0))
    _do(to, "restart", forgetful)
    to.wait((0.0, 0.3, 0.05))
    _do(to, "kill", forgetful)
    to.wait((0.05,))
    to.faults.append(Fault("partition", to.now_s, groups=((forgetful,),)))
    _do(to, "restart", forgetful)
    return _told(to, to.now_s + choose.integer(3, 6))


def turned_master(choose: Chooser) -> Story:
    """An operator makes the master a replica, of a replica of its own or of nobody known."""
    where = Deployment(
        sentinels=choose.choice((3, 1, 2)),
        replicas=choose.choice((1, 2)),
        clients=0,
        quorum=1,
        down_after_milliseconds=choose.choice((1000, 2000)),
        failover_timeout=3000,
    )
    to = Schedule(choose, where, SETTLED_S)
    to.wait((0.0, 0.3))
    words = choose.choice((("REPLICAOF", "10.0.0.2", "6379"), NOWHERE))
    _do(to, "command", MASTER, words)
    return _told(to, to.now_s + choose.integer(1, 5))


def much_data(choose: Chooser) -> Story:
    """Servers restart at once, and then load for longer than anybody may be silent."""
    where = Deployment(
        sentinels=choose.choice((3, 1)),
        replicas=choose.choice((1, 2)),
        clients=choose.choice((0, 1)),
        quorum=1,
        down_after_milliseconds=choose.choice((1500, 2000)),
        failover_timeout=10_000,
        machine=Machine(
            other_data_bytes=choose.choice((600, 800)) * MEGABYTE,
            sync_bytes_per_second=1000 * MEGABYTE,
        ),
    )
    to = Schedule(choose, where, SETTLED_S)
    for _ in range(choose.integer(1, 2)):
        server = choose.choice(to.servers)
        _do(to, "kill", server)
        to.now_s = round(to.now_s + choose.integer(5, 50) / 100, 3)
        _do(to, "restart", server)
        to.wait((15.0,))
    return _told(to, to.now_s)


def frozen_servers(choose: Chooser) -> Story:
    """Many servers freeze, each at a moment of its own: every timer is caught somewhere."""
    where = Deployment(
        sentinels=choose.choice((3, 2)),
        replicas=choose.choice((4, 5)),
        clients=0,
        quorum=2,
        down_after_milliseconds=choose.choice((1000, 2000)),
        failover_timeout=3000,
    )
    to = Schedule(choose, where, SETTLED_S)
    for server in to.servers[1:]:
        to.now_s = round(to.now_s + choose.integer(10, 200) / 100, 3)
        _do(to, choose.choice(("pause", "power_off")), server)
    return _told(to, to.now_s + 6.0)


def commanded(choose: Chooser) -> Story:
    """An operator lets a master be failed over that is well; replicas may not hear each other."""
    replicas = choose.choice((2, 1, 3))
    where = Deployment(
        sentinels=choose.choice((3, 5)),
        replicas=replicas,
        clients=0,
        down_after_milliseconds=choose.choice((1000, 2000)),
        failover_timeout=choose.choice((20_000, 15_000)),
    )
    to = Schedule(choose, where, SETTLED_S)
    if choose.integer(0, 1):
        to.faults.append(
            Fault("partition", to.now_s, groups=tuple((each,) for each in to.servers[1:]))
        )
    for _ in range(choose.integer(1, 3)):
        to.wait((0.0, 0.3))
        words = ("SENTINEL", "FAILOVER", where.master_name)
        _do(to, "command", choose.choice(to.sentinels), words)
        to.wait((15.0,))
    return _told(to, to.now_s + choose.integer(5, 10))


def replicas_differ(choose: Chooser) -> Story:
    """Replicas of all priorities, which fall back, stall or die, before the master does."""
    replicas = choose.choice((2, 3, 4))
    where = Deployment(
        sentinels=choose.choice((3, 1)),
        replicas=replicas,
        clients=1,
        quorum=1,
        down_after_milliseconds=choose.choice((1000, 2000)),
        failover_timeout=choose.choice((3000, 6000)),
        replica_priorities=tuple(choose.choice((100, 100, 50, 0)) for _ in range(replicas)),
    )
    to = Schedule(choose, where, SETTLED_S)
    for _ in range(choose.integer(1, 3)):
        replica = choose.choice(to.servers[1:])
        match choose.choice(("cut", "kill", "pause")):
            case "cut":
                to.faults.append(Fault("partition", to.now_s, groups=((MASTER,), (replica,))))
            case verb:
                _do(to, verb, replica)
        to.wait((0.3, 1.0, 2.0))
    _do(to, "kill", MASTER)
    if choose.integer(0, 1):
        to.wait((1.0, 1.5))
        _do(to, choose.choice(("kill", "pause")), choose.choice(to.servers[1:]))
    return _told(to, to.now_s + choose.integer(6, 15))


def lagging(choose: Chooser) -> Story:
    """Replicas of one priority, some of which have missed what was written last."""
    where = Deployment(
        sentinels=choose.choice((3, 1)),
        replicas=choose.choice((2, 3)),
        clients=1,
        quorum=1,
        down_after_milliseconds=1000,
        failover_timeout=6000,
    )
    to = Schedule(choose, where, SETTLED_S)
    behind = choose.choice(to.servers[1:])
    to.faults.append(Fault("partition", to.now_s, groups=((MASTER,), (behind,))))
    to.wait((1.0, 2.0, 3.5))
    _do(to, "kill", MASTER)
    return _told(to, to.now_s + choose.integer(5, 12))


def slow_replicas(choose: Chooser) -> Story:
    """The master dies, and what the Sentinels know of its replicas is old: they are far away."""
    where = Deployment(
        sentinels=choose.choice((1, 2, 3)),
        replicas=choose.choice((1, 2)),
        clients=0,
        quorum=1,
        down_after_milliseconds=choose.choice((1000, 2000)),
        failover_timeout=choose.choice((6000, 10_000)),
    )
    to = Schedule(choose, where, SETTLED_S)
    seconds = 30.0
    low, high = choose.choice(((300.0, 400.0), (200.0, 600.0), (100.0, 200.0)))
    _slow(to, to.servers[1:], low, high, seconds)
    to.wait((1.0, 3.5, 7.0))
    _do(to, "kill", MASTER)
    return _told(to, SETTLED_S + seconds + 1.0)


def long_lost(choose: Chooser) -> Story:
    """A replica has long followed nobody when the master dies."""
    where = Deployment(
        sentinels=choose.choice((1, 3)),
        replicas=choose.choice((1, 2)),
        clients=1,
        quorum=1,
        down_after_milliseconds=500,
        failover_timeout=60_000,
    )
    to = Schedule(choose, where, SETTLED_S)
    for replica in to.servers[1:]:
        if replica == "redis-2" or choose.integer(0, 1):
            _do(to, "command", replica, NOWHERE)
    to.now_s = round(to.now_s + choose.integer(6, 40), 3)
    _do(to, "kill", MASTER)
    return _told(to, to.now_s + choose.integer(4, 8))


def stray(choose: Chooser) -> Story:
    """An operator makes a replica a master, and then the real one dies."""
    sentinels = choose.choice((3, 2))
    where = Deployment(
        sentinels=sentinels,
        replicas=choose.choice((2, 3)),
        clients=0,
        quorum=choose.choice((1, sentinels + 1)),
        down_after_milliseconds=choose.choice((1000, 2000)),
        failover_timeout=3000,
        replica_priorities=(choose.choice((50, 100)), choose.choice((100, 50))),
    )
    to = Schedule(choose, where, SETTLED_S)
    _do(to, "command", choose.choice(to.servers[1:]), ("REPLICAOF", "NO", "ONE"))
    to.wait((0.0, 0.3, 1.0, 2.0))
    _do(to, "kill", MASTER)
    return _told(to, to.now_s + choose.integer(6, 25))


def parted_replicas(choose: Chooser) -> Story:
    """The master dies while its replicas do not hear each other."""
    replicas = choose.choice((2, 3))
    where = Deployment(
        sentinels=choose.choice((3, 1)),
        replicas=replicas,
        clients=0,
        quorum=1,
        parallel_syncs=choose.choice((1, 2)),
        down_after_milliseconds=1000,
        failover_timeout=choose.choice((6000, 10_000)),
    )
    to = Schedule(choose, where, SETTLED_S)
    to.faults.append(Fault("partition", to.now_s, groups=tuple((each,) for each in to.servers[1:])))
    to.wait((0.0, 0.3, 1.0))
    _do(to, "kill", MASTER)
    return _told(to, to.now_s + choose.integer(5, 20))


def patient_clients(choose: Chooser) -> Story:
    """A client waits for replicas after each write; one of them dies or is far away."""
    workload = Workload(rate=5.0, wait_replicas=choose.choice((1, 2)), wait_milliseconds=500)
    where = Deployment(
        sentinels=choose.choice((3, 1)),
        replicas=2,
        clients=1,
        groups=(ClientGroup(count=1, workload=workload),),
        quorum=1,
        down_after_milliseconds=1000,
        failover_timeout=6000,
    )
    to = Schedule(choose, where, SETTLED_S)
    replica = choose.choice(to.servers[1:])
    if choose.integer(0, 1):
        _slow(to, (replica,), 50, 100, 5.0)
    else:
        _do(to, "kill", replica)
    to.wait((1.0, 2.0))
    _do(to, "kill", MASTER)
    return _told(to, to.now_s + choose.integer(6, 12))


GROUNDS: Mapping[str, Maker] = MappingProxyType(
    {
        **KINDS,
        "old-opinions": old_opinions,
        "many-masters": many_masters,
        "minority": minority,
        "high-quorum": high_quorum,
        "race": race,
        "lonely": lonely,
        "sleeper": sleeper,
        "amnesia": amnesia,
        "turned-master": turned_master,
        "much-data": much_data,
        "frozen-servers": frozen_servers,
        "commanded": commanded,
        "replicas-differ": replicas_differ,
        "lagging": lagging,
        "slow-replicas": slow_replicas,
        "long-lost": long_lost,
        "stray": stray,
        "parted-replicas": parted_replicas,
        "patient-clients": patient_clients,
        "gone": gone,
        "returning": returning,
        "stuck-replica": stuck_replica,
        "guarded": guarded,
    }
)
"""Where to look: the kinds of stories for everybody, and those for one kind of bug."""


def ground(name: str) -> Maker:
    """The stories of that name; raises ValueError, which names those that there are."""
    found = GROUNDS.get(name)
    if found is None:
        raise ValueError(f"no ground is called {name!r}; expected one of: {', '.join(GROUNDS)}")
    return found
