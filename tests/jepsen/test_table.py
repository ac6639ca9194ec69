"""The table: quantiles, the verdict, and what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.jepsen import __main__ as command
from sim.jepsen.__main__ import main
from sim.jepsen.accounting import TO_LAST
from sim.jepsen.plan import VARIANTS, find_variant
from sim.jepsen.table import FEWEST, comparison, measure, quantile, side_by_side, verdict


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 3), (100, 5), (5, 1.2), (95, 4.8)])
def test_quantiles_are_linear_between_neighbours(percent: float, value: float) -> None:
    assert quantile([5, 1, 4, 2, 3], percent) == pytest.approx(value)


def test_the_verdict_can_be_either() -> None:
    near = [{"lost": 1000.0, TO_LAST: 1000.0}, {"lost": 1300.0, TO_LAST: 1300.0}]
    assert verdict(near).count("inside") == 2
    far = [{"lost": 1200.0, TO_LAST: 1000.0}, {"lost": 1300.0, TO_LAST: 1300.0}]
    assert verdict(far).startswith("lost: 1126 is OUTSIDE")


@pytest.mark.parametrize(("count", "status"), [(FEWEST - 1, 0), (FEWEST, 1)])
def test_the_command_fails_if_enough_runs_leave_the_published_loss_outside(
    count: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = [{"lost": 1200.0 + n, TO_LAST: 1200.0 + n} for n in range(count)]
    monkeypatch.setattr(command, "measure", lambda *_: far)
    assert main(["--seeds", str(count), "--variant", "2.6.13"]) == status


def test_an_error_that_a_run_does_not_have_counts_as_none_and_a_time_not_at_all() -> None:
    name = "new master named by sentinel 1, s from the cut"
    lines = comparison([{"error READONLY": 4.0, name: 10.0}, {"lost": 1.0}])
    found = {line[:62].strip(): line.split()[-2] for line in lines}
    assert found["error READONLY"] == "2"
    assert found[name] == "10.0"


def test_variants_stand_side_by_side_and_one_without_a_switch_says_never() -> None:
    name = "new master named by sentinel 1, s from the cut"
    lines = side_by_side({"one": [{"lost": 3.0, name: 1.0}], "other": [{"lost": 7.0}]})
    row = next(line for line in lines if line.startswith(name))
    assert row.split()[-2:] == ["1.0", "never"]


def test_an_unknown_variant_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"expected one of: 2\.6\.13, today"):
        find_variant("2.8")
    assert find_variant("today") is VARIANTS[1]


@pytest.mark.real_io
def test_several_processes_give_the_same_figures_in_the_order_of_the_seeds() -> None:
    variant = find_variant("2.6.13")
    assert measure(variant, (2, 1), jobs=2) == measure(variant, (2, 1))


def test_the_command_prints_the_table_and_writes_all_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "runs.json"
    assert main(["--seeds", "1", "--variant", "2.6.13", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "published" in printed
    assert "1126" in printed
    assert json.loads(file.read_text(encoding="utf-8"))["2.6.13"][0]["attempted"] == 2000
