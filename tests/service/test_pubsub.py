"""Subscriptions in both protocols."""

from __future__ import annotations

import pytest

from minisentinel.codec import encode_reply
from minisentinel.replies import PONG, Push, Reply
from tests.service.front import Front, errors


@pytest.fixture
def front() -> Front:
    return Front()


def pushes(replies: list[Reply]) -> list[Reply]:
    """All of them, after a check that every one is pushed."""
    assert all(isinstance(reply, Push) for reply in replies)
    return replies


@pytest.mark.parametrize("protocol", ["2", "3"])
def test_confirmations_and_messages_are_pushed(front: Front, protocol: str) -> None:
    """[CMD-2-4] [CMD-2-5] [CMD-2-6]"""
    front.say(1, "HELLO", protocol)
    assert pushes(front.say(1, "SUBSCRIBE", "x", "+y")) == [
        ("subscribe", "x", 1),
        ("subscribe", "+y", 2),
    ]
    assert pushes(front.say(1, "pSubscribe", "+*")) == [("psubscribe", "+*", 3)]
    assert pushes([reply for _, reply in front.announce("+y")]) == [
        ("message", "+y", "what happened"),
        ("pmessage", "+*", "+y", "what happened"),
    ]
    assert pushes(front.say(1, "UNSUBSCRIBE", "zz")) == [("unsubscribe", "zz", 3)]
    assert pushes(front.say(1, "UNSUBSCRIBE")) == [
        ("unsubscribe", "x", 2),
        ("unsubscribe", "+y", 1),
    ]
    assert pushes(front.say(1, "UNSUBSCRIBE")) == [("unsubscribe", None, 1)]
    assert pushes(front.say(1, "PUNSUBSCRIBE")) == [("punsubscribe", "+*", 0)]


def test_a_push_has_its_own_mark_in_resp3(front: Front) -> None:
    """[CMD-2-6]"""
    (confirmation,) = front.say(1, "SUBSCRIBE", "x")
    assert encode_reply(confirmation, 2) == b"*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"
    assert encode_reply(confirmation, 3) == b">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"


def test_in_resp3_a_subscriber_may_do_anything(front: Front) -> None:
    """[CMD-1-8]"""
    front.say(1, "HELLO", "3")
    front.say(1, "SUBSCRIBE", "x")
    assert front.say(1, "PING") == [PONG]
    assert front.say(1, "CLIENT", "ID") == [1]
    # Back to RESP2, it may not even go forth again.
    front.say(1, "HELLO", "2")
    assert len(errors(front.say(1, "HELLO", "3"))) == 1
    front.say(1, "UNSUBSCRIBE")
    assert front.say(1, "CLIENT", "ID") == [1]


def test_who_is_subscriber(front: Front) -> None:
    """[CMD-2-4]"""
    assert not front.service.is_subscriber(1)
    front.say(1, "PSUBSCRIBE", "x")
    assert front.service.is_subscriber(1)
    assert not front.service.is_subscriber(99)
