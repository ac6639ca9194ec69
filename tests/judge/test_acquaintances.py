"""Whom Sentinels count, read from events, beside what they say themselves."""

from __future__ import annotations

from sim import Deployment, World
from sim.judge import find_acquaintances, voters_table
from sim.trace import CommandAnswered
from sim.world.faults import add_node, command


def _told(world: World) -> dict[str, tuple[int, int]]:
    found = find_acquaintances(world.trace)
    return {each.sentinel: (len(each.peers), len(each.replicas)) for each in found}


def _own_words(world: World) -> dict[str, tuple[int, int]]:
    """What each Sentinel says when it is asked."""
    for name in world.sentinels:
        command(world, name, ["SENTINEL", "MASTER", "mymaster"])
    world.run(0.5)
    said = {}
    for entry in world.trace.entries:
        if isinstance(entry.data, CommandAnswered):
            peers, replicas = (
                int(entry.data.reply.split(f"'{field}': '")[1].split("'")[0])
                for field in ("num-other-sentinels", "num-slaves")
            )
            said[entry.node] = (peers, replicas)
    return said


def test_events_tell_whom_a_sentinel_knows() -> None:
    world = World(Deployment(clients=0))
    world.run(20)
    assert _told(world) == _own_words(world) == dict.fromkeys(world.sentinels, (2, 2))
    world.kill("master")
    world.run(20)
    assert _told(world) == _own_words(world)


def test_a_dead_sentinel_goes_on_to_be_counted_until_a_reset() -> None:
    world = World(Deployment(clients=0))
    world.run(15)
    world.kill("sentinel-3")
    add_node(world, "sentinel-4")
    world.run(10)
    before = voters_table(world.trace)
    assert before.column("Sentinel") == ("sentinel-1", "sentinel-2", "sentinel-4")
    assert before.rows[0][1:5] == ("sentinel-2, (sentinel-3), sentinel-4", 4, 3, 3)
    assert before.rows[2][1:5] == ("sentinel-1, sentinel-2", 3, 2, 3)
    command(world, "sentinel-1", ["SENTINEL", "RESET", "mymaster"])
    world.run(10)
    after = voters_table(world.trace)
    assert after.rows[0][1:5] == ("sentinel-2, sentinel-4", 3, 2, 3)
    assert voters_table(world.trace, 14).column("voters") == (3, 3, 3)


def test_a_sentinel_that_is_told_to_remove_a_master_knows_nobody_of_it() -> None:
    world = World(Deployment(clients=0))
    world.run(15)
    command(world, "sentinel-1", ["SENTINEL", "REMOVE", "mymaster"])
    world.run(1)
    assert [each.sentinel for each in find_acquaintances(world.trace)] == [
        "sentinel-2",
        "sentinel-3",
    ]
