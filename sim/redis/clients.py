"""The connections that a server has accepted, and what it remembers about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from minisentinel.replies import Command, Reply
from minisentinel.wire import reply_size
from sim.redis.environment import Connection

if TYPE_CHECKING:
    from sim.redis.blocking import Blocked

__all__ = ["NO_REPLY", "Client", "ClientTable", "ClientType", "Replies", "Transaction"]

ClientType: TypeAlias = Literal["normal", "pubsub", "replica", "master"]


@dataclass(frozen=True, slots=True)
class Replies:
    """Any number of replies to one command, as SUBSCRIBE gives one for each channel."""

    items: tuple[Reply, ...]


NO_REPLY = Replies(())


@dataclass(slots=True)
class Transaction:
    """Commands between MULTI and EXEC; `aborted` once one was refused at queueing time.

    EXEC is refused where any of the commands would be: `writes`, `needs_data` (is not allowed
    while loading), `needs_link` (nor on a replica with stale data) and `needs_memory` (nor when
    there is none left) say what is among them.
    """

    commands: list[Command] = field(default_factory=list)
    aborted: bool = False
    writes: bool = False
    needs_data: bool = False
    needs_link: bool = False
    needs_memory: bool = False


@dataclass(slots=True, eq=False)
class Client:
    """One client of the server.

    `listening_port` and `announced_ip` are what a replica said by REPLCONF. The server's own
    link to its master is a client too (`kind` master), which has no connection here and is
    obeyed. `watched` holds versions of keys. `write_offset` is the replication offset after the
    last write of this client. `is_atomic` while what it does may not be interrupted by waiting (in
    EXEC, in a script); `blocked` says what it waits for.
    """

    id: int
    connection: Connection | None
    since_seconds: int
    kind: Literal["normal", "replica", "master"] = "normal"
    name: str = ""
    active_seconds: int = 0
    last_command: str = ""
    transaction: Transaction | None = None
    channels: dict[str, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)
    listening_port: int = 0
    announced_ip: str = ""
    close_after_reply: bool = False
    authenticated: bool = True
    watched: dict[str, int] = field(default_factory=dict)
    write_offset: int = 0
    is_atomic: bool = False
    blocked: Blocked | None = None

    @property
    def type(self) -> ClientType:
        """What CLIENT KILL TYPE calls it; a subscriber is of type pubsub."""
        if self.kind == "normal" and (self.channels or self.patterns):
            return "pubsub"
        return self.kind

    @property
    def address(self) -> tuple[str, int]:
        """Where the client connects from."""
        return self.connection.remote if self.connection is not None else ("", 0)

    @property
    def subscriptions(self) -> int:
        """How many channels and patterns this client listens to."""
        return len(self.channels) + len(self.patterns)

    def reply(self, reply: Reply) -> None:
        """Send a reply, or a Pub/Sub message, unless the connection is gone."""
        if self.connection is not None:
            self.connection.send(reply, reply_size(reply))


class ClientTable:
    """All accepted clients, in order of their ids (which are those of CLIENT ID)."""

    __slots__ = ("_last_id", "by_connection")

    def __init__(self) -> None:
        self.by_connection: dict[int, Client] = {}
        self._last_id = 0

    def __len__(self) -> int:
        return len(self.by_connection)

    def __iter__(self) -> Iterator[Client]:
        return iter(tuple(self.by_connection.values()))

    @property
    def accepted(self) -> int:
        """How many clients there have been since the start."""
        return self._last_id

    def add(self, connection: Connection, now_seconds: int) -> Client:
        """The client of a newly accepted connection."""
        self._last_id += 1
        client = Client(self._last_id, connection, now_seconds, active_seconds=now_seconds)
        self.by_connection[connection.id] = client
        return client

    def of(self, connection: Connection) -> Client | None:
        """The client on this connection, None if it has been dropped."""
        return self.by_connection.get(connection.id)

    def remove(self, client: Client) -> None:
        """Forget the client; its connection is not touched."""
        if client.connection is not None:
            self.by_connection.pop(client.connection.id, None)
