"""What is wrong with single hosts: clocks that drift, and machines that stall now and then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sim.kernel.kernel import Kernel, Ticket
from sim.kernel.streams import Streams
from sim.network.latency import Latency
from sim.network.topology import Host

__all__ = ["DRIFT_STEP_US", "Drifts", "Stall", "Stalls"]

DRIFT_STEP_US = 100
"""A clock that drifts goes wrong in steps of that size: a tenth of what anybody can read."""


class Drifts:
    """The wall clocks that run too fast or too slowly, in parts per million.

    A drift is a long row of tiny steps of the clock. So whoever knows what to do when a clock is
    set (such as a Sentinel that leaves ticks out) need not know about drifts, and clocks that are
    right cost nothing. Timers do not notice: at such rates they would be off by microseconds.
    """

    __slots__ = ("_kernel", "_tickets")

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._tickets: dict[Host, Ticket] = {}

    def set(self, host: Host, parts_per_million: float) -> None:
        """Let the clock of `host` run that much too fast (negative: too slowly) from now on."""
        machine = host.machine
        ticket = self._tickets.pop(machine, None)
        if ticket is not None:
            self._kernel.cancel(ticket)
        if parts_per_million:
            interval_us = DRIFT_STEP_US * 1_000_000 / abs(parts_per_million)
            step_us = DRIFT_STEP_US if parts_per_million > 0 else -DRIFT_STEP_US
            self._schedule((machine, step_us, interval_us, self._kernel.now, 1))

    def _schedule(self, what: tuple[Host, int, float, int, int]) -> None:
        machine, _, interval_us, since, number = what
        when = since + round(number * interval_us)
        self._tickets[machine] = self._kernel.call_at(when, self._step, what)

    def _step(self, what: tuple[Host, int, float, int, int]) -> None:
        machine, step_us, interval_us, since, number = what
        machine.step_clock(step_us)
        self._schedule((machine, step_us, interval_us, since, number + 1))


@dataclass(eq=False, slots=True)
class Stall:
    """Why a host stops again and again: the time between stalls, and how long one takes (µs)."""

    host: Host
    every: Latency
    lasting: Latency


class Stalls:
    """The hosts that stop for a moment now and then: too many neighbours, swapping, steal time.

    There may be several reasons for it at a host. The one that began last counts, and when it ends
    the one before goes on.
    """

    __slots__ = ("_kernel", "_reasons", "_streams", "_tickets")

    def __init__(self, kernel: Kernel, streams: Streams) -> None:
        self._kernel = kernel
        self._streams = streams
        self._reasons: dict[Host, list[Stall]] = {}
        self._tickets: dict[Host, Ticket] = {}

    def begin(self, host: Host, every: Latency, lasting: Latency) -> Stall:
        """From now on stall `host` again and again.

        `every` is the time from the end of one stall to the next, `lasting` how long one takes (in
        µs, both drawn from a stream of that host). Meanwhile none of its processes does anything;
        all of them stop together, those of hosts behind it too.
        """
        stall = Stall(host, every, lasting)
        self._reasons.setdefault(host, []).append(stall)
        self._begin_anew(host)
        return stall

    def end(self, which: Host | Stall) -> bool:
        """Stall a host no more, or not for this reason; a stall that goes on is not shortened.

        Returns whether there was anything to end.
        """
        host = which.host if isinstance(which, Stall) else which
        reasons = self._reasons.get(host, [])
        left = [each for each in reasons if each is not which and which is not host]
        self._reasons[host] = left
        if left[-1:] != reasons[-1:]:
            self._begin_anew(host)
        return len(left) < len(reasons)

    def _begin_anew(self, host: Host) -> None:
        """Let the last reason count from now on."""
        ticket = self._tickets.pop(host, None)
        if ticket is not None:
            self._kernel.cancel(ticket)
        if self._reasons[host]:
            self._schedule(self._reasons[host][-1], 0)

    def _schedule(self, stall: Stall, busy_us: int) -> None:
        host = stall.host
        # Never twice in the same instant, whatever is drawn: time must go on.
        wait_us = max(1, busy_us + stall.every.draw(self._random(host)))
        self._tickets[host] = self._kernel.call_at(self._kernel.now + wait_us, self._stall, stall)

    def _stall(self, stall: Stall) -> None:
        took_us = stall.lasting.draw(self._random(stall.host))
        for each in stall.host.family:
            for resident in each.residents:
                resident.block(took_us)
        self._schedule(stall, took_us)

    def _random(self, host: Host) -> Random:
        return self._streams.get(f"stalls:{host.name}")
