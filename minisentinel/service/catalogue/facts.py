"""What can be said of a command without running it, and short ways to write that down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "CATEGORIES",
    "Argument",
    "CommandFacts",
    "block",
    "command",
    "integer",
    "one_of",
    "option",
    "pattern",
    "text",
]

CATEGORIES = (
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
)
"""Every ACL category there is, in the order in which servers list them, without the ``@``."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument as COMMAND DOCS describes it.

    `type` is ``string``, ``integer``, ``pattern``, ``pure-token`` (a word that stands for itself),
    ``oneof`` (one of `arguments`) or ``block`` (all of them, in order). `token` is the word that
    precedes it, or that it is. `flags` are of ``optional``, ``multiple`` and ``multiple_token``.
    """

    name: str
    type: str
    token: str = ""
    since: str = ""
    deprecated_since: str = ""
    flags: tuple[str, ...] = ()
    shown: str = ""
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """A command or a subcommand, whose full name is like ``sentinel|master``.

    `arity` counts the name (for a subcommand: both words); negative means at least. `categories`
    are ACL categories without the ``@``. `summary` and what follows it is for COMMAND DOCS; `hints`
    are the tips of COMMAND INFO. `subcommands` is by lower-case name without the container's.
    """

    name: str
    arity: int
    flags: tuple[str, ...]
    categories: tuple[str, ...]
    summary: str
    since: str
    group: str
    complexity: str = ""
    arguments: tuple[Argument, ...] = ()
    hints: tuple[str, ...] = ()
    deprecated_since: str = ""
    replaced_by: str = ""
    subcommands: Mapping[str, CommandFacts] = field(default_factory=dict)

    def accepts(self, count: int) -> bool:
        """Whether so many words, the name included, fit the arity."""
        return count == self.arity if self.arity > 0 else count >= -self.arity


def command(
    name: str,
    arity: int,
    flags: str,
    summary: str,
    *,
    since: str,
    group: str,
    categories: str = "",
    complexity: str = "O(1)",
    arguments: tuple[Argument, ...] = (),
    hints: str = "",
    deprecated_since: str = "",
    replaced_by: str = "",
    subcommands: tuple[CommandFacts, ...] = (),
) -> CommandFacts:
    """A row of the catalogue; `flags`, `categories` and `hints` are separated by blanks.

    `categories` are those beyond what the flags imply: administrative commands are dangerous, and
    what is not fast is slow.
    """
    words = tuple(flags.split())
    all_categories = {*categories.split(), "fast" if "fast" in words else "slow"}
    if "admin" in words:
        all_categories |= {"admin", "dangerous"}
    if "pubsub" in words:
        all_categories.add("pubsub")
    return CommandFacts(
        name=name,
        arity=arity,
        flags=words,
        categories=tuple(each for each in CATEGORIES if each in all_categories),
        summary=summary,
        since=since,
        group=group,
        complexity=complexity,
        arguments=arguments,
        hints=tuple(hints.split()),
        deprecated_since=deprecated_since,
        replaced_by=replaced_by,
        subcommands={each.name.partition("|")[2]: each for each in subcommands},
    )


def _flags(optional: bool, multiple: bool, multiple_token: bool = False) -> tuple[str, ...]:
    given = (optional, "optional"), (multiple, "multiple"), (multiple_token, "multiple_token")
    return tuple(flag for present, flag in given if present)


def text(
    name: str,
    *,
    token: str = "",
    optional: bool = False,
    multiple: bool = False,
    multiple_token: bool = False,
    since: str = "",
    deprecated_since: str = "",
    shown: str = "",
) -> Argument:
    """An argument of any text; `shown` is its name for people if that is not `name`."""
    flags = _flags(optional, multiple, multiple_token)
    return Argument(name, "string", token, since, deprecated_since, flags, shown)


def integer(
    name: str,
    *,
    token: str = "",
    optional: bool = False,
    multiple: bool = False,
    since: str = "",
) -> Argument:
    """An argument that is a whole number."""
    return Argument(name, "integer", token, since, flags=_flags(optional, multiple))


def pattern(
    name: str, *, token: str = "", optional: bool = False, multiple: bool = False
) -> Argument:
    """An argument that is a glob pattern."""
    return Argument(name, "pattern", token, flags=_flags(optional, multiple))


def option(word: str, *, optional: bool = False, since: str = "", name: str = "") -> Argument:
    """A word that stands for itself, such as ``NOSAVE``."""
    return Argument(name or word.lower(), "pure-token", word, since, flags=_flags(optional, False))


def one_of(
    name: str,
    *arguments: Argument,
    token: str = "",
    optional: bool = False,
    multiple: bool = False,
    since: str = "",
) -> Argument:
    """A choice between arguments."""
    flags = _flags(optional, multiple)
    return Argument(name, "oneof", token, since, flags=flags, arguments=arguments)


def block(
    name: str,
    *arguments: Argument,
    token: str = "",
    optional: bool = False,
    multiple: bool = False,
) -> Argument:
    """Arguments that come together, in this order."""
    return Argument(name, "block", token, flags=_flags(optional, multiple), arguments=arguments)
