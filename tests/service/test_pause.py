"""CLIENT PAUSE: what waits, how long, and in which order it is made up for."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Exit
from minisentinel.replies import OK, PONG, Push
from tests.service.front import Front, errors

REFUSED = "ERR Only HELLO messages are accepted by Sentinel instances."


@pytest.fixture
def front() -> Front:
    return Front()


def test_everything_waits_until_the_pause_is_over(front: Front) -> None:
    """[CMD-2-13]"""
    other = front.connect()
    assert front.say(1, "CLIENT", "PAUSE", "500") == [OK]
    assert front.say(other, "PING") == []
    assert front.say(other, "PING", "second") == []
    assert front.service.waits(other)
    assert front.wait(499, other) == []
    assert front.wait(1, other) == [PONG, "second"]
    assert not front.service.waits(other)
    assert front.say(other, "PING") == [PONG]


def test_what_is_refused_need_not_wait(front: Front) -> None:
    """[CMD-2-13]"""
    front.say(1, "CLIENT", "PAUSE", "500")
    assert errors(front.say(1, "PING", "FOO", "BAR")) == []  # the handler would refuse this one
    other = front.connect()
    assert errors(front.say(other, "FOO")) == [
        "ERR unknown command 'FOO', with args beginning with: "
    ]
    assert errors(front.say(other, "ROLE", "x")) == [
        "ERR wrong number of arguments for 'role' command"
    ]


def test_the_next_command_of_anybody_ends_a_pause_that_is_over(front: Front) -> None:
    """[CMD-2-13]"""
    other = front.connect()
    front.say(1, "CLIENT", "PAUSE", "500")
    front.say(other, "PING")
    front.now += 500
    assert front.say(1, "PING", "x") == ["x"]
    assert front.told == [(other, PONG), (1, "x")]


def test_clients_are_served_in_the_order_of_their_connecting(front: Front) -> None:
    """[CMD-2-13]"""
    second, third = front.connect(), front.connect()
    front.say(1, "CLIENT", "PAUSE", "500")
    front.say(third, "PING", "a")
    front.say(second, "PING", "b")
    front.say(third, "PING", "c")
    front.wait(500)
    assert front.told == [(second, "b"), (third, "a"), (third, "c")]


def test_only_publish_counts_as_a_write(front: Front) -> None:
    """[CMD-2-13]"""
    other = front.connect()
    assert front.say(1, "CLIENT", "PAUSE", "500", "WRITE") == [OK]
    assert front.say(other, "SENTINEL", "FLUSHCONFIG") == [OK]
    assert front.say(other, "PUBLISH", "a", "b") == []
    assert front.say(other, "PING") == []
    (line,) = [
        each for each in str(front.say(1, "CLIENT", "LIST")[0]).splitlines() if "id=2" in each
    ]
    assert " flags=b " in line
    assert errors(front.wait(500, other)) == [REFUSED]


def test_a_pause_is_ended_early(front: Front) -> None:
    """[CMD-2-13]"""
    other = front.connect()
    front.say(1, "CLIENT", "PAUSE", "10000", "WRITE")
    front.say(other, "PUBLISH", "a", "b")
    assert front.say(1, "CLIENT", "UNPAUSE") == [OK]
    assert [client for client, _ in front.told] == [1, other]
    assert errors(front.say(other, "PUBLISH", "a", "b")) == [REFUSED]


def test_of_two_pauses_the_longer_and_the_stricter_counts(front: Front) -> None:
    """[CMD-2-13]"""
    front.say(1, "CLIENT", "PAUSE", "1500", "WRITE")
    front.say(1, "CLIENT", "PAUSE", "100", "WRITE")
    front.say(1, "PUBLISH", "a", "b")
    assert front.wait(1499) == []
    assert errors(front.wait(1)) == [REFUSED]
    front.say(1, "CLIENT", "PAUSE", "100", "WRITE")
    front.say(1, "CLIENT", "PAUSE", "50", "ALL")
    assert front.say(1, "PING") == []
    assert front.wait(99) == []
    assert front.wait(1) == [PONG]
    # The next pause is as strict as it says itself.
    front.say(1, "CLIENT", "PAUSE", "100", "WRITE")
    assert front.say(1, "PING") == [PONG]


def test_a_pause_that_waited_holds_back_what_is_behind_it(front: Front) -> None:
    """[CMD-2-13]"""
    front.say(1, "CLIENT", "PAUSE", "100")
    front.say(1, "CLIENT", "PAUSE", "100")
    front.say(1, "PING")
    front.say(1, "PING", "x")
    assert front.wait(100) == [OK]
    assert front.wait(99) == []
    assert front.wait(1) == [PONG, "x"]


def test_who_leaves_or_is_sent_away_while_waiting_is_forgotten(front: Front) -> None:
    """[CMD-2-13]"""
    second, third = front.connect(), front.connect()
    front.say(1, "CLIENT", "PAUSE", "100", "WRITE")
    front.say(second, "PUBLISH", "a", "b")
    front.say(third, "PUBLISH", "a", "b")
    front.say(1, "CLIENT", "KILL", "ID", str(second))
    front.service.client_left(third)
    front.wait(100)
    assert front.told == []


def test_messages_do_not_wait(front: Front) -> None:
    """[CMD-2-13] [EVT-5-1]"""
    front.say(1, "SUBSCRIBE", "+x")
    other = front.connect("CLIENT", "PAUSE", "100")
    assert other == 2
    assert front.announce("+x") == [(1, Push(("message", "+x", "what happened")))]


def test_the_pause_ends_with_a_tick_of_the_driver(front: Front) -> None:
    """[CMD-2-13]"""
    front.say(1, "CLIENT", "PAUSE", "100")
    front.say(1, "SHUTDOWN")
    assert front.exited is None
    front.tick(100)
    assert front.exited == 0
    assert [effect for effect in front.done if isinstance(effect, Exit)] == [Exit(0)]
