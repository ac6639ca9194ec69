"""Hosts behind machines, as containers are: mapped ports, and what others see of whom."""

from __future__ import annotations

import pytest

from sim.network import Constant
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World

INNER = "172.17.0.2"


def behind(world: World, machine: str, name: str, address: str = INNER) -> Program:
    """A listening program in a container on a machine."""
    world.host(machine)
    world.network.add_host(name, address, behind=machine)
    return world.program(name, listens=True)


def outcome(world: World, program: Program, address: str, port: int) -> tuple[object, ...]:
    """What comes of connecting: ("open",), or ("failed", reason)."""
    program.log.clear()
    program.connect(address, port)
    world.run(10 * SECOND)
    return tuple(program.log[0][1:])


def test_a_mapped_port_leads_to_the_host_behind() -> None:
    world = World()
    inner, client = behind(world, "docker", "inner"), world.program("client")
    world.network.map_port("docker", 7777, "inner", PORT)
    assert outcome(world, client, world.host("docker").address, 7777) == ("open",)
    assert inner.messages == []
    client.endpoints[0].send("hello", 5)
    world.run(SECOND)
    assert inner.messages == ["hello"]


def test_a_port_that_is_not_mapped_is_refused() -> None:
    world = World()
    behind(world, "docker", "inner")
    client = world.program("client")
    assert outcome(world, client, world.host("docker").address, PORT) == ("failed", "refused")


def test_a_private_address_means_nothing_to_others() -> None:
    world = World()
    behind(world, "docker", "inner")
    client = world.program("client")
    assert outcome(world, client, INNER, PORT) == ("failed", "unreachable")


def test_neighbours_and_their_machine_use_the_private_address() -> None:
    world = World()
    behind(world, "docker", "inner")
    neighbour = behind(world, "docker", "neighbour", "172.17.0.3")
    machine = Program("machine", world.host("docker"), world.network)
    machine.start()
    for each in (neighbour, machine):
        assert outcome(world, each, INNER, PORT) == ("open",)


def test_the_same_private_address_is_somebody_else_behind_another_machine() -> None:
    world = World()
    here, there = behind(world, "one", "here"), behind(world, "two", "there")
    neighbour = behind(world, "two", "neighbour", "172.17.0.3")
    outcome(world, neighbour, INNER, PORT)
    assert (len(here.accepted), len(there.accepted)) == (0, 1)


def test_others_see_the_address_of_the_machine_and_not_of_who_is_behind_it() -> None:
    world = World()
    inner, server = behind(world, "docker", "inner"), world.program("server", listens=True)
    outcome(world, inner, server.host.address, PORT)
    (far,) = server.accepted
    (near,) = inner.endpoints
    assert far.remote[0] == world.host("docker").address
    assert near.local[0] == INNER


def test_neighbours_see_the_private_address() -> None:
    world = World()
    inner = behind(world, "docker", "inner")
    neighbour = behind(world, "docker", "neighbour", "172.17.0.3")
    outcome(world, neighbour, INNER, PORT)
    assert inner.accepted[0].remote == neighbour.endpoints[0].local


def test_two_behind_one_machine_are_seen_with_different_ports() -> None:
    world = World()
    server = world.program("server", listens=True)
    for number, name in enumerate(("one", "two")):
        outcome(world, behind(world, "docker", name, f"172.17.0.{number + 2}"), "10.0.0.1", PORT)
    assert server.host.address == "10.0.0.1"
    seen = [endpoint.remote for endpoint in server.accepted]
    assert len({address for address, _ in seen}) == 1
    assert len(set(seen)) == 2


def test_a_mapped_port_works_from_behind_the_same_machine_too() -> None:
    world = World()
    inner = behind(world, "docker", "inner")
    neighbour = behind(world, "docker", "neighbour", "172.17.0.3")
    world.network.map_port("docker", PORT, "inner")
    assert outcome(world, neighbour, world.host("docker").address, PORT) == ("open",)
    assert inner.accepted[0].remote[0] == world.host("docker").address


def test_a_port_that_is_unmapped_refuses_new_connections_and_keeps_the_old_ones() -> None:
    world = World()
    inner, client = behind(world, "docker", "inner"), world.program("client")
    world.network.map_port("docker", PORT, "inner")
    address = world.host("docker").address
    outcome(world, client, address, PORT)
    world.network.unmap_port("docker", PORT)
    assert outcome(world, client, address, PORT) == ("failed", "refused")
    client.endpoints[0].send("still here", 10)
    world.run(SECOND)
    assert inner.messages == ["still here"]


def test_a_machine_that_is_cut_or_loses_power_takes_those_behind_it_along() -> None:
    world = World()
    inner, client = behind(world, "docker", "inner"), world.program("client")
    world.network.map_port("docker", PORT, "inner")
    outcome(world, client, world.host("docker").address, PORT)
    (near,) = client.endpoints
    world.network.partition(["docker"])
    near.send("late", 4)
    world.run(SECOND)
    assert inner.messages == []
    world.network.heal()
    world.run(SECOND)
    assert inner.messages == ["late"]
    world.host("docker").power_off()
    assert inner.state == "down"
    near.send("lost", 4)
    world.run(SECOND)
    assert client.happened("close") == []
    world.host("docker").power_on()
    world.run(10 * SECOND)
    assert [entry[2] for entry in client.happened("close")] == ["reset"]


def test_latency_between_machines_holds_for_those_behind_them() -> None:
    for early in (False, True):
        world = World()
        behind(world, "docker", "inner")
        client = world.program("client")
        world.network.map_port("docker", PORT, "inner")
        if early:
            world.network.path("client", "inner")
        world.network.set_latency("client", "docker", Constant(9 * MS))
        begin = world.now
        outcome(world, client, world.host("docker").address, PORT)
        assert client.log == [(begin + 18 * MS, "open")]


def test_neighbours_are_as_near_as_programs_of_one_host() -> None:
    world = World()
    behind(world, "docker", "inner")
    neighbour = behind(world, "docker", "neighbour", "172.17.0.3")
    begin = world.now
    outcome(world, neighbour, INNER, PORT)
    assert neighbour.log[0][0] - begin == 20 < DELAY_US


def test_a_machine_and_those_behind_it_have_one_clock() -> None:
    world = World()
    inner = behind(world, "docker", "inner")
    before = inner.now_ms()
    world.host("docker").step_clock(5 * SECOND)
    assert inner.now_ms() == before + 5000
    inner.host.step_clock(-2 * SECOND)
    assert world.host("docker").clock_base_us == inner.host.clock_base_us
    late = behind(world, "docker", "late", "172.17.0.9")
    assert late.now_ms() == inner.now_ms()


def test_impossible_mappings_are_refused() -> None:
    world = World()
    behind(world, "docker", "inner")
    world.program("server", listens=True)
    with pytest.raises(ValueError, match="not behind"):
        world.network.map_port("docker", PORT, "server")
    with pytest.raises(ValueError, match="behind 'docker' itself"):
        world.network.add_host("deeper", "172.18.0.2", behind="inner")
    with pytest.raises(ValueError, match="belongs to host 'inner'"):
        world.network.add_host("twin", INNER, behind="docker")
    on_docker = Program("machine", world.host("docker"), world.network, listens=True)
    on_docker.start()
    with pytest.raises(OSError, match="in use"):
        world.network.map_port("docker", PORT, "inner")
    world.network.map_port("docker", 1234, "inner")
    with pytest.raises(OSError, match="in use"):
        on_docker.listen(1234)
