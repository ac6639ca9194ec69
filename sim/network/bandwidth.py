"""What one direction of a link can carry, shared by the connections that have something to send.

A fluid model: at every moment each connection with something to send gets an equal share of the
rate, so a small message beside a big transfer takes its turn at once, and a transfer beside another
one takes twice as long. A segment arrives one latency after its last byte has left.

Bulk (more than a window) needs acknowledgements to go on. It stands still while its path is cut,
continues at the next retransmission after that, and ends the connection when the sender runs out of
patience. On a lossy path it is no faster than ``1.22 * packet / (round trip * sqrt(loss))``
(Mathis, Semke, Mahdavi and Ott, 1997).
"""

from __future__ import annotations

from collections import deque
from math import ceil, inf, sqrt
from typing import TYPE_CHECKING

from sim.kernel.kernel import Kernel, Ticket
from sim.network.retransmission import PACKET_BYTES, WINDOW_BYTES, Segment, size_of

if TYPE_CHECKING:
    from sim.network.endpoint import Endpoint
    from sim.network.topology import Path

__all__ = ["Pipe"]

_MATHIS = 1.22
_BUFFERED_SECONDS = 0.2
_NOTHING = 1e-6  # bytes: what rounding leaves of a segment that is through


class _Flow:
    """What one connection has to send, the first segment of it being on the way."""

    __slots__ = ("cap", "endpoint", "left", "queue", "rate", "serial", "stalled_at")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.queue: deque[tuple[Segment, int]] = deque()
        self.left = 0.0
        self.cap = inf
        self.rate = 0.0
        self.stalled_at: int | None = None
        self.serial = 0  # of the outages, so that alarms of earlier ones are known as such


class Pipe:
    """One direction of a link that carries `bytes_per_second`, for one path or for several."""

    __slots__ = ("_flows", "_kernel", "_rate", "_since", "_ticket")

    def __init__(self, kernel: Kernel, bytes_per_second: float = inf) -> None:
        self._kernel = kernel
        self._rate = bytes_per_second
        self._flows: dict[Endpoint, _Flow] = {}
        self._since = 0
        self._ticket: Ticket | None = None

    def set_rate(self, bytes_per_second: float) -> None:
        """Carry that much from now on; infinite: no limit."""
        self._advance()
        self._rate = bytes_per_second
        self._plan()

    def waiting(self, endpoint: Endpoint) -> int:
        """The bytes that a connection has handed over and that have not left yet."""
        self._advance()
        flow = self._flows.get(endpoint)
        if flow is None:
            return 0
        return ceil(flow.left) + sum(size for _, size in list(flow.queue)[1:])

    def room(self, endpoint: Endpoint) -> int | None:
        """How many bytes a sender of bulk can hand over until its buffer is full; None: any number.

        The buffer follows the pace of the connection, as that of a real host does: it holds what
        leaves in `_BUFFERED_SECONDS`, and a window.
        """
        self._advance()
        flow = self._flows.get(endpoint)
        if flow is None:
            busy = sum(each.stalled_at is None for each in self._flows.values())
            rate = min(_cap(endpoint.path), self._rate / (busy + 1))
        else:
            rate = flow.rate
        if rate == inf:
            return None
        return max(0, int(rate * _BUFFERED_SECONDS) + WINDOW_BYTES - self.waiting(endpoint))

    def carry(self, endpoint: Endpoint, segment: Segment, departure: int) -> None:
        """Take `segment` at kernel time `departure`, behind what the connection sent before."""
        if departure > self._kernel.now:
            self._kernel.call_at(departure, _take, (endpoint, segment))
        else:
            self._add(endpoint, segment)

    def drop(self, endpoint: Endpoint) -> None:
        """Forget what a connection has still to send: its host has forgotten it."""
        if endpoint in self._flows:
            self._advance()
            del self._flows[endpoint]
            self._plan()

    def hand_over(self, path: Path) -> None:
        """Give what waits for `path` to the pipe that it has now, if it has one."""
        self._advance()
        for flow in [each for each in self._flows.values() if each.endpoint.path is path]:
            del self._flows[flow.endpoint]
            if path.pipe is not None:
                path.pipe._adopt(flow)
                continue
            for segment, _ in flow.queue:
                flow.endpoint.depart(segment, self._kernel.now)
        self._plan()

    def _adopt(self, flow: _Flow) -> None:
        self._advance()
        self._flows[flow.endpoint] = flow
        self._plan()

    def paths_changed(self) -> None:
        """A path of this pipe was cut or healed, or a host lost or got its power."""
        if not self._flows:
            return
        self._advance()
        for flow in list(self._flows.values()):
            if not flow.endpoint.is_known:
                del self._flows[flow.endpoint]
            else:
                self._look_at_path(flow)
        self._plan()

    # The segments.

    def _add(self, endpoint: Endpoint, segment: Segment) -> None:
        flow = self._flows.get(endpoint)
        if flow is not None:
            flow.queue.append((segment, size_of(segment)))
            return
        self._advance()
        flow = self._flows[endpoint] = _Flow(endpoint)
        flow.queue.append((segment, size_of(segment)))
        self._begin(flow)
        self._plan()

    def _begin(self, flow: _Flow) -> None:
        size = flow.queue[0][1]
        flow.left, flow.cap = float(size), inf
        if size > WINDOW_BYTES:
            flow.cap = _cap(flow.endpoint.path)
            self._look_at_path(flow)

    def _due(self, _: None) -> None:
        self._ticket = None
        self._advance()
        for flow in list(self._flows.values()):
            while flow.stalled_at is None and (flow.left <= _NOTHING or flow.rate == inf):
                segment, _size = flow.queue.popleft()
                if flow.endpoint.is_known:
                    flow.endpoint.depart(segment, self._kernel.now)
                if not flow.queue:
                    del self._flows[flow.endpoint]
                    break
                flow.rate = 0.0
                self._begin(flow)
        self._plan()

    # Outages.

    def _look_at_path(self, flow: _Flow) -> None:
        """Let bulk stand still when its path is cut, and go on some time after it is whole."""
        kernel, settings = self._kernel, flow.endpoint.settings
        is_open = flow.endpoint.path.both_open
        if flow.stalled_at is None:
            if not is_open and flow.queue[0][1] > WINDOW_BYTES:
                flow.stalled_at = kernel.now
                flow.serial += 1
                when = kernel.now + settings.patience_us
                kernel.call_at(when, _give_up, (flow, flow.serial))
        elif is_open:
            outage_us = settings.outage_us(kernel.now - flow.stalled_at)
            when = max(flow.stalled_at + outage_us, kernel.now)
            kernel.call_at(when, _go_on, (flow, flow.serial))

    # The fluid.

    def _advance(self) -> None:
        """Let what has flowed since the last look be gone."""
        now = self._kernel.now
        elapsed = (now - self._since) / 1_000_000
        self._since = now
        if elapsed:
            for flow in self._flows.values():
                if flow.rate:
                    flow.left = max(0.0, flow.left - flow.rate * elapsed)

    def _plan(self) -> None:
        """Share the rate anew, and wake up when the first segment is through."""
        if self._ticket is not None:
            self._kernel.cancel(self._ticket)
            self._ticket = None
        self._share()
        waits = [
            0 if flow.rate == inf else ceil(flow.left / flow.rate * 1_000_000)
            for flow in self._flows.values()
            if flow.rate
        ]
        if waits:
            self._ticket = self._kernel.call_at(self._kernel.now + min(waits), self._due)

    def _share(self) -> None:
        """Equal shares, and what one that is capped leaves is for the others."""
        active: list[_Flow] = []
        for flow in self._flows.values():
            flow.rate = 0.0
            if flow.stalled_at is None:
                active.append(flow)
        rest = self._rate
        active.sort(key=lambda flow: flow.cap)
        for index, flow in enumerate(active):
            if rest == inf:
                flow.rate = flow.cap
            else:
                flow.rate = min(flow.cap, rest / (len(active) - index))
                rest -= flow.rate


def _cap(path: Path) -> float:
    """The bytes per second that losses leave to one connection; for a round trip of now."""
    if not path.loss:
        return inf
    round_trip = max(path.draw() + path.back.draw(), 1) / 1_000_000
    return _MATHIS * PACKET_BYTES / (round_trip * sqrt(path.loss))


def _take(what: tuple[Endpoint, Segment]) -> None:
    endpoint, segment = what
    pipe = endpoint.path.pipe
    if pipe is not None:
        pipe._add(endpoint, segment)
    else:
        endpoint.depart(segment, endpoint.kernel.now)


def _go_on(what: tuple[_Flow, int]) -> None:
    """The first retransmission after an outage, if it is over."""
    flow, serial = what
    pipe = _pipe_of_stalled(flow, serial)
    if pipe is not None and flow.endpoint.path.both_open:
        pipe._advance()
        flow.stalled_at = None
        pipe._plan()


def _give_up(what: tuple[_Flow, int]) -> None:
    """The sender has repeated itself often enough."""
    flow, serial = what
    pipe = _pipe_of_stalled(flow, serial)
    if pipe is not None:
        pipe.drop(flow.endpoint)
        flow.endpoint.time_out()


def _pipe_of_stalled(flow: _Flow, serial: int) -> Pipe | None:
    """Where `flow` stands still since the outage with that number; None if it does not."""
    pipe = flow.endpoint.path.pipe
    if pipe is None or flow.serial != serial or flow.stalled_at is None:
        return None
    return pipe if pipe._flows.get(flow.endpoint) is flow else None
