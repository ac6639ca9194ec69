"""Silence: partitions, one-way partitions, powered-off hosts, and the patience of TCP."""

from __future__ import annotations

import pytest

from sim.network import Constant, Network, TcpSettings
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World

# When, counted from its first arrival, the k-th repetition of a lost segment arrives.
REPETITIONS_US = [200 * MS * (2**k - 1) for k in range(11)]
GIVE_UP_US = 924_600 * MS


def test_a_partition_is_silent_and_delivers_at_the_next_retransmission_after_the_heal() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    start = world.now
    near.send("one", 1)
    world.run(500 * MS)
    near.send("two", 1)
    world.run(4_000 * MS)
    assert server.log == client.log == []
    world.network.heal()
    world.run(20 * SECOND)
    first_attempt_after = next(t for t in REPETITIONS_US if t > 4_500 * MS)
    arrival = start + DELAY_US + first_attempt_after
    assert server.log == [(arrival, "message", "one"), (arrival, "message", "two")]
    assert client.log == []
    assert near.is_open


def test_data_in_flight_when_the_partition_begins_waits_too() -> None:
    world = World()
    _, server, near, _ = world.pair()
    start = world.now
    near.send("one", 1)
    world.run(DELAY_US // 2)
    world.network.partition(["client"], ["server"])
    world.run(100 * MS)
    world.network.heal()
    world.run(SECOND)
    assert server.log == [(start + DELAY_US + 200 * MS, "message", "one")]


def test_a_partition_that_nothing_arrives_in_is_not_noticed() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    world.run(3600 * SECOND)
    assert world.kernel.pending == 0, "an idle connection costs nothing, however cut"
    world.network.heal()
    start = world.now
    near.send("hello", 1)
    world.run(SECOND)
    assert server.log == [(start + DELAY_US, "message", "hello")]
    assert client.log == []


def test_new_data_after_the_heal_waits_for_the_retransmission_before_it() -> None:
    world = World()
    _, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    start = world.now
    near.send("one", 1)
    world.run(SECOND)
    world.network.heal()
    near.send("two", 1)
    world.run(SECOND)
    near.send("three", 1)
    world.run(SECOND)
    arrival = start + DELAY_US + 1_400 * MS
    assert [entry[0] for entry in server.log] == [arrival, arrival, start + 2 * SECOND + DELAY_US]
    assert server.messages == ["one", "two", "three"]


def test_the_sender_gives_up_after_about_924_seconds_and_says_timed_out() -> None:
    world = World()
    client, server, near, far = world.pair()
    world.network.partition(["client"], ["server"])
    start = world.now
    near.send("one", 1)
    world.run(GIVE_UP_US)
    assert client.log == []
    world.run(MS)
    assert client.log == [(start + DELAY_US + GIVE_UP_US, "close", "timed out")]
    assert server.log == [], "the other side sent nothing and notices nothing"
    assert far.is_open
    assert world.kernel.pending == 0
    world.network.heal()
    start = world.now
    far.send("still there?", 1)
    world.run(SECOND)
    assert server.log == [(start + 2 * DELAY_US, "close", "reset")]


def test_patience_is_a_setting() -> None:
    world = World()
    world.network.settings = TcpSettings(retransmission_timeout_us=100 * MS, retransmissions=2)
    client, _, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    start = world.now
    near.send("one", 1)
    world.run(SECOND)
    assert client.log == [(start + DELAY_US + 700 * MS, "close", "timed out")]


def test_data_sent_shortly_before_the_sender_gives_up_does_not_arrive_later() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    near.send("one", 1)
    world.run(GIVE_UP_US + DELAY_US - 500)
    near.send("two", 1)
    world.run(600)
    assert client.happened("close")
    world.network.heal()
    world.run(3600 * SECOND)
    assert server.messages == [], "nothing may follow a hole in the stream"


def test_connecting_through_a_partition_times_out_after_127_seconds() -> None:
    world = World()
    world.program("server", listens=True)
    client = world.program("client")
    world.network.partition(["client"], ["server"])
    start = world.now
    client.connect("10.0.0.1", PORT)
    world.run(127 * SECOND - 1)
    assert client.log == []
    world.run(1)
    assert client.log == [(start + 127 * SECOND, "failed", "timed out")]


@pytest.mark.parametrize(
    ("healed_after", "syn_at"), [(0.5, 1), (2, 3), (5, 7), (14, 15), (30, 31), (60, 63)]
)
def test_a_syn_is_repeated_after_1_3_7_seconds_and_so_on(healed_after: float, syn_at: int) -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    world.network.partition(["client"], ["server"])
    client.connect("10.0.0.1", PORT)
    world.run(int(healed_after * SECOND))
    world.network.heal()
    world.run(200 * SECOND)
    assert client.log == [(syn_at * SECOND + 2 * DELAY_US, "open")]
    assert server.log == [(syn_at * SECOND + 3 * DELAY_US, "accept")]


def test_a_path_slower_than_the_patience_for_a_syn_is_only_tried_later() -> None:
    world = World(Constant(5 * SECOND))
    world.program("server", listens=True)
    client = world.program("client")
    cut = world.network.partition(["client"], ["server"])
    client.connect("10.0.0.1", PORT)
    world.run(6 * SECOND)
    world.network.heal(cut)
    world.run(60 * SECOND)
    assert client.log == [(15 * SECOND, "open")]


def test_a_lost_answer_to_a_syn_is_asked_for_again() -> None:
    world = World()
    world.program("server", listens=True)
    client = world.program("client")
    world.network.partition(["server"], ["client"], one_way=True)
    client.connect("10.0.0.1", PORT)
    world.run(2 * SECOND)
    world.network.heal()
    world.run(2 * SECOND)
    assert client.log == [(3 * SECOND + 2 * DELAY_US, "open")]


def test_a_lost_last_handshake_segment_is_made_up_for() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    endpoint = client.connect("10.0.0.1", PORT)
    endpoint.send("hello", 1)
    world.run(2 * DELAY_US + DELAY_US // 2)
    world.network.partition(["client"], ["server"])
    world.run(SECOND)
    assert client.log == [(2 * DELAY_US, "open")]
    assert server.log == []
    world.network.heal()
    world.run(SECOND)
    arrival = 3 * DELAY_US + 1_400 * MS
    assert server.log == [(arrival, "accept"), (arrival, "message", "hello")]


def test_a_close_into_a_partition_is_repeated_with_the_data_before_it() -> None:
    world = World()
    _, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    start = world.now
    near.send("one", 1)
    world.run(10 * MS)
    near.close()
    world.run(10 * MS)
    world.network.heal()
    world.run(SECOND)
    arrival = start + DELAY_US + 200 * MS
    assert server.log == [(arrival, "message", "one"), (arrival, "close", "closed")]


def test_the_program_may_die_after_a_close_the_host_goes_on_repeating_it() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    near.close()
    world.run(10 * MS)
    client.kill()
    world.network.heal()
    world.run(SECOND)
    assert [entry[1:] for entry in server.log] == [("close", "closed")]


def test_a_reset_into_a_partition_is_lost_and_data_after_the_heal_is_answered() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    server.kill()
    world.run(SECOND)
    world.network.heal()
    world.run(100 * SECOND)
    assert client.log == []
    start = world.now
    near.send("hello", 1)
    world.run(SECOND)
    assert client.log == [(start + 2 * DELAY_US, "close", "reset")]


def test_stalled_data_for_a_process_that_died_is_answered_by_a_reset() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    start = world.now
    near.send("hello", 1)
    server.kill()
    world.run(SECOND)
    world.network.heal()
    world.run(SECOND)
    assert client.log == [(start + DELAY_US + 1_400 * MS + DELAY_US, "close", "reset")]
    assert server.messages == []
    assert world.kernel.pending == 0


def test_a_reset_answer_that_is_lost_is_asked_for_again() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    server.kill()
    world.run(SECOND)
    world.network.heal()
    start = world.now
    near.send("hello", 1)
    world.run(DELAY_US + DELAY_US // 2)
    back = world.network.partition(["server"], ["client"], one_way=True)
    world.run(10 * MS)
    assert client.log == []
    world.network.heal(back)
    world.run(SECOND)
    assert client.log == [(start + 2 * DELAY_US + 200 * MS + DELAY_US, "close", "reset")]


def test_stalled_data_of_a_killed_sender_never_arrives_and_its_reset_does() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    near.send("lost", 1)
    world.run(100 * MS)
    near.send("in flight", 1)
    world.run(DELAY_US // 2)
    world.network.heal()
    start = world.now
    client.kill()
    world.run(1000 * SECOND)
    assert server.log == [(start + DELAY_US, "close", "reset")]


def test_data_of_a_killed_sender_that_is_lost_in_flight_takes_what_follows_with_it() -> None:
    world = World()
    client, server, near, _ = world.pair()
    near.send("lost", 1)
    world.run(DELAY_US // 4)
    near.send("behind the hole", 1)
    world.run(DELAY_US // 4)
    cut = world.network.partition(["client"], ["server"])
    client.kill()
    world.run(DELAY_US // 2 + DELAY_US // 8)
    world.network.heal(cut)
    world.run(SECOND)
    assert [entry[1:] for entry in server.log] == [("close", "reset")]


# One-way partitions.


def test_the_open_direction_of_a_one_way_partition_delivers_without_duplicates() -> None:
    """Data arrives, acknowledgements do not: after 200 ms newer data waits for one."""
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["server"], ["client"], one_way=True)
    start = world.now
    near.send("one", 1)
    world.run(100 * MS)
    near.send("two", 1)
    world.run(100 * SECOND)
    near.send("three", 1)
    world.run(100 * SECOND)
    assert server.log == [
        (start + DELAY_US, "message", "one"),
        (start + 100 * MS + DELAY_US, "message", "two"),
    ]
    world.network.heal()
    world.run(10 * SECOND)
    assert server.messages == ["one", "two", "three"]
    assert server.log[-1][0] == start + DELAY_US + 204_600 * MS
    assert client.log == []
    assert world.kernel.pending == 0


def test_the_closed_direction_of_a_one_way_partition_waits() -> None:
    world = World()
    client, _, _, far = world.pair()
    world.network.partition(["server"], ["client"], one_way=True)
    start = world.now
    far.send("one", 1)
    world.run(SECOND)
    assert client.log == []
    world.network.heal()
    world.run(SECOND)
    assert client.log == [(start + DELAY_US + 1_400 * MS, "message", "one")]


def test_without_acknowledgements_the_sender_times_out_although_its_data_arrived() -> None:
    world = World()
    client, server, near, _ = world.pair()
    world.network.partition(["server"], ["client"], one_way=True)
    start = world.now
    near.send("one", 1)
    world.run(1000 * SECOND)
    assert server.messages == ["one"]
    assert client.log == [(start + DELAY_US + GIVE_UP_US, "close", "timed out")]


def test_a_cut_that_turns_round_lets_the_oldest_segment_through_only() -> None:
    world = World()
    _, server, near, _ = world.pair()
    there = world.network.partition(["client"], ["server"], one_way=True)
    near.send("one", 1)
    world.run(10 * MS)
    near.send("two", 1)
    world.run(10 * MS)
    world.network.partition(["server"], ["client"], one_way=True)
    world.network.heal(there)
    world.run(10 * SECOND)
    assert server.messages == ["one"]
    world.network.heal()
    world.run(20 * SECOND)
    assert server.messages == ["one", "two"]


# Who is cut off from whom.


def hears(network: Network, source: str, target: str) -> bool:
    return network.path(source, target).is_open


def test_groups_are_cut_from_each_other_and_others_hear_everybody() -> None:
    network = World().network
    for name in ("a", "b", "c", "d", "e"):
        network.add_host(name, name)
    network.partition(["a", "b"], ["c"], ["d"])
    apart = {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")}
    for one in "abcde":
        for other in "abcde":
            cut = (one, other) in apart or (other, one) in apart
            assert hears(network, one, other) is not cut


def test_one_group_is_cut_from_all_others() -> None:
    network = World().network
    for name in ("a", "b", "c"):
        network.add_host(name, name)
    network.partition(["a"])
    assert not hears(network, "a", "b")
    assert not hears(network, "c", "a")
    assert hears(network, "b", "c")
    assert hears(network, "a", "a"), "a host always hears itself"


def test_pairs_can_be_cut_one_way_and_both_ways() -> None:
    network = World().network
    for name in ("a", "b", "c"):
        network.add_host(name, name)
    network.cut([("a", "b")], one_way=True)
    network.cut([("b", "c")])
    assert not hears(network, "a", "b")
    assert hears(network, "b", "a")
    assert not hears(network, "b", "c")
    assert not hears(network, "c", "b")
    assert hears(network, "a", "c")


def test_partitions_add_up_and_are_healed_one_by_one() -> None:
    network = World().network
    for name in ("a", "b", "c"):
        network.add_host(name, name)
    first = network.partition(["a"])
    second = network.cut([("a", "b")])
    network.heal(first)
    network.heal(first)
    assert not hears(network, "a", "b")
    assert hears(network, "a", "c")
    network.heal(second)
    assert hears(network, "a", "b")
    network.partition(["a"])
    network.cut([("b", "c")])
    network.heal()
    assert network.partitions == []
    assert hears(network, "a", "b")
    assert hears(network, "b", "c")


def test_a_host_cannot_be_on_two_sides() -> None:
    network = World().network
    network.add_host("a", "a")
    network.add_host("b", "b")
    with pytest.raises(ValueError, match="'a' is on two sides"):
        network.partition(["a"], ["b", "a"])
    with pytest.raises(ValueError, match="no host is called 'z'"):
        network.partition(["a"], ["z"])
    with pytest.raises(ValueError, match="'a' cannot be cut from itself"):
        network.cut([("a", "b"), ("a", "a")])
    assert network.partitions == []


def test_a_partition_does_not_concern_third_parties() -> None:
    world = World()
    _, server, near, _ = world.pair()
    world.program("bystander")
    world.network.partition(["bystander"])
    start = world.now
    near.send("hello", 1)
    world.run(SECOND)
    assert server.log == [(start + DELAY_US, "message", "hello")]


# Power.


def test_a_host_that_loses_power_is_silent_and_answers_with_resets_when_it_is_back() -> None:
    world = World()
    client, server, near, _ = world.pair()
    server.host.power_off()
    start = world.now
    near.send("hello", 1)
    world.run(5 * SECOND)
    assert client.log == []
    assert server.state == "down"
    server.host.power_on()
    assert server.state == "down", "power does not start programs"
    world.run(5 * SECOND)
    assert client.log == [(start + DELAY_US + 6_200 * MS + DELAY_US, "close", "reset")]


def test_connecting_to_a_host_without_power_times_out() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    server.host.power_off()
    client.connect("10.0.0.1", PORT)
    world.run(200 * SECOND)
    assert client.log == [(127 * SECOND, "failed", "timed out")]


def test_connecting_to_a_host_that_is_back_without_its_program_is_refused() -> None:
    world = World()
    server = world.program("server", listens=True)
    client = world.program("client")
    server.host.power_off()
    client.connect("10.0.0.1", PORT)
    world.run(2 * SECOND)
    server.host.power_on()
    world.run(2 * SECOND)
    assert client.log == [(3 * SECOND + 2 * DELAY_US, "failed", "refused")]


def test_what_left_a_host_before_it_lost_power_still_arrives_and_is_not_repeated() -> None:
    world = World()
    _, server, near, _ = world.pair()
    start = world.now
    near.send("in flight", 1)
    world.run(DELAY_US // 2)
    near.host.power_off()
    world.run(SECOND)
    assert server.log == [(start + DELAY_US, "message", "in flight")]
    assert world.kernel.pending == 0


def test_a_host_that_loses_power_forgets_what_it_had_to_repeat() -> None:
    world = World()
    _, server, near, _ = world.pair()
    world.network.partition(["client"], ["server"])
    near.send("one", 1)
    near.close(after_output=True)
    world.run(50 * MS)
    near.host.power_off()
    near.host.power_on()
    world.network.heal()
    world.run(1000 * SECOND)
    assert server.log == []


def test_power_verbs_that_find_nothing_to_do_do_nothing() -> None:
    world = World()
    program = world.program("a")
    program.host.power_on()
    assert program.host.boots == 1
    program.host.power_off()
    program.host.power_off()
    changes = [entry.data for entry in world.recorder.entries]
    assert len(changes) == 2
    with pytest.raises(ValueError, match="host 'a' is off"):
        program.start()
    program.host.power_on()
    program.start()
    assert program.state == "running"
    assert isinstance(program, Program)
