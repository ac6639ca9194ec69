"""A user: whether and how it may log in, and what it may do; and the rules that change that.

Users are values: a rule makes a new one of an old one, and nothing happens to the old one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from minisentinel.replies import Command
from minisentinel.service.access.refusals import (
    BAD_HASH,
    NO_SUCH_PASSWORD,
    RuleRefused,
    UnmatchedParenthesis,
)
from minisentinel.service.access.selector import Selector
from minisentinel.service.catalogue import CommandFacts, canonical
from minisentinel.words import UnbalancedQuotes, split_words

__all__ = ["DEFAULT", "Denial", "User", "default_user", "merged_rules", "new_user"]

DEFAULT = "default"
"""The name of the user that a connection has as long as nobody logs in; it is always there."""


class Denial(NamedTuple):
    """Why a user may not do something; `object` is the command's full name, or the channel.

    `reason` is ``command`` or ``channel``, as in ACL LOG.
    """

    username: str
    reason: str
    object: str

    @property
    def error(self) -> str:
        """The error that the client gets. [CMD-1-7]"""
        if self.reason == "channel":
            return "NOPERM No permissions to access a channel"
        return f"NOPERM {self.explanation}"

    @property
    def explanation(self) -> str:
        """The answer of ACL DRYRUN, which names the channel too."""
        if self.reason == "channel":
            return f"User {self.username} has no permissions to access the '{self.object}' channel"
        return f"User {self.username} has no permissions to run the '{self.object}' command"


@dataclass(frozen=True, slots=True)
class User:
    """A user, as the rules have left it; `passwords` are SHA-256 hashes in hexadecimal.

    `sanitize_payload` means nothing to a Sentinel, but is kept and shown.
    """

    name: str
    root: Selector = field(default_factory=Selector)
    selectors: tuple[Selector, ...] = ()
    is_on: bool = False
    needs_no_password: bool = False
    passwords: tuple[str, ...] = ()
    sanitize_payload: bool = True

    def with_rule(self, rule: str, *, every_channel: bool = False) -> User:
        """The user after one more rule; raises `RuleRefused`.

        `every_channel` is what new permissions begin with (``acl-pubsub-default allchannels``).
        """
        match rule[:1]:
            case "":
                return self
            case ">" | "#":
                return self._with_password(_hash_of(rule))
            case "<" | "!":
                return self._without_password(_hash_of(rule))
            case "(" if rule.endswith(")"):
                selector = _selector(rule[1:-1], every_channel)
                return replace(self, selectors=(*self.selectors, selector))
        match canonical(rule):
            case "on" | "off" as switch:
                return replace(self, is_on=switch == "on")
            case "nopass":
                return replace(self, needs_no_password=True, passwords=())
            case "resetpass":
                return replace(self, needs_no_password=False, passwords=())
            case "sanitize-payload" | "skip-sanitize-payload" as choice:
                return replace(self, sanitize_payload=choice == "sanitize-payload")
            case "clearselectors":
                return replace(self, selectors=())
            case "reset":
                return new_user(self.name, every_channel=every_channel)
        return replace(self, root=self.root.with_rule(rule))

    def with_rules(self, rules: Iterable[str], *, every_channel: bool = False) -> User:
        """The user after all these rules; raises `RuleRefused` at the first that is refused."""
        user = self
        for rule in rules:
            try:
                user = user.with_rule(rule, every_channel=every_channel)
            except RuleRefused as refused:
                raise RuleRefused(refused.reason, rule) from None
        return user

    def _with_password(self, digest: str) -> User:
        known = digest in self.passwords
        passwords = self.passwords if known else (*self.passwords, digest)
        return replace(self, needs_no_password=False, passwords=passwords)

    def _without_password(self, digest: str) -> User:
        if digest not in self.passwords:
            raise RuleRefused(NO_SUCH_PASSWORD)
        return replace(self, passwords=tuple(each for each in self.passwords if each != digest))

    def accepts(self, password: str) -> bool:
        """Whether the user may log in with `password`."""
        if not self.is_on:
            return False
        digest = _digest(password)
        return self.needs_no_password or any(
            hmac.compare_digest(digest, each) for each in self.passwords
        )

    def denial(self, facts: CommandFacts, words: Command) -> Denial | None:
        """Why the user may not run a command with these words; None if it may.

        Of the objections of several selectors the one that came furthest is told: a channel
        rather than the command, and the last channel.
        """
        channels, are_patterns = _channels_of(facts, words)
        furthest = -1
        for selector in (self.root, *self.selectors):
            if not selector.allows_command(facts, words):
                continue
            for at, channel in enumerate(channels):
                if not selector.allows_channel(channel, is_pattern=are_patterns):
                    furthest = max(furthest, at)
                    break
            else:
                return None
        if furthest >= 0:
            return Denial(self.name, "channel", channels[furthest])
        return Denial(self.name, "command", facts.name)

    @property
    def flags(self) -> tuple[str, ...]:
        """The rules about the user as a whole, as ACL GETUSER shows them."""
        switch = "on" if self.is_on else "off"
        sanitize = "sanitize-payload" if self.sanitize_payload else "skip-sanitize-payload"
        return (switch, "nopass", sanitize) if self.needs_no_password else (switch, sanitize)

    def __str__(self) -> str:
        """The line of ACL LIST, of an ACL file and of a configuration file."""
        hashes = (f"#{digest}" for digest in self.passwords)
        others = (f"({selector})" for selector in self.selectors)
        return " ".join(("user", self.name, *self.flags, *hashes, str(self.root), *others))


def new_user(name: str, *, every_channel: bool = False) -> User:
    """A user that may not even log in."""
    return User(name, Selector(every_channel=every_channel))


def default_user() -> User:
    """The default user as long as no configuration speaks of it: it may do everything."""
    return new_user(DEFAULT).with_rules(("allcommands", "allkeys", "allchannels", "on", "nopass"))


def merged_rules(words: Iterable[str]) -> tuple[str, ...]:
    """Rules from words: those in parentheses make one rule together.

    Raises `UnmatchedParenthesis`.
    """
    rules: list[str] = []
    opened: list[str] = []
    opened_at = 0
    for at, word in enumerate(words):
        if opened:
            opened.append(word)
        elif word.startswith("(") and not word.endswith(")"):
            opened, opened_at = [word], at
        else:
            rules.append(word)
        if opened and word.endswith(")"):
            rules.append(" ".join(opened))
            opened = []
    if opened:
        raise UnmatchedParenthesis(opened_at)
    return tuple(rules)


def _selector(text: str, every_channel: bool) -> Selector:
    try:
        rules = split_words(text)
    except UnbalancedQuotes:
        rules = ()  # What cannot be split permits nothing, as in a real server.
    selector = Selector(every_channel=every_channel)
    for rule in rules:
        selector = selector.with_rule(rule)
    return selector


def _hash_of(rule: str) -> str:
    """The hash that a rule about a password gives, or that of the password that it gives."""
    if rule[0] in "><":
        return _digest(rule[1:])
    digest = rule[1:]
    if len(digest) != 64 or any(char not in "0123456789abcdef" for char in digest):
        raise RuleRefused(BAD_HASH)
    return digest


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode("utf-8", "surrogateescape")).hexdigest()


def _channels_of(facts: CommandFacts, words: Command) -> tuple[Command, bool]:
    """The channels that a command uses, and whether they are patterns.

    Nobody is kept from leaving a channel.
    """
    match facts.name:
        case "publish":
            return words[1:2], False
        case "subscribe":
            return words[1:], False
        case "psubscribe":
            return words[1:], True
    return (), False
