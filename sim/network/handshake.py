"""How a connection begins: SYN, answer, and the waits between repetitions of a SYN."""

from __future__ import annotations

from collections.abc import Callable

from sim.kernel.kernel import Kernel
from sim.network.endpoint import Endpoint, Owner
from sim.network.retransmission import TcpSettings
from sim.network.topology import Path

__all__ = ["Handshake"]


class Handshake:
    """One attempt to connect, from the first SYN to an open connection or a failure.

    The host answers, not the program: a paused process is connected to, and told of it later.
    The SYN, or its answer, may be lost; it is then sent again 1 s, 3 s, 7 s, ... after the first.
    """

    __slots__ = ("_attempts", "_endpoint", "_kernel", "_listener", "_make_peer", "_path", "_start")

    def __init__(
        self,
        endpoint: Endpoint,
        listener: Callable[[], Owner | None],
        make_peer: Callable[[Endpoint, Owner], Endpoint],
    ) -> None:
        """`listener` tells who listens now; `make_peer` makes the other side for that program."""
        self._endpoint = endpoint
        self._path: Path = endpoint.path
        self._kernel: Kernel = endpoint.kernel
        self._listener = listener
        self._make_peer = make_peer
        self._attempts = 0
        self._start = 0

    def begin(self, departure: int) -> None:
        """Send the first SYN at kernel time `departure`."""
        self._start = departure
        self._send_syn(departure)

    def _send_syn(self, departure: int) -> None:
        if self._endpoint.is_connecting:
            path = self._path
            self._kernel.call_at(departure + path.draw(), self._syn_arrives)

    def _syn_arrives(self, _: None) -> None:
        if not self._path.passes():
            self._repeat()
            return
        back = self._path.back
        arrival = self._kernel.now + back.draw()
        self._kernel.call_at(arrival, self._answer_arrives, self._listener())

    def _answer_arrives(self, listener: Owner | None) -> None:
        endpoint = self._endpoint
        if not endpoint.is_connecting:
            return
        if not self._path.back.passes():
            self._repeat()
        elif listener is None:
            endpoint.fail("refused")
        else:
            # A listener that has died since is not told; the first data will be reset.
            peer = self._make_peer(endpoint, listener)
            endpoint.establish(peer)
            peer.establish(endpoint)
            if self._listener() is listener:
                listener.adopt(peer)
            else:
                peer.disown()
            endpoint.announce()

    def _repeat(self) -> None:
        """Wait for the time of the next SYN, or for the time to give up."""
        settings: TcpSettings = self._endpoint.settings
        self._attempts += 1
        # The loss is found out at the time of arrival, which on a slow path is after the timeout.
        when = max(self._start + settings.syn_offset_us(self._attempts), self._kernel.now)
        if self._attempts <= settings.syn_retransmissions:
            self._kernel.call_at(when, self._send_syn, when)
        else:
            self._kernel.call_at(when, self._give_up)

    def _give_up(self, _: object) -> None:
        if self._endpoint.is_connecting:
            self._endpoint.fail("timed out")
