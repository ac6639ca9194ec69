"""Habits that no other tool checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = sorted(
    path
    for folder in ("minisentinel", "sim", "tests", "tools", "docs", "benchmarks", "notebooks")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".md", ".toml", ".ipynb", ".conf", ".txt", ".yml"}
)
MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:home|root|Users|work|tmp)/\w")
SOURCES = [path for path in TEXTS if path.suffix == ".py" and path.parts[-2] != "ground"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_file_names_no_path_of_somebodys_machine(path: Path) -> None:
    assert not MACHINE_PATH.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_test_and_module_start_with_saying_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text or text.startswith(('"""', 'r"""', "#!"))
