"""How both commands meet the outside: output that cannot be written, interruptions, odd letters."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable

__all__ = ["guarded"]

UNWRITABLE = 2
INTERRUPTED = 130


def guarded(name: str, body: Callable[[], int]) -> int:
    """Run `body`, the whole of the command `name`, and return its exit status.

    Letters that the terminal cannot show are escaped. A reader who has seen enough (a closed pipe)
    is no error; output that cannot be written is one line of complaint and status 2; an
    interruption is one word and status 130. Other exceptions are bugs and pass.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return body()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return 0
    except OSError as problem:
        _drop_output()
        reason = problem.strerror or str(problem)
        print(f"{name}: error: the output cannot be written: {reason}", file=sys.stderr)
        return UNWRITABLE
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return INTERRUPTED


def _drop_output() -> None:
    """Python flushes standard output when it ends, and must not fail again."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
