"""The table at the end of the long form."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

__all__ = ["Round", "table"]


@dataclass(frozen=True)
class Round:
    """One fault and what followed. Every round that is recorded ended in agreement."""

    quorum: str
    """The kinds of the Sentinels, joined by ``+``."""

    fault: str
    leader: str
    """The kind that was elected first."""

    leaders: int
    """How many elections were won until all was well again."""

    detection_seconds: float
    """From the fault to the first +odown."""

    failover_seconds: float
    """From the fault to the moment at which all name the new master."""

    is_the_same: bool
    """Whether that master was still the master when all was well again."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as it travels between test processes."""
        return asdict(self)


HEAD = (
    "quorum",
    "fault",
    "rounds",
    "won by",
    "odown, median s",
    "failover, median s",
    "longest",
    "again",
    "agreed",
)


def table(rounds: Iterable[Round]) -> Iterator[str]:
    """Lines: a row for each quorum and fault."""
    rows = [HEAD]
    ordered = sorted(rounds, key=_subject)
    for (quorum, fault), group in groupby(ordered, key=_subject):
        these = list(group)
        winners = Counter(each.leader for each in these)
        failovers = [each.failover_seconds for each in these]
        rows.append(
            (
                quorum,
                fault,
                str(len(these)),
                ", ".join(f"{kind} {count}" for kind, count in sorted(winners.items())),
                f"{statistics.median(each.detection_seconds for each in these):.2f}",
                f"{statistics.median(failovers):.2f}",
                f"{max(failovers):.2f}",
                str(sum(each.leaders > 1 or not each.is_the_same for each in these)),
                "all",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _subject(each: Round) -> tuple[str, str]:
    return each.quorum, each.fault
