"""The Pythons of this machine on which everything must come out the same."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["Version", "interpreters"]

_QUESTION = "import sys; print(sys.implementation.name, *sys.version_info[:2], sys.executable)"

Version = tuple[str, int, int]
"""An implementation, such as cpython or pypy, and its major and minor version."""


def _candidates() -> Iterator[str]:
    yield sys.executable
    for minor in range(11, 20):
        for name in ("python", "pypy"):
            if found := shutil.which(f"{name}3.{minor}"):
                yield found
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path) for path in sorted(versions.glob("3.*/bin/python")))


@functools.cache
def interpreters() -> Mapping[Version, str]:
    """One interpreter for each version from 3.11 on, in order; this one for its own version.

    On PATH may stand a shim that needs a shell, or fails for a version that is not active: the
    interpreter itself says where it is.
    """
    found: dict[Version, str] = {}
    for candidate in _candidates():
        answer = subprocess.run(
            [candidate, "-c", _QUESTION], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            name, major, minor, executable = answer.stdout.strip().split(" ", 3)
            found.setdefault((name, int(major), int(minor)), executable)
    return {version: found[version] for version in sorted(found) if version[1:] >= (3, 11)}
