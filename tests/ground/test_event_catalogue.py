"""The events that the code emits are those of the catalogue (spec: events §3)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.conformance import Conformance, load

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path for part in ("core", "service") for path in (ROOT / "minisentinel" / part).rglob("*.py")
)
ROW = re.compile(r"^\| (`[+-][^|]*`) \| ([WNVD]) \|.*<sup>\[(EVT-3-\d+)\]</sup>", re.MULTILINE)
LEVELS = {"W": "warning", "N": "notice", "V": "verbose", "D": "debug"}


def catalogue() -> dict[str, tuple[str, str]]:
    """The level and the rule of every event of the specification."""
    text = (ROOT / "docs" / "spec" / "events.md").read_text(encoding="utf-8")
    return {
        name: (LEVELS[level], rule)
        for names, level, rule in ROW.findall(text)
        for name in re.findall(r"`([^`]+)`", names)
    }


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


NAMES = sorted(
    {text for path in SOURCES for text in strings(path) if re.fullmatch(r"[+-][a-z][a-z-]+", text)}
)


def emitted_levels() -> Iterator[tuple[str, str]]:
    """(level, name) wherever both stand in the call that emits the event."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="emit"),
                    args=[ast.Constant(value=str(level)), ast.Constant(value=str(name)), *_],
                ):
                    yield level, name


@pytest.fixture(scope="module")
def conformance() -> Conformance:
    return load(ROOT)


@pytest.mark.parametrize("name", NAMES)
def test_event_that_the_code_names_is_in_the_catalogue(name: str) -> None:
    assert name in catalogue()


@pytest.mark.parametrize(("level", "name"), sorted(set(emitted_levels())))
def test_event_is_emitted_at_the_level_of_the_catalogue(level: str, name: str) -> None:
    assert catalogue()[name][0] == level


def test_events_that_no_code_names_are_called_missing(conformance: Conformance) -> None:
    for name in sorted(catalogue().keys() - set(NAMES)):
        assert conformance.rules[catalogue()[name][1]].status == "missing", name


def test_the_search_for_events_finds_some() -> None:
    assert {"+sdown", "+odown", "+switch-master"} <= set(NAMES)
    assert ("warning", "+try-failover") in set(emitted_levels())
    assert len(catalogue()) > 40
