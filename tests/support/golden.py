"""Golden files: text that a test compares with what was reviewed once.

``golden("kill-master.txt", text)`` compares `text` with ``tests/golden/kill-master.txt`` and shows
a diff. ``pytest --rewrite-golden`` writes the files instead; the reviewer reads the change.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

__all__ = ["DIRECTORY", "Golden"]

DIRECTORY = Path(__file__).resolve().parents[1] / "golden"


class Golden:
    """Compares text with the files of `directory`, or rewrites them."""

    def __init__(self, directory: Path, *, rewrite: bool) -> None:
        self.directory = directory
        self.rewrite = rewrite

    def __call__(self, name: str, text: str) -> None:
        """Fail with a diff unless `text` is what the file called `name` holds."""
        __tracebackhide__ = True
        path = self.directory / name
        if self.rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        if not path.exists():
            pytest.fail(f"no golden file {name}: run `pytest --rewrite-golden` and read it")
        expected = path.read_text(encoding="utf-8")
        if text == expected:
            return
        diff = "\n".join(
            difflib.unified_diff(
                expected.splitlines(), text.splitlines(), f"golden/{name}", "this run", lineterm=""
            )
        )
        pytest.fail(
            f"{name} differs (if that is right, `pytest --rewrite-golden` and read the change):\n"
            + (diff or "only the ends of lines or of the file differ"),
            pytrace=False,
        )
