"""The numbers of a run that are worth a distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.judge import Failover, Summary

__all__ = ["MEASURES", "Measure"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a run: its name, its unit (empty for counts), what it is, and how to take it."""

    name: str
    unit: str
    about: str
    take: Callable[[Summary], float | None]


def _first_completed(summary: Summary) -> Failover | None:
    return next((each for each in summary.failovers if each.completed), None)


def _phase(*names: str) -> Callable[[Summary], float | None]:
    """Seconds that the first completed failover spent in phases of these names."""

    def take(summary: Summary) -> float | None:
        failover = _first_completed(summary)
        if failover is None:
            return None
        return sum(each.duration_us for each in failover.phases if each.name in names) / 1e6

    return take


def _total(summary: Summary) -> float | None:
    failover = _first_completed(summary)
    return None if failover is None else failover.duration_us / 1e6


def _downtime(summary: Summary) -> float | None:
    waits = [each.longest_outage_us for each in summary.accounts]
    return max(waits) / 1e6 if waits else None


def _lost(summary: Summary) -> float | None:
    return None if summary.writes.lost is None else float(len(summary.writes.lost))


MEASURES: dict[str, Measure] = {
    each.name: each
    for each in (
        Measure("detection", "s", "from the fault to the first +sdown", _phase("detection")),
        Measure("agreement", "s", "from there to the first +odown", _phase("agreement")),
        Measure(
            "election",
            "s",
            "until somebody leads, lost elections and the waits after them included",
            _phase("waiting", "failed attempt", "election"),
        ),
        Measure("promotion", "s", "until a replica is a master", _phase("promotion")),
        Measure(
            "reconfiguration",
            "s",
            "until the leader names the new master",
            _phase("reconfiguration"),
        ),
        Measure("failover", "s", "from the fault to the leader's switch", _total),
        Measure("downtime", "s", "the longest outage of a client", _downtime),
        Measure("lost-writes", "", "acknowledged writes that are gone at the end", _lost),
        Measure(
            "attempts",
            "",
            "attempts to fail over, whatever came of them",
            lambda summary: float(sum(len(each.attempts) for each in summary.failovers)),
        ),
        Measure(
            "failovers",
            "",
            "failovers that were completed",
            lambda summary: float(sum(each.completed for each in summary.failovers)),
        ),
    )
}
"""Every measure by its name. Phases are those of the first failover that was completed."""
