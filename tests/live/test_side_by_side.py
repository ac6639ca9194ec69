"""The comparison of runs side by side sees what it should: shown with logs that are made up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.live import compare
from tests.live.compare import Keeper, load_range, moments_of_log
from tests.live.comparison import (
    AFTER_TURN,
    FIRST_DOWN,
    FOLLOWER_SWITCH,
    LAST_SWITCH,
    LEADER_STEPS,
    MEASURES,
    PROMOTION,
    Compared,
    broken_orders,
    measure,
    median_interval,
    note,
    noted,
    recorded_variations,
)
from tools.compare_reference.orders import Order
from tools.compare_reference.recordings import Moment, RecordingError, Run, read

FAULT = datetime(2026, 3, 4, 5, 6, 7, 250_000, UTC).timestamp()
NAMES = {"7000": "r0", "7001": "r1", "7002": "r2", "a" * 40: "s0", "b" * 40: "s1"}

MASTER = "master mymaster 127.0.0.1 7000"
PROMOTED = "slave 127.0.0.1:7001 127.0.0.1 7001 @ mymaster 127.0.0.1 7000"
SWITCH = "mymaster 127.0.0.1 7000 127.0.0.1 7001"

LEADER = (
    (1540, "+sdown", MASTER),
    (1600, "+odown", f"{MASTER} #quorum 2/2"),
    (1600, "+new-epoch", "1"),
    (1600, "+try-failover", MASTER),
    (1604, "+vote-for-leader", f"{'a' * 40} 1"),
    (1680, "+elected-leader", MASTER),
    (2280, "+promoted-slave", PROMOTED),
    (3380, "+failover-end", MASTER),
    (3380, "+switch-master", SWITCH),
)
FOLLOWER = (
    (1560, "+sdown", MASTER),
    (1606, "+new-epoch", "1"),
    (1609, "+vote-for-leader", f"{'a' * 40} 1"),
    (2320, "+config-update-from", f"sentinel {'a' * 40} 127.0.0.1 26379 @ mymaster 127.0.0.1 7000"),
    (2320, "+switch-master", SWITCH),
)

Log = tuple[tuple[int, str, str], ...]


def text_of(log: Log) -> str:
    """The log file of a Sentinel, with lines that are no events."""
    lines = ["", "77:X 04 Mar 2026 05:06:00.000 * Running mode=sentinel, port=26379."]
    for time_ms, event, payload in log:
        when = datetime.fromtimestamp(FAULT + time_ms / 1000, UTC).astimezone()
        stamp = when.strftime("%d %b %Y %H:%M:%S.%f")
        lines.append(f"77:X {stamp[:-3]} # {event} {payload}")
        lines.append(f"77:X {stamp[:-3]} * Sentinel new configuration saved on disk")
    return "\n".join(lines)


def made_up(
    number: int = 0, leader: Log = LEADER, follower: Log = FOLLOWER, phase: float = 0.0
) -> Run:
    """A run with a leader and two followers that say the same."""
    moments = [note("phase", phase), note("load", 1.5), Moment(0, "harness", "act", "kill9", "r0")]
    for who, log in (("s0", leader), ("s1", follower), ("s2", follower)):
        moments += moments_of_log(text_of(log), who, NAMES, FAULT)
    return Run(number, tuple(sorted(moments, key=lambda each: each.time_ms)))


def shifted(log: Log, event: str, by_ms: int) -> Log:
    """`log` with everything from `event` on later."""
    start = next(place for place, line in enumerate(log) if line[1] == event)
    later = ((time_ms + by_ms, name, payload) for time_ms, name, payload in log[start:])
    return (*log[:start], *later)


def swapped(log: Log, first: str, second: str) -> Log:
    """`log` with two events in each other's place."""
    names = [event for _, event, _ in log]
    one, other = names.index(first), names.index(second)
    lines = list(log)
    lines[one] = (log[one][0], *log[other][1:])
    lines[other] = (log[other][0], *log[one][1:])
    return tuple(lines)


def split_vote(number: int) -> Run:
    """A run in which a second attempt was needed."""
    again = ((1602, "+try-failover", MASTER),)
    return made_up(number, follower=tuple(sorted(FOLLOWER + again)))


# Reading a log


def test_events_are_read_with_nodes_by_name_and_times_from_the_fault() -> None:
    moments = list(moments_of_log(text_of(LEADER), "s0", NAMES, FAULT))
    assert len(moments) == len(LEADER)
    assert moments[0] == Moment(1540, "s0", "#", "+sdown", "master mymaster 127.0.0.1 r0")
    assert moments[4] == Moment(1604, "s0", "#", "+vote-for-leader", "s0 1")
    assert moments[6].payload == "slave 127.0.0.1:r1 127.0.0.1 r1 @ mymaster 127.0.0.1 r0"


def test_what_was_before_the_fault_has_negative_times() -> None:
    (moment,) = moments_of_log(
        text_of(((-310, "+monitor", f"{MASTER} quorum 2"),)), "s0", {}, FAULT
    )
    assert moment.time_ms == -310


# Times


def test_each_measure_is_the_time_between_its_events() -> None:
    steps = dict(zip(LEADER_STEPS, (60.0, 80.0, 600.0, 1100.0), strict=True))
    assert measure(made_up()) == {
        FIRST_DOWN: 40.0,
        **steps,
        AFTER_TURN: 280.0,
        FOLLOWER_SWITCH: 40.0,
        LAST_SWITCH: 1880.0,
    }


def test_the_turn_of_the_second_is_that_of_the_clock_and_not_of_the_fault() -> None:
    assert measure(made_up(phase=0.9))[AFTER_TURN] == pytest.approx(180.0)


def test_first_down_is_that_of_whoever_saw_it_first() -> None:
    early = ((1510, "+sdown", MASTER), *FOLLOWER[1:])
    assert measure(made_up(follower=early))[FIRST_DOWN] == 10.0


def test_a_run_with_two_attempts_counts_for_the_detection_only() -> None:
    assert set(measure(split_vote(0))) == {FIRST_DOWN}


def test_the_median_difference_is_taken_within_pairs_of_the_same_number() -> None:
    # Numbers 0 to 2 at three phases; ours come in another order, and one is 30 ms later.
    waits = {0: 100, 1: 500, 2: 900}
    real = [made_up(k, shifted(LEADER, "+promoted-slave", wait)) for k, wait in waits.items()]
    ours = [
        made_up(k, shifted(LEADER, "+promoted-slave", waits[k] + (30 if k == 1 else 0)))
        for k in (2, 0, 1)
    ]
    result = Compared(real, ours)
    assert sorted(result.differences(PROMOTION)) == [0.0, 0.0, 30.0]
    assert result.medians(PROMOTION) == ([700.0, 1100.0, 1500.0], [1500.0, 700.0, 1130.0])
    assert result.is_within()


def test_a_run_without_its_counterpart_counts_for_the_medians_only() -> None:
    result = Compared([made_up(0), made_up(1)], [made_up(0), split_vote(1)])
    assert len(result.differences(FIRST_DOWN)) == 2
    assert len(result.differences(PROMOTION)) == 1
    assert [len(side) for side in result.medians(PROMOTION)] == [2, 1]


@pytest.mark.parametrize("by_ms", [51, -51])
def test_a_median_that_is_too_far_off_fails(by_ms: int) -> None:
    late = made_up(0, shifted(LEADER, "+promoted-slave", by_ms))
    result = Compared([made_up(0)], [late])
    assert not result.is_within()
    assert not result.agrees
    row = next(line for line in result.lines() if line.startswith(PROMOTION))
    assert "MORE THAN 50" in row
    assert Compared([made_up(0)], [made_up(0)]).agrees


def test_a_difference_at_the_tolerance_passes() -> None:
    late = made_up(0, shifted(LEADER, "+promoted-slave", 50))
    assert Compared([made_up(0)], [late]).is_within()


def test_one_pair_far_off_does_not_move_the_median() -> None:
    late = made_up(2, shifted(LEADER, "+promoted-slave", 1000))
    real = [made_up(number) for number in range(3)]
    assert Compared(real, [made_up(0), made_up(1), late]).is_within()


def test_the_interval_of_a_median_follows_from_the_binomial_distribution() -> None:
    assert median_interval([1.0] * 5) == ()
    assert median_interval([5, 3, 1, 2, 6, 4]) == (1, 6)  # 2 / 64 that all are on one side.
    assert median_interval(range(1, 21)) == (6, 15)  # 2 * 21700 / 2**20 = 4.1 %.
    assert median_interval([]) == ()


def test_nothing_to_compare_with_fails() -> None:
    result = Compared([split_vote(0)], [made_up(0)])
    assert not result.is_within()
    assert any("NO PAIRS" in line for line in result.lines())
    assert not Compared([made_up(0)], []).is_within()


# Orders

A_THEN_B = Order("leader", "a", "b")


def test_an_order_that_the_other_side_swaps_is_broken_as_often_as_it_does() -> None:
    held, other = {A_THEN_B: 10}, {A_THEN_B: 7, A_THEN_B.swapped: 3}
    assert broken_orders(held, other, (), 5) == {A_THEN_B: 3}


def test_an_order_that_came_both_ways_in_the_same_runs_is_not_held() -> None:
    held = {A_THEN_B: 9, A_THEN_B.swapped: 1}
    assert broken_orders(held, {A_THEN_B.swapped: 10}, (), 5) == {}


@pytest.mark.parametrize("varied", [A_THEN_B, A_THEN_B.swapped])
def test_an_order_that_varied_elsewhere_is_not_held(varied: Order) -> None:
    assert broken_orders({A_THEN_B: 10}, {A_THEN_B.swapped: 10}, {varied}, 5) == {}


def test_an_order_that_was_seen_too_rarely_is_not_held() -> None:
    assert broken_orders({A_THEN_B: 4}, {A_THEN_B.swapped: 10}, (), 5) == {}


def test_orders_of_another_role_do_not_matter() -> None:
    assert broken_orders({A_THEN_B: 10}, {Order("follower", "b", "a"): 10}, (), 5) == {}


def test_a_leader_that_votes_after_its_election_is_found_out() -> None:
    odd = made_up(1, swapped(LEADER, "+vote-for-leader", "+elected-leader"))
    result = Compared([made_up(0), made_up(1)], [made_up(0), odd])
    vote = Order("leader", "+vote-for-leader (self)", "+elected-leader master")
    assert result.broken() == {vote: 1}
    assert result.broken_by_the_real() == {}
    assert not result.agrees
    assert f"  {vote}  (swapped 1 times)" in list(result.lines())
    forgiven = Compared(result.real, result.ours, frozenset([vote]))
    assert forgiven.broken() == {}


def test_what_only_the_real_ones_vary_is_listed_and_is_no_failure() -> None:
    # Switched before the news of it: so that this alone differs, both at the same time.
    odd = made_up(1, follower=swapped(FOLLOWER, "+config-update-from", "+switch-master"))
    result = Compared([made_up(0), odd], [made_up(0), made_up(1)])
    update = Order("follower", "+config-update-from sentinel", "+switch-master")
    assert result.broken_by_the_real() == {update: 2}
    assert result.broken() == {}
    assert result.agrees


def test_recorded_runs_let_a_follower_vote_before_it_sees_the_master_down() -> None:
    down = Order("follower", "+sdown master", "+vote-for-leader (other)")
    assert {down, down.swapped} <= recorded_variations()
    assert Order("leader", "+odown master", "+elected-leader master") not in recorded_variations()


# The report


def test_the_table_has_every_measure_with_both_medians_and_their_difference() -> None:
    real = [made_up(k, shifted(LEADER, "+promoted-slave", 10 * k), phase=k / 4) for k in range(3)]
    ours = [made_up(k, shifted(LEADER, "+promoted-slave", 10 * k + 5)) for k in range(3)]
    lines = list(Compared(real, ours).lines())
    assert " ".join(lines[0].split()) == "median, ms real ours ours - real in pairs 95 % runs pairs"
    for line, name in zip(lines[1:], MEASURES, strict=False):
        assert line.startswith(f"{name} ")
    row = next(line for line in lines if line.startswith(PROMOTION))
    assert row.removeprefix(PROMOTION).split() == ["610", "615", "+5", "+5", "-", "3,", "3", "3"]
    assert "runs with more than one attempt: real 0, ours 0" in lines


def test_runs_are_shown_by_the_part_of_the_second_in_which_their_fault_was() -> None:
    def runs(more_ms: int) -> list[Run]:
        return [
            made_up(k, shifted(LEADER, "+promoted-slave", 100 * k + more_ms), phase=k / 10)
            for k in range(10)
        ]

    lines = list(Compared(runs(0), runs(7)).lines())
    start = next(place for place, line in enumerate(lines) if line.startswith("phase, s"))
    table = [line.split() for line in lines[start + 1 : start + 6]]
    assert [row[:3] for row in table] == [
        ["0.0", "to", "0.2"],
        ["0.2", "to", "0.4"],
        ["0.4", "to", "0.6"],
        ["0.6", "to", "0.8"],
        ["0.8", "to", "1.0"],
    ]
    assert [row[3:6] for row in table] == [
        [str(650 + 200 * part), str(657 + 200 * part), "+7"] for part in range(5)
    ]


def test_a_part_of_the_second_without_runs_is_shown_as_such() -> None:
    lines = list(Compared([made_up(0)], [made_up(0)]).lines())
    (row,) = (line for line in lines if line.startswith("0.4 to 0.6"))
    assert row.split()[3:] == ["-"] * 6


def test_the_load_is_that_of_all_runs() -> None:
    run = made_up()
    busy = Run(1, (note("load", 7.25), *run.moments))
    assert load_range([run, busy]) == (1.5, 7.25)
    assert noted(busy, "phase") == 0.0
    with pytest.raises(KeyError):
        noted(Run(0, ()), "load")


# Keeping runs


def keep(directory: Path, real: list[Run], ours: list[Run]) -> None:
    directory.mkdir()
    for name, runs in (("real", real), ("ours", ours)):
        keeper = Keeper(directory / f"{name}.txt", name)
        for run in runs:
            keeper.keep(run)


def test_kept_runs_are_read_as_they_were(tmp_path: Path) -> None:
    keep(tmp_path / "kept", [made_up(1), split_vote(0)], [made_up(0)])
    recording = read(tmp_path / "kept" / "real.txt")
    assert recording.runs == (made_up(1), split_vote(0))
    assert recording.down_after_ms == 1500


def test_the_command_reports_on_kept_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path / "redis-1.2.3", [made_up(0)], [made_up(0)])
    assert compare.main(["--read", str(tmp_path / "redis-1.2.3")]) == 0
    printed = capsys.readouterr().out
    assert "real: redis-1.2.3; ours: minisentinel; 1 and 1 runs" in printed
    assert "meanwhile: 1.5 to 1.5" in printed
    keep(tmp_path / "late", [made_up(0)], [made_up(0, shifted(LEADER, "+odown", 400))])
    assert compare.main(["--read", str(tmp_path / "late")]) == 1


def test_runs_of_several_directories_are_pairs_within_each(tmp_path: Path) -> None:
    for name, by_ms in (("one", 10), ("two", 20)):
        ours = [made_up(k, shifted(LEADER, "+promoted-slave", by_ms)) for k in (1, 0)]
        keep(tmp_path / name, [made_up(0), made_up(1)], ours)
    result = compare.read_kept([tmp_path / "one", tmp_path / "two"])
    assert sorted(result.differences(PROMOTION)) == [10.0, 10.0, 20.0, 20.0]


def test_runs_that_cannot_be_read_are_named_and_end_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare.main(["--read", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    keep(tmp_path / "broken", [], [])
    (tmp_path / "broken" / "real.txt").write_text("run\tx\n", encoding="utf-8")
    with pytest.raises(RecordingError):
        read(tmp_path / "broken" / "real.txt")
    assert compare.main(["--read", str(tmp_path / "broken")]) == 2


def test_a_kind_that_is_not_there_ends_with_status_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "real_servers", tuple)
    assert compare.main(["--kind", "redis-1"]) == 2
    assert "no real server found" in capsys.readouterr().err
