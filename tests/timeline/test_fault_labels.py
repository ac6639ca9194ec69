"""What faults are called, in few words."""

from __future__ import annotations

import pytest

from sim.judge import Fault, Node
from sim.timeline.fault_labels import label_faults, listed


def nodes(*names: str, started_us: int = 0) -> list[Node]:
    return [Node(name, "redis", ("10.0.0.1", 6379), "", started_us) for name in names]


def texts(*faults: tuple[int, str, str, str], among: list[Node] | None = None) -> list[str]:
    """The labels of faults given as (seconds, node, verb, detail)."""
    found = [Fault(time * 1_000_000, node, verb, detail) for time, node, verb, detail in faults]
    return [mark.text for mark in label_faults(found, among or [])]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("a", "a"),
        ("redis-1 redis-2", "redis-1, redis-2"),
        ("redis-1 redis-2 redis-3 redis-5", "redis-1 to 3, redis-5"),
        ("redis-9 redis-10 redis-11 sentinel-12", "redis-9 to 11, sentinel-12"),
        ("redis-1 redis-3 redis-5 redis-7 redis-9", "redis-1, redis-3, redis-5, redis-7, redis-9"),
        (
            " ".join(f"redis-{number}" for number in range(1, 20, 2)),
            "redis-1, redis-3, redis-5, redis-7 and 6 more",
        ),
    ],
)
def test_names_are_listed_as_briefly_as_people_would(names: str, told: str) -> None:
    assert listed(names.split()) == told


def test_a_command_is_told_in_its_own_words() -> None:
    reset = "SENTINEL RESET mymaster"
    faults = [(1, f"sentinel-{number}", "command", reset) for number in (1, 2, 3)]
    assert texts(*faults) == [f"sentinel-1 to 3: {reset}"]


def test_different_commands_at_one_time_have_labels_of_their_own() -> None:
    assert texts((1, "a", "command", "PING"), (1, "b", "command", "INFO")) == ["a: PING", "b: INFO"]


def test_a_clock_step_and_a_block_say_how_much() -> None:
    assert texts((1, "a", "step_clock", "wall clock 2.1 s back")) == ["a: wall clock 2.1 s back"]
    assert texts((1, "a", "block", "busy for 4 s")) == ["block a for 4 s"]


def test_a_machine_without_power_takes_all_that_ran_there_with_it() -> None:
    told = texts((1, "redis-1", "power_off", "host off: redis-1, sentinel-1"))
    assert told == ["power off redis-1, sentinel-1"]


def test_a_name_that_is_pointed_elsewhere_says_where_it_leads() -> None:
    mistake = "redis-4.example is 10.0.0.1 (redis-1)"
    assert texts((1, "network", "point_name", mistake)) == [mistake]


def test_what_happens_again_and_again_is_labelled_once() -> None:
    assert texts(*((second, "a", "block", "busy for 4 s") for second in range(5))) == [
        "block a for 4 s (5 times)",
        *[""] * 4,
    ]
    assert texts(*((second, "a", "kill", "") for second in range(3))) == ["kill a"] * 3


def test_the_larger_side_of_a_cut_is_the_rest_if_nobody_is_left_out() -> None:
    cut = (2, "network", "partition", "a, b, c | d")
    assert texts(cut, among=nodes("a", "b", "c", "d")) == ["partition the rest | d"]
    assert texts(cut, among=nodes("a", "b", "c", "d", "e")) == ["partition a, b, c | d"]
    late = nodes("e", started_us=9_000_000)
    assert texts(cut, among=[*nodes("a", "b", "c", "d"), *late]) == ["partition the rest | d"]


def test_a_label_that_is_too_long_is_cut_and_says_so() -> None:
    (text,) = texts((1, "a", "command", "SET key " + "x" * 200))
    assert text.startswith("a: SET key xxx")
    assert text.endswith("…")
    assert len(text) < 100
