"""The logs of real Sentinels: what they tell, and that no log is believed more than it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from minisentinel.trace import NodeStarted, ProcessChanged, SentinelEvent
from sim.exports import Slice, Weight, text_lines
from sim.invariants import judge_all
from sim.judge import find_attempts, find_failovers, find_nodes
from sim.judge.ballots import find_ballots
from sim.logs import Disagreement, LogError, UnknownSentinel, read_logs
from tests.logs.recorded import KINDS, paths_of

each_kind = pytest.mark.parametrize("kind", KINDS)


def broken(paths: list[str]) -> list[str]:
    return [str(each) for each in judge_all(read_logs(paths).trace) if each.is_broken]


@each_kind
def test_the_failover_is_measured(kind: str) -> None:
    trace = read_logs(paths_of(kind)).trace
    (failover,) = find_failovers(trace)
    assert failover.completed
    assert failover.winner is not None
    assert (failover.winner.sentinel, failover.winner.epoch) == ("sentinel-1", 1)
    names = [phase.name for phase in failover.phases]
    assert names == ["agreement", "election", "promotion", "reconfiguration"]
    assert failover.cause_us is None
    assert len(failover.switches) == 3


@each_kind
def test_every_vote_is_found_with_the_way_it_took(kind: str) -> None:
    ballots = find_ballots(read_logs(paths_of(kind)).trace)
    assert {(each.voter, each.candidate, each.outcome) for each in ballots} == {
        (f"sentinel-{number}", "sentinel-1", "granted") for number in (1, 2, 3)
    }
    assert all(each.answered_us is not None for each in ballots if not each.is_own)


@each_kind
def test_sentinels_have_the_addresses_where_their_peers_found_them(kind: str) -> None:
    nodes = find_nodes(read_logs(paths_of(kind)).trace)
    assert [node.type for node in nodes.all] == ["sentinel"] * 3
    assert {node.address[0] for node in nodes.all} == {"127.0.0.1"}
    assert len({node.address[1] for node in nodes.all}) == 3
    (alone,) = find_nodes(read_logs(paths_of(kind)[:1]).trace).all
    assert alone.address == ("", nodes.by_name["sentinel-1"].address[1])


@each_kind
def test_a_restart_ends_one_life_and_begins_another(kind: str) -> None:
    found = read_logs(paths_of(kind))
    changes = [
        data.change for entry, data in found.trace.of(ProcessChanged) if entry.node == "sentinel-3"
    ]
    assert changes == ["started", "stopped", "started", "stopped"]
    starts = [data for entry, data in found.trace.of(NodeStarted) if entry.node == "sentinel-3"]
    assert len(starts) == 2
    assert starts[0] == starts[1]
    assert [len(story.lives) for story in found.stories] == [1, 1, 2]


@each_kind
def test_servers_are_known_by_their_addresses_and_not_by_their_health(kind: str) -> None:
    found = read_logs(paths_of(kind))
    assert len(found.servers["mymaster"]) == 3
    assert not find_nodes(found.trace).of_type("redis")


@each_kind
def test_times_are_those_of_the_log(kind: str) -> None:
    found = read_logs(paths_of(kind))
    assert found.trace.entries[0].time_us == 0
    times = [entry.time_us for entry in found.trace.entries]
    assert times == sorted(times)
    assert all(time % 1000 == 0 for time in times)
    assert 44_000_000 < times[-1] < 45_000_000
    assert found.strange == ()


@each_kind
def test_nothing_is_broken_and_what_no_log_tells_is_unknown(kind: str) -> None:
    marks = {each.invariant.name: each.mark for each in judge_all(read_logs(paths_of(kind)).trace)}
    assert "BROKEN" not in marks.values()
    for name in ("one-leader-per-epoch", "one-vote-per-epoch", "promotion-only-by-a-leader"):
        assert marks[name] == "ok"
    for name in (
        "corrections-are-patient",
        "leader-has-the-votes",
        "losses-are-explained",
        "odown-has-a-quorum",
        "one-address-per-config-epoch",
        "saved-before-sent",
        "silence-is-noticed",
    ):
        assert marks[name] == "unknown"


@each_kind
def test_logs_of_some_of_the_sentinels_break_nothing(kind: str) -> None:
    first, second, third = paths_of(kind)
    assert [broken([each]) for each in (first, second, third)] == [[], [], []]
    assert broken([second, third]) == []


@pytest.mark.parametrize("left_out", range(2, 46, 4))
def test_logs_that_begin_late_break_nothing(tmp_path: Path, left_out: int) -> None:
    for path in map(Path, paths_of("redis-7.0")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = lines[min(left_out, len(lines) - 1) :]
        (tmp_path / path.name).write_text("".join(kept), encoding="utf-8")
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    assert broken(paths) == []
    assert broken(paths[:1]) == []


def test_a_log_that_begins_late_tells_the_id_by_the_own_vote(tmp_path: Path) -> None:
    path = Path(paths_of("redis-7.0")[0])
    text = path.read_text(encoding="utf-8")
    late = tmp_path / "late.log"
    late.write_text(text[text.index("+try-failover") - 60 :].split("\n", 1)[1], encoding="utf-8")
    story = read_logs([str(late)]).stories[0]
    assert not story.lives[0].began_here
    assert story.runid == "c7352008b5ba8c8a0c10caf18a40ad32b8e38525"


def test_two_votes_in_an_epoch_are_broken_in_logs_too(tmp_path: Path) -> None:
    path = tmp_path / "s.log"
    stamp = "7:X 22 Nov 2026 12:00:0{}.000 # "
    path.write_text(
        stamp.format(1) + "+sdown master m 10.0.0.1 6379\n"
        + stamp.format(2) + "+vote-for-leader aa 4\n"
        + stamp.format(3) + "+vote-for-leader bb 4\n"
    )  # fmt: skip
    assert any("one-vote" in each or "epoch 4" in each for each in broken([str(path)]))


@pytest.mark.parametrize("seconds", [-2.5, 0.5])
def test_a_wrong_clock_is_noticed_by_votes_and_can_be_mended(seconds: float) -> None:
    paths = paths_of("valkey-9.1")
    (found,) = read_logs(paths, clocks={"sentinel-2": seconds}).disagreements
    assert (found.candidate, found.voter) == ("sentinel-1", "sentinel-2")
    assert found.late_ms == pytest.approx(-1000 * seconds, abs=20)
    assert read_logs(paths).disagreements == ()
    assert isinstance(found, Disagreement)


def test_a_clock_of_nobody_is_an_error() -> None:
    with pytest.raises(UnknownSentinel, match="no log is of 'x'; expected one of sentinel-1"):
        read_logs(paths_of("redis-8.2"), clocks={"x": 1.0})


def test_logs_in_one_file_without_names_are_an_error(tmp_path: Path) -> None:
    lines = [
        line
        for path in paths_of("redis-8.2")
        for line in Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
        if "signal-handler" not in line
    ]
    lines.sort(key=lambda line: line.split(" ")[4])
    (tmp_path / "all.log").write_text("".join(lines), encoding="utf-8")
    with pytest.raises(LogError, match="expected the log of one Sentinel"):
        read_logs([str(tmp_path / "all.log")])


def test_rotation_changes_nothing(tmp_path: Path) -> None:
    whole = paths_of("redis-8.2")
    lines = Path(whole[0]).read_text(encoding="utf-8").splitlines(keepends=True)
    pieces = [tmp_path / name for name in ("sentinel-1.log", "sentinel-1.log.1")]
    pieces[1].write_text("".join(lines[:20]), encoding="utf-8")
    pieces[0].write_text("".join(lines[20:]), encoding="utf-8")
    rotated = read_logs([*map(str, pieces), *whole[1:]])
    assert rotated.trace.entries == read_logs(whole).trace.entries


def test_the_attempt_of_a_killed_leader_ends_with_it(tmp_path: Path) -> None:
    lines = Path(paths_of("redis-7.0")[0]).read_text(encoding="utf-8").splitlines(keepends=True)
    until = next(at for at, line in enumerate(lines) if "+promoted-slave" in line)
    again = [line.replace("20:55:", "20:57:").replace("11543:", "99:") for line in lines[:9]]
    (tmp_path / "s.log").write_text("".join([*lines[:until], *again]), encoding="utf-8")
    trace = read_logs([str(tmp_path / "s.log")]).trace
    (attempt,) = find_attempts(trace)
    assert attempt.outcome == "crashed"
    assert [data.change for _, data in trace.of(ProcessChanged)] == ["started", "killed", "started"]
    assert trace.of(SentinelEvent)


def late_logs(directory: Path) -> list[str]:
    """The logs of a recording from the first doubt on: ids are told by the leader's vote alone."""
    for path in map(Path, paths_of("redis-8.2")):
        text = path.read_text(encoding="utf-8")
        start = text.rindex("\n", 0, text.index("+sdown master")) + 1
        end = text.find("Received SIGTERM")
        kept = text[start : text.rindex("\n", 0, end) + 1]
        (directory / path.name).write_text(kept, encoding="utf-8")
    return [str(path) for path in sorted(directory.iterdir())]


def test_an_id_can_be_given(tmp_path: Path) -> None:
    paths = late_logs(tmp_path)
    assert [bool(story.runid) for story in read_logs(paths).stories] == [True, False, False]
    ids = {
        "sentinel-2": "71cd4c89af2eedfd98143cc021f9fac9241eb4d6",
        "sentinel-3": "4c4af831d8545b4f0fbfe6a1c76167f5f00918e9",
    }
    trace = read_logs(paths, ids=ids).trace
    assert {node.name: node.runid for node in find_nodes(trace).all}.items() >= ids.items()
    assert sum(each.answered_us is not None for each in find_ballots(trace)) == 2


def test_a_wrong_clock_of_a_sentinel_without_an_id_is_noticed(tmp_path: Path) -> None:
    paths = late_logs(tmp_path)
    assert read_logs(paths).disagreements == ()
    for seconds in (-0.5, 0.5):
        (found,) = read_logs(paths, clocks={"sentinel-2": seconds}).disagreements
        assert found.voter == "sentinel-2"
        assert found.late_ms == pytest.approx(-1000 * seconds, abs=9)


def test_logs_that_end_in_disorder_do_not_prove_that_it_lasted(tmp_path: Path) -> None:
    paths = paths_of("valkey-9.1")
    short = tmp_path / "short.log"
    text = Path(paths[1]).read_text(encoding="utf-8")
    short.write_text(text[: text.index("+switch-master")], encoding="utf-8")
    last = tmp_path / "last.log"
    text = Path(paths[2]).read_text(encoding="utf-8")
    last.write_text(text[: text.index("+slave slave", text.index("+switch-master"))])
    judged = {
        str(each.invariant): each for each in judge_all(read_logs([str(short), str(last)]).trace)
    }
    assert judged["one-master-at-the-end"].mark == "unknown"
    assert "last names 127.0.0.1:41203" in judged["one-master-at-the-end"].told.reason


def test_a_sentinel_that_is_not_seen_to_start_has_a_lane_from_the_beginning(tmp_path: Path) -> None:
    text = Path(paths_of("redis-8.2")[0]).read_text(encoding="utf-8")
    late = tmp_path / "late.log"
    late.write_text(text[text.rindex("\n", 0, text.index("+odown")) + 1 :], encoding="utf-8")
    trace = read_logs([str(late), paths_of("redis-8.2")[1]]).trace
    assert trace.of(ProcessChanged)[-1][1].change == "stopped"
    head, _, *body = text_lines(trace, Slice(weight=Weight.STEP))
    assert head.endswith("┌ late")
    first_of_the_other = next(line for line in body if "sentinel-2  +monitor" in line)
    assert first_of_the_other[14:17] == "│ +"
