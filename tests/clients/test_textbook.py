"""The textbook client: what it makes of every answer, and of none."""

from __future__ import annotations

import pytest

from minisentinel.replies import Error, Status
from sim.clients import TextbookClient
from tests.clients.scripted import MASTER, REPLICA, Answer, ScriptedWorld, names

READONLY = Error("READONLY You can't write against a read only replica.")


@pytest.fixture
def world() -> ScriptedWorld:
    return ScriptedWorld()


@pytest.fixture
def writer(world: ScriptedWorld) -> TextbookClient:
    return world.client()


def answering(set_answer: object) -> Answer:
    """A master that answers SET so; None is silence."""
    return lambda words: MASTER if words[0] == "ROLE" else set_answer


def test_every_write_has_a_key_of_its_own_and_is_acknowledged(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    world.run(5.0)
    operations = world.operations()
    assert 40 < len(operations) < 60, "about ten a second"
    assert [each.write for each in operations] == [
        f"writer:{n}={n}" for n in range(1, len(operations) + 1)
    ]
    assert {(each.outcome, each.target) for each in operations} == {("ok", "10.0.0.1:6379")}
    sets = [words for words in world.servers[0].asked if words[0] == "SET"]
    assert sets == [("SET", f"writer:{n}", str(n)) for n in range(1, len(operations) + 1)]


def test_one_connection_serves_while_all_is_well(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    world.run(5.0)
    assert len(world.servers[0].connections) == 1
    assert len(world.sentinels[0].asked) == 1


def test_closed_connection_costs_nothing_but_a_new_discovery(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    """What Sentinel's CLIENT KILL does to everybody. [CLT-1-12] [CLT-1-11]"""
    world.run(1.03)
    (connection,) = world.servers[0].connections
    connection.close()
    world.sentinels[0].answer = names("10.0.0.2")
    world.run(2.0)
    operations = world.operations()
    assert {each.outcome for each in operations} == {"ok"}
    assert operations[-1].target == "10.0.0.2:6379"
    assert len(world.sentinels[0].asked) == 2


def test_readonly_leads_to_a_new_discovery(world: ScriptedWorld, writer: TextbookClient) -> None:
    """[CLT-1-13]"""
    world.run(1.0)
    done = len(world.operations())
    world.servers[0].answer = answering(READONLY)
    world.sentinels[0].answer = names("10.0.0.2")
    world.run(1.0)
    after = world.operations()[done:]
    assert (after[0].outcome, after[0].error) == ("failed", "READONLY")
    assert {(each.outcome, each.target) for each in after[1:]} == {("ok", "10.0.0.2:6379")}
    assert world.servers[0].connections == []


def test_replica_is_never_written_to(world: ScriptedWorld, writer: TextbookClient) -> None:
    """[CLT-1-9]"""
    world.servers[0].answer = lambda words: REPLICA
    world.run(3.0)
    assert {words[0] for words in world.servers[0].asked} == {"ROLE"}
    assert {each.outcome for each in world.operations()} == {"failed"}
    assert all(each.target == "" for each in world.operations())


@pytest.mark.parametrize("end", ["kill", "pause", "silence"])
def test_outcome_is_unknown_when_the_answer_does_not_come(
    world: ScriptedWorld, writer: TextbookClient, end: str
) -> None:
    """[CLT-1-14]: nobody knows whether it was carried out."""
    world.run(1.0)
    server, done = world.servers[0], len(world.operations())

    def last_answer(words: tuple[str, ...]) -> None:
        if end == "kill":
            server.kill()
        elif end == "pause":
            server.pause()

    server.answer = last_answer
    world.run(1.5)
    lost = world.operations()[done]
    assert lost.outcome == "unknown"
    assert lost.error == {"kill": "reset", "pause": "timed out", "silence": "timed out"}[end]
    assert lost.target == "10.0.0.1:6379"
    assert "ok" not in {each.outcome for each in world.operations()[done:]}


def test_write_that_was_never_sent_has_definitely_failed(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    world.run(1.0)
    done = len(world.operations())
    world.servers[0].kill()
    world.run(2.0)
    # The first one may have been on its way.
    after = world.operations()[done + 1 :]
    assert len(after) > 5
    assert {(each.outcome, each.error) for each in after} == {("failed", "10.0.0.1:6379: refused")}


def test_late_answer_is_not_taken_for_that_to_the_next_write(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    """A server that wakes up answers what it was asked before, on connections that are given up."""
    world.run(1.0)
    done = len(world.operations())
    server = world.servers[0]
    server.pause()
    world.run(2.5)
    server.answer = answering(READONLY)
    server.resume()
    world.run(3.0)
    after = world.operations()[done:]
    assert after[0].outcome == "unknown"
    assert "ok" not in {each.outcome for each in after}


def test_writer_goes_on_when_the_server_is_back(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    world.servers[0].kill()
    world.run(2.0)
    world.servers[0].start()
    world.run(1.0)
    assert world.operations()[-1].outcome == "ok"


@pytest.mark.parametrize(
    ("prepare", "error"),
    [
        (lambda sentinel: sentinel.kill(), "no Sentinel can be reached"),
        (
            lambda sentinel: setattr(sentinel, "answer", lambda w: ()),
            "no Sentinel knows 'mymaster'",
        ),
    ],
    ids=["dead", "ignorant"],
)
def test_trouble_with_sentinels_is_told_apart(
    world: ScriptedWorld, writer: TextbookClient, prepare: object, error: str
) -> None:
    for sentinel in world.sentinels:
        prepare(sentinel)  # type: ignore[operator]
    world.run(2.0)
    assert {(each.outcome, each.error) for each in world.operations()} == {("failed", error)}


def test_writer_that_was_killed_begins_anew_with_new_keys(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    world.run(1.0)
    writer.kill()
    world.run(1.0)
    done = len(world.operations())
    writer.start()
    world.run(1.0)
    writes = [each.write for each in world.operations()]
    assert len(writes) > done
    assert len(set(writes)) == len(writes)
    assert len(world.servers[0].connections) == 1


def test_frozen_writer_does_nothing_and_then_goes_on(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    world.run(1.0)
    writer.pause()
    done = len(world.operations())
    world.run(10.0)
    assert len(world.operations()) == done
    writer.resume()
    world.run(1.0)
    after = world.operations()[done:]
    assert after[-1].outcome == "ok"
    assert len(after) < 20, "it does not make up for the time that it has slept"


def test_writer_frozen_while_it_waits_finds_its_timeout_over(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    world.run(1.0)
    done = len(world.operations())

    def freeze(words: tuple[str, ...]) -> Status:
        writer.pause()
        return Status("OK")

    world.servers[0].answer = freeze
    world.run(10.0)
    assert len(world.operations()) == done
    world.servers[0].answer = answering(Status("OK"))
    writer.resume()
    world.run(1.0)
    assert world.operations()[done].outcome == "unknown"
    assert world.operations()[-1].outcome == "ok"


def test_failed_connection_attempts_leave_nothing_behind(
    world: ScriptedWorld, writer: TextbookClient
) -> None:
    cut = world.network.partition(["writer"])
    world.run(20.0)
    world.network.heal(cut)
    world.run(120.0)
    assert len(writer.endpoints) <= 1
    assert [len(sentinel.connections) for sentinel in world.sentinels] == [0, 0, 0]
