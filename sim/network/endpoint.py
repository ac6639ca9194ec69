"""One side of a TCP-like connection, as a program and the kernel of its host see it.

In the calm case a write is one event: it is handed to the peer's `_arrive` at the time of its
arrival. Whether it does arrive is decided there and then, by a look at the path. What TCP does
about losses is modelled as follows (spec: the table "Network" of the design page):

* A segment that finds the path cut, or the host off, is lost. Its k-th retransmission arrives
  ``(2**k - 1)`` retransmission timeouts after the original would have; everything sent later waits
  behind it and arrives with the first attempt that gets through.
* When data arrives but the way back is cut, the acknowledgement is lost. What is in flight until
  the first timeout still arrives; then the sender repeats its oldest segment (the receiver drops
  the duplicate) and keeps newer data to itself until an acknowledgement gets through.
* A lossy path loses the last packets of a segment, or its retransmissions, with some probability;
  what follows waits as above. After three more segments the hole is filled one round trip later.
* Where the rate is limited, a segment leaves when the `sim.network.bandwidth.Pipe` has carried it.
* A close travels in the stream, and is repeated like data. A reset is sent once: a peer that misses
  it learns of it by the answer to whatever it sends next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Literal, Protocol

from sim.kernel.kernel import Kernel
from sim.network.retransmission import Recovery, Segment, TcpSettings, packets_of
from sim.network.topology import Host, Path

__all__ = [
    "ACCEPTED",
    "CLOSED",
    "FAILED",
    "OPENED",
    "Address",
    "CloseReason",
    "Endpoint",
    "FailReason",
    "Owner",
]

Address = tuple[str, int]
CloseReason = Literal["closed", "reset", "timed out"]
FailReason = Literal["refused", "timed out", "unreachable", "unknown host"]

# Control entries of an inbox are (reason, code): the code stands where a message has its size.
ACCEPTED = -1
OPENED = -2
CLOSED = -3
FAILED = -4

# The life of an endpoint. CLOSING: closed by the program, the output of this step has yet to leave.
# ENDED and FAILED: its host knows that it is over, the program has not read it yet.
_CONNECTING, _OPEN, _ENDED, _CLOSING, _FAILED, _OVER = range(6)

_SENDING = frozenset((_OPEN, _CLOSING))

_FAST_RETRANSMIT = 4
"""A lost segment and three behind it: then its sender need not wait for the timeout."""

_FINISH: Segment = [("closed", CLOSED)]
_RESET: Segment = [("reset", CLOSED)]


class Owner(Protocol):
    """What an endpoint needs of the program that uses it.

    While it is `in_step`, what has output stands in `dirty`, whose members are asked to `transmit`
    when the step has ended.
    """

    @property
    def in_step(self) -> bool:
        """Whether the program is working just now."""
        ...

    @property
    def dirty(self) -> list[Endpoint]:
        """Connections with output."""
        ...

    def receive(self, endpoint: Endpoint, segment: Segment, /) -> None:
        """`segment` has arrived, and nothing is the matter: read it now or put it into the inbox.

        The calm case of `readable`, in one call.
        """
        ...

    def readable(self, endpoint: Endpoint, /) -> None:
        """The inbox of `endpoint` is no longer empty."""
        ...

    def writable(self, endpoint: Endpoint, /) -> None:
        """`endpoint` has output, outside of a step: let it `transmit` as soon as may be."""
        ...

    def adopt(self, endpoint: Endpoint, /) -> None:
        """A connection was made to a port that this program listens on."""
        ...

    def forget(self, endpoint: Endpoint, /) -> None:
        """The program has nothing more to do with `endpoint`."""
        ...

    @property
    def time_us(self) -> int:
        """Kernel time as the program feels it: the cost of the running step so far included."""
        ...


class Endpoint:
    """One side of a connection. Programs use `send`, `close`, `is_open` and the addresses.

    `id` is a serial number, never reused in a network. `local` and `remote` are (host text, port)
    as this side sees them. `context` belongs to the program.
    """

    __slots__ = (
        "_boot",
        "_last_arrival",
        "_to_peer",
        "context",
        "host",
        "id",
        "inbox",
        "kernel",
        "local",
        "output",
        "owner",
        "path",
        "peer",
        "recovery",
        "remote",
        "settings",
        "state",
    )

    peer: Endpoint
    _to_peer: Callable[[Segment], None]

    def __init__(
        self,
        serial: int,
        owner: Owner,
        path: Path,
        local: Address,
        remote: Address,
        kernel: Kernel,
        settings: TcpSettings,
    ) -> None:
        self.id = serial
        self.owner = owner
        self.path = path
        self.host: Host = path.source
        self.local = local
        self.remote = remote
        self.kernel = kernel
        self.settings = settings
        self.context: Any = None
        self.state = _CONNECTING
        self.inbox: deque[tuple[object, int]] = deque()
        self.output: Segment = []
        self.recovery: Recovery | None = None
        # The boot of the host that knows this connection, 0 when it has forgotten it.
        self._boot = self.host.boots
        self._last_arrival = 0

    def __repr__(self) -> str:
        here, there = self.local, self.remote
        return f"Endpoint({self.id}, {here[0]}:{here[1]} -> {there[0]}:{there[1]})"

    # What programs use.

    @property
    def is_open(self) -> bool:
        """Established, and the program has neither closed it nor been told of its end."""
        return _OPEN <= self.state <= _ENDED

    @property
    def takes_output(self) -> bool:
        """Established, and not ended as far as its host knows: what is sent now can leave."""
        return self.state == _OPEN

    @property
    def is_connecting(self) -> bool:
        """The handshake is under way; what is sent now leaves after `on_open`."""
        return self.state == _CONNECTING

    def send(self, message: object, size: int) -> None:
        """Queue `message` of `size` bytes; it leaves when the running step has ended.

        All that one step sends on a connection travels together. On a connection that is over,
        nothing happens, as with a write whose error nobody reads.
        """
        state = self.state
        if state > _OPEN:
            return
        if not self.output and state == _OPEN:
            owner = self.owner
            if owner.in_step:
                owner.dirty.append(self)
            else:
                owner.writable(self)
        self.output.append((message, size))

    def close(self, *, after_output: bool = False) -> None:
        """Close in order: the peer reads what was sent before, then "closed".

        What the running step has queued here is dropped, unless `after_output` is set: then it
        leaves first, and incoming messages are ignored from now on. `on_close` is not called.
        """
        state = self.state
        if state == _OVER or (state == _CLOSING and after_output):
            return
        if state == _OPEN and after_output and self.output:
            self.state = _CLOSING
            self.inbox.clear()
            return
        self._end_for_program()
        if state in (_OPEN, _CLOSING):
            self._dispatch(_FINISH, self.owner.time_us)

    # What owners use.

    def transmit(self, departure: int) -> None:
        """Let the queued output leave at kernel time `departure`."""
        output, state = self.output, self.state
        if output and state in _SENDING:
            self.output = []
            if state == _CLOSING:
                self._end_for_program()
                output.append(_FINISH[0])
            path = self.path
            if path.pipe is not None:
                path.pipe.carry(self, output, departure)
                return
            arrival = departure + path.draw()
            if arrival < self._last_arrival:
                arrival = self._last_arrival
            self._last_arrival = arrival
            kernel = self.kernel
            kernel.call_after(arrival - kernel.now, self._to_peer, output)

    def abort(self, *, silently: bool = False) -> None:
        """The program died: forget everything, and reset the peer unless the host died too."""
        known = (self.state == _OPEN or self.state == _CLOSING) and not silently
        self._end_for_program()
        self._forget_stream()
        if known:
            self._send_reset(self.owner.time_us, False)

    def end_read(self) -> None:
        """The program has read the end of this connection."""
        self._end_for_program()
        self._forget_stream()

    # What pipes use.

    @property
    def is_known(self) -> bool:
        """Whether this side's host still knows the connection, and holds what it has sent."""
        return self._boot == self.host.boots and self.host.powered

    def depart(self, segment: Segment, departure: int) -> None:
        """The last byte of `segment` leaves at kernel time `departure`."""
        self.kernel.call_at(self._next_arrival(departure), self._to_peer, segment)

    def time_out(self) -> None:
        """This side's host has waited long enough for acknowledgements."""
        if self.state == _OPEN:
            self._end_from_network("timed out")
        else:
            self._forget_stream()

    # Used by the handshake.

    def establish(self, peer: Endpoint) -> None:
        """The connection stands: `peer` is the other side."""
        self.state = _OPEN
        self.peer = peer
        self._to_peer = peer._arrive

    def disown(self) -> None:
        """The program that this side was meant for is gone; what arrives here is reset."""
        self.state = _OVER
        self._boot = 0

    def announce(self) -> None:
        """This side was opened actively: tell its program, and the peer's by the last handshake
        segment, which is repeated like data when it is lost."""
        self._dispatch([("accept", ACCEPTED)], self.kernel.now)
        self._put(("open", OPENED))

    def fail(self, reason: FailReason) -> None:
        """The connection was not made."""
        self.state = _FAILED
        self._put((reason, FAILED))

    # Arrivals.

    def _arrive(self, segment: Segment) -> None:
        """`segment`, sent by the peer, reaches the door of this host."""
        if self.path.clear and self.state == _OPEN and self.peer.recovery is None:
            self.owner.receive(self, segment)
        else:
            self.peer._arrive_in_trouble(segment)

    def _arrive_in_trouble(self, segment: Segment) -> None:
        """`segment`, sent by this side, is due at the peer, and something is not as usual."""
        recovery = self.recovery
        if recovery is not None:
            if recovery.broken:
                return
            if recovery.held or recovery.stalled or recovery.attempts:
                recovery.stalled.append(segment)
                if len(recovery.stalled) == _FAST_RETRANSMIT:
                    self._retransmit_soon(recovery)
                return
        if self.path.passes(packets_of(segment) if self.path.loss else 1):
            self._hand_over(segment)
            if not self.path.back.is_open and self.is_known:
                self._recover().head_arrived = True
        elif self.is_known:
            self._recover().stalled.append(segment)
        else:
            self._break_stream()

    def _hand_over(self, segment: Segment) -> None:
        """`segment` passes the door of the peer's host: its program gets it, or it is answered."""
        peer = self.peer
        if peer.state == _OPEN:
            peer._put(*segment)
        elif peer.state != _CLOSING:
            peer._send_reset(self.kernel.now, True)

    def _put(self, *entries: tuple[object, int]) -> None:
        inbox = self.inbox
        idle = not inbox
        inbox.extend(entries)
        if idle:
            self.owner.readable(self)

    # Losses.

    def _dispatch(self, segment: Segment, departure: int) -> None:
        pipe = self.path.pipe
        if pipe is not None:
            pipe.carry(self, segment, departure)
        else:
            self.depart(segment, departure)

    def _next_arrival(self, departure: int) -> int:
        """Never before what was sent earlier: a connection keeps its order."""
        arrival = max(departure + self.path.draw(), self._last_arrival)
        self._last_arrival = arrival
        return arrival

    def _recover(self) -> Recovery:
        """Start the retransmission timer, unless it runs."""
        recovery = self.recovery
        if recovery is None:
            recovery = self.recovery = Recovery()
        if recovery.ticket is None and not recovery.held:
            self._schedule_retransmission(recovery)
        return recovery

    def _schedule_retransmission(self, recovery: Recovery) -> None:
        delay = self.settings.retransmission_delay_us(recovery.attempts)
        recovery.ticket = self.kernel.call_at(self.kernel.now + delay, self._retransmit, recovery)

    def _retransmit_soon(self, recovery: Recovery) -> None:
        """Three segments arrived behind a hole, and their acknowledgements say so: fill it."""
        path = self.path
        if path.loss and path.both_open and recovery.ticket is not None and not recovery.attempts:
            self.kernel.cancel(recovery.ticket)
            when = self.kernel.now + path.back.draw() + path.draw()
            recovery.ticket = self.kernel.call_at(when, self._retransmit, recovery)

    def _retransmit(self, recovery: Recovery) -> None:
        """A repetition of the oldest segment arrives at the peer's door, or fails to."""
        recovery.ticket = None
        if not self.is_known:
            self._give_up_recovery()
            return
        recovery.attempts += 1
        if recovery.attempts > self.settings.retransmissions:
            self.time_out()
            return
        if self.path.passes():
            peer = self.peer
            if peer.state not in (_OPEN, _CLOSING):
                # The answer ends the recovery when it arrives, which it may not do.
                peer._send_reset(self.kernel.now, True)
            elif self.path.back.is_open:
                self.recovery = None
                self._hand_over_all(recovery)
                return
            elif not recovery.head_arrived:
                recovery.head_arrived = True
                self._hand_over(recovery.stalled.popleft())
        self._schedule_retransmission(recovery)

    def _hand_over_all(self, recovery: Recovery) -> None:
        """What waited arrives as a whole: the program finds all of it at its next look."""
        segment = [entry for stalled in recovery.stalled for entry in stalled]
        if segment:
            self._hand_over(segment)

    def _give_up_recovery(self) -> None:
        recovery = self.recovery
        if recovery is None or recovery.broken or recovery.held:
            # What somebody holds has left already; the death of its sender does not undo that.
            return
        if recovery.ticket is not None:
            self.kernel.cancel(recovery.ticket)
            recovery.ticket = None
        if recovery.stalled:
            recovery.stalled.clear()
            self._break_stream()
        else:
            self.recovery = None

    def _break_stream(self) -> None:
        """Something is lost for good: what is still in flight behind it must not arrive."""
        recovery = self.recovery
        if recovery is None:
            recovery = self.recovery = Recovery()
        recovery.broken = True

    # Ends.

    def _end_for_program(self) -> None:
        self.state = _OVER
        self.output = []
        self.inbox.clear()
        self.owner.forget(self)

    def _end_from_network(self, reason: CloseReason) -> None:
        self.state = _ENDED
        self.output = []
        self._forget_stream()
        self._put((reason, CLOSED))

    def _forget_stream(self) -> None:
        """This side's host drops the connection: it repeats nothing, and answers with resets."""
        self._boot = 0
        self._give_up_recovery()
        if self.path.pipe is not None:
            self.path.pipe.drop(self)

    def _send_reset(self, departure: int, is_answer: bool) -> None:
        arrival = self._next_arrival(departure)
        self.kernel.call_at(arrival, self.peer._reset_arrives, is_answer)

    def _reset_arrives(self, is_answer: bool) -> None:
        """The peer's host says that it knows nothing (more) of this connection."""
        incoming = self.peer.recovery
        if incoming is not None and incoming.held:
            incoming.stalled.append(_RESET)
        elif not self.is_known:
            pass
        elif not self.path.back.passes():
            if is_answer:
                # What was answered stays unacknowledged, and is sent again.
                self._recover().head_arrived = True
        elif self.state == _OPEN:
            self._end_from_network("reset")
        else:
            if self.state == _CLOSING:
                self._end_for_program()
            self._forget_stream()

    # Holding one direction by hand.

    def hold(self) -> None:
        """What this side sends waits, unlost, at the peer's door until `release`."""
        recovery = self.recovery
        if recovery is None:
            recovery = self.recovery = Recovery()
        if recovery.ticket is not None:
            self.kernel.cancel(recovery.ticket)
            recovery.ticket = None
        recovery.held = True

    def release(self) -> None:
        """Let go of what `hold` has kept; it arrives now, in order."""
        recovery = self.recovery
        if recovery is None or not recovery.held:
            return
        recovery.held = False
        if recovery.broken:
            return
        self.recovery = None
        segments = [segment for segment in recovery.stalled if segment is not _RESET]
        if segments:
            self._arrive_in_trouble([entry for segment in segments for entry in segment])
        if len(segments) < len(recovery.stalled):
            self.peer._reset_arrives(False)
