"""The command `minisentinel`, used like `redis-sentinel`.

    minisentinel CONF [--NAME VALUE ...] [--trace FILE]
    minisentinel --check CONF [--NAME VALUE ...]

Exit status as of a real Sentinel: 0 when it was told to end, 1 for a configuration that it would
refuse or a port that it cannot have, 99 for a simulated failure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from minisentinel.config import ConfigError, Loaded, load
from minisentinel.config.loader import DirectoryChange
from minisentinel.config.summary import summary
from minisentinel.console import guarded
from minisentinel.core.address import Facts
from minisentinel.core.dice import Dice
from minisentinel.files import read_included, read_text
from minisentinel.identity import CLAIMED_VERSION, OWN_VERSION
from minisentinel.service.access import check_user_line

__all__ = ["main"]

_HELP = """\
usage: minisentinel [--check] CONF [--NAME VALUE ...] [--trace FILE]

A Redis Sentinel, configured by the file CONF like redis-sentinel.

  --check         read CONF, say what it means, and exit
  --NAME VALUE    one more configuration line, for example: --port 26380
                  or: --sentinel announce-ip 10.0.0.9
  --trace FILE    write what happens to FILE as well, for minisentinel-sim plot
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
    if not words or words[0].startswith("-"):
        return _fail(_NO_FILE)
    path, overrides = words[0], words[1:]
    try:
        return _check(path, overrides) if check else _serve(path, overrides, trace)
    except UnreadableFile as problem:
        return _fail(f"Fatal error, can't open config file '{path}': {problem}")
    except ConfigError as error:
        block = error.fatal_block(CLAIMED_VERSION)
        remedy = f"Expected: {error.expected}\n" if error.expected else ""
        return _fail(f"{block}{remedy}In: {error.path}")


def _check(path: str, overrides: Sequence[str]) -> int:
    """Say what the configuration means."""
    # Takes the event loop along, like serving.
    from minisentinel.server.local_facts import LocalFacts

    # Nothing runs yet: neither the time nor the order of the tables matters.
    loaded = _load(path, overrides, facts=LocalFacts(), now_ms=0, dice=Dice(0))
    print(summary(loaded, path), end="")
    for note in _on_this_machine(path, loaded):
        print(f"\nwarning: {note}")
    return 0


def _serve(path: str, overrides: Sequence[str], trace: str) -> int:
    """Be a Sentinel until told to end. [CFG-0-2]"""
    _read(path)  # That it cannot be read is said before that it cannot be written.
    if not os.access(path, os.W_OK):
        return _fail(f"Sentinel config file {path} is not writable: {_why_not(path)}. Exiting...")
    # Takes the event loop along, which takes its time.
    from minisentinel.server import Options, serve

    options = Options(path=os.path.abspath(path), trace=os.path.abspath(trace) if trace else "")

    def configuration(facts: Facts, now_ms: int, dice: Dice) -> Loaded:
        return _load(
            path, overrides, facts=facts, now_ms=now_ms, dice=dice, change_directory=_enter
        )

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
    path: str,
    overrides: Sequence[str],
    *,
    facts: Facts,
    now_ms: int,
    dice: Dice,
    change_directory: DirectoryChange | None = None,
) -> Loaded:
    return load(
        _read(path),
        path=path,
        facts=facts,
        now_ms=now_ms,
        dice=dice,
        overrides=overrides,
        read_include=read_included,
        check_user=lambda words, every: check_user_line(words, every_channel=every),
        change_directory=change_directory,
    )


def _on_this_machine(path: str, loaded: Loaded) -> list[str]:
    """Why a Sentinel could not start here although the file is right."""
    notes = []
    if not os.access(path, os.W_OK):
        notes.append(f"{path} is not writable ({_why_not(path)}): a Sentinel refuses to start.")
    directory = loaded.server.dir
    if directory and not os.path.isdir(directory):
        notes.append(f"the directory {directory} (dir) is not there: a server refuses to start.")
    return notes


def _why_not(path: str) -> str:
    try:
        with open(path, "ab"):
            return "Permission denied"
    except OSError as error:
        return error.strerror or str(error)


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1
