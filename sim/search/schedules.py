"""Random faults: one maker for every verb of the world, and what mends all that was done.

A `Schedule` is a list of faults in the order of time. Faults are aimed at nodes by name, so that a
shrunk story still says who was hit. Most have their moment; some wait for what a Sentinel says, and
are left out if nobody says it, and some happen again and again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from sim.network.latency import Constant, Uniform
from sim.scenarios import Fault, Repetition
from sim.search.choosing import Chooser
from sim.search.deployments import names_of
from sim.world.deployment import Deployment

__all__ = ["MAKERS", "Schedule", "cut"]

GAPS_S = (0.0, 0.05, 0.3, 1.0, 1.5, 2.0, 3.5, 7.0, 15.0)
CLOCK_STEPS_S = (3.0, -3.0, 0.4, 30.0, -30.0)
SLOW_MS = ((50.0, 50.0), (100.0, 400.0), (300.0, 1500.0))

CUES = (
    "+odown",
    "+vote-for-leader",
    "+elected-leader",
    "+failover-state-wait-promotion",
    "+promoted-slave",
    "+slave-reconf-sent",
    "+switch-master",
    "+sdown",
    "-sdown",
    "+try-failover",
    "+config-update-from",
    "+convert-to-slave",
)
"""What is said in moments at which a protocol is easily caught off its guard."""

PATIENCE_S = (3.0, 8.0)
AGAIN = ("block", "step_clock", "kill", "command", "pause", "resume")
"""What makes sense again and again: of those that kill, a supervisor or a restart may follow."""


class Schedule:
    """The faults of one story: who may be hit, what was done so far, and the time `now_s`.

    `begin_s` is when trouble may begin.
    """

    def __init__(self, choose: Chooser, where: Deployment, begin_s: float) -> None:
        self.choose = choose
        self.where = where
        self.now_s = begin_s
        self.faults: list[Fault] = []
        self.servers, self.sentinels, self.clients = names_of(where)
        self.replaced: list[str] = []
        """Sentinels whose machine is gone for good."""

    @property
    def nodes(self) -> list[str]:
        """Servers and Sentinels, those that joined included."""
        return self.servers + self.sentinels

    @property
    def everybody(self) -> list[str]:
        """The nodes and the clients."""
        return self.nodes + self.clients

    def wait(self, gaps_s: Sequence[float] = GAPS_S) -> None:
        """Let some time pass: one of the gaps, and up to a second."""
        now = self.now_s + self.choose.choice(gaps_s) + self.choose.integer(0, 99) / 100
        self.now_s = round(now, 3)

    def inflict(self, verb: str) -> None:
        """Do something of this kind to somebody; some things find nobody, and do not happen."""
        self.faults += MAKERS[verb](self)

    def await_cue(self, verb: str) -> None:
        """Do something of this kind as soon as a Sentinel says something; if none does, do not.

        Time passes as if it took as long as it may.
        """
        made = MAKERS[verb](self)
        if not made:
            return
        cue = self.choose.choice(CUES)
        after, within = self.choose.choice((0.0, 0.0, 0.1, 0.5)), self.choose.choice(PATIENCE_S)
        first = dataclasses.replace(
            made[0],
            at=None,
            when=cue,
            after=after,
            within=within,
            at_once=self.choose.choice((False, True)),
        )
        self.now_s = round(self.now_s + after + within, 3)
        self.faults += [first, *(dataclasses.replace(each, at=self.now_s) for each in made[1:])]

    def repeat(self, verb: str) -> None:
        """Do something of this kind two or three times more, with some time between."""
        made = MAKERS[verb](self)
        if len(made) != 1:
            self.faults += made
            return
        times = self.choose.integer(2, 4)
        every = self.choose.choice((1.0, 0.3, 2.5))
        random = self.choose.choice((False, True))
        until = round(self.now_s + times * every, 3)
        again = Repetition(every, random=random, times=times, until=until)
        self.faults.append(dataclasses.replace(made[0], repeat=again))
        self.now_s = until

    def one(self, names: Sequence[str]) -> str:
        """One of the nodes."""
        return self.choose.choice(names)

    def mend(self, at: float) -> list[Fault]:
        """What undoes all faults: starting what runs, or releasing what is free, does nothing."""
        mending = [Fault("heal", at)] if self.hit("partition") else []
        held = dict.fromkeys((fault.node, fault.to) for fault in self.faults if fault.do == "hold")
        mending += [Fault("release", at, node=node, to=to) for node, to in held]
        mending += self._names_restored(at)
        mending += [Fault("power_on", at, node=node) for node in self.hit("power_off")]
        mending += [Fault("repair_disk", at, node=node) for node in self.hit("break_disk")]
        mending += [Fault("slow_disk", at, node=node, factor=1.0) for node in self.hit("slow_disk")]
        mending += [Fault("end_stalls", at, node=node) for node in self.hit("stall")]
        mending += [Fault("resume", at, node=node) for node in self.hit("pause")]
        # Who ends in order takes its time, and must not be started before it is gone.
        mending += [Fault("supervise", at, node=node, seconds=0.5) for node in self.hit("stop")]
        # A server that could not save may end with the next write that its master tells it.
        ending = [node for node in self.hit("break_disk") if node in self.servers]
        if any(fault.do == "rolling_restart" for fault in self.faults):
            # Told to end, it did not, since it could not save; and whoever told it still waits.
            mending += [Fault("kill", at, node=node) for node in ending]
        mending += [Fault("supervise", at, node=node, seconds=0.5) for node in ending]
        # A failure that is still waited for would come after the mending.
        doomed = dict.fromkeys(f.node for f in self.faults if "SIMULATE-FAILURE" in f.words)
        mending += [Fault("kill", at, node=node) for node in doomed if node not in self.replaced]
        dead = [each for node in self.hit("power_off") for each in self._on_the_machine_of(node)]
        dead += [
            *self.hit("kill"),
            *ending,
            *(node for node in doomed if node not in self.replaced),
        ]
        return mending + [Fault("restart", at, node=node) for node in dict.fromkeys(dead)]

    def hit(self, verb: str) -> list[str]:
        """The nodes to which this was done, without those that are gone for good."""
        hit = dict.fromkeys(fault.node for fault in self.faults if fault.do == verb)
        return [node for node in hit if node not in self.replaced]

    def has_power(self, node: str) -> bool:
        """Whether the machine of a node has power now."""
        machine = self._on_the_machine_of(node)
        switches = [fault.do for fault in self.faults if fault.node in machine]
        return [do for do in switches if do.startswith("power")][-1:] != ["power_off"]

    def _names_restored(self, at: float) -> list[Fault]:
        moved = dict.fromkeys(
            fault.host_name for fault in self.faults if fault.do in ("point_name", "remove_name")
        )
        nodes = dict(self.where.host_names)
        back = [Fault("point_name", at, host_name=name, to=nodes[name]) for name in moved]
        return back + ([Fault("answer_names", at)] if self.hit("silence_names") else [])

    def _on_the_machine_of(self, node: str) -> tuple[str, ...]:
        boxes = self.where.topology.boxes
        return next((box.nodes for box in boxes if node in box.nodes), (node,))


Maker = Callable[[Schedule], list[Fault]]


def cut(to: Schedule, parts: int = 2) -> list[Fault]:
    """A partition into groups, of which one may be empty; none if all fall on one side.

    Clients are on one side or the other like everybody, or see all. Machines are never cut in two.
    """
    groups: list[list[str]] = [[] for _ in range(parts)]
    boxes = {node: box.nodes[0] for box in to.where.topology.boxes for node in box.nodes}
    side: dict[str, int] = {}
    for node in to.choose.choice((to.nodes, to.everybody, to.everybody)):
        whose = boxes.get(node, node)
        if whose not in side:
            side[whose] = to.choose.integer(0, parts - 1)
        groups[side[whose]].append(node)
    filled = tuple(tuple(group) for group in groups if group)
    return [Fault("partition", to.now_s, groups=filled)] if len(filled) > 1 else []


def _partition(to: Schedule) -> list[Fault]:
    one_way = to.choose.choice((False, False, False, True))
    parts = to.choose.choice((2, 2, 2, 3))
    return [dataclasses.replace(each, one_way=one_way) for each in cut(to, parts)]


def _plain(verb: str) -> Maker:
    return lambda to: [Fault(verb, to.now_s, node=to.one(to.everybody))]


def _block(to: Schedule) -> list[Fault]:
    seconds = float(to.choose.integer(1, 5))
    return [Fault("block", to.now_s, node=to.one(to.everybody), seconds=seconds)]


def _restart(to: Schedule) -> list[Fault]:
    keep = to.choose.choice((True, False))
    node = to.one(to.everybody)
    return [Fault("restart", to.now_s, node=node, keep_data=keep)] if to.has_power(node) else []


def _step_clock(to: Schedule) -> list[Fault]:
    seconds = to.choose.choice(CLOCK_STEPS_S)
    return [Fault("step_clock", to.now_s, node=to.one(to.nodes), seconds=seconds)]


def _hold(to: Schedule) -> list[Fault]:
    source = to.one(to.everybody)
    target = to.one([each for each in to.everybody if each != source] or [source])
    return [Fault("hold", to.now_s, node=source, to=target)] if source != target else []


def _release(to: Schedule) -> list[Fault]:
    held = list(dict.fromkeys((each.node, each.to) for each in to.faults if each.do == "hold"))
    if not held:
        return []
    source, target = to.choose.choice(held)
    return [Fault("release", to.now_s, node=source, to=target)]


def _one_and_all_others(to: Schedule) -> tuple[tuple[str, ...], ...]:
    return ((to.one(to.everybody),),)


def _delay(to: Schedule) -> list[Fault]:
    low, high = to.choose.choice(SLOW_MS)
    return [
        Fault(
            "delay",
            to.now_s,
            groups=_one_and_all_others(to),
            seconds=float(to.choose.integer(1, 10)),
            milliseconds=(low, high),
            latency=Uniform(round(low * 1000), round(high * 1000)),
        )
    ]


def _lose(to: Schedule) -> list[Fault]:
    loss = to.choose.choice((0.1, 0.5, 0.9))
    seconds = float(to.choose.integer(1, 10))
    groups = _one_and_all_others(to)
    return [Fault("lose", to.now_s, groups=groups, loss=loss, seconds=seconds)]


def _narrow(to: Schedule) -> list[Fault]:
    rate = to.choose.choice((1.0, 0.1, 0.01))
    seconds = float(to.choose.integer(1, 10))
    groups = _one_and_all_others(to)
    return [Fault("narrow", to.now_s, groups=groups, megabits_per_second=rate, seconds=seconds)]


def _stall(to: Schedule) -> list[Fault]:
    busy_ms, free_ms = to.choose.choice(((100, 900), (1500, 3000), (3000, 500)))
    return [
        Fault(
            "stall",
            to.now_s,
            node=to.one(to.everybody),
            seconds=float(to.choose.integer(1, 20)),
            busy=Constant(busy_ms * 1000),
            free=Constant(free_ms * 1000),
        )
    ]


def _drift_clock(to: Schedule) -> list[Fault]:
    """From a usual crystal to a broken one; it stays so."""
    ppm = to.choose.choice((50.0, -50.0, 20_000.0, -20_000.0))
    return [Fault("drift_clock", to.now_s, node=to.one(to.nodes), parts_per_million=ppm)]


def _slow_disk(to: Schedule) -> list[Fault]:
    """A Sentinel rewrites a small file; of a server an fsync of 2 ms takes up to 8 s."""
    node = to.one(to.nodes)
    factors = (1000.0, 100.0, 4000.0) if node in to.servers else (10.0, 100.0, 1000.0)
    return [Fault("slow_disk", to.now_s, node=node, factor=to.choose.choice(factors))]


def _rolling_restart(to: Schedule) -> list[Fault]:
    who = to.choose.choice(("sentinels", "servers"))
    return [Fault("rolling_restart", to.now_s, node=who, seconds=to.choose.choice((2.0, 0.5)))]


def _point_name(to: Schedule) -> list[Fault]:
    if not to.where.host_names:
        return []
    name, _ = to.choose.choice(to.where.host_names)
    return [Fault("point_name", to.now_s, host_name=name, to=to.one(to.servers))]


def _named(verb: str) -> Maker:
    """Something that is done to a host name."""

    def make(to: Schedule) -> list[Fault]:
        if not to.where.host_names:
            return []
        name, _ = to.choose.choice(to.where.host_names)
        return [Fault(verb, to.now_s, host_name=name)]

    return make


def _again(verb: str, undoes: str) -> Maker:
    """Undoes something that was done to somebody before, if it was."""

    def make(to: Schedule) -> list[Fault]:
        hit = to.hit(undoes)
        return [Fault(verb, to.now_s, node=to.one(hit))] if hit else []

    return make


def _break_disk(to: Schedule) -> list[Fault]:
    return [Fault("break_disk", to.now_s, node=to.one(to.nodes))]


def _newcomer(to: Schedule) -> str:
    """The name of a Sentinel that was not there."""
    numbers = [int(name.rpartition("-")[2]) for name in (*to.sentinels, *to.replaced)]
    name = f"sentinel-{max(numbers) + 1}"
    to.sentinels.append(name)
    return name


def _add(to: Schedule) -> list[Fault]:
    """A Sentinel joins, beside another one.

    No server does: it would follow the server that was the master at the start, and when that is
    no master any more, no Sentinel ever hears of it.
    """
    beside = to.one(to.sentinels)
    return [Fault("add", to.now_s, node=_newcomer(to), to=beside)]


def _reuse_address(to: Schedule) -> list[Fault]:
    """A Sentinel's machine is gone for good, and a new one has its address."""
    boxed = {node for box in to.where.topology.boxes for node in box.nodes}
    alone = [node for node in to.sentinels if node not in boxed]
    if len(alone) < 2:
        return []
    old = to.one(alone)
    new = _newcomer(to)
    to.sentinels.remove(old)
    to.replaced.append(old)
    return [
        Fault("power_off", to.now_s, node=old),
        Fault("reuse_address", to.now_s, node=new, to=old),
    ]


def _supervise(to: Schedule) -> list[Fault]:
    seconds = to.choose.choice((0.5, 0.1, 3.0))
    return [Fault("supervise", to.now_s, node=to.one(to.everybody), seconds=seconds)]


def _command(to: Schedule) -> list[Fault]:
    """An operator, who may mean well.

    ``SENTINEL RESET`` is not among this: who resets while a server is away never hears of it again.
    Nor is a replica that no Sentinel knows, since it follows another one, told to be a master.
    """
    master = to.choose.choice(to.where.master_names)
    if to.choose.choice((True, True, False)):
        words = to.choose.choice(
            (
                ("SENTINEL", "FAILOVER", master),
                ("SENTINEL", "SIMULATE-FAILURE", "crash-after-election"),
                ("SENTINEL", "SIMULATE-FAILURE", "crash-after-promotion"),
                ("SENTINEL", "SET", master, "quorum", "1"),
                ("SENTINEL", "SET", master, "down-after-milliseconds", "3000"),
            )
        )
        return [Fault("command", to.now_s, node=to.one(to.sentinels), words=words)]
    words = to.choose.choice(
        (
            ("CONFIG", "SET", "replica-priority", "0"),
            ("CLIENT", "PAUSE", "2000"),
            ("CONFIG", "SET", "min-replicas-to-write", "1"),
            ("CONFIG", "SET", "save", "2 1"),
            ("REPLICAOF", "NO", "ONE"),
        )
    )
    hidden = [each.name for each in to.where.topology.nodes if each.follows]
    known = [each for each in to.servers if each not in hidden]
    return [Fault("command", to.now_s, node=to.one(known), words=words)]


MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "kill": _plain("kill"),
        "restart": _restart,
        "pause": _plain("pause"),
        "resume": _plain("resume"),
        "block": _block,
        "partition": _partition,
        "heal": lambda to: [Fault("heal", to.now_s)],
        "stop": lambda to: [Fault("stop", to.now_s, node=to.one(to.nodes))],
        "rolling_restart": _rolling_restart,
        "power_off": _plain("power_off"),
        "power_on": _again("power_on", "power_off"),
        "step_clock": _step_clock,
        "drift_clock": _drift_clock,
        "hold": _hold,
        "release": _release,
        "delay": _delay,
        "lose": _lose,
        "narrow": _narrow,
        "stall": _stall,
        "end_stalls": _again("end_stalls", "stall"),
        "command": _command,
        "break_disk": _break_disk,
        "repair_disk": _again("repair_disk", "break_disk"),
        "slow_disk": _slow_disk,
        "supervise": _supervise,
        "add": _add,
        "reuse_address": _reuse_address,
        "point_name": _point_name,
        "remove_name": _named("remove_name"),
        "silence_names": _named("silence_names"),
        "answer_names": _named("answer_names"),
    }
)
"""For every verb of the world one that makes such a fault, or none where it finds nobody."""
