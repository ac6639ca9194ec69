"""The connections that a Sentinel opens: to masters, replicas and other Sentinels.

A server can hold up nobody but itself: what it sends is understood in turns that are no longer than
the timer's period, it is not read from while it waits for its turn, and a reply has a largest size.

Spec: README §1 (execution model), monitoring §3.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections import defaultdict, deque
from typing import Any, Protocol

from minisentinel.codec import NOT_YET, ProtocolError, ReplyDecoder, encode_command
from minisentinel.replies import Command, Reply
from minisentinel.server.turns import Turns

__all__ = ["LinkOwner", "Links"]

READ_BYTES = 16 * 1024
"""How much is read from one connection before the next has its turn [GEN-1-3]."""
ROUND_US = 100_000
"""How long servers may hold up the timer, together: about as long as its longest period.

What is not understood before the next tick counts as not answered, so that INFO and hellos are sent
once more (monitoring §4.1, §4.3). With short rounds, and a processor that others want as well, the
answers of hundreds of servers never get done: each tick makes more of them.
"""
LARGEST_REPLY_BYTES = 64 << 20
"""A server that sends a longer one is hung up on."""

Attempt = tuple[socket.socket, Any]
"""A connection that is being made, and to which address."""


class LinkOwner(Protocol):
    """Who is told what becomes of connections, by the number that was given when opening one."""

    def link_connected(self, connection: int, local_host: str) -> None:
        """The connection stands; this end of it is at `local_host`."""
        ...

    def link_received(self, connection: int, reply: Reply) -> None:
        """A reply or message came."""
        ...

    def link_lost(self, connection: int) -> None:
        """The connection could not be made, or is gone; not called for one that we closed."""
        ...

    def link_wants_flush(self) -> None:
        """Something is to be done; `Links.flush` is to be called when the round of steps is over.

        To ask again before that is in order, and means nothing more.
        """
        ...


class Links:
    """Opens, writes and closes connections; `source` is the address they come from, if not empty.

    What is queued leaves in `flush`, and never on a connection that was closed before it. With
    `tls` every connection is encrypted.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        owner: LinkOwner,
        source: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._loop = loop
        self._owner = owner
        self._source = source
        self._tls = tls
        self._links: dict[int, _Link] = {}
        self._begun: defaultdict[tuple[str, int], deque[Attempt]] = defaultdict(deque)
        self._queued: dict[int, None] = {}
        self._turns = Turns[_Link](self.work, owner.link_wants_flush, ROUND_US)
        # One for all: what arrives in it is taken out at once.
        self.buffer = memoryview(bytearray(READ_BYTES))

    def __len__(self) -> int:
        return len(self._links)

    def begin(self, host: str, port: int) -> str:
        """Start to connect to a numeric address, for the `open` that follows.

        Returns why that failed at once, if it did; then no `open` must follow. [MON-3.3-2]
        """
        try:
            attempt = self._attempt(host, port)
        except OSError as error:
            return error.strerror or str(error)
        except (ValueError, OverflowError) as error:  # No such address.
            return str(error)
        self._begun[host, port].append(attempt)
        return ""

    def open(self, connection: int, host: str, port: int) -> None:
        """Connect to a numeric address; what comes of it is told later, never at once."""
        link = _Link(self, connection)
        self._links[connection] = link
        begun = self._begun.get((host, port))
        if begun:
            link.attempt = begun.popleft()
        if not begun:
            self._begun.pop((host, port), None)
        link.task = self._loop.create_task(self._connect(link, host, port))

    def _attempt(self, host: str, port: int) -> Attempt:
        """A socket that has begun to connect; raises if that failed already."""
        family, kind, protocol, _, address = socket.getaddrinfo(
            host,
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setblocking(False)
            if self._source:
                _bind(made, self._source)
            with contextlib.suppress(BlockingIOError):  # It is on its way.
                made.connect(address)
        except BaseException:
            made.close()
            raise
        return made, address

    async def _connect(self, link: _Link, host: str, port: int) -> None:
        attempt, link.attempt = link.attempt, None
        try:
            made, address = attempt or self._attempt(host, port)
            try:
                await self._finish(made, address)
            except BaseException:
                made.close()
                raise
            await self._loop.create_connection(
                lambda: link,
                sock=made,
                ssl=self._tls,
                # No name: certificates are checked, who they were made for is not.
                server_hostname=None if self._tls is None else "",
            )
        except (OSError, ValueError, OverflowError):  # The latter two: no such address.
            self.lose(link)

    async def _finish(self, made: socket.socket, address: object) -> None:
        """Wait until a connection stands. Raises OSError."""
        try:
            await self._loop.sock_connect(made, address)  # type: ignore[arg-type]  # Its own.
        except OSError as error:
            if error.errno != errno.EISCONN:  # To some systems it is one to ask a second time.
                raise

    def send(self, connection: int, command: Command) -> None:
        """Queue a command."""
        link = self._links.get(connection)
        if link is not None:
            link.output += encode_command(command)
            if link.transport is not None:
                self.queue(link)

    def close(self, connection: int) -> None:
        """Close a connection, or stop making it; what was queued is not sent."""
        link = self._links.pop(connection, None)
        if link is not None:
            self._queued.pop(connection, None)
            link.drop()

    def close_all(self) -> None:
        """Close every connection."""
        for connection in tuple(self._links):
            self.close(connection)
        for attempts in self._begun.values():
            for made, _ in attempts:
                made.close()
        self._begun.clear()

    def flush(self) -> None:
        """The round is over: let go what was queued, and give those a turn that had to wait."""
        queued, self._queued = self._queued, {}
        for connection in queued:
            self._links[connection].flush()
        self._turns.next_round()

    # What a link reports.

    def queue(self, link: _Link) -> None:
        """Something waits on a connection that stands."""
        self._queued[link.connection] = None
        self._owner.link_wants_flush()

    def connected(self, link: _Link, local_host: str) -> None:
        """A connection stands; what was queued in the meantime may leave."""
        self._owner.link_connected(link.connection, local_host)
        if link.output and link.connection in self._links:
            self.queue(link)

    def work(self, link: _Link) -> None:
        """Understand what has come: every complete reply in it is a step of its own."""
        number, decoder = link.connection, link.decoder
        turn = self._turns.begin()
        while number in self._links:
            if self._turns.is_over(turn):
                link.pause()
                self._turns.put_off(link)
                break
            try:
                reply = decoder.next()
            except ProtocolError:
                self.lose(link)
                break
            if reply is NOT_YET:
                if decoder.buffered > LARGEST_REPLY_BYTES:
                    self.lose(link)
                else:
                    link.read_on()
                break
            self._owner.link_received(number, reply)
        self._turns.end(turn)
        self._owner.link_wants_flush()

    def lose(self, link: _Link) -> None:
        """A connection is gone; nothing is said of one that we closed."""
        if self._links.pop(link.connection, None) is not None:
            self._queued.pop(link.connection, None)
            link.drop()
            self._owner.link_lost(link.connection)


class _Link(asyncio.BufferedProtocol):
    """One connection, from the attempt to make it until it is gone.

    `waits` says that it stands in line for its next turn. `attempt` was begun when it was opened,
    and is given up here if the task that goes on with it never gets to run.
    """

    def __init__(self, links: Links, connection: int) -> None:
        self.connection = connection
        self.output = bytearray()
        self.decoder = ReplyDecoder()
        self.attempt: Attempt | None = None
        self.task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None
        self.waits = False
        self._links = links
        self._dropped = False

    def drop(self) -> None:
        """Close at once, whatever the state."""
        self._dropped = True
        self.output.clear()
        if self.attempt is not None:
            self.attempt[0].close()
        if self.transport is not None:
            self.transport.abort()
        elif self.task is not None:
            self.task.cancel()

    def flush(self) -> None:
        """Write what is queued."""
        if self.transport is not None and self.output:
            self.transport.write(bytes(self.output))
            self.output.clear()

    def pause(self) -> None:
        """Read no more for now."""
        assert self.transport is not None
        self.transport.pause_reading()

    def read_on(self) -> None:
        """Read again."""
        assert self.transport is not None
        self.transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._dropped:
            transport.abort()
            return
        self._links.connected(self, _local_host(transport))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what arrives."""
        return self._links.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes arrived."""
        if self._dropped:
            return
        self.decoder.feed(bytes(self._links.buffer[:nbytes]))
        if not self.waits:
            self._links.work(self)

    def eof_received(self) -> bool:
        """The other side has closed; so do we."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._links.lose(self)


def _bind(made: socket.socket, source: str) -> None:
    """Let a connection come from `source`. Raises OSError in a real Sentinel's words."""
    try:
        where = socket.getaddrinfo(source, 0, family=made.family, type=socket.SOCK_STREAM)[0][4]
    except OSError as error:
        raise OSError(error.errno, f"Can't get addr: {error.strerror}") from None
    try:
        made.bind(where)
    except OSError as error:
        raise OSError(error.errno, f"Can't bind socket: {error.strerror}") from None


def _local_host(transport: asyncio.Transport) -> str:
    """The address of our end, without the zone of an IPv6 address: that means nothing elsewhere."""
    with contextlib.suppress(TypeError, IndexError):
        return str(transport.get_extra_info("sockname")[0]).partition("%")[0]
    return ""
