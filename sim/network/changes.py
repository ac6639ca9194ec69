"""What is different on paths for a while, and leaves no trace when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.network.bandwidth import Pipe
from sim.network.latency import Latency

if TYPE_CHECKING:
    from sim.network.topology import Path

__all__ = ["Change"]


@dataclass(eq=False, slots=True)
class Change:
    """Another latency, loss or pipe for some paths; None where it says nothing.

    It hides what is usual on a path and what changed there before. When it ends the rest is as if
    it had never been, in whatever order several of them end.
    """

    latency: Latency | None = None
    loss: float | None = None
    pipe: Pipe | None = None
    paths: list[Path] = field(default_factory=list, repr=False)

    def reach(self, path: Path) -> None:
        """Hold for this path too, as the newest change there."""
        self.paths.append(path)
        path.changes.append(self)
        path.settle()

    def end(self) -> None:
        """Hold no more; one that has ended stays so."""
        paths, self.paths = self.paths, []
        for path in paths:
            path.changes.remove(self)
            path.settle()
