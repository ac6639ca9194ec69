"""Lost packets: a TCP user sees delays, never a hole and never another order."""

from __future__ import annotations

import pytest

from sim.network import Endpoint, TcpSettings
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World


def lossy_pair(
    share: float, seed: int = 1, *, one_way: bool = False
) -> tuple[World, Program, Program, Endpoint, Endpoint]:
    """A connection over a path that begins to lose packets once it stands."""
    world = World(seed=seed)
    client, server, near, far = world.pair()
    world.network.set_loss("client", "server", share, one_way=one_way)
    return world, client, server, near, far


def test_a_lost_message_arrives_one_timeout_later_and_each_further_loss_doubles_the_wait() -> None:
    world, _, server, near, _ = lossy_pair(0.4)
    delays = []
    for number in range(300):
        begin = world.now
        near.send(number, 10)
        world.run(2000 * SECOND)
        delays.append(server.log[-1][0] - begin - DELAY_US)
    waits = {(2**losses - 1) * 200 * MS: losses for losses in range(13)}
    losses = [waits[delay] for delay in delays]
    assert server.messages == list(range(300))
    # 0.6 of the messages are not lost, 0.24 are lost once, 0.096 twice.
    assert 155 < losses.count(0) < 205
    assert 50 < losses.count(1) < 95
    assert 15 < losses.count(2) < 45


def test_without_loss_nothing_is_drawn_and_nothing_delayed() -> None:
    world, _, server, near, _ = lossy_pair(0.0)
    for number in range(100):
        begin = world.now
        near.send(number, 10)
        world.run(10 * MS)
        assert server.log[-1] == (begin + DELAY_US, "message", number)


def test_loss_never_changes_the_order_within_a_connection() -> None:
    world, client, server, near, far = lossy_pair(0.3)
    for number in range(500):
        near.send(number, 10)
        far.send(number, 10)
        world.run(7 * MS)
    world.run(600 * SECOND)
    assert server.messages == client.messages == list(range(500))


def test_messages_on_other_connections_overtake_what_waits_for_a_retransmission() -> None:
    world, client, server, near, _ = lossy_pair(0.0)
    second = client.connect(server.host.address, PORT)
    world.run(SECOND)
    server.log.clear()
    world.network.set_loss("client", "server", 0.3)
    for number in range(100):
        near.send(("first", number), 10)
        second.send(("second", number), 10)
        world.run(10 * MS)
    world.run(100 * SECOND)
    for name in ("first", "second"):
        assert [n for which, n in server.messages if which == name] == list(range(100))
    assert server.messages != [(name, n) for n in range(100) for name in ("first", "second")]


def test_three_messages_behind_a_lost_one_fetch_it_within_a_round_trip() -> None:
    firsts = []
    for seed in range(1, 40):
        world, _, server, near, _ = lossy_pair(0.4, seed)
        begin = world.now
        for number in range(8):
            near.send(number, 10)
            world.run(5 * MS)
        world.run(2000 * SECOND)
        firsts.append(server.log[0][0] - begin)
    # The fourth message arrives 15 ms after the first one would have; a round trip takes 2 ms.
    fetched = DELAY_US + 15 * MS + 2 * DELAY_US
    assert firsts.count(DELAY_US) > 15
    assert firsts.count(fetched) > 4
    # If the repetition is lost as well, the timeout that follows is the second one.
    assert min(each for each in firsts if each > fetched) == fetched + 400 * MS


def test_one_way_loss_leaves_the_other_direction_alone() -> None:
    world, client, _, _, far = lossy_pair(0.9, one_way=True)
    for number in range(100):
        begin = world.now
        far.send(number, 10)
        world.run(10 * MS)
        assert client.log[-1] == (begin + DELAY_US, "message", number)


def test_a_lost_syn_is_repeated_after_one_second() -> None:
    opened = []
    for seed in range(1, 40):
        world = World(seed=seed)
        server, client = world.program("server", listens=True), world.program("client")
        world.network.set_loss("client", "server", 0.3, one_way=True)
        client.connect(server.host.address, PORT)
        world.run(100 * SECOND)
        opened.append(client.happened("open")[0][0])
    assert set(opened) <= {2 * DELAY_US + wait * SECOND for wait in (0, 1, 3, 7, 15)}
    assert 2 * DELAY_US in opened
    assert 2 * DELAY_US + SECOND in opened


def test_a_bulk_transfer_over_a_lossy_path_is_slow_even_if_nothing_limits_the_rate() -> None:
    def took_us(share: float) -> int:
        world, _, server, near, _ = lossy_pair(share)
        begin = world.now
        near.send("dump", 10_000_000)
        world.run(10_000 * SECOND)
        return int(server.log[0][0]) - begin

    # 1.22 * 1448 B / (2 ms * sqrt(loss)): 8.8 MB/s for 1 %, 2.8 MB/s for 10 %.
    assert took_us(0.0) == DELAY_US
    assert 1.1 * SECOND < took_us(0.01) < 1.8 * SECOND
    assert 3.5 * SECOND < took_us(0.10) < 5.5 * SECOND


def test_a_sender_whose_every_repetition_is_lost_gives_up() -> None:
    world = World()
    world.network.settings = TcpSettings(retransmissions=3)
    _, server, near, _ = world.pair()
    world.network.set_loss("client", "server", 0.99, one_way=True)
    near.send("lost", 10)
    world.run(100 * SECOND)
    assert server.messages == []
    assert near.owner.happened("close")[0][2] == "timed out"  # type: ignore[attr-defined]


def test_a_killed_sender_takes_what_it_would_have_repeated_with_it() -> None:
    lost = 0
    for seed in range(1, 20):
        world, client, server, near, _ = lossy_pair(0.5, seed, one_way=True)
        near.send("last words", 10)
        world.run(100 * MS)
        arrived = server.messages
        client.kill()
        world.run(100 * SECOND)
        assert server.messages == arrived
        lost += not arrived
    assert 0 < lost < 19


def test_losses_of_one_pair_do_not_shift_the_latencies_of_anybody() -> None:
    def times(share: float) -> list[int]:
        world = World(seed=5)
        _, _, near, _ = world.pair()
        third = world.program("third", listens=True)
        endpoint = near.owner.connect(third.host.address, PORT)  # type: ignore[attr-defined]
        world.network.set_loss("client", "server", share)
        for number in range(50):
            near.send(number, 1)
            endpoint.send(number, 1)
            world.run(10 * MS)
        return [entry[0] for entry in third.log]

    assert times(0.0) == times(0.5)


@pytest.mark.parametrize("share", [-0.1, 1.0, 2.0])
def test_what_is_no_share_is_refused(share: float) -> None:
    world = World()
    world.pair()
    with pytest.raises(ValueError, match="share"):
        world.network.set_loss("client", "server", share)
