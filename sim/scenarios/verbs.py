"""What can be done to the world: the verbs of scenario files, what they need, how it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.scenarios.scenario import Fault
from sim.world import World, faults

__all__ = ["VERBS", "Verb"]

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


def _delay(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    low, high = fault.milliseconds
    one, other = groups[0], groups[1:] or [[each for each in world.nodes if each not in groups[0]]]
    rest = [node for group in other for node in group]
    faults.delay(world, one, rest, low, high, fault.seconds or None)


def _add(world: World, fault: Fault, nodes: Sequence[str], groups: Groups, to: str) -> None:
    for node in nodes:
        faults.add_node(world, node, cut_with=to)


VERBS: dict[str, Verb] = {
    "kill": Verb(
        "the process dies at once, as by SIGKILL; its connections are reset",
        ("node",),
        _each(lambda world, node, fault: world.kill(node)),
    ),
    "restart": Verb(
        "starts a process that is dead; with `keep-data = false` a server comes back empty",
        ("node",),
        _each(lambda world, node, fault: world.restart(node, keep_data=fault.keep_data)),
        ("keep-data",),
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
    "command": Verb(
        "an operator sends a command to the node; the trace tells the answer",
        ("node", "words"),
        _each(lambda world, node, fault: faults.command(world, node, fault.words)),
    ),
    "break_disk": Verb(
        "a Sentinel can no longer rewrite its configuration file: the disk is full",
        ("node",),
        _each(lambda world, node, fault: faults.break_disk(world, node)),
    ),
    "repair_disk": Verb(
        "rewriting works again; what was not written stays unwritten until the next time",
        ("node",),
        _each(lambda world, node, fault: faults.repair_disk(world, node)),
    ),
    "add": Verb(
        "a node that was not there joins, such as `sentinel-4`, with the configuration that the "
        "others began with; while the network is cut, on the side of node `to`",
        ("node",),
        _add,
        ("to",),
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
