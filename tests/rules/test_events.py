"""The catalogue of events, row by row: what nobody else shows with level and payload."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from minisentinel.core.effects import Announce
from tests.core.bench import Bench, conf
from tests.ground.test_event_catalogue import catalogue

PACKAGE = Path(__file__).resolve().parents[2] / "minisentinel"
MASTER = "master mymaster 10.0.0.1 6379"
AT_MASTER = "@ mymaster 10.0.0.1 6379"
BEST = f"slave 10.0.0.2:6379 10.0.0.2 6379 {AT_MASTER}"
OTHER = f"slave 10.0.0.3:6379 10.0.0.3 6379 {AT_MASTER}"


@cache
def failover() -> Bench:
    """A bench that has led a failover from redis-1 to redis-2, with redis-3 beside it."""
    bench = Bench(conf(peers=(2,)))
    bench.run(12_000)
    bench.peers["sentinel-2"].down, bench.peers["sentinel-2"].vote = True, "asker"
    bench.servers["redis-2"].offset = 10
    bench.run(11_000)
    bench.kill("redis-1")
    bench.run(20_000)
    return bench


@cache
def lonely_attempt() -> Bench:
    """A bench whose attempt nobody voted for."""
    bench = Bench(conf(quorum=1))
    bench.run(12_000)
    bench.kill("redis-1")
    bench.run(15_000)
    return bench


@cache
def misplaced() -> Bench:
    """A bench that has seen a stray master, and a replica of a master that is none."""
    bench = Bench(conf("sentinel failover-timeout mymaster 8000"))
    bench.run(12_000)
    stray, lost = bench.servers["redis-2"], bench.servers["redis-3"]
    stray.role, stray.follows, lost.follows = "master", "", "redis-9"
    bench.run(30_000)
    return bench


def announced(bench: Bench, name: str) -> list[tuple[str, str]]:
    """Level and payload of every event of that name, in order."""
    return [
        (effect.event.level, effect.event.payload)
        for effect in bench.done
        if isinstance(effect, Announce) and effect.event.name == name
    ]


@pytest.mark.parametrize(
    ("name", "level", "payload"),
    [
        # [EVT-3-33], [EVT-3-37] to [EVT-3-39]
        ("+failover-state-wait-promotion", "notice", BEST),
        ("+slave-reconf-sent", "notice", OTHER),
        ("+slave-reconf-inprog", "notice", OTHER),
        ("+slave-reconf-done", "notice", OTHER),
        # [EVT-3-24] to [EVT-3-27], [EVT-3-29], [EVT-3-31], [EVT-3-32], [EVT-3-35], [EVT-3-36],
        # [EVT-3-43]
        ("+try-failover", "warning", MASTER),
        ("+elected-leader", "warning", MASTER),
        ("+failover-state-select-slave", "warning", MASTER),
        ("+selected-slave", "warning", BEST),
        ("+failover-state-send-slaveof-noone", "notice", BEST),
        ("+promoted-slave", "warning", BEST),
        ("+failover-state-reconf-slaves", "warning", MASTER),
        ("+failover-end", "warning", MASTER),
        ("+switch-master", "warning", "mymaster 10.0.0.1 6379 10.0.0.2 6379"),
    ],
)
def test_a_failover_says_once(name: str, level: str, payload: str) -> None:
    assert announced(failover(), name) == [(level, payload)]


def test_an_attempt_without_votes_is_given_up_aloud() -> None:
    """[EVT-3-28]"""
    said = announced(lonely_attempt(), "-failover-abort-not-elected")
    assert said == [("warning", MASTER)]


@pytest.mark.parametrize(
    ("name", "who"), [("+convert-to-slave", BEST), ("+fix-slave-config", OTHER)]
)
def test_a_misplaced_server_is_corrected_aloud(name: str, who: str) -> None:
    """[EVT-3-12] [EVT-3-13]"""
    assert announced(misplaced(), name) == [("notice", who)]


# --- names that never were, or are no more ---


@cache
def texts() -> frozenset[str]:
    """Every string constant of the package."""
    return frozenset(
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize(
    "name",
    [
        "+failover-detected",
        "-dup-sentinel",
        "+dup-sentinel",
        "no-good-slave",
        "selected-slave",
        "failover-state-send-slaveof-noone",
        "failover-end-for-timeout",
        "failover-end",
        "switch-master",
    ],
)
def test_names_of_older_documentation_are_never_emitted(name: str) -> None:
    """[EVT-3-48]"""
    assert name not in catalogue()
    assert name not in texts()
    assert "+switch-master" in texts()


def test_every_event_has_a_sign_and_a_name_in_small_letters() -> None:
    """[EVT-3-48]"""
    for bench in (failover(), lonely_attempt(), misplaced()):
        for effect in bench.done:
            if isinstance(effect, Announce):
                assert re.fullmatch(r"[+-][a-z]+(-[a-z]+)*", effect.event.name)
                assert effect.event.name in catalogue()
