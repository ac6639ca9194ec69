"""Finding the master by the book. The ids are those of the rules in the specification."""

from __future__ import annotations

import pytest

from minisentinel.replies import Command, Error, Reply, Status
from sim.clients import Connection, MasterUnknown, NoMaster, SentinelsUnreachable
from tests.clients.scripted import MASTER, REPLICA, Scripted, ScriptedWorld, names

GET_ADDRESS = ("SENTINEL", "get-master-addr-by-name", "mymaster")


@pytest.fixture
def world() -> ScriptedWorld:
    return ScriptedWorld()


def connect(world: ScriptedWorld) -> Connection:
    return world.result_of(lambda: world.application.search("master"))


def asked(world: ScriptedWorld) -> list[int]:
    return [len(sentinel.asked) for sentinel in world.sentinels]


def times_of_role(world: ScriptedWorld) -> list[int]:
    """The times (µs) at which the master is asked for its role, as they come."""
    seen: list[int] = []

    def answer(words: Command) -> Reply:
        seen.append(world.kernel.now)
        return MASTER

    world.servers[0].answer = answer
    return seen


def test_first_sentinel_is_asked_for_the_address_by_name(world: ScriptedWorld) -> None:
    """[CLT-1-1] [CLT-1-5] [CLT-1-6]"""
    assert connect(world).address == ("10.0.0.1", 6379)
    assert world.sentinels[0].asked == [GET_ADDRESS]
    assert asked(world) == [1, 0, 0]


def test_role_is_verified_before_anything_else_is_sent(world: ScriptedWorld) -> None:
    """[CLT-1-9]"""
    connect(world)
    assert world.servers[0].asked == [("ROLE",)]


def test_dead_and_silent_sentinels_are_passed_over(world: ScriptedWorld) -> None:
    """[CLT-1-2]"""
    world.sentinels[0].kill()
    world.sentinels[1].answer = lambda words: None
    before = world.kernel.now
    seen = times_of_role(world)
    connect(world)
    assert asked(world) == [0, 1, 1]
    assert 0.3 <= (seen[0] - before) / 1e6 < 0.4, "one timeout of 0.3 s, and no more"


def test_sentinel_behind_a_partition_costs_one_timeout(world: ScriptedWorld) -> None:
    """[CLT-1-2]"""
    world.network.partition(["client"], ["sentinel-1"])
    seen = times_of_role(world)
    connect(world)
    assert 0.3 <= seen[0] / 1e6 < 0.4


def test_sentinel_that_answered_is_moved_to_the_front(world: ScriptedWorld) -> None:
    """[CLT-1-3]"""
    world.sentinels[0].kill()
    world.sentinels[1].kill()
    connect(world)
    one, two, three = world.addresses
    assert world.application.sentinels == [three, one, two]
    world.sentinels[0].start()
    connect(world)
    assert asked(world) == [0, 0, 2]


def test_no_sentinel_can_be_reached(world: ScriptedWorld) -> None:
    """[CLT-1-4]"""
    for sentinel in world.sentinels:
        sentinel.kill()
    with pytest.raises(SentinelsUnreachable, match="no Sentinel can be reached"):
        connect(world)


def test_sentinel_that_does_not_know_the_name_is_passed_over(world: ScriptedWorld) -> None:
    """[CLT-1-7]"""
    world.sentinels[0].answer = lambda words: None if words[0] == "PING" else ()
    connect(world)
    assert asked(world) == [1, 1, 0]
    assert world.application.sentinels[0] == world.addresses[1]


@pytest.mark.parametrize("reply", [(), Error("IDONTKNOW I have not enough information"), ("x",)])
def test_name_that_nobody_knows_is_another_error(world: ScriptedWorld, reply: Reply) -> None:
    """[CLT-1-8]"""
    world.sentinels[0].kill()
    for sentinel in world.sentinels:
        sentinel.answer = lambda words: reply
    with pytest.raises(MasterUnknown, match="no Sentinel knows 'mymaster'"):
        connect(world)


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (
            lambda server: setattr(server, "answer", lambda words: REPLICA),
            "10.0.0.1:6379: no master",
        ),
        (
            lambda server: setattr(server, "answer", lambda words: Error("LOADING later")),
            "10.0.0.1:6379: no master",
        ),
        (lambda server: setattr(server, "answer", lambda words: None), "10.0.0.1:6379: timed out"),
        (lambda server: server.kill(), "10.0.0.1:6379: refused"),
        (lambda server: server.pause(), "10.0.0.1:6379: timed out"),
    ],
    ids=["replica", "loading", "silent", "dead", "frozen"],
)
def test_server_that_is_no_master_is_not_used(
    world: ScriptedWorld, prepare: object, problem: str
) -> None:
    """[CLT-1-9] [CLT-1-10]"""
    server = world.servers[0]
    prepare(server)  # type: ignore[operator]
    with pytest.raises(NoMaster, match=f"^{problem}$"):
        connect(world)
    server.resume()
    world.run(5.0)
    assert server.connections == [], "the connection was closed"


def test_every_connection_to_a_sentinel_is_closed_again(world: ScriptedWorld) -> None:
    world.sentinels[0].answer = lambda words: None
    connect(world)
    assert [sentinel.connections for sentinel in world.sentinels] == [[], [], []]


def test_connection_that_was_given_up_while_connecting_is_closed_when_it_stands(
    world: ScriptedWorld,
) -> None:
    """The SYN of a partition is repeated and gets through after the heal: nobody wants it then."""
    cut = world.network.partition(["client"], ["sentinel-1"])
    connect(world)
    world.network.heal(cut)
    world.run(60.0)
    assert world.sentinels[0].connections == []
    assert world.application.endpoints == world.application.endpoints[:1], "the master's"


def test_answers_are_matched_with_calls_in_order(world: ScriptedWorld) -> None:
    server = world.servers[0]
    server.answer = lambda words: MASTER if words[0] == "ROLE" else Status(words[1])

    async def program() -> list[Reply]:
        connection = await world.application.search("master")
        return [await connection.call("ECHO", str(number)) for number in range(3)]

    assert world.result_of(program) == [Status("0"), Status("1"), Status("2")]


def test_master_that_moved_is_found_by_the_next_discovery(world: ScriptedWorld) -> None:
    """[CLT-1-11]: never reconnect to the remembered address."""
    assert connect(world).address == ("10.0.0.1", 6379)
    world.sentinels[0].answer = names("10.0.0.2")
    assert connect(world).address == ("10.0.0.2", 6379)


def test_name_that_a_sentinel_announces_is_looked_up_at_every_discovery(
    world: ScriptedWorld,
) -> None:
    """[CLT-1-20]"""
    world.sentinels[0].answer = names("redis.example")
    world.network.names.point("redis.example", "10.0.0.1")
    connection = connect(world)
    assert connection.asked == ("redis.example", 6379)
    assert connection.address == ("10.0.0.1", 6379)
    assert world.servers[0].asked == [("ROLE",)]
    world.network.names.point("redis.example", "10.0.0.2")
    connect(world)
    assert world.servers[1].asked == [("ROLE",)]


def test_sentinels_and_servers_are_told_different_passwords_before_anything_else(
    world: ScriptedWorld,
) -> None:
    """[CLT-1-21]"""
    world.application.sentinel_auth = ("gate",)
    world.application.server_auth = ("app", "vault")
    connect(world)
    assert world.sentinels[0].asked == [("AUTH", "gate"), GET_ADDRESS]
    assert world.servers[0].asked == [("AUTH", "app", "vault"), ("ROLE",)]


def test_wrong_password_makes_a_sentinel_one_to_pass_over_and_a_server_none_to_use(
    world: ScriptedWorld,
) -> None:
    """[CLT-1-21]"""
    wrong = Error("WRONGPASS invalid username-password pair or user is disabled.")
    world.application.sentinel_auth = world.application.server_auth = ("no",)
    world.sentinels[0].answer = lambda words: wrong
    world.servers[0].answer = lambda words: wrong if words[0] == "AUTH" else MASTER
    with pytest.raises(NoMaster, match="WRONGPASS"):
        connect(world)
    assert world.servers[0].asked == [("AUTH", "no")]
    assert asked(world) == [1, 2, 0]
    assert world.servers[0].connections == []


def test_error_that_a_program_does_not_handle_ends_the_run(world: ScriptedWorld) -> None:
    async def program() -> None:
        raise ZeroDivisionError("a bug of the application")

    world.application.program = program
    world.application.start()
    with pytest.raises(ZeroDivisionError, match="a bug of the application"):
        world.run(1.0)
    world.run(1.0)


def test_scripted_servers_are_processes(world: ScriptedWorld) -> None:
    assert all(isinstance(each, Scripted) and each.state == "running" for each in world.servers)
