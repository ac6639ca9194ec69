"""Several runs in one picture: above each other, or small and beside each other."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from minisentinel.trace import Trace
from sim.timeline import compare, small_multiples
from sim.timeline.planning import plan_axes
from sim.timeline.scene import read_scene
from tests.judge.stories import deployment, failover_story

SOON = failover_story(seed=1)
LATE = failover_story(seed=2, failed_election=True)


def early_fault() -> Trace:
    """The same first fault, five seconds after the beginning of the run instead of ten."""
    pen = deployment()
    pen.fault(5000, "redis-1", "kill", "killed")
    pen.event(7000, "sentinel-1", "+sdown", "master:redis-1")
    pen.event(9000, "sentinel-1", "-sdown", "master:redis-1")
    return pen.trace()


def places(figure: Figure, text: str) -> list[tuple[float, float]]:
    return [
        each.get_position()
        for each in figure.findobj(Text)
        if isinstance(each, Text) and each.get_text() == text
    ]


def test_runs_are_aligned_at_the_first_fault_of_each() -> None:
    scenes = [read_scene(SOON), read_scene(early_fault())]
    one, other = plan_axes(scenes, None, None, True, 100, 800)
    assert (one.zero_us, other.zero_us) == (10_000_000, 5_000_000)
    for after_us in (0, 1_000_000, 2_000_000, 4_000_000):
        assert one.at(10_000_000 + after_us) == pytest.approx(other.at(5_000_000 + after_us))


def test_runs_stand_above_each_other_in_the_order_given_with_one_legend() -> None:
    figure = compare([SOON, LATE], titles=["first", "second"])
    ((first_x, first_y),), ((second_x, second_y),) = (
        places(figure, "first"),
        places(figure, "second"),
    )
    assert first_x == second_x
    assert first_y < second_y
    assert len(places(figure, "kill redis-1")) == 2
    assert len({x for x, _ in places(figure, "kill redis-1")}) <= 2
    assert len(places(figure, "elected leader")) == 1


def test_what_is_longer_ago_in_one_run_is_further_to_the_right() -> None:
    scenes = [read_scene(SOON), read_scene(LATE)]
    one, other = plan_axes(scenes, None, None, True, 100, 800)
    first, second = (scene.failovers[0] for scene in scenes)
    ends = [each.start_us + each.duration_us for each in (first, second)]
    assert one.at(ends[0]) < other.at(ends[1])


def test_a_run_that_ends_early_does_not_cut_the_axis_of_the_other() -> None:
    scenes = [read_scene(early_fault()), read_scene(LATE)]
    axes = plan_axes(scenes, None, None, True, 100, 800)
    attempt = scenes[1].attempts[-1]
    assert axes[1].shows(attempt.ended_us)


def test_the_caption_says_that_each_run_has_a_fault_of_its_own() -> None:
    figure = compare([SOON, early_fault()])
    assert places(figure, "seconds since the first fault of each run")
    assert places(compare([SOON, LATE]), "seconds since the first fault (10 s into the run)")


def test_small_pictures_stand_in_rows_of_the_columns_asked_for() -> None:
    stories = [failover_story(seed=seed) for seed in range(1, 6)]
    figure = small_multiples(stories, columns=3, heads=["a", "b", "c", "d", "e"])
    (a,), (b,), (c,), (d,), (e,) = (places(figure, head) for head in "abcde")
    assert a[0] < b[0] < c[0]
    assert a[1] == b[1] == c[1] < d[1] == e[1]
    assert (d[0], e[0]) == (a[0], b[0])


def test_small_pictures_are_headed_by_seed_and_duration() -> None:
    scene = read_scene(SOON)
    figure = small_multiples([SOON, deployment(seed=7).trace()])
    took = scene.failovers[0].duration_us / 1e6
    assert places(figure, f"seed 1: {took:.2f} s")
    assert places(figure, "seed 7: no failover")


def test_names_of_lanes_stand_in_the_first_column_only() -> None:
    figure = small_multiples([SOON] * 4, columns=2, hide=["clients"])
    assert len(places(figure, "sentinel-1")) == 2
    assert places(figure, "client-1") == []


def test_texts_of_small_pictures_do_not_overlap_and_stay_inside() -> None:
    figure = small_multiples([SOON, LATE, early_fault()] * 2)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    boxes = [
        each.get_window_extent(renderer)
        for each in figure.findobj(Text)
        if isinstance(each, Text) and each.get_text()
    ]
    assert not any(one.overlaps(other) for at, one in enumerate(boxes) for other in boxes[at + 1 :])
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)


@pytest.mark.parametrize("draw", [compare, small_multiples])
def test_nothing_cannot_be_drawn(draw: object) -> None:
    assert callable(draw)
    with pytest.raises(ValueError, match="expected one trace or more"):
        draw([])


def test_titles_and_heads_must_be_as_many_as_the_runs() -> None:
    with pytest.raises(ValueError, match="expected 2 titles"):
        compare([SOON, LATE], titles=["one"])
    with pytest.raises(ValueError, match="expected 2 heads"):
        small_multiples([SOON, LATE], heads=["one"])
    with pytest.raises(ValueError, match="a column or more"):
        small_multiples([SOON], columns=0)
