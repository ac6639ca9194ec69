"""Calling the command line inside the test's process, and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.cli import main

__all__ = ["ROOT", "Called", "call", "start"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Called:
    """What a call came to."""

    status: int
    out: str
    err: str


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> Called:
    """Call `minisentinel-sim` with these arguments."""
    capsys.readouterr()
    try:
        status = main(arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    printed = capsys.readouterr()
    return Called(status, printed.out, printed.err)


def start(*arguments: str, **options: object) -> subprocess.Popen[str]:
    """Start `python -m sim` with these arguments."""
    process: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        **options,  # type: ignore[call-overload]
    )
    return process
