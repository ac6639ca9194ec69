"""Many runs at a glance: a row for every scenario, of one seed or of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sim.scenarios.expectations.measures import longest_outage_us
from sim.scenarios.runner import Result, run_scenario
from sim.scenarios.scenario import Scenario

__all__ = ["HEADINGS", "Row", "run_row", "table_lines"]

HEADINGS = ("scenario", "theme", "verdict", "failovers", "downtime s", "lost", "virtual s", "CPU s")


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one scenario over some seeds; `failures` tell seed and claim."""

    scenario: Scenario
    results: tuple[Result, ...]
    failures: tuple[str, ...]
    cpu_seconds: float

    @property
    def passed(self) -> bool:
        """Whether all runs were as expected."""
        return not self.failures

    def cells(self) -> tuple[str, ...]:
        """The texts of the row, as `HEADINGS` calls them; of several runs, lowest and highest."""
        good = sum(result.passed for result in self.results)
        verdict = "ok" if self.passed else "FAILED"
        if len(self.results) > 1:
            verdict += f" {good}/{len(self.results)}"
        summaries = [result.summary for result in self.results]
        lost = [summary.writes.lost for summary in summaries]
        waits = [longest_outage_us(summary.accounts) for summary in summaries]
        return (
            self.scenario.full_name,
            self.scenario.theme,
            verdict,
            _range([sum(f.completed for f in summary.failovers) for summary in summaries], "{:d}"),
            _range([wait / 1e6 for wait in waits], "{:.1f}"),
            "?" if None in lost else _range([len(each or ()) for each in lost], "{:d}"),
            _range([summary.duration_us / 1e6 for summary in summaries], "{:.0f}"),
            f"{self.cpu_seconds:.1f}",
        )


def run_row(scenario: Scenario, seeds: Iterable[int], cpu_seconds: Callable[[], float]) -> Row:
    """Run a scenario with every seed; `cpu_seconds` tells what this process has used so far."""
    started = cpu_seconds()
    results, failures = [], []
    for seed in seeds:
        result = run_scenario(scenario, seed=seed)
        verdicts = dict(result.verdicts)
        failures += [f"seed {seed}: {name}: {verdicts[name].reason}" for name in result.failures]
        results.append(result)
    return Row(scenario, tuple(results), tuple(failures), cpu_seconds() - started)


def table_lines(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Rows of texts as columns, names to the left and numbers to the right."""
    return [
        "  ".join(
            f"{cell:<{width}}" if number < 3 else f"{cell:>{width}}"
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _range(values: Sequence[float], form: str) -> str:
    low, high = form.format(min(values)), form.format(max(values))
    return low if low == high else f"{low}-{high}"
