"""What a number was in many runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Distribution"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """The values that were seen, sorted; `missing` counts the runs that had none.

    A quantile is the smallest value that at least that share of the *seen* values does not exceed:
    always a value that really occurred.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    missing: int = 0

    @classmethod
    def of(cls, name: str, unit: str, values: Iterable[float | None]) -> Distribution:
        """Of the values of single runs, None where a run had no such number."""
        every = list(values)
        seen = sorted(value for value in every if value is not None)
        return cls(name, unit, tuple(seen), len(every) - len(seen))

    def __str__(self) -> str:
        if not self.values:
            return f"{self.name}: never seen in {self.missing} runs"
        told = ", ".join(
            f"{what} {self.quantile(share):.4g}"
            for what, share in (("5 %", 0.05), ("median", 0.5), ("95 %", 0.95), ("most", 1.0))
        )
        unit = f" {self.unit}" if self.unit else ""
        missing = f", none in {self.missing} more" if self.missing else ""
        return f"{self.name}: {told}{unit} ({len(self.values)} runs{missing})"

    def quantile(self, share: float) -> float:
        """The value for `share` of 0 to 1; raises ValueError without values."""
        if not self.values or not 0 <= share <= 1:
            raise ValueError(f"expected values, and a share of 0 to 1, found {share}")
        place = max(-(-len(self.values) * share // 1), 1)
        return self.values[int(place) - 1]

    @property
    def median(self) -> float:
        """The quantile of one half."""
        return self.quantile(0.5)

    def share_up_to(self, value: float) -> float:
        """The share of all runs, those without a value included, that had at most `value`."""
        total = len(self.values) + self.missing
        return sum(each <= value for each in self.values) / total if total else 0.0
