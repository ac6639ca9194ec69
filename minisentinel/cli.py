"""The command `minisentinel`, used like `redis-sentinel`.

    minisentinel CONF [--NAME VALUE ...] [--trace FILE] [-]
    minisentinel --check CONF [--NAME VALUE ...]

Exit status as of a real Sentinel: 0 when it was told to end, 1 for a configuration that it would
refuse or a port that it cannot have, 99 for a simulated failure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from minisentinel.config import ConfigError, Loaded, load
from minisentinel.config.loader import DirectoryChange
from minisentinel.config.summary import summary
from minisentinel.console import guarded
from minisentinel.core.address import Facts
from minisentinel.core.dice import Dice
from minisentinel.files import read_included, read_text, why_not_writable
from minisentinel.identity import CLAIMED_VERSION, OWN_VERSION
from minisentinel.service.access import check_user_line
from minisentinel.service.catalogue.names import check_renames

__all__ = ["main"]

_HELP = """\
usage: minisentinel [--check] CONF [--NAME VALUE ...] [--trace FILE] [-]

A Redis Sentinel, configured by the file CONF like redis-sentinel.

  --check         read CONF, say what it means, and exit
  --NAME VALUE    one more configuration line, for example: --port 26380
                  or: --sentinel announce-ip 10.0.0.9
  --trace FILE    write what happens to FILE as well, for minisentinel-sim plot
  -               read more configuration lines from standard input
  -h, --help      show this help
  -v, --version   show the version

exit status: 0 it was told to end, 1 it cannot start, 2 wrong usage,
99 after a simulated failure (SENTINEL SIMULATE-FAILURE)
"""

_NO_FILE = "Sentinel needs config file on disk to save state. Exiting..."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (default: the program's); returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded("minisentinel", lambda: _run(words))


def _run(words: list[str]) -> int:
    """[CFG-0-1]"""
    if any(word in words[:1] for word in ("-h", "--help")):
        print(_HELP, end="")
        return 0
    if any(word in words[:1] for word in ("-v", "--version")):
        print(f"minisentinel {OWN_VERSION} (Sentinel protocol of Redis {CLAIMED_VERSION})")
        return 0
    check = "--check" in words
    if check:
        words.remove("--check")
    trace = ""
    if "--trace" in words:
        at = words.index("--trace")
        if len(words) < at + 2:
            print("minisentinel: error: --trace needs the name of a file", file=sys.stderr)
            return 2
        trace = words[at + 1]
        del words[at : at + 2]
    complain = _fail if check else _log_and_fail
    if not words or words[0].startswith("-"):
        return complain(_NO_FILE)
    more = ""
    if words[-1] == "-":
        words.pop()
        more = _rest_of_input(say_so=not check)
    source = _Source(words[0], more, tuple(words[1:]))
    try:
        return _check(source) if check else _serve(source, trace)
    except UnreadableFile as problem:
        return complain(
            f"Fatal error, can't open config file '{os.path.abspath(source.path)}': {problem}"
        )
    except ConfigError as error:
        block = error.fatal_block(CLAIMED_VERSION)
        remedy = f"Expected: {error.expected}\n" if error.expected else ""
        return _fail(f"{block}{remedy}In: {error.path}")


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the configuration is: a file, text that follows it, and words of the command line."""

    path: str
    more: str
    overrides: tuple[str, ...]


def _rest_of_input(*, say_so: bool) -> str:
    """What standard input has to say."""
    if say_so:
        _log("notice", "Reading config from stdin")
    data = sys.stdin.buffer.read() if sys.stdin is not None else b""
    return data.decode("utf-8", "surrogateescape")


def _check(source: _Source) -> int:
    """Say what the configuration means."""
    # Takes the event loop along, like serving.
    from minisentinel.server.local_facts import LocalFacts

    # Nothing runs yet: neither the time nor the order of the tables matters.
    loaded = _load(source, facts=LocalFacts(), now_ms=0, dice=Dice(0))
    print(summary(loaded, source.path), end="")
    for note in _on_this_machine(source.path, loaded):
        print(f"\nwarning: {note}")
    return 0


def _serve(source: _Source, trace: str) -> int:
    """Be a Sentinel until told to end."""
    # Takes the event loop along, which takes its time.
    from minisentinel.server import Options, serve

    options = Options(
        path=os.path.abspath(source.path), trace=os.path.abspath(trace) if trace else ""
    )

    def configuration(facts: Facts, now_ms: int, dice: Dice) -> Loaded:
        return _load(source, facts=facts, now_ms=now_ms, dice=dice, change_directory=_enter)

    return serve(configuration, options)


def _enter(directory: str) -> str:
    """Make a directory the process' own; why not, if that fails."""
    try:
        os.chdir(directory)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


class UnreadableFile(Exception):
    """The configuration file cannot be read; the text says why."""


def _read(path: str) -> str:
    try:
        return read_text(path)
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error)) from None


def _load(
    source: _Source,
    *,
    facts: Facts,
    now_ms: int,
    dice: Dice,
    change_directory: DirectoryChange | None = None,
) -> Loaded:
    return load(
        _read(source.path) + source.more,
        path=source.path,
        facts=facts,
        now_ms=now_ms,
        dice=dice,
        overrides=source.overrides,
        read_include=read_included,
        check_user=lambda words, every: check_user_line(words, every_channel=every),
        check_renames=check_renames,
        change_directory=change_directory,
    )


def _on_this_machine(path: str, loaded: Loaded) -> list[str]:
    """Why a Sentinel could not start here although the file is right."""
    notes = []
    fault = why_not_writable(path)
    if fault:
        notes.append(f"{path} is not writable ({fault}): a Sentinel refuses to start.")
    directory = loaded.server.dir
    if directory and not os.path.isdir(directory):
        notes.append(f"the directory {directory} (dir) is not there: a server refuses to start.")
    return notes


def _log(level: str, text: str) -> None:
    """Say something as a server does before it has read where its log is."""
    from minisentinel.server.log import ServerLog  # Takes the event loop along.

    ServerLog().write(level, text)


def _log_and_fail(message: str) -> int:
    _log("warning", message)
    return 1


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1
