"""The files of a live Sentinel: its configuration, and its users if they have a file of their own.

Spec: config §5 and §6.
"""

from __future__ import annotations

import os
from contextlib import suppress

from minisentinel.config import rewrite
from minisentinel.core.saved import SavedConfiguration
from minisentinel.files import read_text, remove_leftovers, write_durably

__all__ = ["AclFiles", "ConfigurationFile"]

SPARE_DESCRIPTORS = 3
"""As many as a save needs."""


class ConfigurationFile:
    """The file at `path` (absolute: the process may change its directory).

    After `reserve` a save finds descriptors even when connections have taken all that the process
    may have: strangers can bring that about, and what is promised must be saved all the same. A
    real Sentinel then goes on without saving. `close` gives them back.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._is_tidy = False
        self._reserves = False
        self._spare: list[int] = []

    def reserve(self) -> None:
        """Keep descriptors for saves from now on."""
        self._reserves = True
        with suppress(OSError):
            while len(self._spare) < SPARE_DESCRIPTORS:
                self._spare.append(os.open(os.devnull, os.O_RDONLY))

    def close(self) -> None:
        """Keep none any more."""
        self._reserves = False
        self._release()

    def _release(self) -> None:
        while self._spare:
            os.close(self._spare.pop())

    def save(self, configuration: SavedConfiguration) -> str:
        """Write `configuration` into the file so that it survives whatever comes next.

        The file as it is on disk now is what is rewritten: a person may have edited it, or removed
        it. Returns why it failed, empty on success; the old file is then still whole.
        """
        self._release()
        try:
            return self._save(configuration)
        finally:
            if self._reserves:
                self.reserve()

    def _save(self, configuration: SavedConfiguration) -> str:
        if not self._is_tidy:
            # Left by a life of this Sentinel that was killed while it saved.
            remove_leftovers(self.path)
            self._is_tidy = True
        try:
            text = rewrite(self._old_text(), configuration)
            write_durably(self.path, text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            return error.strerror or str(error)
        except ValueError as error:  # Text that no file can hold.
            return str(error)
        return ""

    def _old_text(self) -> str:
        try:
            return read_text(self.path)
        except FileNotFoundError:
            return ""


class AclFiles:
    """ACL files as files of this machine."""

    def read(self, path: str) -> str:
        """The text of a file; raises `OSError`."""
        return read_text(path)

    def write(self, path: str, text: str) -> None:
        """Replace a file as a whole, or not at all; raises `OSError`."""
        write_durably(path, text.encode("utf-8", "surrogateescape"))
