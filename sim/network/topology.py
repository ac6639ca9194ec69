"""Where things are: hosts, and the one-way paths between them.

A path is open or not *at the moment at which something arrives*: a cut swallows what would arrive
while it lasts, wherever it was when the cut began.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Protocol

from sim.network.bandwidth import Pipe
from sim.network.changes import Change
from sim.network.latency import Latency

__all__ = ["EPOCH_MS", "Host", "Path", "Resident", "Usual"]

EPOCH_MS = 1_700_000_000_000
"""What every host's wall clock shows at kernel time 0 (2023-11-14 22:13:20 UTC)."""

_FIRST_EPHEMERAL_PORT = 32768
_LAST_EPHEMERAL_PORT = 60999


class Resident(Protocol):
    """Something that lives on a host and dies with it."""

    def power_lost(self) -> None:
        """The host is off: stop at once and tell nobody."""
        ...

    def power_returned(self) -> None:
        """The host is on again."""
        ...

    def clock_steps(self) -> None:
        """The wall clock of the host is about to be set."""
        ...

    def block(self, duration_us: int) -> None:
        """The host has no time for it for so long."""
        ...


class Host:
    """A machine: a name, an address, a wall clock, power, and the processes that live on it."""

    __slots__ = (
        "_next_port",
        "address",
        "boots",
        "clock_base_us",
        "gateway",
        "guests",
        "name",
        "paths",
        "powered",
        "residents",
        "site",
    )

    def __init__(
        self, name: str, address: str, *, epoch_ms: int = EPOCH_MS, gateway: Host | None = None
    ) -> None:
        self.name = name
        self.address = address
        self.powered = True
        self.gateway = gateway
        """The machine that it is behind, as a container is, if any."""
        self.guests: list[Host] = []
        """The hosts that are behind this one."""
        self.boots = 1
        """How often the host was switched on; a connection belongs to one boot."""
        self.clock_base_us: int = epoch_ms * 1000 if gateway is None else gateway.clock_base_us
        """What the wall clock shows (µs since 1970) at kernel time 0, clock steps included."""
        self.site = ""
        """The place where it stands; see `Network.move_to_site`."""
        self.residents: list[Resident] = []
        self.paths: list[Path] = []
        self._next_port = _FIRST_EPHEMERAL_PORT

    def __repr__(self) -> str:
        return f"Host({self.name!r}, {self.address!r})"

    @property
    def machine(self) -> Host:
        """The machine that it is, or is behind."""
        return self if self.gateway is None else self.gateway

    @property
    def family(self) -> tuple[Host, ...]:
        """This host and those behind it."""
        return (self, *self.guests)

    def power_off(self) -> None:
        """Silence: every process is gone, nobody is told, nothing that arrives is answered.

        Hosts behind this one share its fate; one of them alone can go off as well.
        """
        if not self.powered:
            return
        for guest in self.guests:
            guest.power_off()
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
        for guest in self.guests:
            guest.power_on()
        for resident in self.residents:
            resident.power_returned()

    def step_clock(self, by_us: int) -> None:
        """Set the wall clock `by_us` microseconds ahead (negative: back); timers do not notice.

        A machine and the hosts behind it have one clock.
        """
        for host in self.machine.family:
            for resident in host.residents:
                resident.clock_steps()
            host.clock_base_us += by_us

    def take_port(self) -> int:
        """The next ephemeral port for an outgoing connection, as Linux numbers them."""
        port = self._next_port
        self._next_port = port + 1 if port < _LAST_EPHEMERAL_PORT else _FIRST_EPHEMERAL_PORT
        return port


@dataclass(slots=True)
class Usual:
    """What holds on a path while nothing changes it: delays, a pipe if any, a share of losses."""

    latency: Latency
    pipe: Pipe | None = None
    loss: float = 0.0


class Path:
    """The way from one host to another: its latency, and whether it is cut.

    `clear` answers the calm case with one look: both hosts are on, both ways are open, and neither
    loses anything. What is sent passes through `pipe`, if there is one, before it travels; `loss`
    is the share of packets that get lost. These are what is `usual`, or what the last of the
    `changes` makes of it that says something about it.
    """

    __slots__ = (
        "_loss_random",
        "_wide",
        "back",
        "changes",
        "clear",
        "cuts",
        "draw",
        "heir",
        "latency",
        "loss",
        "pipe",
        "random",
        "source",
        "target",
        "usual",
    )

    def __init__(self, source: Host, target: Host, latency: Latency, random: Random) -> None:
        self.source = source
        self.target = target
        self.random = random
        self.cuts = 0
        self.clear = True
        self.usual = Usual(latency)
        self.changes: list[Change] = []
        self.latency = latency
        self.draw = latency.sampler(random)
        self.pipe: Pipe | None = None
        self.loss = 0.0
        self.heir: Path | None = None
        """The way to the machine that has the address of the target now, if it is another one."""
        self._loss_random = random
        self._wide: Pipe | None = None
        self.back: Path = self

    def set_latency(self, latency: Latency) -> None:
        """Replace the usual distribution; what is under way keeps the delay it has drawn."""
        self.usual.latency = latency
        self.settle()

    def set_loss(self, share: float) -> None:
        """Usually lose that share of all packets from now on; see `expect_losses`."""
        self.usual.loss = share
        self.settle()

    def set_pipe(self, pipe: Pipe | None) -> None:
        """Usually send through `pipe` from now on, with what waits in the one before."""
        self.usual.pipe = pipe
        self.settle()

    def expect_losses(self, random: Random, wide: Pipe) -> None:
        """Draw losses from `random`; meanwhile bulk, which they limit, passes through `wide`.

        A path with a pipe of its own does not need that one.
        """
        if self._wide is None:
            self._loss_random, self._wide = random, wide

    def settle(self) -> None:
        """Be as is usual, but for what changes say; of those that speak of one thing the last."""
        usual = self.usual
        latency, loss, pipe = usual.latency, usual.loss, usual.pipe
        for change in self.changes:
            latency = latency if change.latency is None else change.latency
            loss = loss if change.loss is None else change.loss
            pipe = pipe if change.pipe is None else change.pipe
        if latency is not self.latency:
            self.latency = latency
            self.draw = latency.sampler(self.random)
        self._send_through(self._wide if loss and pipe is None else pipe)
        if loss != self.loss:
            self.loss = loss
            self.refresh()

    def _send_through(self, pipe: Pipe | None) -> None:
        before, self.pipe = self.pipe, pipe
        if before is not None and before is not pipe:
            before.hand_over(self)

    @property
    def is_open(self) -> bool:
        """Whether a segment that arrives now is received: no cut, and the target is on."""
        if self.heir is not None:
            return self.heir.is_open
        return not self.cuts and self.target.powered

    @property
    def both_open(self) -> bool:
        """Whether there is a way there and a way back."""
        return self.is_open and self.back.is_open

    def passes(self, packets: int = 1) -> bool:
        """Whether a segment of so many packets that arrives now is received, losses included."""
        if not self.is_open:
            return False
        loss = self.loss
        return not loss or self._loss_random.random() < (1 - loss) ** packets

    def refresh(self) -> None:
        """Recompute `clear` after a cut, a heal, or a change of power or of losses."""
        back = self.back
        self.clear = back.clear = self.both_open and not (self.loss or back.loss)
        for path in (self, back):
            if path.pipe is not None:
                path.pipe.paths_changed()
