"""Many runs of each variant: quantiles beside the published figures.

Everything is counted from `sim.jepsen.accounting.Outcome.figures`; a figure that a run does not
have is 0 if it is a count, and left out if it is a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sim.jepsen.accounting import SWITCH, TO_LAST
from sim.jepsen.experiment import run_experiment
from sim.jepsen.plan import VARIANTS, Variant, find_variant
from sim.jepsen.published import PUBLISHED

__all__ = [
    "FEWEST",
    "Figures",
    "comparison",
    "is_inside",
    "legend",
    "measure",
    "quantile",
    "side_by_side",
    "verdict",
]

Figures = Mapping[str, float]

PERCENTS = (5, 50, 95)
FEWEST = 20
"""Of fewer runs a band that leaves a twentieth out on each side says nothing."""
HEADLINES = ("acknowledged", "surviving", "lost", "loss rate", "found", "not acknowledged")


def measure(variant: Variant, seeds: Sequence[int], jobs: int = 1) -> list[Figures]:
    """The figures of one run for each seed, in their order, over `jobs` processes."""
    run = partial(_figures, variant.name)
    if jobs == 1:
        return [run(seed) for seed in seeds]
    # What makes processes asks the machine for chance as soon as it is imported.
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(run, seeds))


def _figures(variant: str, seed: int) -> Figures:
    return run_experiment(find_variant(variant), seed).figures


def quantile(values: Iterable[float], percent: float) -> float:
    """The value below which `percent` % of `values` lie, linear between neighbours."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _values(runs: Sequence[Figures], name: str) -> list[float]:
    if name.startswith(SWITCH):
        return [run[name] for run in runs if name in run]
    return [run.get(name, 0) for run in runs]


def _shown(name: str, value: float) -> str:
    if name == "loss rate":
        return f"{value:.3f}"
    return f"{value:.1f}" if name.startswith(SWITCH) else f"{value:.0f}"


def _names(runs: Sequence[Figures]) -> list[str]:
    """The figures that any run has, counts before errors before times."""
    names = dict.fromkeys(name for run in runs for name in run)
    return sorted(names, key=lambda name: (name.startswith(SWITCH), name.startswith("error")))


def comparison(runs: Sequence[Figures]) -> list[str]:
    """The published experiment line by line: published, and 5, 50 and 95 % of the runs."""
    lines = [f"{'':62}{'published':>10}" + "".join(f"{percent:>8} %" for percent in PERCENTS)]
    for name in _names(runs):
        values = _values(runs, name)
        published = _shown(name, PUBLISHED[name]) if name in PUBLISHED else ""
        found = "".join(f"{_shown(name, quantile(values, each)):>10}" for each in PERCENTS)
        lines.append(f"{name:62}{published:>10}{found}")
    return lines


def is_inside(runs: Sequence[Figures], name: str = "lost") -> bool:
    """Whether the published loss lies between 5 and 95 % of the runs, counted as `name` says."""
    low, high = _band(runs, name)
    return low <= PUBLISHED["lost"] <= high


def _band(runs: Sequence[Figures], name: str) -> tuple[float, float]:
    values = _values(runs, name)
    return quantile(values, PERCENTS[0]), quantile(values, PERCENTS[-1])


def verdict(runs: Sequence[Figures]) -> str:
    """Whether the published loss lies where nine runs of ten lie, counted both ways."""
    told = []
    for name in ("lost", TO_LAST):
        values, published = _values(runs, name), PUBLISHED["lost"]
        low, high = _band(runs, name)
        share = sum(value <= published for value in values) / len(values)
        where = "inside" if is_inside(runs, name) else "OUTSIDE"
        told.append(
            f"{name}: {published:.0f} is {where} of {low:.0f}..{high:.0f}; "
            f"{share:.0%} of {len(runs)} runs lost no more"
        )
    return "\n".join(told)


def side_by_side(all_runs: Mapping[str, Sequence[Figures]]) -> list[str]:
    """All variants: the median, and 5 and 95 % below it."""
    names = [*HEADLINES, *(f"lost by client {n}" for n in range(1, 6))]
    names += _of_errors_and_times(all_runs.values())
    lines = [f"{'':45}{'published':>12}" + "".join(f"{name:>17}" for name in all_runs)]
    for name in names:
        published = _shown(name, PUBLISHED[name]) if name in PUBLISHED else ""
        medians, spreads = "", ""
        for runs in all_runs.values():
            values = _values(runs, name)
            if not values:
                medians, spreads = f"{medians}{'never':>17}", f"{spreads}{'':17}"
                continue
            low, middle, high = (_shown(name, quantile(values, each)) for each in PERCENTS)
            medians += f"{middle:>17}"
            spreads += f"{f'{low}..{high}':>17}"
        lines += [f"{name:45}{published:>12}{medians}", f"{'':57}{spreads}"]
    return lines


def _of_errors_and_times(all_runs: Iterable[Sequence[Figures]]) -> list[str]:
    runs = [run for runs in all_runs for run in runs]
    return [name for name in _names(runs) if name.startswith(("error", SWITCH))]


def legend() -> list[str]:
    """What each variant is."""
    return [f"{each.name:16} {each.sentence}" for each in VARIANTS]
