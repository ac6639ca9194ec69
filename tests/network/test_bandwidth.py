"""What a link carries: big payloads take time, connections share, an outage interrupts."""

from __future__ import annotations

import pytest

from sim.network import Constant, Endpoint
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World

RATE = 1_000_000
MEGABYTE = 1_000_000


def slow_pair(rate: int = RATE) -> tuple[World, Program, Program, Endpoint, Endpoint]:
    world = World()
    client, server, near, far = world.pair()
    world.network.set_bandwidth("client", "server", rate)
    return world, client, server, near, far


def test_a_payload_takes_its_size_divided_by_the_rate_and_one_latency() -> None:
    world, client, _, _, far = slow_pair()
    begin = world.now
    far.send("dump", 3 * MEGABYTE)
    world.run(10 * SECOND)
    assert client.log == [(begin + 3 * SECOND + DELAY_US, "message", "dump")]


def test_without_a_limit_size_costs_nothing() -> None:
    world = World()
    _, server, near, _ = world.pair()
    begin = world.now
    near.send("dump", 3 * MEGABYTE)
    world.run(10 * SECOND)
    assert server.log == [(begin + DELAY_US, "message", "dump")]


def test_each_direction_has_a_rate_of_its_own() -> None:
    world, client, server, near, far = slow_pair()
    begin = world.now
    near.send("there", MEGABYTE)
    far.send("back", MEGABYTE)
    world.run(10 * SECOND)
    assert server.log == [(begin + SECOND + DELAY_US, "message", "there")]
    assert client.log == [(begin + SECOND + DELAY_US, "message", "back")]


def test_what_follows_on_a_connection_waits_behind_the_payload() -> None:
    world, client, _, _, far = slow_pair()
    begin = world.now
    far.send("dump", MEGABYTE)
    world.run(MS)
    far.send("PING", 14)
    far.close(after_output=True)
    world.run(10 * SECOND)
    assert client.log == [
        (begin + SECOND + DELAY_US, "message", "dump"),
        (begin + SECOND + 14 + DELAY_US, "message", "PING"),
        (begin + SECOND + 14 + DELAY_US, "close", "closed"),
    ]


def test_a_small_message_on_another_connection_does_not_wait_for_the_payload() -> None:
    world, client, server, _, far = slow_pair()
    client.connect(server.host.address, PORT)
    world.run(SECOND)
    client.log.clear()
    begin = world.now
    far.send("dump", MEGABYTE)
    world.run(MS)
    server.accepted[1].send("PING", 100)
    world.run(10 * SECOND)
    # Half of the rate is its own.
    assert client.log == [
        (begin + MS + 200 + DELAY_US, "message", "PING"),
        (begin + SECOND + 100 + DELAY_US, "message", "dump"),
    ]


def test_two_transfers_share_the_rate_and_the_longer_one_has_all_of_it_in_the_end() -> None:
    world, client, server, _, far = slow_pair()
    client.connect(server.host.address, PORT)
    world.run(SECOND)
    client.log.clear()
    begin = world.now
    far.send("long", 2 * MEGABYTE)
    server.accepted[1].send("short", MEGABYTE)
    world.run(10 * SECOND)
    assert client.log == [
        (begin + 2 * SECOND + DELAY_US, "message", "short"),
        (begin + 3 * SECOND + DELAY_US, "message", "long"),
    ]


def test_a_transfer_stands_still_in_a_partition_and_goes_on_at_the_next_retransmission() -> None:
    world, client, _, _, far = slow_pair()
    begin = world.now
    far.send("dump", 3 * MEGABYTE)
    world.run(SECOND)
    world.network.partition(["client"], ["server"])
    world.run(SECOND)
    world.network.heal()
    world.run(10 * SECOND)
    # Attempts are made 0.2, 0.6, 1.4 s after the cut.
    outage = 1400 * MS
    assert client.log == [(begin + 3 * SECOND + outage + DELAY_US, "message", "dump")]


def test_a_transfer_into_a_long_partition_ends_when_the_sender_gives_up() -> None:
    world, client, server, _, far = slow_pair()
    far.send("dump", 3 * MEGABYTE)
    world.run(SECOND)
    cut = world.now
    world.network.partition(["client"], ["server"])
    world.run(1000 * SECOND)
    assert server.log == [(cut + 924_600 * MS, "close", "timed out")]
    world.network.heal()
    world.run(1000 * SECOND)
    assert client.messages == []


def test_a_partition_that_returns_before_the_transfer_goes_on_keeps_it_waiting() -> None:
    world, client, _, _, far = slow_pair()
    begin = world.now
    far.send("dump", MEGABYTE)
    world.run(500 * MS)
    first = world.network.partition(["client"], ["server"])
    world.run(700 * MS)
    world.network.heal(first)
    world.run(100 * MS)
    world.network.partition(["client"], ["server"])
    world.run(2 * SECOND)
    world.network.heal()
    world.run(20 * SECOND)
    # 2.8 s after it was cut: the next attempt is at 3.0 s.
    assert client.log == [(begin + SECOND + 3 * SECOND + DELAY_US, "message", "dump")]


def test_a_killed_sender_leaves_the_rate_to_others_and_its_transfer_never_arrives() -> None:
    world, client, server, _, far = slow_pair()
    second = Program("second", server.host, world.network)
    second.start()
    client.listen(PORT)
    other = second.connect(client.host.address, PORT)
    world.run(SECOND)
    client.log.clear()
    begin = world.now
    far.send("lost", MEGABYTE)
    other.send("kept", MEGABYTE)
    world.run(SECOND)
    server.kill()
    world.run(10 * SECOND)
    assert client.log == [
        (begin + SECOND + DELAY_US, "close", "reset"),
        (begin + 1500 * MS + DELAY_US, "message", "kept"),
    ]


def test_a_sender_that_loses_power_takes_its_transfer_with_it() -> None:
    world, client, server, _, far = slow_pair()
    far.send("dump", MEGABYTE)
    world.run(500 * MS)
    server.host.power_off()
    world.run(100 * SECOND)
    assert client.log == []


def test_a_receiver_that_is_killed_ends_the_transfer_with_a_reset() -> None:
    world, client, server, _, far = slow_pair()
    far.send("dump", MEGABYTE)
    world.run(500 * MS)
    client.kill()
    killed = world.now
    world.run(100 * SECOND)
    assert server.log == [(killed + DELAY_US, "close", "reset")]


def test_a_change_of_the_rate_holds_for_what_is_still_to_be_sent() -> None:
    world, client, _, _, far = slow_pair()
    begin = world.now
    far.send("dump", 3 * MEGABYTE)
    world.run(SECOND)
    world.network.set_bandwidth("client", "server", 4 * RATE)
    world.run(10 * SECOND)
    assert client.log == [(begin + 1500 * MS + DELAY_US, "message", "dump")]


def test_lifting_the_limit_lets_what_waits_leave_at_once_and_in_order() -> None:
    world, client, _, _, far = slow_pair()
    far.send("dump", 3 * MEGABYTE)
    world.run(MS)
    far.send("PING", 14)
    world.run(SECOND)
    lifted = world.now
    world.network.set_bandwidth("client", "server", None)
    far.send("last", 14)
    world.run(10 * SECOND)
    assert client.messages == ["dump", "PING", "last"]
    assert {time for time, *_ in client.log} == {lifted + DELAY_US}


def test_a_link_of_sites_that_replaces_a_limit_keeps_the_order_of_what_waits() -> None:
    world = World()
    client, _, _, far = world.pair()
    for name in ("client", "server"):
        world.network.move_to_site(name, name)
    world.network.link_sites("client", "server", bytes_per_second=RATE)
    far.send("dump", MEGABYTE)
    world.run(MS)
    far.send("PING", 14)
    world.run(MS)
    world.network.link_sites("client", "server", latency=Constant(2 * MS))
    far.send("last", 1)
    world.run(10 * SECOND)
    assert client.messages == ["dump", "PING", "last"]


def test_what_waits_to_be_sent_can_be_asked_for() -> None:
    world, _, _, _, far = slow_pair()
    far.send("dump", MEGABYTE)
    far.send("PING", 14)
    world.run(500 * MS)
    assert far.path.pipe is not None
    assert far.path.pipe.waiting(far) == MEGABYTE // 2 + 14
    world.run(10 * SECOND)
    assert far.path.pipe.waiting(far) == 0


@pytest.mark.parametrize("rate", [0, -5, float("inf")])
def test_what_is_no_rate_is_refused(rate: float) -> None:
    world = World()
    world.pair()
    with pytest.raises(ValueError, match="bytes per second"):
        world.network.set_bandwidth("client", "server", rate)
