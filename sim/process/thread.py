"""The single thread of a process: what waits for it, and the rounds in which it gets done.

A thread works in *rounds*, like the event loop of a server: every connection that was readable at
the beginning of the round is read as a whole (up to 16 KiB), in the order in which they became
readable; then the timers that are due run; then everything that was queued leaves. A message, a
timer or a notice is one *step*, and costs time during which the thread is busy; what arrives
meanwhile waits. (spec: README §1 "Execution model".)

An idle thread costs no events: in the calm case the arrival of a message is the round.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Literal, cast

from sim.kernel.kernel import Kernel, Ticket
from sim.network.endpoint import (
    ACCEPTED,
    CLOSED,
    OPENED,
    CloseReason,
    Endpoint,
    FailReason,
)
from sim.network.retransmission import Segment

__all__ = ["NEVER", "READ_LIMIT_BYTES", "SLICE_US", "ProcessState", "Thread", "Timer"]

ProcessState = Literal["down", "running", "paused"]

NEVER = 1 << 62
"""A kernel time that never comes."""

READ_LIMIT_BYTES = 16 * 1024
"""How much of one connection is read in one round."""

SLICE_US = 100
"""Steps that take less than this together share one kernel event.

Nothing from outside (a kill, a pause) happens within a slice. Whatever takes longer ends the slice,
and the next step, or the departure of the round's output, happens when the thread is free again.
"""


class Timer:
    """A callback that the thread of a process runs later; see `Thread.after`."""

    __slots__ = ("_argument", "_callback", "_process", "_ticket")

    def __init__(self, process: Thread, callback: Callable[[Any], object], argument: Any) -> None:
        self._process: Thread | None = process
        self._callback = callback
        self._argument = argument
        self._ticket: Ticket | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the callback is still to come."""
        return self._process is not None

    def cancel(self) -> bool:
        """Never run the callback; False when it has run, was cancelled or died already."""
        process = self._process
        if process is None:
            return False
        process._forget_timer(self)
        return True


class Thread:
    """A thread with an inbox and timers; `sim.process.process` gives it a life and connections.

    The hooks `on_...` run on it. `_record` is told what becomes of it.
    """

    __slots__ = (
        "_blocked",
        "_due",
        "_free_at",
        "_idle",
        "_idle_until",
        "_overdue_first",
        "_paused_at",
        "_phase",
        "_readable",
        "_round",
        "_round_timers",
        "_spent",
        "_timers",
        "_unread",
        "_wake",
        "dirty",
        "in_step",
        "kernel",
        "name",
        "state",
    )

    service_us: int = 5
    """What one step costs, in microseconds; whatever varies is charged in addition."""

    def __init__(self, name: str, kernel: Kernel) -> None:
        self.name = name
        self.kernel = kernel
        self.state: ProcessState = "down"
        self._timers: dict[Timer, None] = {}
        # What is to be done: connections and timers for the next round, ...
        self._readable: deque[Endpoint] = deque()
        self._due: deque[Timer] = deque()
        # ... those of the round that is going on, and the output that leaves at its end.
        self._round: deque[Endpoint] = deque()
        self._round_timers: deque[Timer] = deque()
        self.dirty: list[Endpoint] = []
        self._phase: Literal["idle", "sockets", "timers"] = "idle"
        self._unread = 0
        self._free_at = 0
        self._spent = 0
        self.in_step = False
        self._wake: Ticket | None = None
        # Running, between two rounds, and nothing to do: what arrives may be handled on the spot.
        self._idle = False
        # From then on there is something to make up for (see `catch_up`).
        self._idle_until = NEVER
        self._blocked = False
        self._overdue_first = False
        self._paused_at = 0

    # How it is disturbed.

    def pause(self) -> None:
        """Freeze, as by SIGSTOP: connections stay and are accepted, nothing is read or answered."""
        if self.state != "running":
            return
        self.stay_awake()
        self.state = "paused"
        self._idle = False
        self._paused_at = self.time_us
        # A process that waits for events is interrupted by SIGCONT and then looks at its timers
        # first; one that is stopped in the middle of its work goes on with that.
        self._overdue_first = not self.in_step and self._free_at <= self._paused_at
        self._cancel_wake()
        self._record("paused")

    def resume(self) -> None:
        """Go on after `pause`: an overdue timer first, then what has arrived, in order."""
        if self.state != "paused":
            return
        self.state = "running"
        self._record("resumed")
        if self._blocked:
            # Awake, and busy as before.
            self._record("blocked")
        now = self.kernel.now
        if self._free_at > self._paused_at:
            self._free_at += now - self._paused_at
        self._go_on()

    def block(self, duration_us: int) -> None:
        """Keep the thread busy for `duration_us` more (a slow command, a stall of the host)."""
        if self.state == "down":
            return
        if not self._blocked:
            self._blocked = True
            self._record("blocked")
        self.charge(duration_us)

    # What subclasses use.

    @property
    def time_us(self) -> int:
        """Kernel time as this thread feels it: what the running steps have cost so far included."""
        return self.kernel.now + self._spent

    def after(
        self, delay_us: int, callback: Callable[[Any], object], argument: Any = None
    ) -> Timer:
        """Run ``callback(argument)`` on the thread, `delay_us` from now or when it is free.

        Raises RuntimeError when the process is down.
        """
        if self.state == "down":
            self._must_live()
        timer = Timer(self, callback, argument)
        self._timers[timer] = None
        delay_us += self._spent
        timer._ticket = self.kernel.call_after(delay_us, self._timer_is_due, timer)
        return timer

    def alarm(self, when_us: int, callback: Callable[[Any], object]) -> Timer:
        """Call back at a kernel time: not a step of the thread, but a matter of the simulator."""
        timer = Timer(self, callback, None)
        self._timers[timer] = None
        timer._ticket = self.kernel.call_at(when_us, self._alarm_rings, timer)
        return timer

    def charge(self, duration_us: int) -> None:
        """The step that is running takes that much longer; what it sends leaves that much later.

        Between two steps: the thread has that much to do before the next one.
        """
        if self.in_step:
            self._spent += duration_us
            return
        self.stay_awake()
        start = self.kernel.now if self.state == "running" else self._paused_at
        self._free_at = max(self._free_at, start) + duration_us
        self._overdue_first = False
        self._cancel_wake()
        self._go_on()

    # What subclasses implement.

    def on_accept(self, endpoint: Endpoint) -> None:
        """Somebody connected to a port that this process listens on."""

    def on_open(self, endpoint: Endpoint) -> None:
        """A connection that this process asked for stands."""

    def on_failed(self, endpoint: Endpoint, reason: FailReason) -> None:
        """A connection that this process asked for was not made."""

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        """`message` was read from `endpoint`."""

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        """The other side closed or reset the connection, or was silent for too long."""

    def _record(self, change: str, status: int = 0) -> None:
        """Somebody may want to know that this has become of it."""

    # What a subclass may leave out while nobody can notice, and then sets `_idle_until`.

    def catch_up(self) -> None:
        """Make up for what was left out until now; called before anything happens to the thread."""

    def stay_awake(self) -> None:
        """Catch up, and leave nothing out from now on: the thread is about to be disturbed."""

    # What endpoints call (see `Owner`).

    def receive(self, endpoint: Endpoint, segment: Segment) -> None:
        """Something has arrived: handled on the spot if it is one message and the thread idle."""
        now = self.kernel.now
        if now >= self._idle_until:
            self.catch_up()
        if self._idle and self._free_at <= now and len(segment) == 1:
            message, size = segment[0]
            if size >= 0:
                self._idle = False
                self.in_step = True
                self.on_message(endpoint, message)
                # The calm end of a lone step, written out: this is the way of nearly all messages.
                spent = self._spent + self.service_us
                if spent >= SLICE_US or self.state != "running" or self._due or self._blocked:
                    self._end_lone_step()
                    return
                self._free_at = free_at = now + spent
                if self.dirty:
                    for each in self.dirty:
                        each.transmit(free_at)
                    self.dirty.clear()
                self._spent = 0
                self.in_step = False
                self._idle = True
                return
        inbox = endpoint.inbox
        inbox.extend(segment)
        if len(inbox) == len(segment):
            self._readable.append(endpoint)
            self._work_when_free()

    def readable(self, endpoint: Endpoint) -> None:
        """`endpoint` has something to read: now if the thread is idle, else when its turn comes."""
        if self.kernel.now >= self._idle_until:
            self.catch_up()
        self._readable.append(endpoint)
        self._work_when_free()

    def writable(self, endpoint: Endpoint) -> None:
        """`endpoint` has output, which leaves at the end of the round."""
        self.dirty.append(endpoint)
        if self._idle:
            now = self.kernel.now
            self._wake_at(self._free_at if self._free_at > now else now)

    # Rounds.

    def _go_on(self) -> None:
        """Do what there is to do when the thread is free, or be idle."""
        if self._has_work:
            self._work_when_free()
        elif self.state == "running" and not self.in_step and self._wake is None:
            self._idle = True

    def _work_when_free(self) -> None:
        """There is something to do: now if the thread is free, else when it is."""
        if self.state != "running" or self.in_step or self._wake is not None:
            return
        if self._free_at > self.kernel.now:
            self._wake_at(self._free_at)
        else:
            self._run(None)

    @property
    def _has_work(self) -> bool:
        return bool(
            self._readable or self._due or self.dirty or self._blocked or self._phase != "idle"
        )

    def _wake_at(self, when: int) -> None:
        """Go on at kernel time `when`, which has not passed."""
        self._idle = False
        kernel = self.kernel
        self._wake = kernel.call_after(when - kernel.now, self._run)

    def _cancel_wake(self) -> None:
        if self._wake is not None:
            self.kernel.cancel(self._wake)
            self._wake = None

    def _end_lone_step(self) -> None:
        """The end of a round that was a single step of an idle thread: the calm case."""
        self._spent = spent = self._spent + self.service_us
        if spent < SLICE_US and self.state == "running" and not (self._due or self._blocked):
            self._free_at = free_at = self.kernel.now + spent
            dirty = self.dirty
            if dirty:
                for endpoint in dirty:
                    endpoint.transmit(free_at)
                dirty.clear()
            self._spent = 0
            self.in_step = False
            self._idle = True
        else:
            if self.state != "down":
                self._phase = "timers"
            self._end_slice(spent < SLICE_US and self.state == "running")

    def _run(self, _: None) -> None:
        """Begin a round, or go on with one that a long step has interrupted."""
        if self.kernel.now >= self._idle_until:
            self.catch_up()
        self._wake = None
        self._idle = False
        self.in_step = True
        if self._blocked:
            self._blocked = False
            self._record("unblocked")
        if self._phase == "idle":
            self._phase = "sockets"
            if not (self._overdue_first and self._due):
                self._round, self._readable = self._readable, self._round
            self._overdue_first = False
        self._end_slice(self._work())

    def _end_slice(self, round_is_over: bool) -> None:
        """Let the output of a finished round leave, and see to it that the rest is done."""
        self._free_at = free_at = self.kernel.now + self._spent
        if round_is_over:
            self._phase = "idle"
            dirty, self.dirty = self.dirty, []
            for endpoint in dirty:
                endpoint.transmit(free_at)
        self._spent = 0
        self.in_step = False
        if self.state == "running":
            if self._has_work:
                self._wake_at(free_at)
            else:
                self._idle = True

    def _work(self) -> bool:
        """Run the steps of this round; False when the slice is used up (or the process stopped)."""
        if self._phase == "sockets":
            connections = self._round
            while connections:
                self._read(connections)
                if self._spent >= SLICE_US or self.state != "running":
                    return False
            self._phase = "timers"
            self._round_timers, self._due = self._due, self._round_timers
        timers = self._round_timers
        while timers:
            timer = timers.popleft()
            timer._process = None
            del self._timers[timer]
            timer._callback(timer._argument)
            self._spent += self.service_us
            if self._spent >= SLICE_US or self.state != "running":
                return False
        return True

    def _read(self, connections: deque[Endpoint]) -> None:
        """Read the first of `connections`: what it held when its turn came, slice permitting."""
        endpoint = connections[0]
        inbox = endpoint.inbox
        service_us = self.service_us
        unread = self._unread or (len(inbox) if len(inbox) < 2 else _first_read(inbox))
        while unread and inbox:
            message, size = inbox.popleft()
            unread -= 1
            if size >= 0:
                self.on_message(endpoint, message)
            else:
                self._notify(endpoint, message, size)
            self._spent += service_us
            if unread and inbox and (self._spent >= SLICE_US or self.state != "running"):
                self._unread = unread
                return
        self._unread = 0
        if connections:
            connections.popleft()
            if inbox:
                self._readable.append(endpoint)

    def _notify(self, endpoint: Endpoint, reason: object, code: int) -> None:
        if code == OPENED:
            self.on_open(endpoint)
            if endpoint.output:
                self.dirty.append(endpoint)
        elif code == ACCEPTED:
            self.on_accept(endpoint)
        else:
            endpoint.end_read()
            if code == CLOSED:
                self.on_close(endpoint, cast(CloseReason, reason))
            else:
                self.on_failed(endpoint, cast(FailReason, reason))

    def _alarm_rings(self, timer: Timer) -> None:
        timer._process = timer._ticket = None
        del self._timers[timer]
        timer._callback(timer._argument)

    def _timer_is_due(self, timer: Timer) -> None:
        timer._ticket = None
        if self._idle and self._free_at <= self.kernel.now:
            timer._process = None
            del self._timers[timer]
            self._idle = False
            self.in_step = True
            timer._callback(timer._argument)
            self._end_lone_step()
        else:
            self._due.append(timer)
            self._work_when_free()

    def _soon(self, callback: Callable[[Any], object]) -> None:
        """Run `callback` as a timer that is due now."""
        timer = Timer(self, callback, None)
        self._timers[timer] = None
        self._timer_is_due(timer)

    def _forget_timer(self, timer: Timer) -> None:
        timer._process = None
        del self._timers[timer]
        if timer._ticket is not None:
            self.kernel.cancel(timer._ticket)
        elif timer in self._due:
            self._due.remove(timer)
        else:
            self._round_timers.remove(timer)

    def _forget_everything(self) -> None:
        """It is over: no timer rings, and what has waited is never done."""
        for timer in self._timers:
            timer._process = None
            if timer._ticket is not None:
                self.kernel.cancel(timer._ticket)
        self._timers.clear()
        self._idle_until = NEVER
        self._cancel_wake()
        for queue in (self._readable, self._due, self._round, self._round_timers, self.dirty):
            queue.clear()
        self._phase = "idle"
        self._unread = 0
        self._blocked = self._overdue_first = self._idle = False

    def _must_live(self) -> None:
        if self.state == "down":
            raise RuntimeError(f"{self.name} is down and can do nothing")


def _first_read(inbox: deque[tuple[object, int]]) -> int:
    """How many entries of `inbox` one read returns: a new connection alone, or 16 KiB."""
    if inbox[0][1] == ACCEPTED:
        return 1
    total = 0
    for count, (_, size) in enumerate(inbox):
        total += max(size, 0)
        if total > READ_LIMIT_BYTES and count:
            return count
    return len(inbox)
