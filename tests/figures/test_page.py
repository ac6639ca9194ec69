"""The page about looking at a run: its pictures are there, and are drawn by their tool."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "looking.md"


@pytest.mark.real_io
def test_every_picture_of_the_page_is_drawn_by_its_tool() -> None:
    shown = re.findall(r"\(images/(looking-[a-z]+\.png)\)", PAGE.read_text(encoding="utf-8"))
    tool = (ROOT / "tools" / "looking_images.py").read_text(encoding="utf-8")
    assert len(shown) == 4
    for name in shown:
        assert (PAGE.parent / "images" / name).exists(), "python -m tools.looking_images"
        assert name in tool or "looking-{name}.png" in tool
