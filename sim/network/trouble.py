"""What is wrong with single hosts: clocks that drift, and machines that stall now and then."""

from __future__ import annotations

from random import Random

from sim.kernel.kernel import Kernel, Ticket
from sim.kernel.streams import Streams
from sim.network.latency import Latency
from sim.network.topology import Host

__all__ = ["DRIFT_STEP_US", "Drifts", "Stalls"]

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


class Stalls:
    """The hosts that stop for a moment now and then: too many neighbours, swapping, steal time."""

    __slots__ = ("_kernel", "_streams", "_tickets")

    def __init__(self, kernel: Kernel, streams: Streams) -> None:
        self._kernel = kernel
        self._streams = streams
        self._tickets: dict[Host, Ticket] = {}

    def begin(self, host: Host, every: Latency, lasting: Latency) -> None:
        """From now on stall `host` again and again.

        `every` is the time from the end of one stall to the next, `lasting` how long one takes (in
        µs, both drawn from a stream of that host). Meanwhile none of its processes does anything;
        all of them stop together, those of hosts behind it too.
        """
        self.end(host)
        self._schedule((host, every, lasting), 0)

    def end(self, host: Host) -> None:
        """Stall `host` no more; a stall that goes on is not shortened."""
        ticket = self._tickets.pop(host, None)
        if ticket is not None:
            self._kernel.cancel(ticket)

    def _schedule(self, what: tuple[Host, Latency, Latency], busy_us: int) -> None:
        host, every, _ = what
        # Never twice in the same instant, whatever is drawn: time must go on.
        wait_us = max(1, busy_us + every.draw(self._random(host)))
        self._tickets[host] = self._kernel.call_at(self._kernel.now + wait_us, self._stall, what)

    def _stall(self, what: tuple[Host, Latency, Latency]) -> None:
        host, _, lasting = what
        took_us = lasting.draw(self._random(host))
        for each in host.family:
            for resident in each.residents:
                resident.block(took_us)
        self._schedule(what, took_us)

    def _random(self, host: Host) -> Random:
        return self._streams.get(f"stalls:{host.name}")
