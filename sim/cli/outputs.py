"""Files that a command writes, and what a person sees while it works."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from minisentinel.trace import Trace, read_trace
from sim.arguments import UsageError

__all__ = ["check_outputs", "progress_bar", "trace_in", "written"]


def trace_in(path: str) -> Trace:
    """The trace in a file; raises `UsageError` or `TraceError`."""
    try:
        return read_trace(path)
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read: {problem.strerror}") from None


def check_outputs(paths: Sequence[str], *inputs: str) -> None:
    """A long run must not end in an output that was never possible, or that eats another file."""
    taken = {os.path.realpath(path) for path in inputs}
    for path in paths:
        _check_writable(path)
        if os.path.realpath(path) in taken:
            raise UsageError(f"{path}: expected a file of its own for each input and output")
        taken.add(os.path.realpath(path))


def _check_writable(path: str) -> None:
    if not path:
        raise UsageError("expected the name of an output file, found an empty text")
    parent = Path(path).absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        is_folder = Path(path).is_dir()
    except FileExistsError:
        raise UsageError(f"{path}: cannot be written: {parent} is no folder") from None
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror}") from None
    if is_folder:
        raise UsageError(f"{path}: cannot be written: it is a folder")
    if not os.access(parent, os.W_OK):
        raise UsageError(f"{path}: cannot be written: no permission")


def written(path: str, write: Callable[[], None]) -> None:
    """Let `write` write the file at `path`, and say so; raises `UsageError` if it cannot."""
    try:
        write()
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror or problem}") from None
    print(f"wrote {path}", file=sys.stderr)


@contextmanager
def progress_bar() -> Iterator[Callable[[float], None] | None]:
    """Shows the virtual time while a person waits, on a line that is wiped at the end."""
    if not sys.stderr.isatty():
        yield None
        return
    last = 0.0

    def show(now: float) -> None:
        nonlocal last
        if now - last >= 10:
            last = now
            print(f"\r\033[K{now:.0f} s of virtual time", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
