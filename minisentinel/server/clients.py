"""The connections that a Sentinel accepts: applications, people, other Sentinels.

A client can slow down nobody but itself: its commands are carried out in turns that are short
beside the timer's period, and it is not read from while it does not read its replies.

Spec: README §1 (execution model), commands §1.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Protocol

from minisentinel.codec import ProtocolError, encode_reply
from minisentinel.config.server import ServerSettings
from minisentinel.replies import Command, Error, Reply
from minisentinel.server.client import UNREAD_BYTES, Client, Handshake
from minisentinel.server.clock import monotonic_us, wall_clock_ms
from minisentinel.server.limits import output_limits, query_limit
from minisentinel.server.turns import Turns
from minisentinel.service.session import Buffers
from minisentinel.service.statistics import Statistics

__all__ = ["ClientOwner", "Clients"]

READ_BYTES = 16 * 1024
GOODBYE_US = 5_000_000
"""How long a client has to read the last words before its connection is closed."""

TOO_MANY = Error("ERR max number of clients reached")
PROTECTED = Error(
    "DENIED protected-mode is on and the default user has no password: only connections from "
    "this machine itself are accepted. Set a password (requirepass), or say 'protected-mode no' "
    "where no stranger can connect."
)


class ClientOwner(Protocol):
    """Who carries out what clients want, by the number that each client gets here."""

    def client_connected(
        self, client: int, address: str, local_address: str, descriptor: int, buffers: Buffers
    ) -> None:
        """A client came; addresses are ``host:port``."""
        ...

    def client_could_not_come(self, error: str) -> None:
        """Somebody and we could not agree on how to encrypt."""
        ...

    def client_sent(self, client: int, words: Command) -> None:
        """A client sent a command."""
        ...

    def client_left(self, client: int) -> None:
        """A client is gone; also told of one that we closed."""
        ...

    def client_protocol(self, client: int) -> int:
        """The version of RESP that the client speaks: 2 or 3."""
        ...

    def client_is_authenticated(self, client: int) -> bool:
        """Whether the client may send requests of any size."""
        ...

    def client_is_subscriber(self, client: int) -> bool:
        """Whether the client listens for events."""
        ...

    def client_waits(self, client: int) -> bool:
        """Whether the client's commands are held back for now; `Clients.wake` when no more."""
        ...

    def refuses_strangers(self) -> bool:
        """Whether only clients on this machine may come (protected mode)."""
        ...

    def client_wants_flush(self) -> None:
        """Something is queued; `Clients.flush` is to be called when the round of steps is over."""
        ...


class Clients:
    """Every accepted connection. What is queued leaves in `flush`, not on what was closed since.

    What comes and goes is counted in `statistics`.
    """

    def __init__(
        self, owner: ClientOwner, settings: ServerSettings, statistics: Statistics
    ) -> None:
        self.statistics = statistics
        self._owner = owner
        self._maxclients = settings.maxclients
        self._keepalive_seconds = settings.tcp_keepalive_seconds
        self._idle_us = settings.timeout_seconds * 1_000_000
        self._normal_limit, self._pubsub_limit = output_limits(settings.directives)
        self._query_limit = query_limit(settings.directives)
        self._clients: dict[int, Client] = {}
        self._handshakes: dict[Handshake, None] = {}
        self._next_number = 1
        self._queued: dict[int, None] = {}
        self._turns = Turns[Client](self.work, owner.client_wants_flush)
        self._held: list[Client] = []
        self._leaving: list[tuple[Client, int]] = []
        # One for all: what arrives in it is taken out at once.
        self._buffer = memoryview(bytearray(READ_BYTES))

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def unread_bytes(self) -> int:
        """Output for all clients that has not left this process."""
        return sum(client.unread_bytes for client in self._clients.values())

    def accept(self) -> asyncio.BaseProtocol:
        """The protocol for a connection that was just accepted."""
        return Client(self, self._buffer)

    def accept_secured(self, tls: ssl.SSLContext) -> asyncio.BaseProtocol:
        """The same for a connection that is to be encrypted."""
        return Handshake(self, Client(self, self._buffer), tls)

    def send(self, client: int, reply: Reply) -> None:
        """Queue a reply or a message."""
        found = self._clients.get(client)
        if found is not None:
            found.output += encode_reply(reply, self._owner.client_protocol(client))
            self._queue(found)

    def close(self, client: int, *, after_replies: bool) -> None:
        """Close a client's connection, at once or when what is queued for it has been sent."""
        found = self._clients.pop(client, None)
        if found is None:
            return
        self._queued.pop(client, None)
        if after_replies:
            self._say_goodbye(found)
        else:
            found.leave(gently=False)
        self._owner.client_left(client)

    def close_all(self) -> None:
        """Close every connection."""
        for handshake in tuple(self._handshakes):
            handshake.give_up()
        for client, _ in self._leaving:
            client.leave(gently=False)
        for number in tuple(self._clients):
            self.close(number, after_replies=False)

    def flush(self) -> None:
        """The round is over: let go what was queued, and give those a turn that had to wait."""
        queued, self._queued = self._queued, {}
        for number in queued:
            client = self._clients.get(number)
            if client is not None:
                client.flush()
                self._check_output(client)
        self._turns.next_round()

    def wake(self) -> None:
        """Commands may not be held back any more: let those clients go on for whom that is so."""
        held, self._held = self._held, []
        for client in held:
            client.waits = False
            self.work(client)

    def tend(self) -> None:
        """Cut off who has been idle for too long, or leaves too much unread; once a second."""
        now_us = monotonic_us()
        for client in tuple(self._clients.values()):
            if (
                self._idle_us
                and now_us - client.last_input_us > self._idle_us
                and not self._owner.client_is_subscriber(client.number)
            ):
                self.close(client.number, after_replies=False)
            elif client.over_soft_since_us:
                self._check_output(client)
        leaving, self._leaving = self._leaving, []
        for client, until_us in leaving:
            if not client.is_gone:
                if now_us > until_us:
                    client.leave(gently=False)
                else:
                    self._leaving.append((client, until_us))

    # What a client's connection reports.

    def has_room(self) -> bool:
        """Whether one more may come; a handshake takes the room of a client."""
        if len(self._clients) + len(self._handshakes) < self._maxclients:
            return True
        self.statistics.connections_rejected += 1
        return False

    def began(self, handshake: Handshake) -> None:
        """A connection begins to shake hands."""
        self._handshakes[handshake] = None

    def ended(self, handshake: Handshake, error: str) -> None:
        """A handshake is over."""
        del self._handshakes[handshake]
        if error:
            self._owner.client_could_not_come(error)

    def arrived(self, client: Client) -> None:
        """A connection stands, and may stay or not."""
        refusal = None
        if not self.has_room():
            refusal = TOO_MANY
        elif not client.is_local and self._owner.refuses_strangers():
            refusal = PROTECTED
            self.statistics.connections_rejected += 1
        if refusal is not None:
            client.output += encode_reply(refusal, 2)
            self._say_goodbye(client)
            return
        client.number = self._next_number
        self._next_number += 1
        self._clients[client.number] = client
        client.keep_alive(self._keepalive_seconds)
        self._owner.client_connected(client.number, *client.addresses, client)

    def received(self, client: Client, size: int) -> None:
        """Bytes came; a request that has grown too large ends the connection."""
        statistics, buffered = self.statistics, client.decoder.buffered
        statistics.read(wall_clock_ms(), size)
        statistics.largest_input_buffer = max(statistics.largest_input_buffer, buffered)
        if buffered > self._query_limit:
            statistics.query_buffer_disconnections += 1
            self.close(client.number, after_replies=False)

    def wrote(self, size: int) -> None:
        """Bytes went."""
        self.statistics.wrote(wall_clock_ms(), size)

    def left(self, client: Client) -> None:
        """A connection is gone."""
        if self._clients.pop(client.number, None) is not None:
            self._queued.pop(client.number, None)
            self._owner.client_left(client.number)

    def work(self, client: Client) -> None:
        """Carry out what a client has sent, as far as it may go in this round."""
        decoder, number = client.decoder, client.number
        turn = self._turns.begin()
        while number in self._clients:
            if self._turns.is_over(turn) or len(client.output) > UNREAD_BYTES:
                client.pause()
                self._turns.put_off(client)
                break
            if not client.peer_reads:
                break  # Until it does.
            if self._owner.client_waits(number):
                client.pause()
                client.waits = True
                self._held.append(client)
                break
            decoder.authenticated = self._owner.client_is_authenticated(number)
            try:
                words = decoder.next()
            except ProtocolError as error:
                self.send(number, Error(f"ERR Protocol error: {error.text}"))
                self.close(number, after_replies=True)
                break
            if words is None:
                client.resume()
                break
            began_us = monotonic_us()
            self._owner.client_sent(number, words)
            self.statistics.command_took(monotonic_us() - began_us)
        self._turns.end(turn)

    def _queue(self, client: Client) -> None:
        self._queued[client.number] = None
        self._owner.client_wants_flush()
        # Messages come unasked, so that their number is limited by nothing else.
        if len(client.output) > UNREAD_BYTES:
            self._check_output(client)

    def _check_output(self, client: Client) -> None:
        is_subscriber = self._owner.client_is_subscriber(client.number)
        limit = self._pubsub_limit if is_subscriber else self._normal_limit
        size, now_us = client.unread_bytes, monotonic_us()
        if not limit.soft or size < limit.soft:
            client.over_soft_since_us = 0
        elif not client.over_soft_since_us:
            client.over_soft_since_us = now_us
        statistics = self.statistics
        statistics.largest_output_buffer = max(statistics.largest_output_buffer, size)
        if limit.exceeded(size, client.over_soft_since_us, now_us):
            statistics.output_buffer_disconnections += 1
            self.close(client.number, after_replies=False)

    def _say_goodbye(self, client: Client) -> None:
        """Send what is queued and close, but do not wait for ever for a client that never reads."""
        client.flush()
        client.leave(gently=True)
        if not client.is_gone:
            self._leaving.append((client, monotonic_us() + GOODBYE_US))
