"""Clients that wait: for an element of a list, for acknowledgements, for the end of their script.

A demotion ends every wait with an error. [RED-6-2]

What a waiting client sends meanwhile is executed when its wait is over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from minisentinel.replies import Command, Error, Reply
from sim.redis.environment import Environment, Timer

if TYPE_CHECKING:
    from sim.redis.clients import Client, Replies

__all__ = ["UNBLOCKED", "Blocked", "BlockedClients"]

UNBLOCKED = Error(
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"
)


@dataclass(slots=True, eq=False)
class Blocked:
    """Why a client waits: for lists at `keys`, or for so many `replicas` to have `offset`, or else
    for the end of its script.

    `command` is executed anew when one of the lists has got an element. `timeout_reply` says what
    the client gets when its time is over. `waiting` are its commands of meanwhile.
    """

    client: Client
    timeout_reply: Callable[[], Reply]
    keys: tuple[str, ...] = ()
    command: Command = ()
    replicas: int = 0
    offset: int = 0
    timer: Timer | None = None
    waiting: deque[Command] = field(default_factory=deque)


class BlockedClients:
    """All who wait, the longest-waiting first.

    `answer(client, reply)` sends the reply; `execute(client, command)` executes a command.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._blocked: dict[int, Blocked] = {}
        self.by_key: dict[str, dict[int, Blocked]] = {}
        self.answer: Callable[[Client, Reply | Replies], None] = lambda client, reply: None
        self.execute: Callable[[Client, Command], None] = lambda client, command: None

    def __len__(self) -> int:
        return len(self._blocked)

    def add(self, blocked: Blocked, timeout_ms: int) -> None:
        """Let a client wait, for ever if `timeout_ms` is 0."""
        blocked.client.blocked = blocked
        self._blocked[blocked.client.id] = blocked
        for key in blocked.keys:
            self.by_key.setdefault(key, {})[blocked.client.id] = blocked
        if timeout_ms:
            blocked.timer = self._environment.after(timeout_ms * 1000, self._time_out, blocked)

    def _time_out(self, blocked: Blocked) -> None:
        blocked.timer = None
        self.release(blocked, blocked.timeout_reply())

    def release(self, blocked: Blocked, reply: Reply | Replies) -> None:
        """The wait is over: answer, then execute what has come meanwhile."""
        self.forget(blocked.client)
        client = blocked.client
        self.answer(client, reply)
        while blocked.waiting and client.blocked is None:
            self.execute(client, blocked.waiting.popleft())
        if client.blocked is not None:
            client.blocked.waiting.extend(blocked.waiting)

    def forget(self, client: Client) -> None:
        """The client is gone, or waits no more."""
        blocked = self._blocked.pop(client.id, None)
        if blocked is None:
            return
        client.blocked = None
        if blocked.timer is not None:
            blocked.timer.cancel()
        for key in blocked.keys:
            waiting = self.by_key[key]
            waiting.pop(client.id, None)
            if not waiting:
                del self.by_key[key]

    def for_replicas(self) -> tuple[Blocked, ...]:
        """Those who wait for acknowledgements."""
        return tuple(blocked for blocked in self._blocked.values() if blocked.replicas)

    def for_key(self, key: str) -> tuple[Blocked, ...]:
        """Those who wait for the list at `key`."""
        return tuple(self.by_key.get(key, {}).values())

    def all(self) -> tuple[Blocked, ...]:
        """Everybody."""
        return tuple(self._blocked.values())
