"""Files: text whose bytes may be anything, includes, and writing a file whole or not at all."""

from __future__ import annotations

import errno
import glob
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = [
    "read_included",
    "read_text",
    "remove_leftovers",
    "why_not_writable",
    "write_atomically",
    "write_durably",
]

_LONGEST_NAME = 50
"""Letters; a file name has at most 255 bytes."""


def read_text(path: str) -> str:
    """The text of a file; bytes that are no UTF-8 survive as surrogate escapes. Raises OSError."""
    if "\0" in path:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def read_included(pattern: str) -> list[tuple[str, str]]:
    """Path and text of every file that `pattern` means, sorted by path. Raises OSError.

    A pattern without wildcards means one file, which must be there.
    """
    if "\0" in pattern or not glob.has_magic(pattern):
        return [(pattern, read_text(pattern))]
    return [(path, read_text(path)) for path in sorted(glob.glob(pattern))]


def why_not_writable(path: str) -> str:
    """Why this process may not write the file at `path`, which is there; empty if it may."""
    if os.access(path, os.W_OK):
        return ""
    try:
        with open(path, "ab"):
            return os.strerror(errno.EACCES)
    except OSError as error:
        return error.strerror or str(error)


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace the file at `path` by `content` in one step; nothing half-written is ever seen.

    A link stays, and the file that it means is replaced, with the permissions that it had. What is
    no regular file (a device, a pipe) cannot be replaced and is simply written to. Raises OSError,
    naming `path`.
    """
    _replace(path, content, durably=False)


def write_durably(path: str | os.PathLike[str], content: bytes) -> None:
    """Like `write_atomically`, and when it returns, `content` survives a loss of power."""
    _replace(path, content, durably=True)


def _replace(path: str | os.PathLike[str], content: bytes, *, durably: bool) -> None:
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=_prefix(target), dir=target.parent)
    except OSError as problem:
        raise type(problem)(problem.errno, problem.strerror, os.fspath(path)) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), _mode(target))
            if durably:
                os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    if durably:
        _sync_directory(target.parent)


def _mode(target: Path) -> int:
    """Permissions: those of the file that is replaced, which may hold passwords."""
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except OSError:
        return 0o644 & ~_umask()


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove what processes that were killed while they wrote the file at `path` left beside it.

    Nobody else may be writing it. What cannot be removed stays.
    """
    target = Path(os.path.realpath(path))
    prefix = _prefix(target)
    with suppress(OSError):
        for name in os.listdir(target.parent):
            if name.startswith(prefix):
                os.unlink(target.parent / name)


def _prefix(target: Path) -> str:
    """How the names of temporary files begin; of a long name only so much that there is room."""
    return f".{target.name[:_LONGEST_NAME]}.minisentinel-"


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _sync_directory(path: Path) -> None:
    """The new name is in the directory, which has to reach the disk as well."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
