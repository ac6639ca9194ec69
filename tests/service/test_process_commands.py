"""SHUTDOWN and ROLE: options, errors and the end."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Answer, Exit
from minisentinel.replies import Command
from tests.service.front import Front, errors


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.mark.parametrize(
    "words",
    [
        ("FOO",),
        ("NOSAVE", "SAVE"),
        ("SAVE", "NOSAVE"),
        ("ABORT", "NOW"),
        ("NOW", "ABORT"),
        ("FORCE", "ABORT"),
        ("NOSAVE", "ABORT"),
        ("NOSAVE", "NOSAVE", "FOO"),
        ("a", "b", "c", "d", "e"),
    ],
)
def test_options_of_shutdown_that_make_no_sense(front: Front, words: Command) -> None:
    """[CMD-2-9]"""
    assert errors(front.say(1, "SHUTDOWN", *words)) == ["ERR syntax error"]
    assert front.exited is None


@pytest.mark.parametrize("words", [("ABORT",), ("abort", "ABORT")])
def test_there_is_never_a_shutdown_to_abort(front: Front, words: Command) -> None:
    """[CMD-2-9]"""
    assert errors(front.say(1, "SHUTDOWN", *words)) == ["ERR No shutdown in progress."]
    assert front.exited is None


@pytest.mark.parametrize(
    "words",
    [(), ("SAVE",), ("nosave",), ("NOW",), ("FORCE", "NOW", "NOSAVE"), ("NOSAVE", "NOSAVE")],
)
def test_shutdown_ends_the_process_without_a_reply(front: Front, words: Command) -> None:
    """[CMD-2-9]"""
    effects = front.service.command(front.now, 1, ("SHUTDOWN", *words))
    assert effects[-1] == Exit(0)
    assert not any(isinstance(effect, Answer) for effect in effects)


def test_role(front: Front) -> None:
    """[CMD-2-8]"""
    assert front.say(1, "ROLE") == [("sentinel", ("mymaster",))]
    front.say(1, "SENTINEL", "REMOVE", "mymaster")
    assert front.say(1, "ROLE") == [("sentinel", ())]
