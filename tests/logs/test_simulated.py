"""The log lines of a simulated run, read again, are the events of its trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from minisentinel.logformat import LEVELS
from minisentinel.trace import SentinelEvent, Trace, VoteGranted, VoteReceived
from sim.invariants import judge_all
from sim.judge import log_lines
from sim.logs import read_logs
from sim.scenarios import find_scenario, run_scenario

SCENARIOS = ("kill-master", "split-vote", "tilt", "leader-crash-after-promotion", "docker-nat")


@pytest.fixture(scope="module", params=SCENARIOS)
def simulated(request: pytest.FixtureRequest) -> Trace:
    return run_scenario(find_scenario(request.param), seed=3).trace


def events(trace: Trace, level: str, first_ms: int = 0) -> list[tuple[str, int, SentinelEvent]]:
    return [
        (entry.node, entry.time_us // 1000 - first_ms, data)
        for entry, data in trace.of(SentinelEvent)
        if LEVELS[data.level] >= LEVELS[level]
    ]


def printed(trace: Trace, level: str) -> list[str]:
    return log_lines(trace, level=level)


def first_ms(original: Trace, imported: Trace) -> int:
    """What is time zero in a trace of log lines, in milliseconds of the run."""
    return imported.header.started_at_ms - original.header.started_at_ms


@pytest.mark.parametrize("level", ["notice", "debug"])
def test_printed_lines_read_again_are_the_same_events(
    simulated: Trace, tmp_path: Path, level: str
) -> None:
    path = tmp_path / "run.log"
    path.write_text("\n".join(printed(simulated, level)) + "\n", encoding="utf-8")
    found = read_logs([str(path)])
    since = first_ms(simulated, found.trace)
    expected = events(simulated, level, since)
    assert len(expected) > 20
    assert events(found.trace, level) == expected
    assert found.strange == ()


def test_so_are_those_of_a_file_for_each_sentinel(simulated: Trace, tmp_path: Path) -> None:
    texts: dict[str, list[str]] = {}
    for line in printed(simulated, "notice"):
        name, _, text = line.partition(" | ")
        texts.setdefault(name.strip(), []).append(text)
    paths = []
    for name, lines in texts.items():
        paths.append(str(tmp_path / f"{name}.log"))
        Path(paths[-1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read_logs(paths)
    since = first_ms(simulated, found.trace)
    for name in texts:
        theirs = [each for each in events(simulated, "notice", since) if each[0] == name]
        assert [each for each in events(found.trace, "notice") if each[0] == name] == theirs


def test_votes_given_and_received_are_those_of_the_run(simulated: Trace, tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_text("\n".join(printed(simulated, "notice")) + "\n", encoding="utf-8")
    found = read_logs([str(path)]).trace
    since = first_ms(simulated, found)

    def given(trace: Trace, first: int) -> list[tuple[str, int, VoteGranted]]:
        told = trace.of(VoteGranted)
        return [(entry.node, entry.time_us // 1000 - first, data) for entry, data in told]

    assert given(found, 0) == given(simulated, since)
    # A peer that repeats its vote is heard again, and not logged again.
    received = {(entry.node, data) for entry, data in simulated.of(VoteReceived)}
    assert {(entry.node, data) for entry, data in found.of(VoteReceived)} <= received


def test_nothing_is_broken_in_the_log_that_is_not_in_the_run(
    simulated: Trace, tmp_path: Path
) -> None:
    path = tmp_path / "run.log"
    path.write_text("\n".join(printed(simulated, "notice")) + "\n", encoding="utf-8")
    found = judge_all(read_logs([str(path)]).trace)
    assert [str(each) for each in found if each.is_broken] == []
