"""Connections while the network is well: opening, sending, closing, dying."""

from __future__ import annotations

from typing import Any

import pytest

from sim.network import CloseReason, Endpoint
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World


def test_connecting_costs_a_round_trip_and_the_listener_hears_one_delay_later() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    endpoint = client.connect(server.host.address, PORT)
    assert endpoint.is_connecting
    assert not endpoint.is_open
    world.run(SECOND)
    assert client.log == [(2 * DELAY_US, "open")]
    assert server.log == [(3 * DELAY_US, "accept")]
    assert endpoint.is_open


def test_both_sides_see_the_same_addresses_from_their_own_side() -> None:
    _, server, near, far = World().pair()
    assert near.remote == far.local == (server.host.address, PORT)
    assert near.local == far.remote
    assert near.local[0] == "10.0.0.2"
    assert 32768 <= near.local[1] <= 60999


def test_serial_numbers_and_ephemeral_ports_are_not_reused() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    endpoints = [client.connect(server.host.address, PORT) for _ in range(5)]
    world.run(SECOND)
    ids = [endpoint.id for endpoint in endpoints + server.accepted]
    assert len(set(ids)) == 10
    assert len({endpoint.local for endpoint in endpoints}) == 5


def test_ephemeral_ports_start_again_after_the_last_one() -> None:
    host = World().host("a")
    ports = [host.take_port() for _ in range(60999 - 32768 + 2)]
    assert ports[-2:] == [60999, 32768]


def test_connecting_to_a_closed_port_is_refused_after_one_round_trip() -> None:
    world = World()
    world.program("server")
    client = world.program("client")
    endpoint = client.connect("10.0.0.1", PORT)
    world.run(SECOND)
    assert client.log == [(2 * DELAY_US, "failed", "refused")]
    assert not endpoint.is_open
    assert client.endpoints == ()


def test_connecting_to_a_killed_process_is_refused_after_one_round_trip() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    server.kill()
    client.connect(server.host.address, PORT)
    world.run(SECOND)
    assert client.log == [(2 * DELAY_US, "failed", "refused")]


def test_connecting_to_an_address_that_nobody_has_is_unreachable() -> None:
    world = World()
    client = world.program("client")
    client.connect("10.9.9.9", PORT)
    world.run(10 * SECOND)
    assert client.log == [(3 * SECOND, "failed", "unreachable")]


def test_a_connect_that_is_given_up_is_not_heard_of_again() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    for address in (server.host.address, "10.9.9.9"):
        client.connect(address, PORT).close()
    world.run(10 * SECOND)
    assert client.log == []
    assert server.log == []


def test_what_is_sent_before_the_connection_is_open_leaves_after_it() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    endpoint = client.connect(server.host.address, PORT)
    endpoint.send("one", 1)
    endpoint.send("two", 1)
    world.run(SECOND)
    assert server.log == [
        (3 * DELAY_US, "accept"),
        (3 * DELAY_US, "message", "one"),
        (3 * DELAY_US, "message", "two"),
    ]


def test_a_message_takes_one_delay_each_way() -> None:
    world = World()
    client, server, near, far = world.pair()
    start = world.now
    near.send("ping", 1)
    world.run(5 * MS)
    far.send("pong", 1)
    world.run(5 * MS)
    assert server.log == [(start + DELAY_US, "message", "ping")]
    assert client.log == [(start + 5 * MS + DELAY_US, "message", "pong")]


def test_one_delivery_is_one_event_and_a_quiet_network_has_none() -> None:
    world = World()

    class Echo(Program):
        def on_message(self, endpoint: Endpoint, message: Any) -> None:
            super().on_message(endpoint, message)
            if message:
                endpoint.send(message - 1, 1)

    server = world.program("server", listens=True, kind=Echo)
    client = world.program("client", kind=Echo)
    endpoint = client.connect(server.host.address, PORT)
    world.run(SECOND)
    assert world.kernel.pending == 0
    endpoint.send(9, 1)
    events = 0
    while world.kernel.step():
        events += 1
    assert len(server.messages) + len(client.messages) == 10
    assert events == 10 + 1, "one for the send from outside of any step, one for every delivery"


def test_close_is_seen_in_order_after_the_data() -> None:
    world = World()
    client, server, near, far = world.pair()
    start = world.now
    near.send("last words", 1)
    world.run(100)
    near.close()
    world.run(SECOND)
    assert server.log == [
        (start + DELAY_US, "message", "last words"),
        (start + 100 + DELAY_US, "close", "closed"),
    ]
    assert client.log == [], "who closes is not told of it"
    assert not near.is_open
    assert not far.is_open
    assert client.endpoints == server.endpoints == ()


def test_closing_drops_what_the_running_step_has_queued_unless_told_otherwise() -> None:
    world = World()
    _, server, near, _ = world.pair()
    near.send("dropped", 1)
    near.close()
    world.run(SECOND)
    assert [entry[1:] for entry in server.log] == [("close", "closed")]

    world = World()
    _, server, near, far = world.pair()
    near.send("kept", 1)
    near.close(after_output=True)
    assert not near.is_open
    far.send("ignored", 1)
    world.run(SECOND)
    assert [entry[1:] for entry in server.log] == [("message", "kept"), ("close", "closed")]


def test_sending_and_closing_after_the_end_do_nothing() -> None:
    world = World()
    client, server, near, far = world.pair()
    near.close()
    near.close()
    near.send("too late", 1)
    world.run(SECOND)
    far.send("too late as well", 1)
    far.close()
    world.run(SECOND)
    assert [entry[1:] for entry in server.log] == [("close", "closed")]
    assert client.log == []
    assert world.kernel.pending == 0


def test_both_sides_may_close_at_once() -> None:
    world = World()
    client, server, near, far = world.pair()
    near.close()
    far.close()
    world.run(SECOND)
    assert client.log == server.log == []


def test_data_that_meets_a_closed_connection_is_not_delivered() -> None:
    world = World()
    client, server, near, far = world.pair()
    near.send("crossing", 1)
    far.close()
    world.run(SECOND)
    assert server.log == []
    assert [entry[1:] for entry in client.log] == [("close", "closed")]


def test_killed_process_resets_its_connections_after_one_delay() -> None:
    world = World()
    client, server, near, far = world.pair()
    start = world.now
    server.kill()
    assert not far.is_open
    world.run(SECOND)
    assert client.log == [(start + DELAY_US, "close", "reset")]
    assert not near.is_open
    assert server.log == []


def test_data_in_flight_from_a_killed_process_is_delivered_before_the_reset() -> None:
    world = World()
    client, server, _, far = world.pair()
    start = world.now
    far.send("in flight", 1)
    world.run(DELAY_US // 2)
    server.kill()
    world.run(SECOND)
    assert client.log == [
        (start + DELAY_US, "message", "in flight"),
        (start + DELAY_US + DELAY_US // 2, "close", "reset"),
    ]


def test_a_listener_that_dies_during_the_handshake_resets() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    client.connect(server.host.address, PORT)
    world.run(DELAY_US + DELAY_US // 2)
    server.kill()
    world.run(SECOND)
    assert [entry[1:] for entry in client.log] == [("open",), ("close", "reset")]
    assert server.log == []


def test_a_connection_that_was_not_accepted_yet_dies_with_its_listener() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    server.pause()
    client.connect(server.host.address, PORT)
    world.run(SECOND)
    assert client.log == [(2 * DELAY_US, "open")]
    server.kill()
    world.run(SECOND)
    assert client.log[1:] == [(SECOND + DELAY_US, "close", "reset")]


def test_a_restarted_process_does_not_know_the_old_connections() -> None:
    """The reset is lost in a partition; the first data after the heal is answered by one."""
    world = World()
    client, server, near, _ = world.pair()
    cut = world.network.partition(["client"], ["server"])
    server.kill()
    server.start()
    world.run(SECOND)
    world.network.heal(cut)
    world.run(SECOND)
    assert client.log == [], "a reset is not repeated"
    start = world.now
    near.send("anybody there?", 1)
    world.run(SECOND)
    assert client.log == [(start + 2 * DELAY_US, "close", "reset")]
    assert server.messages == []


def test_a_port_can_be_taken_once() -> None:
    world = World()
    server = world.program("server", listens=True)
    other = Program("other", server.host, world.network, listens=True)
    with pytest.raises(OSError, match=r"10\.0\.0\.1:7000 is in use"):
        other.start()
    server.kill()
    Program("third", server.host, world.network, listens=True).start()


def test_hosts_are_known_by_unique_names_and_addresses() -> None:
    network = World().network
    host = network.add_host("a", "10.0.0.1")
    assert network.host("a") is network.host(host) is host
    with pytest.raises(ValueError, match="called 'a'"):
        network.add_host("a", "10.0.0.2")
    with pytest.raises(ValueError, match="belongs to host 'a'"):
        network.add_host("b", "10.0.0.1")
    with pytest.raises(ValueError, match="no host is called 'c'; known: a"):
        network.host("c")


def test_a_held_direction_delays_without_loss_and_leaves_the_other_alone() -> None:
    world = World()
    client, server, near, far = world.pair()
    near.hold()
    near.send("one", 1)
    far.send("free", 1)
    world.run(SECOND)
    near.send("two", 1)
    world.run(400 * SECOND)
    assert server.log == []
    assert client.messages == ["free"]
    near.release()
    assert server.messages == ["one", "two"]
    near.send("three", 1)
    world.run(SECOND)
    assert server.messages == ["one", "two", "three"]
    near.release()


@pytest.mark.parametrize(("end", "reason"), [("kill", "reset"), ("close", "closed")])
def test_a_held_direction_keeps_the_end_in_its_place(end: str, reason: CloseReason) -> None:
    world = World()
    client, server, near, _ = world.pair()
    near.hold()
    near.send("one", 1)
    world.run(SECOND)
    if end == "kill":
        client.kill()
    else:
        near.close()
    world.run(SECOND)
    assert server.log == []
    near.release()
    world.run(SECOND)
    assert [entry[1:] for entry in server.log] == [("message", "one"), ("close", reason)]
