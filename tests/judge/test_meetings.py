"""Gossip as it stands in a trace: who learnt of whom, by which hello."""

from __future__ import annotations

import pytest

from minisentinel.hello import HELLO_CHANNEL, Hello
from minisentinel.trace import Trace
from sim.judge.meetings import find_hellos, find_meetings, hellos_table, meetings_table
from sim.trace import MessageReceived, MessageSent
from sim.world import Deployment, World
from tests.judge.stories import Pen


def test_every_sentinel_learns_of_every_other_one_by_its_first_hello() -> None:
    world = World(Deployment(clients=0), seed=1, messages=True)
    world.run(5)
    met = find_meetings(world.trace)
    names = ["sentinel-1", "sentinel-2", "sentinel-3"]
    pairs = {(one, other) for one in names for other in names if one != other}
    assert {(each.sentinel, each.other) for each in met} == pairs
    assert len(met) == 6
    hellos = find_hellos(world.trace)
    for each in met:
        heard = [h for h in hellos if (h.listener, h.speaker) == (each.sentinel, each.other)]
        # What it does about a message it does when it has read it.
        assert 0 <= each.time_us - heard[0].time_us <= 10_000
        assert heard[0].carrier.startswith("redis-")
    table = meetings_table(world.trace)
    assert table.headings == ("learns of", *names)
    assert table.column("sentinel-1")[0] == ""
    assert all(table.column("sentinel-1")[1:])


def test_own_hellos_come_back() -> None:
    world = World(Deployment(clients=0), seed=1, messages=True)
    world.run(4)
    table = hellos_table(world.trace, 3, 4, listener="sentinel-3")
    assert set(table.column("listener")) == {"sentinel-3"}
    assert set(table.column("hears")) == {"itself", "sentinel-1", "sentinel-2"}
    assert set(table.column("by way of")) <= {"redis-1", "redis-2", "redis-3"}


def test_sentinels_talk_directly_when_every_server_is_down() -> None:
    world = World(Deployment(clients=0), seed=1, messages=True)
    world.run(10)
    for server in world.servers:
        world.kill(server)
    world.run(5)
    table = hellos_table(world.trace, 12, 15)
    assert set(table.column("by way of")) == {"directly"}
    assert set(table.column("which says")) == {"mymaster is redis-1"}


def with_message(text: str) -> Trace:
    """A run of two nodes in which the Sentinel reads one message."""
    pen = Pen()
    pen.node(0, "redis-1", "redis")
    pen.node(0, "sentinel-1", "sentinel")
    pen.at(1000, "redis-1", MessageSent(message=1, text=text))
    pen.at(1001, "sentinel-1", MessageReceived(message=1))
    return pen.trace()


FIELDS = "10.0.1.3,26379,2c792763bf74c9c765759f420c45b3345e215633,7,mymaster,10.0.0.1,6379"


@pytest.mark.parametrize("epoch", ["6", "x", "6x", "-1"])
def test_a_hello_is_read_as_a_sentinel_reads_it(epoch: str) -> None:
    (heard,) = find_hellos(with_message(f"message {HELLO_CHANNEL} {FIELDS},{epoch}"))
    assert heard.hello == Hello.parse(f"{FIELDS},{epoch}")


@pytest.mark.parametrize(
    "text",
    [
        f"message {HELLO_CHANNEL} a,b",
        f"message {HELLO_CHANNEL} {FIELDS},6…",
        f"message other {FIELDS},6",
        f"pmessage {HELLO_CHANNEL} {FIELDS},6",
    ],
)
def test_what_is_no_hello_or_was_cut_is_left_out(text: str) -> None:
    assert find_hellos(with_message(text)) == ()
