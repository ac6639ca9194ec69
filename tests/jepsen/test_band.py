"""The published loss lies where most of a hundred runs lie, and the page says what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.jepsen.plan import VARIANTS, find_variant
from sim.jepsen.table import is_inside, measure, quantile
from tests.jepsen.figures import SEEDS, kept, stored

PAGE = (Path(__file__).parents[2] / "docs" / "jepsen.md").read_text(encoding="utf-8")


def band(variant: str, name: str) -> list[str]:
    """5, 50 and 95 % of the runs."""
    values = [run[name] for run in stored()[variant]]
    return [f"{quantile(values, percent):.0f}" for percent in (5, 50, 95)]


def row(of: str) -> list[list[str]]:
    """The cells of the rows of the page that begin so, without the stars."""
    lines = [line.replace("*", "") for line in PAGE.splitlines()]
    return [
        [cell.strip() for cell in line.strip("|").split("|")][1:]
        for line in lines
        if line.startswith(f"| {of} |")
    ]


def test_there_are_a_hundred_runs_of_each_variant() -> None:
    assert {name: len(runs) for name, runs in stored().items()} == {
        each.name: len(SEEDS) for each in VARIANTS
    }


@pytest.mark.parametrize("name", [each.name for each in VARIANTS])
def test_a_run_is_what_it_was_when_the_file_was_made(name: str) -> None:
    """If not, ``make jepsen`` makes it anew; then read what the page says again."""
    seed = SEEDS[len(name)]
    (found,) = measure(find_variant(name), [seed])
    assert kept(found) == kept(stored()[name][seed - SEEDS[0]])


def test_the_published_loss_lies_within_the_simulated_band() -> None:
    assert is_inside(stored()["2.6.13"])


@pytest.mark.parametrize(
    ("of", "name"),
    [
        ("acknowledged, of 2000", "acknowledged"),
        ("surviving", "surviving"),
        ("acknowledged and lost", "lost"),
    ],
)
def test_the_page_tells_the_band_of_the_published_experiment(of: str, name: str) -> None:
    _, *told = row(of)[0]
    assert told == band("2.6.13", name)


def test_the_page_tells_what_each_variant_loses() -> None:
    (told,) = row("lost")
    expected = []
    for each in VARIANTS:
        low, middle, high = band(each.name, "lost")
        expected.append(middle if low == high else f"{middle} ({low}\N{EN DASH}{high})")
    assert told == expected
