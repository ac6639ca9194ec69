"""The set-up finds a suitable interpreter, or says clearly that there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FIND_PYTHON = Path(__file__).resolve().parents[2] / "tools" / "find-python"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell script")


def find_python(*candidates: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(FIND_PYTHON), *candidates], capture_output=True, text=True, check=False
    )


def fake(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_the_first_suitable_candidate_is_taken(tmp_path: Path) -> None:
    too_old = fake(tmp_path / "old", "exit 1")
    found = find_python("no-such-python", too_old, sys.executable, "python-never-asked")
    assert (found.returncode, found.stdout.strip()) == (0, sys.executable)


def test_without_a_suitable_one_the_error_names_what_there_is(tmp_path: Path) -> None:
    too_old = fake(tmp_path / "old", '[ "$1" = --version ] && echo Python 3.8.1 || exit 1')
    found = find_python(too_old)
    assert found.returncode == 1
    assert found.stdout == ""
    assert "Python >= 3.11" in found.stderr
    assert f"{too_old} is Python 3.8.1" in found.stderr
