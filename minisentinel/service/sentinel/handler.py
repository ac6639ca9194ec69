"""What every subcommand of SENTINEL has: a shape, a function, and errors that many share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minisentinel.core.context import Context
from minisentinel.core.state import Master
from minisentinel.replies import Command, Error, Reply

__all__ = [
    "NO_SUCH_MASTER",
    "SAVE_FAILED",
    "Handler",
    "Subcommand",
    "by_name",
    "refuse_control_characters",
]

NO_SUCH_MASTER = Error("ERR No such master with that name")
SAVE_FAILED = Error("ERR Failed to save config file. Check server logs.")

Handler = Callable[[Context, Command], Reply]


class Subcommand(NamedTuple):
    """A subcommand: its arity counting the word SENTINEL (negative = at least), and its function.

    `saves` says that the reply is an error when the configuration could not be saved.
    """

    arity: int
    run: Handler
    saves: bool = False


def by_name(run: Callable[[Context, Master], Reply]) -> Handler:
    """A handler whose first argument is the name of a known master. [CMD-4-1]"""

    def named(ctx: Context, words: Command) -> Reply:
        master = ctx.state.masters.get(words[2])
        return NO_SUCH_MASTER if master is None else run(ctx, master)

    return named


def refuse_control_characters(words: Command, start: int, where: str) -> Error | None:
    """The error for the first word from `start` on that holds a control character, if one does.

    Such words could add a line to the configuration file. The newest Valkey refuses them; Redis
    takes them, and then its file cannot be loaded or says something else. [CMD-4-23]
    """
    for index in range(start, len(words)):
        if any(letter < " " or letter == "\x7f" for letter in words[index]):
            return Error(
                f"ERR Invalid argument at index {index} for SENTINEL {where}: "
                "control characters are not allowed"
            )
    return None
