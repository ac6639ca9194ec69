"""One connection that a Sentinel accepted: bytes in, bytes out, and when to stop either."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from contextlib import suppress
from typing import Protocol

from minisentinel.codec import RequestDecoder
from minisentinel.core.address import bracketed
from minisentinel.server.clock import monotonic_us
from minisentinel.server.listening import set_keepalive
from minisentinel.server.tls import explain

__all__ = ["MOST_ARGUMENTS", "UNREAD_BYTES", "Client", "ClientKeeper", "Handshake"]

MOST_ARGUMENTS = 2048
"""Words of one request: one is one step, and nobody else has a turn in it.

Differs: a real Sentinel takes two thousand million."""

UNREAD_BYTES = 1 << 20
"""With so much output unread, a client's further commands wait."""
HANDSHAKE_SECONDS = 10.0
"""How long a client may take to agree on how to encrypt."""


class ClientKeeper(Protocol):
    """Who keeps the connections, and is told what becomes of each."""

    def has_room(self) -> bool:
        """Whether one more connection may begin to shake hands."""
        ...

    def began(self, handshake: Handshake) -> None:
        """A connection begins to shake hands."""
        ...

    def ended(self, handshake: Handshake, error: str) -> None:
        """A handshake is over; `error` says why it failed, if it did."""
        ...

    def arrived(self, client: Client) -> None:
        """The connection stands."""
        ...

    def received(self, client: Client, size: int) -> None:
        """Bytes were fed to its decoder."""
        ...

    def work(self, client: Client) -> None:
        """There may be commands to carry out."""
        ...

    def wrote(self, size: int) -> None:
        """Bytes were written."""
        ...

    def left(self, client: Client) -> None:
        """The connection is gone."""
        ...


class Client(asyncio.BufferedProtocol):
    """One accepted connection.

    `number` is given by its keeper when it arrives, 0 before. `waits` says that it stands in line
    for its next turn, `peer_reads` that not too much of what was written is still here.
    """

    def __init__(self, keeper: ClientKeeper, buffer: memoryview) -> None:
        self.number = 0
        self.decoder = RequestDecoder(most_arguments=MOST_ARGUMENTS)
        self.output = bytearray()
        self.last_input_us = 0
        self.over_soft_since_us = 0
        self.waits = False
        self.peer_reads = True
        self.is_gone = False
        self._keeper = keeper
        self._buffer = buffer
        self._transport: asyncio.Transport | None = None

    # What its keeper asks for.

    @property
    def unread_bytes(self) -> int:
        """Output that has not left this process."""
        return len(self.output) + self._standing.get_write_buffer_size()

    @property
    def undone_bytes(self) -> int:
        """Input that has not been carried out."""
        return self.decoder.buffered

    @property
    def _standing(self) -> asyncio.Transport:
        assert self._transport is not None  # Nobody knows of it before it stands.
        return self._transport

    @property
    def addresses(self) -> tuple[str, str, int]:
        """The peer's address and ours, as ``host:port`` or a path, and the descriptor."""
        get = self._standing.get_extra_info
        descriptor: int = get("socket").fileno()
        return _shown(get("peername"), get("sockname")), _shown(get("sockname"), ""), descriptor

    @property
    def is_local(self) -> bool:
        """Whether the client is on this machine."""
        peer = self._standing.get_extra_info("peername")
        return (
            not isinstance(peer, tuple)
            or ipaddress.ip_address(
                str(peer[0]).partition("%")[0].removeprefix("::ffff:")
            ).is_loopback
        )

    def keep_alive(self, seconds: int) -> None:
        """Have the system ask after the peer when it has been silent for so long; 0 is never."""
        with suppress(OSError):
            set_keepalive(self._standing.get_extra_info("socket"), seconds)

    def flush(self) -> None:
        """Write what is queued."""
        if self.output and not self._standing.is_closing():
            self._keeper.wrote(len(self.output))
            self._standing.write(bytes(self.output))
        self.output.clear()

    def leave(self, *, gently: bool) -> None:
        """Close; `gently` lets what was written go first."""
        if gently:
            self._standing.close()
        else:
            self.output.clear()
            self._standing.abort()

    def pause(self) -> None:
        """Read no more for now."""
        self._standing.pause_reading()

    def resume(self) -> None:
        """Read again."""
        self._standing.resume_reading()

    # What asyncio reports.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=UNREAD_BYTES)
        self.last_input_us = monotonic_us()
        self._keeper.arrived(self)
        if self.decoder.buffered:
            # It came in one piece with the end of a handshake.
            self._received(self.decoder.buffered)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what arrives."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes arrived."""
        if self._transport is None:
            self.decoder.feed(bytes(self._buffer[:nbytes]))
        elif self.number:
            self.last_input_us = monotonic_us()
            self.decoder.feed(bytes(self._buffer[:nbytes]))
            self._received(nbytes)

    def _received(self, nbytes: int) -> None:
        if not self.number:
            return
        self._keeper.received(self, nbytes)
        if self.peer_reads and not self.waits:
            self._keeper.work(self)

    def eof_received(self) -> bool:
        """The other side has closed; so do we."""
        return False

    def pause_writing(self) -> None:
        """Too much of what was written is still here."""
        self.peer_reads = False
        self.pause()

    def resume_writing(self) -> None:
        """Most of what was written has left."""
        self.peer_reads = True
        if not self.waits:
            self._keeper.work(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.is_gone = True
        self._keeper.left(self)


class Handshake(asyncio.Protocol):
    """A connection that is to be encrypted, until both sides have agreed on how.

    It counts as a client from the start, so that nobody can hold more connections than allowed by
    never finishing.
    """

    def __init__(self, keeper: ClientKeeper, client: Client, tls: ssl.SSLContext) -> None:
        self._keeper = keeper
        self._client = client
        self._tls = tls
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands, and everything that comes is for the handshake."""
        assert isinstance(transport, asyncio.Transport)
        if not self._keeper.has_room():
            transport.abort()
            return
        self._transport = transport
        transport.pause_reading()
        self._keeper.began(self)
        self._task = asyncio.get_running_loop().create_task(self._shake_hands(transport))

    def give_up(self) -> None:
        """Close the connection."""
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        error, secured = "", None
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport,
                self._client,
                self._tls,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except OSError as problem:
            transport.abort()
            error = explain(problem) or "the connection ended"
        finally:
            self._keeper.ended(self, error)
        if secured is not None and not self._client.is_gone:
            self._client.connection_made(secured)


def _shown(address: object, otherwise: object) -> str:
    """``host:port``, ``[host]:port`` or the path of a unix socket."""
    if isinstance(address, tuple):
        return bracketed(str(address[0]), int(address[1]))
    return f"{address or otherwise}:0"
