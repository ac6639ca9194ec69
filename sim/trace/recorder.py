"""The pen of a run: nodes hand it data, it adds time and name and keeps the entries."""

from __future__ import annotations

from operator import attrgetter

from minisentinel.trace import Data, Entry
from sim.kernel.kernel import Kernel

__all__ = ["Recorder"]


class Recorder:
    """Collects the entries of one run, in the order in which they were recorded."""

    __slots__ = ("_kernel", "entries")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.entries: list[Entry] = []

    def record(self, node: str, data: Data, time_us: int | None = None) -> None:
        """Append `data` as something that `node` did or saw, now or at `time_us`.

        A process whose step takes time, such as a flush to disk, is ahead of the kernel's clock.
        """
        self.entries.append(Entry(self._kernel.now if time_us is None else time_us, node, data))

    def sorted_entries(self) -> list[Entry]:
        """The entries in order of time; equal times keep the order of recording."""
        return sorted(self.entries, key=attrgetter("time_us"))
