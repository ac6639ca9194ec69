"""Numbers and what is expected of them."""

from __future__ import annotations

import pytest

from sim.scenarios.comparisons import Comparison


@pytest.mark.parametrize(
    ("text", "inside", "outside", "told"),
    [
        (3, [3], [2, 4], "3"),
        (0, [0], [1], "0"),
        ("3", [3], [2.9, 3.1], "3"),
        ("= 2.5", [2.5], [2, 3], "2.5"),
        ("> 0", [0.1, 7], [0], "> 0"),
        (">= 1", [1, 9], [0], ">= 1"),
        ("< 8", [0, 7.9], [8], "< 8"),
        ("<=8", [0, 8], [9], "<= 8"),
        ("2 to 5", [2, 3.5, 5], [1.9, 5.1], "2 to 5"),
    ],
)
def test_comparison_allows_what_it_says(
    text: float | str, inside: list[float], outside: list[float], told: str
) -> None:
    comparison = Comparison.parse(text)
    assert all(comparison.allows(number) for number in inside)
    assert not any(comparison.allows(number) for number in outside)
    assert str(comparison) == told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("many", "expected a number, or a comparison"),
        ("-1", "expected a number, or a comparison"),
        ("> -1", "expected a number, or a comparison"),
        ("5 to 2", "expected the smaller number first"),
        (">= 0", "holds of every run"),
        ("< 0", "holds of no run"),
    ],
)
def test_what_every_run_or_none_fulfils_is_no_comparison(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Comparison.parse(text)
