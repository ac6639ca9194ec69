"""Who takes part: the rows of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

__all__ = ["FLOOR", "ROWS", "Row"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One contestant: a module of `benchmarks.contestants` with a function for each workload."""

    title: str
    module: str
    package: str | None = None
    """What must be installed (the extra `bench`)."""
    is_asyncio: bool = False
    """Whether unmodified asyncio programs run on it."""
    divisor: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Workloads that it does a fraction of, because the whole would take minutes."""

    @property
    def is_installed(self) -> bool:
        """Whether it can take part."""
        return self.package is None or find_spec(self.package) is not None


FLOOR: Final = Row(title="floor: the barest heapq loop", module="floor")

ROWS: Final = (
    FLOOR,
    Row(title="minisentinel: kernel, plain callables", module="kernel"),
    Row(title="minisentinel: asyncio loop", module="virtual_loop", is_asyncio=True),
    Row(title="SimPy, callbacks", module="simpy_callbacks", package="simpy"),
    Row(title="SimPy, processes", module="simpy_processes", package="simpy"),
    Row(title="asimpy, processes", module="asimpy_processes", package="asimpy"),
    Row(
        title="salabim, components",
        module="salabim_processes",
        package="salabim",
        divisor={"timers": 5, "ping_pong": 50, "sleepers": 5},
    ),
    Row(title="hand-written selector loop", module="selector_loop", is_asyncio=True),
    Row(
        title="detangle",
        module="detangle_loop",
        package="detangle",
        is_asyncio=True,
        divisor={"timers": 5, "ping_pong": 2, "sleepers": 5},
    ),
    Row(
        title="looptime",
        module="looptime_loop",
        package="looptime",
        is_asyncio=True,
        divisor={"timers": 50, "ping_pong": 20, "sleepers": 50},
    ),
)
