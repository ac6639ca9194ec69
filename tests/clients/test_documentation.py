"""The page about clients tells of every kind and every key, with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.clients import CLIENT_KINDS, PARAMETERS, Workload
from sim.scenarios.reading.clients import CLIENTS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")


def rows(title: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by their first cell without its quotes."""
    section = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    found = {}
    for line in section.splitlines():
        name, *cells = [each.strip() for each in line.strip("|").split("|")]
        if re.fullmatch(r"`[a-z-]+`", name) and name != "`kind`" * (title == "Kinds"):
            found[name.strip("`")] = cells
    return found


def test_every_kind_is_described() -> None:
    assert list(rows("Kinds")) == list(CLIENT_KINDS)


def test_every_key_is_described_in_order() -> None:
    own = [key.name for key in CLIENTS.keys]
    assert list(rows("Workload")) == own
    assert set(own) > set(PARAMETERS)


@pytest.mark.parametrize("key", list(PARAMETERS))
def test_default_is_the_one_in_force(key: str) -> None:
    default = getattr(Workload(), PARAMETERS[key].attribute)
    shown = rows("Workload")[key][0].strip("`")
    assert shown == (default if isinstance(default, str) else f"{default:g}")


@pytest.mark.parametrize("key", [key for key, each in PARAMETERS.items() if each.choices])
def test_every_choice_is_named(key: str) -> None:
    named = re.findall(r"`([a-z-]+)`", " ".join(rows("Workload")[key]))
    assert set(named) >= set(PARAMETERS[key].choices)
