"""The command `minisentinel`, used like `redis-sentinel`.

    minisentinel CONF [--NAME VALUE ...]
    minisentinel --check CONF [--NAME VALUE ...]

Exit status as of a real Sentinel: 1 for a configuration that it would refuse. Serving on real TCP
is not part of this version; asked for it, the command says so and exits with 2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from minisentinel import __version__
from minisentinel.config import ConfigError, Loaded, load
from minisentinel.config.summary import summary
from minisentinel.console import guarded
from minisentinel.core.dice import Dice
from minisentinel.files import read_included, read_text

__all__ = ["CLAIMED_VERSION", "main"]

CLAIMED_VERSION = "7.4.1"
"""The Redis version whose behaviour this is, named where a real Sentinel names its own."""

_HELP = """\
usage: minisentinel [--check] CONF [--NAME VALUE ...]

A Redis Sentinel, configured by the file CONF like redis-sentinel.

  --check         read CONF, say what it means, and exit
  --NAME VALUE    one more configuration line, for example: --port 26380
                  or: --sentinel announce-ip 10.0.0.9
  -h, --help      show this help
  -v, --version   show the version

exit status: 0 all well, 1 the configuration is refused, 2 wrong usage,
or serving was asked for, which is not part of this version
"""

_NO_FILE = "Sentinel needs config file on disk to save state. Exiting..."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (default: the program's); returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    return guarded("minisentinel", lambda: _run(words))


def _run(words: list[str]) -> int:
    if any(word in words[:1] for word in ("-h", "--help")):
        print(_HELP, end="")
        return 0
    if any(word in words[:1] for word in ("-v", "--version")):
        print(f"minisentinel {__version__} (Sentinel protocol of Redis {CLAIMED_VERSION})")
        return 0
    check = "--check" in words
    if check:
        words.remove("--check")
    if not words or words[0].startswith("-"):
        return _fail(_NO_FILE)
    path, overrides = words[0], words[1:]
    try:
        loaded = _load(path, overrides)
    except OSError as error:
        return _fail(f"Fatal error, can't open config file '{path}': {error.strerror or error}")
    except ConfigError as error:
        block = error.fatal_block(CLAIMED_VERSION)
        remedy = f"Expected: {error.expected}\n" if error.expected else ""
        return _fail(f"{block}{remedy}In: {error.path}")
    if not check:
        if not os.access(path, os.W_OK):
            return _fail(
                f"Sentinel config file {path} is not writable: {_why_not(path)}. Exiting..."
            )
        print(
            f"minisentinel: {path} is fine, but serving on TCP is not part of version "
            f"{__version__}; --check shows what the file means.",
            file=sys.stderr,
        )
        return 2
    print(summary(loaded, path), end="")
    for note in _on_this_machine(path, loaded):
        print(f"\nwarning: {note}")
    return 0


class _Machine:
    """The facts that a configuration depends on, asked of this machine at once."""

    def resolve(self, name: str) -> str | None:
        """The first address of `name`, or None."""
        import socket  # Slow to load, and most configurations name no hosts.

        try:
            return str(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0][4][0])
        except (OSError, ValueError):  # ValueError: no host can have such a name.
            return None

    def is_executable(self, path: str) -> bool:
        """Whether `path` is a regular file that this user may execute."""
        try:
            return os.path.isfile(path) and os.access(path, os.X_OK)
        except ValueError:  # No path can have a zero byte in it.
            return False


def _load(path: str, overrides: Sequence[str]) -> Loaded:
    # Nothing runs yet: neither the time nor the order of the tables matters.
    return load(
        read_text(path),
        path=path,
        facts=_Machine(),
        now_ms=0,
        dice=Dice(0),
        overrides=overrides,
        read_include=read_included,
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
