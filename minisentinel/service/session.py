"""What a Sentinel remembers of one client connection."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from minisentinel.patterns import glob_matches
from minisentinel.replies import Command, Push

__all__ = ["DEFAULT_USER", "NO_BUFFERS", "Buffers", "Session", "Tracking"]

DEFAULT_USER = "default"


class Buffers(Protocol):
    """What a connection holds in memory; the driver keeps count."""

    @property
    def undone_bytes(self) -> int:
        """Input that has not been carried out."""
        ...

    @property
    def unread_bytes(self) -> int:
        """Output that the client has not read."""
        ...


@dataclass(frozen=True, slots=True)
class _NoBuffers:
    undone_bytes: int = 0
    unread_bytes: int = 0


NO_BUFFERS: Buffers = _NoBuffers()
"""Of a connection whose driver keeps no count."""


@dataclass(slots=True)
class Tracking:
    """How a client wants to hear of changed keys; a Sentinel has none, but remembers the wish.

    `caching` says that CLIENT CACHING made an exception for the next command.
    """

    redirect: int = 0
    broadcast: bool = False
    opt_in: bool = False
    opt_out: bool = False
    no_loop: bool = False
    caching: bool = False
    prefixes: frozenset[str] = frozenset()


@dataclass(slots=True)
class Session:
    """A client by the driver's number for it; subscriptions keep their order.

    Times are wall clock milliseconds. `protocol` is 2 or 3. `user` is the default user until the
    client logs in, also while it may do nothing yet. `last_command` is the full name of the last
    one, empty if that was unknown. `mute` and `skip` are what CLIENT REPLY asked for. Of a client
    that is `closing` nothing more is heard. `waiting` are commands that a pause holds back.
    """

    id: int
    address: str = ""
    local_address: str = ""
    descriptor: int = -1
    connected_ms: int = 0
    active_ms: int = 0
    protocol: int = 2
    user: str = DEFAULT_USER
    authenticated: bool = True
    name: str = ""
    library_name: str = ""
    library_version: str = ""
    last_command: str = ""
    no_evict: bool = False
    mute: bool = False
    skip: bool = False
    skip_next: bool = False
    closing: bool = False
    tracking: Tracking | None = None
    channels: dict[str, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)
    waiting: deque[Command] = field(default_factory=deque)
    buffers: Buffers = field(default=NO_BUFFERS, compare=False)

    @property
    def is_subscriber(self) -> bool:
        """Whether the client listens to anything."""
        return bool(self.channels or self.patterns)

    @property
    def may_only_subscribe(self) -> bool:
        """Whether its messages could not be told from replies: in RESP2, a subscriber's."""
        return self.protocol == 2 and self.is_subscriber

    @property
    def subscriptions(self) -> int:
        """Channels and patterns together, as the replies count them."""
        return len(self.channels) + len(self.patterns)

    def deliveries(self, channel: str, payload: str) -> list[Push]:
        """The messages that this client gets when `payload` is published on `channel`. [CMD-2-6]"""
        found: list[Push] = []
        if channel in self.channels:
            found.append(Push(("message", channel, payload)))
        found += [
            Push(("pmessage", pattern, channel, payload))
            for pattern in self.patterns
            if glob_matches(pattern, channel)
        ]
        return found
