"""The catalogue: one row of facts for every command and subcommand of a Sentinel.

The dispatcher takes arity from it, access control the categories, COMMAND all of it. Names,
arities, flags, categories and ages are those of real servers; the descriptions are our own.
Spec: commands §1 to §4, §15.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from minisentinel.replies import Command
from minisentinel.service.catalogue.acl import ACL
from minisentinel.service.catalogue.client import CLIENT
from minisentinel.service.catalogue.facts import CATEGORIES, Argument, CommandFacts
from minisentinel.service.catalogue.general import COMMAND, PLAIN
from minisentinel.service.catalogue.sentinel import SENTINEL

__all__ = [
    "CATALOGUE",
    "CATEGORIES",
    "Argument",
    "CommandFacts",
    "canonical",
    "find",
    "find_by_name",
    "rows",
]

CATALOGUE: Mapping[str, CommandFacts] = {
    facts.name: facts
    for facts in sorted((ACL, CLIENT, COMMAND, SENTINEL, *PLAIN), key=lambda facts: facts.name)
}
"""Every command by its lower-case name, in alphabetical order. [CMD-1-11]"""


def canonical(name: str) -> str:
    """A name in lower case, as the catalogue has it; only ASCII letters have another case."""
    return name.lower() if name.isascii() else name


def find(words: Command, commands: Mapping[str, CommandFacts] = CATALOGUE) -> CommandFacts | None:
    """The command or subcommand that `words` call; None if there is none.

    A command that has subcommands is meant itself only if it stands alone. `commands` are those
    there are, by lower-case name.
    """
    facts = commands.get(canonical(words[0])) if words else None
    if facts is None or not facts.subcommands or len(words) == 1:
        return facts
    return facts.subcommands.get(canonical(words[1]))


def find_by_name(
    full_name: str, commands: Mapping[str, CommandFacts] = CATALOGUE
) -> CommandFacts | None:
    """The command or subcommand with a full name such as ``PING`` or ``sentinel|master``."""
    name, bar, subcommand = canonical(full_name).partition("|")
    facts = commands.get(name)
    if facts is None or not bar:
        return facts
    return facts.subcommands.get(subcommand)


def rows(commands: Mapping[str, CommandFacts] = CATALOGUE) -> Iterator[CommandFacts]:
    """All commands, each followed by its subcommands."""
    for facts in commands.values():
        yield facts
        yield from facts.subcommands.values()
