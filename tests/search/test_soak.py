"""Soaking: the same stories for the same numbers, nothing lost by killing it, a whole report."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.invariants.coverage import witnessed
from sim.search import Outcome, Problem, judge
from sim.search.__main__ import main
from sim.search.soak import (
    Journal,
    JournalError,
    RunRecord,
    fingerprint,
    runs,
    soak,
    story_number,
    summarize,
    write_report,
)
from sim.search.soak.runs import KIND_ORDER, Failure, run_number
from sim.trace import FaultInjected

ROOT = Path(__file__).resolve().parents[2]
CODE = "0123456789ab"
ELECTION = KIND_ORDER.index("election")


def record(number: int, **changes: object) -> RunRecord:
    plain = RunRecord(number, "any", 7, 60_000_000, 10, {"kill": 1}, {"+sdown": 2})
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def test_number_means_the_same_story_and_the_same_record_every_time(tmp_path: Path) -> None:
    assert story_number(ELECTION) == story_number(ELECTION)
    assert run_number(ELECTION, tmp_path) == run_number(ELECTION, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_record_counts_what_the_trace_tells(tmp_path: Path) -> None:
    found = run_number(ELECTION, tmp_path)
    kind, story = story_number(ELECTION)
    outcome = judge(story)
    trace = outcome.trace
    injected = [entry for entry in trace.entries if isinstance(entry.data, FaultInjected)]
    assert (found.kind, found.seed) == (kind, story.seed) == ("election", story.seed)
    assert sum(found.faults.values()) == len(injected) > 0
    assert found.virtual_us == trace.entries[-1].time_us
    assert found.seen == witnessed(trace, outcome.peculiarities)
    assert {"+try-failover", "step: none -> wait_start", "record: vote-granted"} <= set(found.seen)


def test_bad_run_leaves_its_file_its_picture_and_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad(story: object) -> Outcome:
        return dataclasses.replace(judge(story), problems=(Problem("sky", "it fell", 5),))  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "judge", bad)
    (failure,) = run_number(ELECTION, tmp_path).failures
    assert failure.name == "sky"
    assert f"run {tmp_path}/story-{ELECTION}.toml --seed" in failure.command
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"story-{ELECTION}.png", f"story-{ELECTION}.toml"]


def test_error_of_the_simulator_is_a_failure_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(story: object) -> Outcome:
        raise RuntimeError("the sky fell")

    monkeypatch.setattr(runs, "judge", broken)
    (failure,) = run_number(ELECTION, tmp_path).failures
    assert failure.name == runs.EXCEPTION
    assert "RuntimeError: the sky fell" in failure.reason
    assert (tmp_path / f"story-{ELECTION}.toml").exists()


# The journal


def test_journal_keeps_what_was_appended(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.jsonl"
    failure = Failure("sky", "it fell", "look up")
    written = [record(0), record(2, failures=(failure,), peculiarities=("odd",))]
    journal = Journal(path, CODE)
    journal.begin(1.0)
    for each in written:
        journal.append(each, 1.0)
    journal.close()
    again = Journal(path, CODE)
    assert list(again.records.values()) == written
    numbers = again.missing()
    assert [next(numbers) for _ in range(3)] == [1, 3, 4]
    again.close()


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_line_that_is_not_whole_never_counts(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, CODE)
    journal.begin(1.0)
    journal.append(record(0), 1.0)
    journal.append(record(1), 1.0)
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    again = Journal(path, CODE)
    assert list(again.records) == [0]
    again.append(record(1), 1.0)
    again.close()
    assert path.read_bytes() == whole


def test_empty_or_half_written_first_line_begins_anew(tmp_path: Path) -> None:
    for content in (b"", b'{"journal"'):
        path = tmp_path / "journal.jsonl"
        path.write_bytes(content)
        journal = Journal(path, CODE)
        assert journal.records == {}
        journal.close()
        assert json.loads(path.read_bytes())["journal"] == "minisentinel-soak"


@pytest.mark.parametrize("content", [b'{"other": 1}\n', b"hello\n"])
def test_file_that_is_something_else_is_an_error_and_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"journal\.jsonl"):
        Journal(path, CODE)
    assert path.read_bytes() == content


def test_journal_of_other_stories_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"journal": "minisentinel-soak", "version": 1, "kinds": []}\n')
    with pytest.raises(JournalError, match="choose another folder"):
        Journal(path, CODE)


def test_runs_of_other_code_are_kept_apart_and_run_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for code, numbers in ((CODE, (0, 1)), ("ffffffffffff", (0,)), (CODE, (2,))):
        journal = Journal(path, code)
        journal.begin(1.0)
        for number in numbers:
            journal.append(record(number), 1.0)
        journal.end("the time is over")
        journal.close()
    later = Journal(path, "eeeeeeeeeeee")
    assert later.records == {}
    assert {code: list(found) for code, found in later.others.items()} == {
        CODE: [0, 1, 2],
        "ffffffffffff": [0],
    }
    assert next(later.missing()) == 0
    later.close()
    again = Journal(path, CODE)
    assert list(again.records) == [0, 1, 2]
    assert list(again.others) == ["ffffffffffff"]
    again.close()


def test_only_a_campaign_that_was_killed_has_minutes_left(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, CODE)
    journal.begin(10.0)
    journal.append(record(0), 90.0)
    journal.close()
    killed = Journal(path, CODE)
    assert (killed.done_of(10.0), killed.done_of(11.0)) == (90.0, 0.0)
    killed.begin(10.0, 90.0)
    killed.close()
    killed_again = Journal(path, CODE)
    assert killed_again.done_of(10.0) == 90.0
    killed_again.end("interrupted")
    killed_again.close()
    ended = Journal(path, CODE)
    assert ended.done_of(10.0) == 0.0
    ended.close()
    other = Journal(path, "ffffffffffff")
    assert other.done_of(10.0) == 0.0
    other.close()


def test_fingerprint_changes_with_any_source_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("minisentinel", "sim"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        monkeypatch.setattr(f"sim.search.soak.sources.{name}.__file__", str(tmp_path / name / "x"))
    first = fingerprint()
    assert fingerprint() == first
    (tmp_path / "sim" / "a.py").write_text("1")
    second = fingerprint()
    (tmp_path / "sim" / "a.py").rename(tmp_path / "sim" / "b.py")
    assert len({first, second, fingerprint()}) == 3
    (tmp_path / "sim" / "notes.txt").write_text("no code")
    (tmp_path / "sim" / "b.py").rename(tmp_path / "sim" / "a.py")
    assert fingerprint() == second


# The report


def test_summary_adds_up_in_any_order(tmp_path: Path) -> None:
    failure = Failure("sky", "it fell", "look up")
    records = [
        record(0, faults={"kill": 2, "heal": 1}),
        record(1, seen={"+sdown": 1, "+odown": 1}, peculiarities=("odd",)),
        record(2, kind="wild", failures=(failure,), virtual_us=3_600_000_000),
    ]
    summary = summarize(records)
    assert summarize(reversed(records)) == summary
    assert (summary.runs, summary.kinds) == (3, {"any": 2, "wild": 1})
    assert summary.virtual_hours == pytest.approx(1 + 2 / 60, abs=0.001)
    assert summary.faults == {"kill": 4, "heal": 1}
    events = summary.seen["events"]
    assert (events["+sdown"], summary.often["+sdown"]) == (3, 5)
    assert summary.peculiarities == {"odd": 1}
    assert summary.failures == ((2, failure),)
    assert (events["+tilt"], events["+odown"]) == (0, 1)
    write_report(summary, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    for line in ("- 3 runs (2 any, 1 wild)", "- story 2: it fell", "  `look up`", "| kill | 4 |"):
        assert line in text.splitlines()
    assert json.loads((tmp_path / "report.json").read_bytes())["runs"] == 3


def test_report_tells_runs_of_other_code_apart(tmp_path: Path) -> None:
    bad = record(1, failures=(Failure("sky", "it fell", "look up"),))
    summary = summarize([record(0)], code=CODE, others={"ffff": {0: record(0), 1: bad}})
    assert (summary.runs, summary.failures) == (1, ())
    write_report(summary, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"- code {CODE}" in text
    assert "| ffff | 2 | 2 | 1 |" in text
    assert json.loads((tmp_path / "report.json").read_bytes())["others"][0]["runs"] == 2


def test_repairs_are_told_by_what_was_wrong(tmp_path: Path) -> None:
    number = next(
        n
        for n in range(200)
        if {"lose", "delay"} <= {fault.do for fault in story_number(n)[1].scenario.faults}
    )
    faults = run_number(number, tmp_path).faults
    assert {"repair: loss", "repair: delay"} <= set(faults)
    assert "repair" not in faults


# Campaigns


@pytest.mark.real_io
def test_campaign_of_other_code_says_so_and_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("sim.search.soak.campaign.fingerprint", lambda: CODE)
    soak(tmp_path, 10, jobs=1, most=1, tell=said.append)
    monkeypatch.setattr("sim.search.soak.campaign.fingerprint", lambda: "ffffffffffff")
    soak(tmp_path, 10, jobs=1, most=1, tell=said.append)
    assert f"1 runs of other code ({CODE}; now it is ffffffffffff) count apart" in said
    found = json.loads((tmp_path / "report.json").read_bytes())
    assert (found["runs"], found["code"], found["others"][0]["runs"]) == (1, "ffffffffffff", 1)


@pytest.mark.real_io
def test_campaign_goes_on_where_it_ended_and_comes_to_the_same_as_one_in_one_piece(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    soak(tmp_path / "two", 10, jobs=1, most=2, tell=said.append)
    soak(tmp_path / "two", 10, jobs=2, most=2, tell=said.append)
    soak(tmp_path / "one", 10, jobs=2, most=4, tell=said.append)
    assert any("going on after 2 runs" in line for line in said)
    reports = [(tmp_path / name / "report.json").read_bytes() for name in ("one", "two")]
    assert reports[0] == reports[1]
    assert json.loads(reports[0])["runs"] == 4


@pytest.mark.real_io
def test_machines_that_share_the_work_begin_with_different_stories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.search.soak.campaign.fingerprint", lambda: CODE)
    soak(tmp_path, 10, jobs=1, first=3, most=1, tell=lambda _: None)
    journal = Journal(tmp_path / "journal.jsonl", CODE)
    journal.close()
    assert list(journal.records) == [3]


def started(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sim.search", "soak", "--minutes", "10", "--jobs", "1"]
    return subprocess.Popen(
        [*command, "--out", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )


def heed_interrupts() -> None:
    """A shell lets what it starts in the background ignore interrupts, and so its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_runs(folder: Path, count: int) -> None:
    path = folder / "journal.jsonl"
    for _ in range(3000):
        if path.exists() and path.read_bytes().count(b'"run":') >= count:
            return
        time.sleep(0.1)
    raise AssertionError(f"no {count} runs in {path}")


@pytest.mark.real_io
def test_interrupt_ends_a_campaign_with_a_report(tmp_path: Path) -> None:
    process = started(tmp_path)
    wait_for_runs(tmp_path, 1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=600)
    assert "interrupted" in output
    assert "Traceback" not in output
    runs = json.loads((tmp_path / "report.json").read_bytes())["runs"]
    journal = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert runs == sum('"run":' in line for line in journal) >= 1
    assert json.loads(journal[-1]) == {"over": "interrupted"}


@pytest.mark.real_io
def test_killed_campaign_leaves_nobody_behind_loses_no_finished_run_and_goes_on(
    tmp_path: Path,
) -> None:
    process = started(tmp_path)
    wait_for_runs(tmp_path, 1)
    process.kill()
    # The workers hold the other end of its output: it ends when the last of them does.
    process.communicate(timeout=600)
    journal = Journal(tmp_path / "journal.jsonl", fingerprint())
    finished = dict(journal.records)
    assert sorted(finished) == list(range(len(finished)))
    assert finished
    journal.close()
    said: list[str] = []
    soak(tmp_path, 10, jobs=1, most=1, tell=said.append)
    assert said[0] == f"going on after {len(finished)} runs in {tmp_path / 'journal.jsonl'}"
    assert "of the 10 minutes were done when it was killed" in said[1]
    again = Journal(tmp_path / "journal.jsonl", fingerprint())
    assert again.records == {**finished, len(finished): again.records[len(finished)]}
    again.close()


# The command line


def test_status_says_whether_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for well, status in ((True, 0), (False, 1)):
        monkeypatch.setattr("sim.search.__main__.soak", lambda *_, well=well, **__: well)
        assert main(["soak", "--out", str(tmp_path)]) == status


def test_journal_of_somebody_else_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.jsonl").write_text("hello\n")
    assert main(["soak", "--out", str(tmp_path)]) == 2
    assert "journal.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["soak", "--minutes", "0"], ["soak", "--jobs", "0"], []])
def test_wrong_usage_is_told(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


def test_one_story_can_be_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["story", str(ELECTION), "--save", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert f"# election story {ELECTION}, seed" in output
    assert f"run it again: minisentinel-sim run {tmp_path}/story-{ELECTION}.toml" in output
