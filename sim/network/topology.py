"""Where things are: hosts, and the one-way paths between them.

A path is open or not *at the moment at which something arrives*: a cut swallows what would arrive
while it lasts, wherever it was when the cut began.
"""

from __future__ import annotations

from random import Random
from typing import Protocol

from sim.network.latency import Latency

__all__ = ["EPOCH_MS", "Host", "Path", "Resident"]

EPOCH_MS = 1_700_000_000_000
"""What every host's wall clock shows at kernel time 0 (2023-11-14 22:13:20 UTC)."""

_FIRST_EPHEMERAL_PORT = 32768
_LAST_EPHEMERAL_PORT = 60999


class Resident(Protocol):
    """Something that lives on a host and dies with it."""

    def power_lost(self) -> None:
        """The host is off: stop at once and tell nobody."""
        ...


class Host:
    """A machine: a name, an address, a wall clock, power, and the processes that live on it."""

    __slots__ = (
        "_next_port",
        "address",
        "boots",
        "clock_base_us",
        "name",
        "paths",
        "powered",
        "residents",
    )

    def __init__(self, name: str, address: str, *, epoch_ms: int = EPOCH_MS) -> None:
        self.name = name
        self.address = address
        self.powered = True
        self.boots = 1
        """How often the host was switched on; a connection belongs to one boot."""
        self.clock_base_us = epoch_ms * 1000
        """What the wall clock shows (µs since 1970) at kernel time 0, clock steps included."""
        self.residents: list[Resident] = []
        self.paths: list[Path] = []
        self._next_port = _FIRST_EPHEMERAL_PORT

    def __repr__(self) -> str:
        return f"Host({self.name!r}, {self.address!r})"

    def power_off(self) -> None:
        """Silence: every process is gone, nobody is told, nothing that arrives is answered."""
        if not self.powered:
            return
        self.powered = False
        for resident in self.residents:
            resident.power_lost()
        for path in self.paths:
            path.refresh()

    def power_on(self) -> None:
        """The machine answers again (old connections with a reset); processes are not started."""
        if self.powered:
            return
        self.powered = True
        self.boots += 1
        for path in self.paths:
            path.refresh()

    def step_clock(self, by_us: int) -> None:
        """Set the wall clock `by_us` microseconds ahead (negative: back); timers do not notice."""
        self.clock_base_us += by_us

    def take_port(self) -> int:
        """The next ephemeral port for an outgoing connection, as Linux numbers them."""
        port = self._next_port
        self._next_port = port + 1 if port < _LAST_EPHEMERAL_PORT else _FIRST_EPHEMERAL_PORT
        return port


class Path:
    """The way from one host to another: its latency, and whether it is cut.

    `clear` answers the calm case with one look: both hosts are on and both ways are open.
    """

    __slots__ = ("back", "clear", "cuts", "draw", "latency", "random", "source", "target")

    def __init__(self, source: Host, target: Host, latency: Latency, random: Random) -> None:
        self.source = source
        self.target = target
        self.random = random
        self.cuts = 0
        self.clear = True
        self.back: Path = self
        self.set_latency(latency)

    def set_latency(self, latency: Latency) -> None:
        """Replace the distribution; what is under way keeps the delay it has drawn."""
        self.latency = latency
        self.draw = latency.draw

    @property
    def is_open(self) -> bool:
        """Whether a segment that arrives now is received: no cut, and the target is on."""
        return not self.cuts and self.target.powered

    def refresh(self) -> None:
        """Recompute `clear` after a cut, a heal or a change of power."""
        self.clear = self.back.clear = self.is_open and self.back.is_open
