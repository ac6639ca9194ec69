"""An address that somebody else has now: another program of the host, or another machine."""

from __future__ import annotations

import pytest

from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World


def test_old_peers_are_reset_and_new_ones_reach_the_program_that_has_the_port_now() -> None:
    world = World()
    client, server, near, _ = world.pair()
    server.kill()
    other = Program("other", server.host, world.network, listens=True)
    other.start()
    near.send("for the old one", 15)
    killed = world.now
    world.run(SECOND)
    assert client.log == [(killed + DELAY_US, "close", "reset")]
    client.connect(server.host.address, PORT).send("for the new one", 15)
    world.run(SECOND)
    assert (server.messages, other.messages) == ([], ["for the new one"])


def test_a_port_is_taken_while_its_program_lives() -> None:
    world = World()
    _, server, _, _ = world.pair()
    other = Program("other", server.host, world.network)
    other.start()
    with pytest.raises(OSError, match="in use"):
        other.listen(PORT)


def test_a_machine_with_the_address_of_a_dead_one_resets_old_peers_when_they_send() -> None:
    world = World()
    client, server, near, _ = world.pair()
    address = server.host.address
    server.host.power_off()
    world.run(SECOND)
    world.network.replace_host("server", "heir")
    other = world.program("heir", listens=True)
    world.run(10 * SECOND)
    assert client.log == []
    sent = world.now
    near.send("who are you", 11)
    world.run(SECOND)
    assert client.log == [(sent + 2 * DELAY_US, "close", "reset")]
    assert other.messages == []
    client.connect(address, PORT).send("hello", 5)
    world.run(SECOND)
    assert other.messages == ["hello"]


def test_what_was_being_repeated_to_the_dead_machine_is_reset_by_its_heir() -> None:
    world = World()
    client, server, near, _ = world.pair()
    server.host.power_off()
    sent = world.now
    near.send("lost", 4)
    world.run(SECOND)
    world.network.replace_host("server", "heir")
    world.run(10 * SECOND)
    # Repetitions 0.2, 0.6 and 1.4 s after the first: the last finds the new machine.
    assert client.log == [(sent + 1400 * MS + 2 * DELAY_US, "close", "reset")]


def test_an_heir_that_is_cut_off_is_silent_to_old_peers() -> None:
    world = World()
    client, server, near, _ = world.pair()
    server.host.power_off()
    world.network.replace_host("server", "heir")
    world.network.partition(["heir"])
    near.send("lost", 4)
    world.run(10 * SECOND)
    assert client.log == []
    world.network.heal()
    world.run(20 * SECOND)
    assert [entry[1:] for entry in client.log] == [("close", "reset")]


def test_only_a_machine_that_is_off_can_be_replaced() -> None:
    world = World()
    world.pair()
    with pytest.raises(ValueError, match="off"):
        world.network.replace_host("server", "heir")
    world.host("server").power_off()
    with pytest.raises(ValueError, match="already"):
        world.network.replace_host("server", "client")
