"""Sites: what lies between two places holds for all hosts that stand there."""

from __future__ import annotations

import pytest

from sim.network import Constant
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World


def two_sites(world: World) -> tuple[Program, Program]:
    """A server in Paris and a client in Rome, not connected yet."""
    server, client = world.program("server", listens=True), world.program("client")
    world.network.move_to_site("server", "paris")
    world.network.move_to_site("client", "rome")
    return client, server


def handshake_us(world: World, client: Program, server: Program) -> int:
    begin = world.now
    client.log.clear()
    client.connect(server.host.address, PORT)
    world.run(SECOND)
    (opened,) = client.happened("open")
    return int(opened[0]) - begin


def test_the_latency_between_two_sites_holds_for_every_pair_of_their_hosts() -> None:
    world = World()
    client, server = two_sites(world)
    world.network.link_sites("paris", "rome", latency=Constant(20 * MS))
    assert handshake_us(world, client, server) == 40 * MS
    near = world.program("near")
    world.network.move_to_site("near", "paris")
    assert handshake_us(world, near, server) == 2 * DELAY_US


def test_a_link_of_sites_holds_for_hosts_that_talked_before_it_and_that_come_after_it() -> None:
    world = World()
    client, server = two_sites(world)
    assert handshake_us(world, client, server) == 2 * DELAY_US
    world.network.link_sites("paris", "rome", latency=Constant(20 * MS))
    assert handshake_us(world, client, server) == 40 * MS
    late = world.program("late")
    world.network.move_to_site("late", "rome")
    assert handshake_us(world, late, server) == 40 * MS


def test_each_direction_between_sites_can_have_a_latency_of_its_own() -> None:
    world = World()
    client, server = two_sites(world)
    world.network.link_sites("paris", "rome", latency=Constant(20 * MS))
    world.network.link_sites("rome", "paris", latency=Constant(5 * MS), one_way=True)
    assert handshake_us(world, client, server) == 25 * MS


def test_a_host_that_moves_to_another_site_gets_its_latencies() -> None:
    world = World()
    client, server = two_sites(world)
    world.network.link_sites("paris", "rome", latency=Constant(20 * MS))
    assert handshake_us(world, client, server) == 40 * MS
    world.network.move_to_site("client", "paris")
    assert handshake_us(world, client, server) == 2 * DELAY_US


def test_what_is_set_for_two_hosts_counts_more_than_their_sites() -> None:
    world = World()
    client, server = two_sites(world)
    world.network.set_latency("client", "server", Constant(3 * MS))
    world.network.link_sites("paris", "rome", latency=Constant(20 * MS))
    assert handshake_us(world, client, server) == 6 * MS


def test_a_latency_can_be_that_within_a_site() -> None:
    world = World()
    client, server = two_sites(world)
    world.network.move_to_site("client", "paris")
    world.network.link_sites("paris", "paris", latency=Constant(7 * MS))
    assert handshake_us(world, client, server) == 14 * MS


def test_all_hosts_of_a_site_share_what_its_link_carries() -> None:
    world = World()
    client, server = two_sites(world)
    other = world.program("other")
    world.network.move_to_site("other", "rome")
    world.network.link_sites("paris", "rome", bytes_per_second=1_000_000)
    for each in (client, other):
        each.connect(server.host.address, PORT)
    world.run(SECOND)
    begin = world.now
    for endpoint in server.accepted:
        endpoint.send("bulk", 1_000_000)
    world.run(10 * SECOND)
    for each in (client, other):
        assert each.log[-1] == (begin + 2 * SECOND + DELAY_US, "message", "bulk")


def test_impossible_links_are_refused() -> None:
    world = World()
    for rate in (0, -1):
        with pytest.raises(ValueError, match="bytes per second"):
            world.network.link_sites("paris", "rome", bytes_per_second=rate)
    for loss in (-0.1, 1.0):
        with pytest.raises(ValueError, match="share"):
            world.network.link_sites("paris", "rome", loss=loss)
