"""What the server knows about a command before it runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import TypeAlias

from minisentinel.replies import Command, Error, Reply
from sim.redis.clients import Client, Replies
from sim.redis.refused import SYNTAX_ERROR
from sim.redis.server import Server

__all__ = ["BUSY", "SYNTAX_ERROR", "Allow", "CommandSpec", "Handler", "wrong_arity"]

BUSY = Error(
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
)
Handler: TypeAlias = Callable[[Server, Client, Command], "Reply | Replies"]


class Allow(Flag):
    """When a command is allowed, and what becomes of it.

    LOADING: while the data set is loaded. STALE: on a replica without link that must not serve
    stale data. SUBSCRIBED: from a client with subscriptions. AT_ONCE: not queued by MULTI.
    WRITE: refused where writes are. REPLICATED: goes into the stream although no data changes.
    MEMORY: refused when the memory is full. BUSY: while a script runs for too long. UNKNOWN: from a
    client that has not said its password. NO_SCRIPT: not from a script. NO_TRANSACTION: not after
    MULTI.
    """

    NOTHING = 0
    LOADING = auto()
    STALE = auto()
    SUBSCRIBED = auto()
    AT_ONCE = auto()
    WRITE = auto()
    REPLICATED = auto()
    MEMORY = auto()
    BUSY = auto()
    UNKNOWN = auto()
    NO_SCRIPT = auto()
    NO_TRANSACTION = auto()


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command, or one subcommand of a container such as CLIENT.

    `arity` counts the words, name included; a negative one is a minimum. `write_id` names a
    write for the trace before it is executed (a refused one never is). `looks_at` counts the keys
    or elements that it has to look at, for a command that looks at many: that takes time.
    """

    name: str
    handler: Handler
    arity: int
    allow: Allow = Allow.NOTHING
    write_id: Callable[[Command], str] | None = None
    looks_at: Callable[[Server, Command], int] | None = None
    subcommands: Mapping[str, CommandSpec] = field(default_factory=dict)

    # What `allow` says, in the words of the checks that every command passes.
    writes: bool = field(init=False)
    needs_data: bool = field(init=False)
    needs_link: bool = field(init=False)
    in_subscription: bool = field(init=False)
    is_queued: bool = field(init=False)
    is_replicated: bool = field(init=False)
    needs_memory: bool = field(init=False)
    needs_quiet: bool = field(init=False)
    needs_password: bool = field(init=False)
    is_alone: bool = field(init=False)

    def __post_init__(self) -> None:
        for name, value in (
            ("writes", Allow.WRITE in self.allow),
            ("needs_data", Allow.LOADING not in self.allow),
            ("needs_link", Allow.STALE not in self.allow),
            ("in_subscription", Allow.SUBSCRIBED in self.allow),
            ("is_queued", Allow.AT_ONCE not in self.allow),
            ("is_replicated", Allow.REPLICATED in self.allow),
            ("needs_memory", Allow.MEMORY in self.allow),
            ("needs_quiet", Allow.BUSY not in self.allow),
            ("needs_password", Allow.UNKNOWN not in self.allow),
            ("is_alone", Allow.NO_TRANSACTION in self.allow),
        ):
            object.__setattr__(self, name, value)

    def accepts(self, command: Command) -> bool:
        """Has `command` the right number of words?"""
        return len(command) == self.arity if self.arity >= 0 else len(command) >= -self.arity


def wrong_arity(name: str) -> Error:
    """The complaint about a wrong number of words."""
    return Error(f"ERR wrong number of arguments for '{name}' command")
