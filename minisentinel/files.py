"""Reading text files whose bytes may be anything, and the files that an `include` means."""

from __future__ import annotations

import errno
import glob
import os

__all__ = ["read_included", "read_text"]


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
