"""The Pythons of this machine on which everything must come out the same.

Those are of the versions that the project says it is for, and the one that runs the tests. What
else is installed, and whether it works, is no matter of ours.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

__all__ = ["Version", "interpreters"]

ROOT = Path(__file__).resolve().parents[2]
CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d+)\.(\d+)")

_QUESTION = "import sys; print(sys.implementation.name, *sys.version_info[:2], sys.executable)"

Version = tuple[str, int, int]
"""An implementation, such as cpython or pypy, and its major and minor version."""


def _candidates() -> Iterator[str]:
    yield sys.executable
    for minor in range(11, 20):
        for name in ("python", "pypy"):
            if found := shutil.which(f"{name}3.{minor}"):
                yield found
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    versions = Path(pyenv) / "versions"
    yield from (str(path) for path in sorted(versions.glob("3.*/bin/python")))


def promised() -> set[tuple[int, int]]:
    """The versions that the project says it is for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    matches = map(CLASSIFIER.fullmatch, project["classifiers"])
    return {(int(match[1]), int(match[2])) for match in matches if match}


@functools.cache
def interpreters() -> Mapping[Version, str]:
    """One interpreter for each version, in order; this one for its own version.

    On PATH may stand a shim that needs a shell, or fails for a version that is not active: the
    interpreter itself says where it is.
    """
    found: dict[Version, str] = {}
    wanted = promised() | {sys.version_info[:2]}
    for candidate in _candidates():
        if version := _version(candidate):
            *which, executable = version
            found.setdefault((which[0], int(which[1]), int(which[2])), executable)
    return {version: found[version] for version in sorted(found) if version[1:] in wanted}


def _version(candidate: str) -> list[str] | None:
    """Implementation, major and minor version and path; None if it is of no use."""
    try:
        answer = subprocess.run(
            [candidate, "-c", _QUESTION], capture_output=True, text=True, check=False
        )
    except OSError:  # Built for another machine.
        return None
    return answer.stdout.strip().split(" ", 3) if answer.returncode == 0 else None
