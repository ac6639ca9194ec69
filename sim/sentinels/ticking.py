"""Ticks that nothing would come of are left out, and made up for when somebody could notice.

A Sentinel ticks a dozen times per second, and in quiet times most ticks find nothing to do. The
core knows how long that goes on (`Sentinel.quiet_until`). Until then the process *naps*: instead of
a timer for each tick there is one alarm for all of them. Whatever happens to the process before
that (a message, a fault, a step of the clock) first makes up for the ticks that were left out: the
delays between them are drawn, the thread was busy for a moment at each, and the core remembers when
the last one was, all as if they had happened. So naps change nothing but the work of the machine;
a property test compares with runs that leave nothing out.
"""

from __future__ import annotations

from abc import abstractmethod

from minisentinel.core import Sentinel
from sim.process import NEVER, Process, Timer

__all__ = ["TickingProcess"]

LONGEST_NAP_US = 10_000_000


class TickingProcess(Process):
    """A process with a Sentinel that ticks; a subclass says what a tick is."""

    sentinel: Sentinel
    _alarm: Timer

    @abstractmethod
    def tick(self, _: None) -> None:
        """One tick; it asks for the next one by `await_tick`."""

    def await_tick(self, when_us: int) -> None:
        """Tick at kernel time `when_us`; or leave out that one, and all before one that counts."""
        counts_us = self._next_that_counts_us()
        if counts_us > when_us:
            self._nap(when_us, min(counts_us, when_us + LONGEST_NAP_US))
        elif counts_us:
            # Perhaps only because answers are missing, which come soon: look again before it.
            self._nap(when_us, when_us)
        else:
            self.after(when_us - self.time_us, self.tick)

    def may_nap(self) -> bool:
        """Whether nobody but the core needs the ticks."""
        return True

    def _next_that_counts_us(self) -> int:
        """The kernel time of which the core knows that no tick before it counts; 0: unknown."""
        quiet_until = self.sentinel.context.state.quiet_until
        return quiet_until * 1000 - self.host.clock_base_us if quiet_until and self.may_nap() else 0

    def _nap(self, when_us: int, end_us: int) -> None:
        """Leave out all ticks from `when_us` on, and look again just before `end_us`."""
        self._idle_until = when_us
        self._alarm = self.alarm(end_us - 1, self._look_ahead)

    def _look_ahead(self, _: object) -> None:
        """It was quiet as long as was known beforehand; perhaps it still is."""
        if self.kernel.now >= self._idle_until:
            self.catch_up()
        when_us = self._idle_until
        if when_us != NEVER:
            self.sentinel.look_ahead()
            counts_us = self._next_that_counts_us()
            if counts_us > when_us:
                self._nap(when_us, min(counts_us, when_us + LONGEST_NAP_US))
            else:
                self._idle_until = NEVER
                self.after(when_us - self.time_us, self.tick)

    def catch_up(self) -> None:
        """Make up for the ticks that were left out until now; the nap goes on."""
        now, when_us, free_at = self.kernel.now, self._idle_until, self._free_at
        if when_us > now:
            return
        draw_delay_ms = self.sentinel.next_tick_in_ms
        begun = None
        while when_us <= now:
            begins = max(when_us, free_at)
            if begins > now or not self._idle:
                # The thread has other things to do before this tick, which therefore is a real one.
                self._idle_until = NEVER
                self._alarm.cancel()
                break
            begun, free_at = begins, begins + self.service_us
            when_us = begun + draw_delay_ms() * 1000
        else:
            self._idle_until = when_us
        self._free_at = free_at
        if begun is not None:
            self.sentinel.skipped_ticks((begun + self.host.clock_base_us) // 1000)
        if self._idle_until == NEVER:
            self._soon(self.tick)

    def stay_awake(self) -> None:
        """No more nap: the next tick counts."""
        self.catch_up()
        if self._idle_until != NEVER:
            when_us, self._idle_until = self._idle_until, NEVER
            self._alarm.cancel()
            self.after(when_us - self.time_us, self.tick)
