"""From the text of a configuration file to the state of a Sentinel that has not started yet.

Reading is pure: no file is opened, no name resolved and no clock asked. Generic directives take
effect as they are read; ``sentinel`` lines are collected and executed afterwards in three passes,
so that the options of a master may stand above the line that introduces it. Spec: config §2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from minisentinel.config.errors import ConfigError, Refused
from minisentinel.config.generic import BAD_DIRECTIVE, GENERIC
from minisentinel.config.lexer import source_lines
from minisentinel.config.options import OPTIONS, Pass, Target, apply, pass_of
from minisentinel.config.server import ServerSettings
from minisentinel.core.address import Facts
from minisentinel.core.dice import Dice
from minisentinel.core.state import State
from minisentinel.words import UnbalancedQuotes, quoted, split_words

__all__ = ["DirectoryChange", "IncludeReader", "Loaded", "RenameCheck", "UserCheck", "load"]

UserCheck = Callable[[tuple[str, ...], bool], str | None]
"""Says what is wrong with a name and its access rules; None if nothing is.

The flag says whether users may use every channel from the start (``acl-pubsub-default``).
"""

RenameCheck = Callable[[Sequence[tuple[str, str]]], str | None]
"""Says what is wrong with the last of some ``rename-command`` lines; None if nothing is."""

IncludeReader = Callable[[str], Iterable[tuple[str, str]]]
"""Gives path and text of every file that an `include` means (its path may be a pattern).

Raises `OSError` if there is none.
"""

DirectoryChange = Callable[[str], str]
"""Goes to the directory that a `dir` line names; says why that failed, empty if it did not."""

_DEEPEST_INCLUDE = 16
_COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a configuration means.

    `state.myid` is empty if the text does not give one: the driver chooses it at start-up and
    saves at once (spec: config §4). `unresolved` are the host names that did not resolve, as often
    as they were tried: a line for the log each.
    """

    state: State
    server: ServerSettings
    unresolved: tuple[str, ...] = ()


def load(
    text: str,
    *,
    path: str,
    facts: Facts,
    now_ms: int,
    dice: Dice,
    overrides: Sequence[str] = (),
    read_include: IncludeReader | None = None,
    check_user: UserCheck | None = None,
    check_renames: RenameCheck | None = None,
    change_directory: DirectoryChange | None = None,
) -> Loaded:
    """Read a configuration; raises `ConfigError` and nothing else.

    `path` is only used in errors. `overrides` are command line words such as ``("--port", "26380",
    "--sentinel", "announce-ip", "10.0.0.9")``; they act like lines at the end of the file. Without
    `check_user` the access rules of ``user`` lines are not looked at, nor without `check_renames`
    the names in ``rename-command`` lines; without `change_directory` `dir` has no effect yet.
    Timers of restored instances start at `now_ms`. The seed of the table order is the first draw
    from `dice`, which becomes the state's own. [CFG-2-1] to [CFG-2-4]
    """
    reading = _Reading(read_include, check_user, check_renames, change_directory)
    reading.read(path, text, depth=0)
    # A real server reads file and options as one text, the options after an empty line.
    reading.read_overrides(overrides, first_line=text.count("\n") + 2)

    state = State(myid="", dice=dice, table_seed=dice.below(2**32), previous_time=now_ms)
    target = Target(state, facts, now_ms)
    for one_pass in Pass:
        for place, words in reading.sentinel_lines:
            if pass_of(words[0]) is one_pass:
                try:
                    apply(target, words)
                except Refused as refused:
                    raise place.error(refused.message, refused.expected) from None

    server = ServerSettings.from_directives(
        reading.directives, tuple(reading.users), tuple(reading.renames)
    )
    state.port = server.announced_port
    state.requirepass = server.requirepass
    state.loglevel = server.loglevel
    return Loaded(state, server, tuple(target.unresolved))


class _Place(NamedTuple):
    """Where a line stands."""

    path: str
    number: int
    line: str

    def error(self, message: str, expected: str = "") -> ConfigError:
        return ConfigError(self.path, self.number, self.line, message, expected)


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    read_include: IncludeReader | None
    check_user: UserCheck | None
    check_renames: RenameCheck | None
    change_directory: DirectoryChange | None
    directives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    users: list[tuple[str, ...]] = field(default_factory=list)
    renames: list[tuple[str, str]] = field(default_factory=list)
    sentinel_lines: list[tuple[_Place, tuple[str, ...]]] = field(default_factory=list)

    def read(self, path: str, text: str, depth: int) -> None:
        """Read every line of a file."""
        try:
            text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            number = text.count("\n", 0, error.start) + 1
            place = _Place(path, number, ascii(text[error.start]))
            raise place.error("Not a character", "text that was decoded from bytes") from None
        for line in source_lines(text):
            if not line.says_nothing:
                self._read_line(_Place(path, line.number, line.text), depth)

    def read_overrides(self, words: Sequence[str], first_line: int) -> None:
        """Read the options of the command line, each as one line. [CFG-1-5]"""
        lines: list[str] = []
        value_follows = False
        for word in words:
            if word.startswith("--") and not value_follows:
                lines.append(word[2:])
                # A value may look like an option, but these two may stand without a value.
                value_follows = " " not in word and word not in ("--sentinel", "--save")
            else:
                # Words in front of every option are a line of their own.
                lines = lines or [""]
                lines[-1] += " " + quoted(word)
                value_follows = False
        for number, line in enumerate(lines, start=first_line):
            self._read_line(_Place(_COMMAND_LINE, number, line.strip()), depth=0)

    def _read_line(self, place: _Place, depth: int) -> None:
        """[CFG-1-3] [CFG-2-5]"""
        try:
            words = split_words(place.line)
        except UnbalancedQuotes:
            raise place.error(
                "Unbalanced quotes in configuration line",
                "every quote closed, and a blank or the end of the line after the closing one",
            ) from None
        if not words:
            return
        name, values = words[0].lower(), words[1:]
        if name == "sentinel":
            # A lone `sentinel` only says which mode the server is in.
            if values:
                self.sentinel_lines.append((place, values))
        elif name in GENERIC:
            self._read_generic(place, name, values, depth)
        elif "." in name:
            # Some module's own setting, left to the module.
            if not values:
                raise place.error("Module config specified without value", f"{words[0]} <value>")
        else:
            raise place.error(BAD_DIRECTIVE, _suggestion(words[0]))

    def _read_generic(self, place: _Place, name: str, values: tuple[str, ...], depth: int) -> None:
        kind = GENERIC[name]
        try:
            kind.check(values)
        except Refused as refused:
            raise place.error(refused.message, f"{name}, followed by {kind.expected}") from None
        if name == "include":
            self._include(place, values[0], depth)
        elif name == "dir" and self.change_directory is not None:
            # At once: what follows may name files as seen from there.
            reason = self.change_directory(values[0])
            if reason:
                raise place.error(reason, "a directory that is there")
        elif name == "user":
            if any(user[0] == values[0] for user in self.users):
                raise place.error(
                    f"Error in user declaration '{values[0]}': Duplicate user found. "
                    "A user can only be defined once in config files",
                    "one user line for each name",
                )
            self._check_user(place, values)
            self.users.append(values)
        elif name == "rename-command":
            self.renames.append((values[0], values[1]))
            fault = self.check_renames(self.renames) if self.check_renames is not None else None
            if fault is not None:
                raise place.error(fault, "a command of a Sentinel, and a name that is not taken")
        elif name == "client-output-buffer-limit":
            # Each line is about the classes that it names.
            values = (*self.directives.get(name, ()), *values)
        self.directives[name] = values

    def _check_user(self, place: _Place, values: tuple[str, ...]) -> None:
        if self.check_user is None:
            return
        channels = self.directives.get("acl-pubsub-default", ("resetchannels",))[0]
        fault = self.check_user(values, channels.lower() == "allchannels")
        if fault is not None:
            raise place.error(fault, "user <name> [<access rule> ...], such as on >secret +@all")

    def _include(self, place: _Place, pattern: str, depth: int) -> None:
        refusal = f"Fatal error, can't open config file '{pattern}'"
        if self.read_include is None:
            raise place.error(f"{refusal}: includes are not available here", "no include lines")
        if depth == _DEEPEST_INCLUDE:
            raise place.error(
                f"{refusal}: too many levels of include",
                f"at most {_DEEPEST_INCLUDE} files, one within the other",
            )
        try:
            files = list(self.read_include(pattern))
        except OSError as error:
            reason = error.strerror or str(error)
            raise place.error(f"{refusal}: {reason}", "a file that can be read") from None
        for path, text in files:
            self.read(path, text, depth + 1)


def _suggestion(name: str) -> str:
    lower = name.lower()
    if name.startswith("-"):
        return "options as --name value, for example --port 26380"
    if lower in OPTIONS:
        return f'the word "sentinel" in front: {OPTIONS[lower].expected}'
    near = get_close_matches(lower, ("sentinel", *GENERIC), n=1, cutoff=0.75)
    if near:
        return f'perhaps "{near[0]}"'
    return "sentinel <option> ..., or a directive of the server such as port or logfile"
