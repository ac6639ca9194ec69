"""What is read from the text of a fault is what was done, for every verb of the world."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sim.invariants.fault_texts import Cut, cut_of, is_plain_command, target_of
from sim.invariants.surroundings import Surroundings
from sim.network.latency import Constant
from sim.scenarios import Fault
from sim.scenarios.verbs import VERBS
from sim.trace import FaultInjected
from sim.world import Deployment, World

HIT = Fault("", node="redis-2")
SIDES = (("redis-1",), ("redis-2", "sentinel-1"))
BOTH_WAYS = Cut((frozenset({"redis-1"}), frozenset({"redis-2", "sentinel-1"})))

UNTOLD: tuple[Cut | None, str, bool] = (None, "", False)
"""Of most faults nothing is read but verb and node."""

EACH: Mapping[str, tuple[dict[str, object], tuple[Cut | None, str, bool]]] = {
    "kill": ({}, UNTOLD),
    "stop": ({}, UNTOLD),
    "restart": ({}, UNTOLD),
    "rolling_restart": ({"seconds": 1.0}, UNTOLD),
    "pause": ({}, UNTOLD),
    "resume": ({}, UNTOLD),
    "block": ({"seconds": 1.0}, UNTOLD),
    "power_off": ({}, UNTOLD),
    "power_on": ({}, UNTOLD),
    "step_clock": ({"seconds": -5.0}, UNTOLD),
    "partition": ({"groups": SIDES}, (BOTH_WAYS, "", False)),
    "heal": ({}, UNTOLD),
    "hold": ({"to": "redis-1"}, (None, "redis-1", False)),
    "release": ({"to": "redis-1"}, (None, "redis-1", False)),
    "delay": ({"groups": SIDES, "milliseconds": (5.0, 9.0), "seconds": 1.0}, UNTOLD),
    "lose": ({"groups": SIDES, "loss": 0.1, "seconds": 1.0}, UNTOLD),
    "narrow": ({"groups": SIDES, "megabits_per_second": 1.0, "seconds": 1.0}, UNTOLD),
    "stall": ({"busy": Constant(10), "free": Constant(10)}, UNTOLD),
    "end_stalls": ({}, UNTOLD),
    "drift_clock": ({"parts_per_million": 50.0}, UNTOLD),
    "point_name": ({"host_name": "one", "to": "redis-2"}, UNTOLD),
    "remove_name": ({"host_name": "one"}, UNTOLD),
    "silence_names": ({}, UNTOLD),
    "answer_names": ({}, UNTOLD),
    "command": ({"words": ("REPLICAOF", "NO", "ONE")}, (None, "", True)),
    "break_disk": ({}, UNTOLD),
    "repair_disk": ({}, UNTOLD),
    "slow_disk": ({"factor": 3.0}, UNTOLD),
    "add": ({"node": "sentinel-4"}, UNTOLD),
    "reuse_address": ({"node": "sentinel-5", "to": "sentinel-3"}, UNTOLD),
    "supervise": ({"seconds": 1.0}, UNTOLD),
}
"""For every verb what it needs beside a node, and what is read from what it writes."""

BEFORE = {
    "restart": ("kill",),
    "resume": ("pause",),
    "power_on": ("power_off",),
    "heal": ("partition",),
    "release": ("hold",),
    "end_stalls": ("stall",),
    "answer_names": ("silence_names",),
    "repair_disk": ("break_disk",),
    "reuse_address": ("off",),
}
"""What must have happened, so that there is something to do."""


def do(world: World, verb: str, **keys: object) -> list[FaultInjected]:
    """What the trace tells of a fault."""
    already = len(world.trace.entries)
    if verb == "off":
        world.power_off("sentinel-3")
    else:
        fault = Fault(do=verb, **{"node": "redis-2", **keys})  # type: ignore[arg-type]
        nodes = () if fault.groups or fault.host_name else (fault.node,)
        VERBS[verb].play(world, fault, nodes, fault.groups, fault.to)
    return [
        entry.data
        for entry in world.trace.entries[already:]
        if isinstance(entry.data, FaultInjected)
    ]


def small_world() -> World:
    """Everybody runs; one host has a name."""
    where = Deployment(host_names=(("one", "redis-1"),), resolve_hostnames=True)
    world = World(where, seed=1)
    world.run(1)
    return world


def read(fault: FaultInjected) -> tuple[Cut | None, str, bool]:
    """All that is read from its text."""
    return (cut_of(fault), target_of(fault), is_plain_command(fault))


def test_every_verb_of_the_world_is_tried() -> None:
    assert set(EACH) == set(VERBS)


@pytest.mark.parametrize("verb", EACH)
def test_what_is_read_is_what_was_done(verb: str) -> None:
    world = small_world()
    for earlier in BEFORE.get(verb, ()):
        do(world, earlier, **EACH.get(earlier, ({}, UNTOLD))[0])
    keys, expected = EACH[verb]
    written = do(world, verb, **keys)
    assert written
    assert [read(each) for each in written] == [expected] * len(written)


TWO = (("redis-1", "redis-2"), ("redis-3", "client-1"))
THREE = (("redis-1",), ("redis-2",), ("redis-3", "sentinel-3"))


@pytest.mark.parametrize(
    ("groups", "one_way"),
    [((("sentinel-1",),), False), (TWO, False), (TWO, True), (THREE, False), (THREE, True)],
)
def test_cut_is_read_with_all_its_groups_and_its_direction(
    groups: tuple[tuple[str, ...], ...], one_way: bool
) -> None:
    (told,) = do(small_world(), "partition", groups=groups, one_way=one_way)
    assert cut_of(told) == Cut(tuple(map(frozenset, groups)), one_way)


def test_cut_parts_those_on_different_sides_and_one_group_from_all_others() -> None:
    assert BOTH_WAYS.parts("redis-1", "redis-2")
    assert not BOTH_WAYS.parts("redis-2", "sentinel-1")
    assert not BOTH_WAYS.parts("redis-1", "redis-3")
    alone = Cut((frozenset({"redis-1"}),))
    assert alone.parts("redis-1", "redis-3")
    assert not alone.parts("redis-2", "redis-3")
    assert not Cut(BOTH_WAYS.groups, one_way=True).parts("redis-1", "redis-2")


@pytest.mark.parametrize(
    ("words", "is_plain"),
    [
        (("REPLICAOF", "10.0.0.2", "6379"), True),
        (("SENTINEL", "FAILOVER", "mymaster"), True),
        (("SENTINEL", "CONFIG", "SET", "announce-port", "1"), False),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), True),
        (("CONFIG", "SET", "requirepass", "secret"), False),
        (("SENTINEL", "SET", "mymaster", "auth-pass", "secret"), False),
        (("DEBUG", "SLEEP", "5"), False),
    ],
    ids=lambda given: " ".join(given[:3]) if isinstance(given, tuple) else "",
)
def test_command_is_plain_if_the_trace_tells_what_comes_of_it(
    words: tuple[str, ...], is_plain: bool
) -> None:
    (told,) = do(small_world(), "command", words=words)
    assert is_plain_command(told) is is_plain


@pytest.mark.parametrize(
    ("verb", "remedy"), [("partition", "heal"), ("hold", "release"), ("power_off", "power_on")]
)
def test_network_is_whole_again_when_what_was_done_is_undone(verb: str, remedy: str) -> None:
    world = small_world()
    do(world, verb, **EACH[verb][0])
    cut_at = len(world.trace.entries)
    do(world, remedy, **EACH[remedy][0])
    around = Surroundings()
    for number, entry in enumerate(world.trace.entries, 1):
        around.note(entry)
        if number == cut_at:
            assert around.undisturbed_since() is None
    assert around.undisturbed_since() is not None


def test_text_that_nobody_wrote_says_nothing() -> None:
    assert target_of(FaultInjected(verb="hold", detail="all of it")) == ""
    assert cut_of(FaultInjected(verb="heal", detail="redis-1 | redis-2")) is None
