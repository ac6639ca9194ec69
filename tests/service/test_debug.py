"""SENTINEL DEBUG."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, Error
from tests.core.bench import Bench, commands, saves
from tests.support.periods import DEFAULT_PERIODS


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_without_options_it_lists_the_periods_in_order(bench: Bench) -> None:
    """[CMD-4-16] [CMD-10-1] [GEN-3-1] [GEN-3-13]"""
    reply = bench.command("SENTINEL", "DEBUG")
    assert isinstance(reply, dict)
    assert list(reply.items()) == list(DEFAULT_PERIODS.items())


@pytest.mark.parametrize("name", DEFAULT_PERIODS)
def test_every_period_can_be_set_under_its_name_in_any_case(bench: Bench, name: str) -> None:
    """[CMD-10-2]"""
    for spelling in (name, name.lower(), name.title()):
        for value in ("1", "2147483647"):
            assert bench.command("SENTINEL", "DEBUG", spelling, value) == OK
            assert bench.command("SENTINEL", "DEBUG") == DEFAULT_PERIODS | {name: value}


@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.5", "9223372036854775808"])
def test_values_are_whole_numbers_above_zero(bench: Bench, value: str) -> None:
    """[CMD-10-2]"""
    assert bench.command("SENTINEL", "DEBUG", "Ping-Period", value) == Error(
        f"ERR Invalid argument '{value}' for SENTINEL DEBUG 'Ping-Period'"
    )


def test_pairs_before_an_error_stay_applied(bench: Bench) -> None:
    """[CMD-10-2]"""
    words = ("ask-period", "1002", "info-period", "7", "nope", "3", "ping-period", "4")
    assert bench.command("SENTINEL", "DEBUG", *words) == Error(
        "ERR Unknown option or number of arguments for SENTINEL DEBUG 'nope'"
    )
    changed = {"ASK-PERIOD": "1002", "INFO-PERIOD": "7"}
    assert bench.command("SENTINEL", "DEBUG") == DEFAULT_PERIODS | changed


@pytest.mark.parametrize("words", [("ping-period",), ("ping-period", "7", "ASK-period")])
def test_a_name_without_a_value_is_an_error(bench: Bench, words: tuple[str, ...]) -> None:
    """[CMD-10-2]"""
    assert bench.command("SENTINEL", "DEBUG", *words) == Error(
        f"ERR Unknown option or number of arguments for SENTINEL DEBUG '{words[-1]}'"
    )


def test_nothing_is_saved_and_masters_keep_their_own_values(bench: Bench) -> None:
    """[CMD-10-2] [CFG-5-13]"""
    before = len(bench.done)
    words = ("default-down-after", "7", "default-failover-timeout", "8")
    assert bench.command("SENTINEL", "DEBUG", *words) == OK
    assert saves(bench.done[before:]) == []
    assert (bench.master().down_after, bench.master().failover_timeout) == (2000, 10_000)
    bench.command("SENTINEL", "MONITOR", "other", "10.0.0.9", "6379", "1")
    assert (bench.master("other").down_after, bench.master("other").failover_timeout) == (7, 8)


@pytest.mark.parametrize("name", ["default-down-after", "default-failover-timeout"])
def test_defaults_that_no_file_could_hold_are_refused(bench: Bench, name: str) -> None:
    assert bench.command("SENTINEL", "DEBUG", name, "2147483648") == Error(
        f"ERR Invalid argument '2147483648' for SENTINEL DEBUG '{name}'"
    )


def test_a_shorter_period_counts_at_the_next_tick(bench: Bench) -> None:
    """[CMD-10-2]: a tick does not sleep over what became due."""
    bench.run(5000)
    assert not [words for words in commands(bench.tick(100)) if words[0] == "INFO"]
    bench.command("SENTINEL", "DEBUG", "info-period", "50")
    assert [words for words in commands(bench.tick(100)) if words[0] == "INFO"]
