"""A set of permissions: which commands, which channels, which keys.

A user has one of its own, called root, and may be given more of them in parentheses: what any one
of them permits is permitted. Spec: commands §1, §15.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from minisentinel.patterns import glob_matches
from minisentinel.replies import Command
from minisentinel.service.access.refusals import (
    CATCH_ALL_CHANNELS,
    CATCH_ALL_KEYS,
    FIRST_WORD_OF_SUBCOMMAND,
    SYNTAX,
    UNKNOWN_COMMAND,
    RuleRefused,
)
from minisentinel.service.catalogue import (
    CATALOGUE,
    CATEGORIES,
    CommandFacts,
    canonical,
    find_by_name,
)

__all__ = ["KeyPattern", "Selector", "holds_blanks"]


class KeyPattern(NamedTuple):
    """Keys that may be read, written, or both. A Sentinel has no keys: it is kept and shown."""

    pattern: str
    read: bool
    write: bool

    def __str__(self) -> str:
        """The rule that makes it."""
        if self.read and self.write:
            return f"~{self.pattern}"
        return f"%{'R' if self.read else 'W'}~{self.pattern}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Permissions, as the rules have left them.

    `every_command` says what holds where no rule speaks; `command_rules` are rules such as
    ``+ping``, ``-@admin``, ``+sentinel|master``, in the order in which they were given. Each
    replaces the earlier ones about the same thing, and the last that speaks of a command decides.
    """

    every_key: bool = False
    keys: tuple[KeyPattern, ...] = ()
    every_channel: bool = False
    channels: tuple[str, ...] = ()
    every_command: bool = False
    command_rules: tuple[str, ...] = ()

    def with_rule(self, rule: str) -> Selector:
        """The permissions after one more rule; raises `RuleRefused`."""
        plain = _PLAIN.get(canonical(rule))
        if plain is not None:
            return plain(self)
        match rule[:1]:
            case "~" | "%":
                return self._with_keys(rule)
            case "&":
                return self._with_channels(rule[1:])
            case "+" | "-":
                return self._with_commands(rule[0], canonical(rule[1:]))
        raise RuleRefused(SYNTAX)

    def _with_keys(self, rule: str) -> Selector:
        if self.every_key:
            raise RuleRefused(CATCH_ALL_KEYS)
        new = _key_pattern(rule)
        if not any(key.pattern == new.pattern for key in self.keys):
            return replace(self, keys=(*self.keys, new))
        merged = (
            KeyPattern(key.pattern, key.read or new.read, key.write or new.write)
            if key.pattern == new.pattern
            else key
            for key in self.keys
        )
        return replace(self, keys=tuple(merged))

    def _with_channels(self, pattern: str) -> Selector:
        if self.every_channel:
            raise RuleRefused(CATCH_ALL_CHANNELS)
        if holds_blanks(pattern):
            raise RuleRefused(SYNTAX)
        if pattern in self.channels:
            return self
        return replace(self, channels=(*self.channels, pattern))

    def _with_commands(self, sign: str, name: str) -> Selector:
        if holds_blanks(name):
            # A real server takes such a first argument, and then cannot read its own file.
            raise RuleRefused(SYNTAX)
        if name.startswith("@"):
            if name[1:] not in CATEGORIES:
                raise RuleRefused(UNKNOWN_COMMAND)
        elif sign == "-" or "|" not in name:
            _known(name)
        else:
            container, _, word = name.rpartition("|")
            facts = _known(container)
            if "|" in facts.name:
                raise RuleRefused(FIRST_WORD_OF_SUBCOMMAND)
            if not word:
                raise RuleRefused(SYNTAX)
            if facts.subcommands:
                _known(name)
        others = (rule for rule in self.command_rules if not _is_about(rule[1:], name))
        return replace(self, command_rules=(*others, sign + name))

    def allows_command(self, facts: CommandFacts, words: Command) -> bool:
        """Whether the command may be run, whatever channels it is for.

        Who has to log in first may do so: AUTH and HELLO are always allowed.
        """
        if "no_auth" in facts.flags:
            return True
        for rule in reversed(self.command_rules):
            if _speaks_of(rule[1:], facts, words):
                return rule[0] == "+"
        return self.every_command

    def allows_channel(self, channel: str, *, is_pattern: bool) -> bool:
        """Whether a channel may be used; a pattern only if it is word for word one of ours."""
        if self.every_channel:
            return True
        if is_pattern:
            return channel in self.channels
        return any(glob_matches(pattern, channel) for pattern in self.channels)

    @property
    def commands_text(self) -> str:
        """The rules about commands, as ACL GETUSER shows them."""
        return " ".join(("+@all" if self.every_command else "-@all", *self.command_rules))

    @property
    def keys_text(self) -> str:
        """The rules about keys, as ACL GETUSER shows them."""
        return "~*" if self.every_key else " ".join(str(key) for key in self.keys)

    @property
    def channels_text(self) -> str:
        """The rules about channels, as ACL GETUSER shows them."""
        return "&*" if self.every_channel else " ".join(f"&{each}" for each in self.channels)

    def __str__(self) -> str:
        """The rules that make it, as ACL LIST shows them."""
        parts = (
            self.keys_text,
            "" if self.every_channel else "resetchannels",
            self.channels_text,
            self.commands_text,
        )
        return " ".join(part for part in parts if part)


def _every_key(selector: Selector) -> Selector:
    return replace(selector, every_key=True, keys=())


def _no_key(selector: Selector) -> Selector:
    return replace(selector, every_key=False, keys=())


def _every_channel(selector: Selector) -> Selector:
    return replace(selector, every_channel=True, channels=())


def _no_channel(selector: Selector) -> Selector:
    return replace(selector, every_channel=False, channels=())


def _every_command(selector: Selector) -> Selector:
    return replace(selector, every_command=True, command_rules=())


def _no_command(selector: Selector) -> Selector:
    return replace(selector, every_command=False, command_rules=())


_PLAIN: dict[str, Callable[[Selector], Selector]] = {
    "allkeys": _every_key,
    "~*": _every_key,
    "resetkeys": _no_key,
    "allchannels": _every_channel,
    "&*": _every_channel,
    "resetchannels": _no_channel,
    "allcommands": _every_command,
    "+@all": _every_command,
    "nocommands": _no_command,
    "-@all": _no_command,
}
"""Rules without a pattern or a name, and what they do."""


def holds_blanks(text: str) -> bool:
    """Whether there is white space or a zero byte in `text`, which no name or pattern may hold."""
    return any(char in " \t\n\v\f\r\0" for char in text)


def _key_pattern(rule: str) -> KeyPattern:
    if rule[0] == "~":
        letters, pattern = "RW", rule[1:]
    else:
        # The tilde may be missing at the end; the pattern is empty then.
        letters, _, pattern = rule[1:].partition("~")
        letters = letters.upper()
    if letters not in ("R", "W", "RW", "WR") or holds_blanks(pattern):
        raise RuleRefused(SYNTAX)
    return KeyPattern(pattern, "R" in letters, "W" in letters)


def _known(name: str) -> CommandFacts:
    facts = find_by_name(name)
    if facts is None:
        raise RuleRefused(UNKNOWN_COMMAND)
    return facts


def _is_about(subject: str, name: str) -> bool:
    """Whether what a rule is about is `name` or a part of it, so that a rule on `name` replaces it.

    Both are a category, a command, a subcommand, or a command with a first word.
    """
    return subject == name or subject.startswith(f"{name}|")


def _speaks_of(subject: str, facts: CommandFacts, words: Command) -> bool:
    """Whether a rule about `subject` decides on the command `facts`, called with `words`."""
    container, bar, _ = facts.name.partition("|")
    if subject.startswith("@"):
        # A command brings all its subcommands, of whatever category they are.
        return subject[1:] in facts.categories or subject[1:] in CATALOGUE[container].categories
    if subject in (facts.name, container):
        return True
    # A command without subcommands may be allowed for a first argument only.
    name, _, first = subject.partition("|")
    return not bar and name == facts.name and len(words) > 1 and canonical(words[1]) == first
