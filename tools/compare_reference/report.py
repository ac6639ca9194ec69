"""The comparison in words and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tools.compare_reference.comparison import Comparison
from tools.compare_reference.measures import Measure
from tools.compare_reference.shares import Share

__all__ = ["CHANCE", "report", "summary"]

CHANCE = 0.05
"""What as few simulated runs as were recorded do that often needs no other explanation."""


def summary(comparisons: Iterable[Comparison]) -> str:
    """One row for each scenario."""
    comparisons = list(comparisons)
    rows = [_row(each) for each in comparisons]
    measures = [measure for each in comparisons for measure in each.measures]
    head = (
        "scenario",
        "recorded",
        "simulated",
        "laws broken",
        "orders broken",
        "both ways",
        "steps within",
        "by chance",
        "differ",
        "modes",
        "shares",
    )
    return f"{_table([head, *rows])}\n\n{_chances(measures)}"


def _chances(measures: Sequence[Measure]) -> str:
    """If all differences were chance, so many steps would be expected below each limit."""
    words = [f"Of {len(measures)} steps, {sum(each.agrees for each in measures)} agree."]
    for limit in (0.05, 0.01, 0.002):
        found = sum(each.chance < limit for each in measures)
        words.append(f"Chance below {limit:g}: {found} (expected {limit * len(measures):.1f}).")
    return " ".join(words)


def _row(comparison: Comparison) -> tuple[str, ...]:
    measures, shares = comparison.measures, comparison.shares
    odd = [each for each in measures if not each.agrees]
    differ = [each for each in odd if each.chance < CHANCE]
    ways = 2 * len(comparison.varied_orders)
    modes = comparison.modes
    return (
        comparison.recording.scenario,
        f"{len(comparison.recording.runs)}",
        f"{len(comparison.played)}",
        str(len(comparison.broken_laws)),
        f"{len(comparison.broken_orders)} of {len(comparison.held_orders)}",
        f"{ways - len(comparison.missing_orders)} of {ways}" if ways else "-",
        f"{len(measures) - len(odd)} of {len(measures)}",
        str(len(odd) - len(differ)),
        str(len(differ) + len(comparison.missing_steps)),
        f"{sum(each.agrees for each in modes)} of {len(modes)}" if modes else "-",
        f"{sum(each.agrees for each in shares)} of {len(shares)}",
    )


def report(comparison: Comparison, *, verbose: bool = False) -> str:
    """What there is to say about one scenario: whatever is odd, or everything."""
    lines = [f"== {comparison.recording.scenario}: {comparison.recording.about}"]
    lines += [f"  LAW BROKEN  {each}" for each in comparison.broken_laws[:10]]
    for broken in comparison.broken_orders:
        lines.append(
            f"  ORDER BROKEN  {broken.order}  held {broken.held} times; simulated "
            f"{broken.simulated}, swapped {broken.simulated_swapped}; chance {broken.chance:.2f}"
        )
    lines += [f"  ORDER MISSING  {each}" for each in comparison.missing_orders]
    lines += [f"  STEP MISSING  {each}" for each in comparison.missing_steps]
    for _, share in comparison.varied_orders:
        if verbose or not share.agrees:
            lines.append(f"  {_mark(share.agrees)} order {share}")
    chosen = [each for each in comparison.measures if verbose or not each.agrees]
    if chosen:
        lines.append(_measures(chosen))
    lines += [f"  {_mark(each.agrees)} +odown {each}" for each in comparison.modes]
    for share in comparison.shares:
        if not share.agrees or (verbose and _is_telling(share)):
            lines.append(f"  {_mark(share.agrees)} {share}")
    return "\n".join(lines)


def _is_telling(share: Share) -> bool:
    """Not one of those that always happen."""
    return share.recorded != share.of_recorded or share.simulated != share.of_simulated


def _mark(agrees: bool) -> str:
    return "      " if agrees else "DIFFER"


def _measures(measures: Sequence[Measure]) -> str:
    rows = [("", "step", "recorded", "simulated", "excess", "chance")]
    for each in measures:
        verdict = "" if each.agrees else "chance" if each.chance >= CHANCE else "DIFFER"
        rows.append(
            (
                verdict,
                str(each.step),
                _quartiles(each.recorded_quartiles, sum(map(len, each.recorded))),
                _quartiles(each.simulated_quartiles, sum(map(len, each.simulated))),
                f"{each.excess:.2f}",
                f"{each.chance:.3f}",
            )
        )
    return "\n".join("  " + line for line in _table(rows).splitlines())


def _quartiles(values: tuple[float, float, float], count: int) -> str:
    return " / ".join(f"{each:.0f}" for each in values) + f"  ({count})"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
