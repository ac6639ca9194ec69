"""Files: text whose bytes may be anything, includes, and writing a file whole or not at all."""

from __future__ import annotations

import errno
import glob
import os
import tempfile
from pathlib import Path

__all__ = ["read_included", "read_text", "write_atomically"]


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


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace the file at `path` by `content` in one step; nothing half-written is ever seen.

    A link stays, and the file that it means is replaced. What is no regular file (a device, a
    pipe) cannot be replaced and is simply written to. Raises OSError, naming `path`.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    try:
        handle, temporary = tempfile.mkstemp(prefix=".minisentinel-", dir=target.parent)
    except OSError as problem:
        raise type(problem)(problem.errno, problem.strerror, os.fspath(path)) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
