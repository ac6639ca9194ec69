"""Host names: they resolve, change and stop resolving, and the asker waits."""

from __future__ import annotations

from sim.network import Constant, Uniform
from tests.network.worlds import DELAY_US, MS, PORT, SECOND, Program, World


def named_pair() -> tuple[World, Program, Program]:
    """A server that is called db.example, and a client."""
    world = World()
    server, client = world.program("server", listens=True), world.program("client")
    world.network.names.point("db.example", server.host.address)
    world.run(MS)
    return world, client, server


def test_a_name_leads_to_its_address() -> None:
    world, client, server = named_pair()
    endpoint = client.connect("DB.example", PORT)
    world.run(SECOND)
    assert client.happened("open")
    assert endpoint.remote == (server.host.address, PORT)


def test_the_asker_does_nothing_else_until_the_answer_is_there() -> None:
    world, client, server = named_pair()
    world.network.names.delay = Constant(30 * MS)
    begin = world.now
    client.after(0, lambda _: client.connect("db.example", PORT))
    client.after(10 * MS, client.note, "timer")
    world.run(SECOND)
    assert client.log == [
        (begin + 30 * MS, "timer"),
        (begin + 30 * MS + 2 * DELAY_US, "open"),
    ]
    assert server.happened("accept")


def test_a_numeric_address_asks_nobody() -> None:
    world, client, server = named_pair()
    world.network.names.silence()
    begin = world.now
    client.connect(server.host.address, PORT)
    world.run(SECOND)
    assert client.log == [(begin + 2 * DELAY_US, "open")]


def test_a_name_that_nobody_has_fails_after_the_time_of_an_answer() -> None:
    world, client, _ = named_pair()
    world.network.names.delay = Constant(30 * MS)
    world.network.names.remove("db.example")
    begin = world.now
    client.after(0, lambda _: client.connect("db.example", PORT))
    world.run(SECOND)
    assert client.log == [(begin + 30 * MS, "failed", "unknown host")]


def test_a_name_server_that_is_silent_blocks_the_asker_until_it_gives_up() -> None:
    world, client, _ = named_pair()
    for silence in (None, "db.example"):
        world.network.names.silence(silence)
        client.log.clear()
        begin = world.now
        client.after(0, lambda _: client.connect("db.example", PORT))
        client.after(MS, client.note, "timer")
        world.run(20 * SECOND)
        assert [entry[0] - begin for entry in client.log] == [10 * SECOND, 10 * SECOND]
        assert [entry[1] for entry in client.log] == ["failed", "timer"]
        world.network.names.answer(silence)
        client.log.clear()
        client.connect("db.example", PORT)
        world.run(SECOND)
        assert client.happened("open")


def test_a_silence_about_one_name_does_not_concern_others() -> None:
    world, client, server = named_pair()
    world.network.names.point("other.example", server.host.address)
    world.network.names.silence("db.example")
    client.connect("other.example", PORT)
    world.run(SECOND)
    assert client.happened("open")


def test_a_name_that_changes_leads_new_connections_elsewhere_and_keeps_the_old_ones() -> None:
    world, client, server = named_pair()
    other = world.program("other", listens=True)
    old = client.connect("db.example", PORT)
    world.run(SECOND)
    world.network.names.point("db.example", other.host.address)
    client.connect("db.example", PORT).send("new", 3)
    old.send("old", 3)
    world.run(SECOND)
    assert (server.messages, other.messages) == (["old"], ["new"])


def test_a_question_between_two_steps_keeps_the_thread_busy_too() -> None:
    world, client, _ = named_pair()
    world.network.names.delay = Constant(30 * MS)
    begin = world.now
    assert client.resolve("db.example") == "10.0.0.1"
    client.after(0, client.note, "timer")
    world.run(SECOND)
    assert client.log == [(begin + 30 * MS, "timer")]


def test_every_host_draws_the_delays_of_its_questions_from_a_stream_of_its_own() -> None:
    def delays(*, crowd: bool) -> list[int]:
        world, _, _ = named_pair()
        names = world.network.names
        names.delay = Uniform(0, SECOND)
        found = []
        for _ in range(20):
            if crowd:
                names.look_up("db.example", "other")
            found.append(names.look_up("db.example", "client")[1])
        return found

    assert len(set(delays(crowd=False))) > 15
    assert delays(crowd=True) == delays(crowd=False)
