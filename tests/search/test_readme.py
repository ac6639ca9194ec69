"""The property that the README shows: a right client passes, wrong ones are found out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.search import SearchProfile

README = Path(__file__).resolve().parents[2] / "README.md"


def example(kind: str) -> Callable[[], None]:
    """The test of the README for clients of this kind, on few stories that are always the same."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "for_all_stories" in block]
    assert 'kind="textbook"' in code
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    scope: dict[str, Any] = {}
    exec(compile(code.replace('kind="textbook"', f'kind="{kind}"'), "README.md", "exec"), scope)
    (test,) = [value for name, value in scope.items() if name.startswith("test_")]
    found: Callable[[], None] = test
    return found


@pytest.fixture(autouse=True)
def few_stories_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = SearchProfile("few", 12, same=True)
    monkeypatch.setattr("sim.search.strategies.search_profile", lambda: few)
    monkeypatch.chdir(tmp_path)


def test_textbook_client_is_served_again() -> None:
    example("textbook")()


@pytest.mark.usefixtures("unshrunk")
def test_wrong_client_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="lost its master") as failure:
        example("static-address")()
    assert "run it again: minisentinel-sim run out/search/" in str(failure.value)
    assert list((tmp_path / "out" / "search").glob("*.toml"))
