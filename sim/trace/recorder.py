"""The pen of a run: nodes hand it data, it adds time and name and keeps the entries."""

from __future__ import annotations

from operator import attrgetter

from minisentinel.trace import Data, Entry
from sim.kernel.kernel import Kernel

__all__ = ["Recorder"]


class Recorder:
    """Collects the entries of one run, in the order in which they were recorded."""

    __slots__ = ("_kernel", "_latest", "entries")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._latest: dict[str, int] = {}
        self.entries: list[Entry] = []

    def record(self, node: str, data: Data, time_us: int | None = None) -> None:
        """Append `data` as something that `node` did or saw, now or at `time_us`.

        A process whose step takes time, such as a flush to disk, is ahead of the kernel's clock.
        What happens to it meanwhile, its death for instance, comes after the step.
        """
        now = self._kernel.now if time_us is None else time_us
        latest = self._latest.get(node, 0)
        if now < latest:
            now = latest
        else:
            self._latest[node] = now
        self.entries.append(Entry(now, node, data))

    def overhear(self, node: str, data: Data, time_us: int) -> None:
        """Append what somebody else noted about `node`: its own entries stay where they are."""
        self.entries.append(Entry(time_us, node, data))

    def sorted_entries(self) -> list[Entry]:
        """The entries in order of time; equal times keep the order of recording."""
        return sorted(self.entries, key=attrgetter("time_us"))
