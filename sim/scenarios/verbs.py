"""What can be done to the world: the verbs of scenario files, what they need, how it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.kernel.units import microseconds
from sim.network.latency import Uniform
from sim.scenarios.scenario import Fault
from sim.world import World, faults

__all__ = ["EVERYBODY", "NODES", "VERBS", "Verb"]

EVERYBODY = ("redis", "sentinel", "client")
NODES = ("redis", "sentinel")
"""Kinds of nodes, by the first word of their names: all, and those that are no clients."""

BYTES_PER_MEGABIT = 125_000

Groups = Sequence[Sequence[str]]
Play = Callable[[World, Fault, Sequence[str], Groups, str], object]
"""World, fault, the nodes it is aimed at, its groups of nodes, and the node of its key `to`."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb in one sentence, the keys that it `needs`, those that it `may` have, and the deed.

    Of the keys ``node`` and ``nodes`` one is needed where ``node`` is.
    """

    about: str
    needs: tuple[str, ...]
    play: Play
    may: tuple[str, ...] = ()
    joins: bool = False
    """Whether it is aimed at nodes that are not there yet."""
    aims: tuple[str, ...] = EVERYBODY
    """The kinds of nodes that it can be done to."""


def _each(do: Callable[[World, str, Fault], object]) -> Play:
    """To every node, one after the other."""

    def play(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
        for node in nodes:
            do(world, node, fault)

    return play


def _partition(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> object:
    return world.partition(*groups, one_way=fault.one_way)


def _heal(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    world.heal()


def _hold(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    for node in nodes:
        faults.hold(world, node, to)


def _release(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    for node in nodes:
        faults.release(world, node, to)


def _two_sides(world: World, groups: Groups) -> tuple[list[str], list[str]]:
    """The first group, and all others; everybody else if there is a single one."""
    one, other = groups[0], groups[1:] or [[each for each in world.nodes if each not in groups[0]]]
    return list(one), [node for group in other for node in group]


def _delay(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    low, high = (microseconds(each / 1000) for each in fault.milliseconds)
    latency = fault.latency or Uniform(low, high)
    faults.delay(world, *_two_sides(world, groups), latency, fault.seconds or None)


def _lose(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    faults.lose(world, *_two_sides(world, groups), fault.loss, fault.seconds or None)


def _narrow(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    rate = fault.megabits_per_second * BYTES_PER_MEGABIT
    faults.narrow(world, *_two_sides(world, groups), rate, fault.seconds or None)


def _stall(world: World, node: str, fault: Fault) -> None:
    if fault.busy is not None and fault.free is not None:
        faults.stall(world, node, fault.busy, fault.free, fault.seconds or None)


def _roll(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    faults.rolling_restart(world, nodes, fault.seconds)


def _reuse(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    for node in nodes:
        faults.reuse_address(world, node, to)


def _point(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    faults.point_name(world, fault.host_name, to)


def _with_name(do: Callable[[World, str], object]) -> Play:
    """To a host name, or to all."""

    def play(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
        do(world, fault.host_name)

    return play


def _add(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    for node in nodes:
        faults.add_node(world, node, cut_with=to)


VERBS: dict[str, Verb] = {
    "kill": Verb(
        "the process dies at once, as by SIGKILL; its connections are reset",
        ("node",),
        _each(lambda world, node, fault: world.kill(node)),
    ),
    "stop": Verb(
        "the process ends in order, as by SIGTERM: a server waits for its replicas, and saves",
        ("node",),
        _each(lambda world, node, fault: faults.stop(world, node)),
    ),
    "restart": Verb(
        "starts a process that is dead; with `keep-data = false` a server comes back empty",
        ("node",),
        _each(lambda world, node, fault: world.restart(node, keep_data=fault.keep_data)),
        ("keep-data",),
    ),
    "rolling_restart": Verb(
        "each of the nodes in turn ends in order and starts half a second later; the next one's "
        "turn comes `seconds` after that",
        ("node", "seconds"),
        _roll,
    ),
    "pause": Verb(
        "freezes the process, as by SIGSTOP: connections stay, nothing is answered",
        ("node",),
        _each(lambda world, node, fault: world.pause(node)),
    ),
    "resume": Verb(
        "lets a frozen process go on",
        ("node",),
        _each(lambda world, node, fault: world.resume(node)),
    ),
    "block": Verb(
        "keeps the process busy for that long, as a slow command does",
        ("node", "seconds"),
        _each(lambda world, node, fault: world.block(node, fault.seconds)),
    ),
    "power_off": Verb(
        "cuts the power of the node's host: whoever lives there is dead, and nobody is told",
        ("node",),
        _each(lambda world, node, fault: world.power_off(node)),
    ),
    "power_on": Verb(
        "gives the host its power back; its processes stay dead until `restart`",
        ("node",),
        _each(lambda world, node, fault: world.power_on(node)),
    ),
    "step_clock": Verb(
        "sets the wall clock of the node's host ahead, or back if negative",
        ("node", "seconds"),
        _each(lambda world, node, fault: world.step_clock(node, fault.seconds)),
    ),
    "partition": Verb(
        "cuts groups of nodes off from each other, silently; a single group from all others; with "
        "`one-way = true` only what earlier groups send to later ones is lost",
        ("groups",),
        _partition,
        ("one-way",),
    ),
    "heal": Verb("undoes all partitions", (), _heal),
    "hold": Verb(
        "keeps back what the node sends to node `to` on the connections between them; nothing is "
        "lost",
        ("node", "to"),
        _hold,
    ),
    "release": Verb("lets go of what `hold` has kept", ("node", "to"), _release),
    "delay": Verb(
        "everything between the groups (or one group and all others) takes that many milliseconds "
        "one way; with `seconds` only for so long",
        ("groups", "milliseconds"),
        _delay,
        ("seconds",),
    ),
    "lose": Verb(
        "that share of the packets between the groups (or one group and all others) is lost and "
        "sent again; with `seconds` only for so long",
        ("groups", "loss"),
        _lose,
        ("seconds",),
    ),
    "narrow": Verb(
        "every two machines of the groups (or of one group and all others) have that rate between "
        "them; with `seconds` only for so long",
        ("groups", "megabits-per-second"),
        _narrow,
        ("seconds",),
    ),
    "stall": Verb(
        "the node's host stands still again and again; with `seconds` only for so long",
        ("node", "busy-milliseconds", "free-milliseconds"),
        _each(_stall),
        ("seconds",),
    ),
    "end_stalls": Verb(
        "the node's host stands still no more",
        ("node",),
        _each(lambda world, node, fault: faults.end_stalls(world, node)),
    ),
    "drift_clock": Verb(
        "the wall clock of the node's host runs too fast from now on, too slowly if negative",
        ("node", "parts-per-million"),
        _each(lambda world, node, fault: faults.drift_clock(world, node, fault.parts_per_million)),
    ),
    "point_name": Verb(
        "a host name means the machine of node `to` from now on", ("name", "to"), _point
    ),
    "remove_name": Verb(
        "nobody has this host name any more; whoever asks is told so at once",
        ("name",),
        _with_name(faults.remove_name),
    ),
    "silence_names": Verb(
        "questions for a host name, or for all of them, get no answer: whoever asks waits for 10 s "
        "and does nothing else",
        (),
        _with_name(faults.silence_names),
        ("name",),
    ),
    "answer_names": Verb(
        "such questions are answered again", (), _with_name(faults.answer_names), ("name",)
    ),
    "command": Verb(
        "an operator sends a command to the node; the trace tells the answer",
        ("node", "words"),
        _each(lambda world, node, fault: faults.command(world, node, fault.words)),
        aims=NODES,
    ),
    "break_disk": Verb(
        "the disk is full: a Sentinel can no longer rewrite its configuration file; a server "
        "cannot save its data or its file, and may refuse writes and PING",
        ("node",),
        _each(lambda world, node, fault: faults.break_disk(world, node)),
        aims=NODES,
    ),
    "repair_disk": Verb(
        "saving works again; what was not written stays unwritten until the next time",
        ("node",),
        _each(lambda world, node, fault: faults.repair_disk(world, node)),
        aims=NODES,
    ),
    "slow_disk": Verb(
        "saving takes so many times as long: of a Sentinel its configuration file, of a server "
        "dumps and each fsync of the append-only file",
        ("node", "factor"),
        _each(lambda world, node, fault: faults.slow_disk(world, node, fault.factor)),
        aims=NODES,
    ),
    "add": Verb(
        "a node that was not there joins, such as `sentinel-4`, with the configuration that the "
        "others began with; at the site of node `to`, and on its side while the network is cut",
        ("node",),
        _add,
        ("to",),
        joins=True,
        aims=NODES,
    ),
    "reuse_address": Verb(
        "a node that was not there joins, on a new machine that has the address of that of node "
        "`to`, which is off",
        ("node", "to"),
        _reuse,
        joins=True,
        aims=NODES,
    ),
    "supervise": Verb(
        "from now on the process is started again that long after each death",
        ("node", "seconds"),
        _each(
            lambda world, node, fault: faults.supervise(
                world, node, fault.seconds, keep_data=fault.keep_data
            )
        ),
        ("keep-data",),
    ),
}
"""Every verb, the most usual first."""
