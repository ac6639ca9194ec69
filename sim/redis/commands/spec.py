"""What the server knows about a command before it runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import TypeAlias

from minisentinel.replies import Command, Error, Reply
from sim.redis.clients import Client, Replies
from sim.redis.server import Server

__all__ = ["SYNTAX_ERROR", "Allow", "CommandSpec", "Handler", "wrong_arity"]

Handler: TypeAlias = Callable[[Server, Client, Command], "Reply | Replies"]
SYNTAX_ERROR = Error("ERR syntax error")


class Allow(Flag):
    """When a command is allowed, and what becomes of it.

    LOADING: while the data set is loaded. STALE: on a replica without link that must not serve
    stale data. SUBSCRIBED: from a client with subscriptions. AT_ONCE: not queued by MULTI.
    WRITE: refused where writes are. REPLICATED: goes into the stream although no data changes.
    """

    NOTHING = 0
    LOADING = auto()
    STALE = auto()
    SUBSCRIBED = auto()
    AT_ONCE = auto()
    WRITE = auto()
    REPLICATED = auto()


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command, or one subcommand of a container such as CLIENT.

    `arity` counts the words, name included; a negative one is a minimum. `write_id` names a
    write for the trace before it is executed (a refused one never is).
    """

    name: str
    handler: Handler
    arity: int
    allow: Allow = Allow.NOTHING
    write_id: Callable[[Command], str] | None = None
    subcommands: Mapping[str, CommandSpec] = field(default_factory=dict)

    def accepts(self, command: Command) -> bool:
        """Has `command` the right number of words?"""
        return len(command) == self.arity if self.arity >= 0 else len(command) >= -self.arity


def wrong_arity(name: str) -> Error:
    """The complaint about a wrong number of words."""
    return Error(f"ERR wrong number of arguments for '{name}' command")
