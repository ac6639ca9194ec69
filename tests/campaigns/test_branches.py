"""Branches: the past is kept to the letter, the future is another one."""

from __future__ import annotations

import numpy as np
import pytest

from minisentinel.trace import Entry, Trace
from sim import World
from sim.campaigns import Branches, BranchPoint, Outcome, branches, run_branch
from sim.figures import draw_branches
from sim.kernel.streams import Streams
from sim.scenarios import find_scenario, read_scenario, run_scenario
from sim.world import Deployment

BLIP = find_scenario("blip")


def _until(trace: Trace, seconds: float) -> list[Entry]:
    return [entry for entry in trace.entries if entry.time_us < seconds * 1e6]


def test_the_run_before_the_moment_is_equal_entry_by_entry() -> None:
    whole = run_scenario(BLIP, seed=3).trace
    for moment in (0.5, 12.0):
        branch = run_branch(BLIP, 3, moment, 7).trace
        assert _until(branch, moment) == _until(whole, moment)
        assert branch.digest() != whole.digest()


def test_the_same_fresh_seed_gives_the_same_branch_and_another_one_another() -> None:
    one, same, other = (run_branch(BLIP, 3, 12.0, seed).trace.digest() for seed in (7, 7, 8))
    assert one == same != other


def test_what_is_fresh_are_the_ticks_of_sentinels_too() -> None:
    """Every Sentinel draws the length of its next tick from dice in its state.

    Ticks of before, quiet ones that were left out included, are drawn from the old dice.
    """
    worlds = [World(Deployment(clients=0), seed=5) for _ in range(2)]
    for world in worlds:
        world.run(3)
    states = [[s.sentinel.state for s in world.sentinels.values()] for world in worlds]
    assert states[0] == states[1]
    before = [state.previous_time for state in states[0]]
    for sentinel in worlds[0].sentinels.values():
        sentinel.catch_up()
    assert [state.previous_time for state in states[0]] != before, "nobody had left out a tick"
    worlds[1].fresh_chance(9)
    dice = [[state.dice.state for state in each] for each in states]
    assert all(one != other for one, other in zip(*dice, strict=True))
    assert len(set(dice[1])) == 3
    # Nothing else has changed: who they are, whom they know, in which order they look at them.
    for one, other in zip(*states, strict=True):
        other.dice.state = one.dice.state
    assert states[0] == states[1]


def test_a_moment_after_the_end_changes_nothing() -> None:
    assert run_branch(BLIP, 3, 500.0, 7).trace.digest() == run_scenario(BLIP, seed=3).trace.digest()


def test_streams_draw_after_a_reseed_what_those_of_that_seed_draw_first() -> None:
    streams, others = Streams(1), Streams(2)
    early = streams.get("a")
    early.random()
    streams.reseed(2)
    assert early.random() == others.get("a").random()
    assert streams.get("b").random() == others.get("b").random()


def test_points_count_the_branches_of_which_it_is_true() -> None:
    seen: list[Outcome] = []

    def odd(outcome: Outcome) -> bool:
        seen.append(outcome)
        return outcome.seed % 2 == 1

    found = branches(BLIP, 2, [11, 3], [1, 2, 3], is_bad=odd, workers=1)
    assert [each.seed for each in seen] == [1, 2, 3, 1, 2, 3, 2]
    assert found.points == (BranchPoint(3, 2, 3), BranchPoint(11, 2, 3))
    assert (found.name, found.seed, found.is_bad) == ("blip", 2, False)
    assert found.landmarks
    assert found.table().column("bad") == ("2/3", "2/3")
    assert "did not go wrong" in str(found)


def test_landmarks_are_told_in_the_order_in_which_they_came() -> None:
    story = """
    title = "All at once"
    deployment = { sentinels = 3, replicas = 1, clients = 0 }
    settings = { down-after-milliseconds = 2000, quorum = 1 }
    faults = [
        { at = 5, do = "command", node = "redis-1", words = "DEBUG SLEEP 0.5" },
        { at = 8, do = "partition", groups = [["sentinel-3"]] },
        { at = 8, do = "kill", node = "master" },
    ]
    run = { watch-for = 7 }
    """
    scenario = read_scenario(story, name="x", path="x.toml")
    found = branches(scenario, 1, [1], [1], is_bad=bool, workers=1)
    words = [each for _, each in found.landmarks]
    assert words[:3] == ["redis-1: DEBUG SLEEP 0.5", "partition sentinel-3", "kill redis-1"]
    # One Sentinel says all of these at the same moment.
    said = [each.partition(" ")[0] for each in words]
    order = [said.index(name) for name in ("+sdown", "+odown", "+try-failover", "+elected-leader")]
    assert order == sorted(order)
    times = {each: time for time, each in found.landmarks}
    assert times["+odown (sentinel-1)"] == times["+try-failover (sentinel-1)"]


@pytest.mark.real_io
def test_two_processes_give_what_one_gives() -> None:
    def ends(workers: int) -> list[tuple[int, object]]:
        seen: list[tuple[int, object]] = []

        def note(outcome: Outcome) -> bool:
            seen.append((outcome.seed, outcome.summary))
            return False

        branches(BLIP, 2, [11], [1, 2, 3], is_bad=note, workers=workers)
        return seen

    assert ends(1) == ends(2)


def test_intervals_are_those_of_wilson() -> None:
    low, high = BranchPoint(1, 5, 10).interval
    assert (low, high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert BranchPoint(1, 0, 10).interval == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert BranchPoint(1, 10, 10).interval[1] == pytest.approx(1.0)


def test_what_cannot_branch_is_said() -> None:
    for moments, seeds in (([], [1]), ([1], [])):
        with pytest.raises(ValueError, match="a moment and a fresh seed, at least"):
            branches("blip", 1, moments, seeds, is_bad=bool, workers=1)
    with pytest.raises(ValueError, match="from 0 s on, found -1"):
        branches("blip", 1, [-1], [1], is_bad=bool, workers=1)


def test_the_figure_has_every_point_and_the_landmarks_between_them() -> None:
    points = (BranchPoint(1, 0, 4), BranchPoint(2, 1, 4), BranchPoint(10, 4, 4))
    landmarks = ((0.5, "before"), (6.0, "kill redis-1"), (11.0, "after"))
    figure = draw_branches(Branches("x", 1, points, True, landmarks), what="lost")
    (axes,) = figure.axes
    line = next(each for each in axes.lines if each.get_marker() == "o")
    assert np.asarray(line.get_ydata(), dtype=float).tolist() == [0.0, 0.25, 1.0]
    marks = [each for each in axes.lines if each.get_linestyle() == "--"]
    # 6 s is half-way between the second and the third moment, which are one unit apart.
    assert [np.asarray(each.get_xdata(), dtype=float)[0] for each in marks] == [1.5]
    assert any("kill redis-1" in text.get_text() for text in figure.texts)
    assert not any("before" in text.get_text() for text in figure.texts)
    assert any(text.get_text() == "share of branches in which lost" for text in figure.texts)


def test_long_words_of_the_figure_are_wrapped_within_it() -> None:
    points = (BranchPoint(1, 0, 4), BranchPoint(2, 1, 4))
    figure = draw_branches(
        Branches("x", 1, points, True), what="a long story is told " * 9, title="A long title " * 9
    )
    figure.draw_without_rendering()
    assert len(figure.texts) > 3
    for text in figure.texts:
        assert text.get_window_extent().x1 < figure.bbox.width
