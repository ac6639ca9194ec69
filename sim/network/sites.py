"""Sites: places such as data centres, and what lies between two of them."""

from __future__ import annotations

from dataclasses import dataclass

from sim.network.bandwidth import Pipe
from sim.network.latency import Latency

__all__ = ["SiteLink", "check_loss", "check_rate"]


@dataclass(frozen=True, slots=True)
class SiteLink:
    """One direction of what lies between two sites; None: as everywhere.

    All paths of this direction share one `pipe`. `loss` is the share of packets that get lost.
    """

    latency: Latency | None
    pipe: Pipe | None
    loss: float


def check_rate(bytes_per_second: float | None) -> None:
    """Raises ValueError unless that is a rate: more than 0, or None for no limit."""
    if bytes_per_second is not None and not 0 < bytes_per_second < float("inf"):
        raise ValueError(f"expected bytes per second, more than 0; found {bytes_per_second!r}")


def check_loss(share: float) -> None:
    """Raises ValueError unless that is a share of packets, which 1 is not: that is a cut."""
    if not 0 <= share < 1:
        raise ValueError(f"expected a share of lost packets, 0 or more and below 1; found {share}")
