"""Where one process ended and the next one began."""

from __future__ import annotations

import pytest

from sim.logs import LogError
from sim.logs.files import Placed
from sim.logs.line import Line
from sim.logs.lives import Life, Timed, cut_into_lives

HELLO = "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"


def lives(*said: tuple[int, str]) -> list[Life]:
    return cut_into_lives(
        Timed(1000 * at, Placed("s.log", at, Line("", pid, "X", None, "warning", text)))
        for at, (pid, text) in enumerate(said, start=1)
    )


def sizes(found: list[Life]) -> list[int]:
    return [len(life.lines) for life in found]


def test_a_life_tells_its_id_and_port() -> None:
    (life,) = lives(
        (7, HELLO), (7, "Running mode=sentinel, port=26379."), (7, "Sentinel ID is 8f2c")
    )
    assert (life.began_here, life.runid, life.port, life.ending) == (True, "8f2c", 26379, "")


def test_a_log_may_begin_in_the_middle_of_a_life() -> None:
    (life,) = lives((7, "+sdown master m 10.0.0.1 6379"), (7, "+new-epoch 1"))
    assert not life.began_here


def test_another_process_id_is_another_life() -> None:
    found = lives((7, "+new-epoch 1"), (8, "WARNING Memory"), (8, HELLO), (8, "Sentinel ID is 8f"))
    assert sizes(found) == [1, 3]
    assert [life.ending for life in found] == ["killed", ""]
    assert found[1].began_here


@pytest.mark.parametrize("start", [HELLO, "Sentinel ID is 8f2c"])
def test_in_a_container_every_life_has_the_same_process_id(start: str) -> None:
    found = lives((1, start), (1, "+monitor master m 10.0.0.1 6379 quorum 2"), (1, start))
    assert sizes(found) == [2, 1]
    assert all(life.began_here for life in found)


def test_greeting_and_id_are_of_one_life() -> None:
    assert sizes(lives((1, HELLO), (1, "Configuration loaded"), (1, "Sentinel ID is 8f"))) == [3]


@pytest.mark.parametrize(
    ("last", "ending"),
    [
        ("User requested shutdown...", "stopped"),
        ("Sentinel is now ready to exit, bye bye...", "stopped"),
        ("Redis 7.0.15 crashed by signal: 11, si_code: 1", "exited"),
    ],
)
def test_the_last_words_tell_how_it_ended(last: str, ending: str) -> None:
    assert lives((7, HELLO), (7, last))[0].ending == ending


def test_two_processes_that_take_turns_are_an_error() -> None:
    with pytest.raises(LogError, match=r"s.log, line 3: expected the log of one Sentinel, found "):
        lives((7, "+new-epoch 1"), (8, "+new-epoch 1"), (7, "+new-epoch 2"))


def test_a_process_id_may_come_back() -> None:
    assert sizes(lives((7, HELLO), (8, HELLO), (7, HELLO))) == [1, 1, 1]
