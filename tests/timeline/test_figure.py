"""The whole picture: texts apart, in the figure, readable; marks where they belong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from minisentinel.trace import Trace
from sim import Deployment, World
from sim.timeline import timeline
from sim.timeline.palette import MARKS, contrast_ratio
from sim.trace import ProcessChanged
from tests.judge.stories import deployment, failover_story


def two_failovers_and_a_partition() -> Trace:
    """Long names, many faults at almost one time, a label that has to be cut."""
    pen = deployment(sentinels=3, replicas=3, clients=3, scenario="everything at once, and more")
    for number, start in enumerate((1000, 1040, 1090)):
        pen.fault(start, "network", "partition", detail=f"group {number} | everybody else in here")
    pen.fault(1100, "redis-1", "kill", "killed")
    pen.fault(1100, "redis-4", "kill", "killed")
    pen.fault(1130, "network", "heal")
    for start, old, new, epoch in (
        (1100, "redis-1", "redis-2", 1),
        (9000, "redis-2", "redis-3", 2),
    ):
        pen.event(start + 2000, "sentinel-1", "+sdown", f"master:{old}")
        pen.event(start + 2020, "sentinel-1", "+odown", f"master:{old}")
        pen.epoch(start + 2020, "sentinel-1", epoch)
        pen.event(start + 2020, "sentinel-1", "+try-failover", f"master:{old}")
        pen.event(start + 2040, "sentinel-1", "+elected-leader", f"master:{old}")
        pen.event(start + 2060, "sentinel-1", "+selected-slave", f"slave:{new}")
        pen.event(start + 2080, "sentinel-1", "+failover-state-wait-promotion", f"slave:{new}")
        pen.role(start + 2082, new, "master")
        pen.event(start + 2100, "sentinel-1", "+promoted-slave", f"slave:{new}")
        pen.switch(start + 2120, "sentinel-1", old, new)
    pen.fault(9000, "redis-2", "kill", "killed")
    pen.event(6000, "sentinel-1", "+sdown", "slave:redis-1")
    pen.event(6000, "sentinel-2", "+sdown", "slave:redis-1")
    for number in range(1, 4):
        for start in range(500, 12_000, 70):
            outcome = "ok" if start < 1100 or start > 3500 else "failed"
            pen.operation(start, start + 3, f"client-{number}", outcome, f"{number}:{start}=1")
    pen.at(1400, "client-1", ProcessChanged(change="blocked"))
    pen.at(3300, "client-1", ProcessChanged(change="unblocked"))
    pen.event(13_000, "sentinel-1", "+tilt")
    return pen.trace()


def a_run(sentinels: int, replicas: int) -> Trace:
    """What the simulator really records: a master dies, returns and is demoted."""
    world = World(Deployment(sentinels=sentinels, replicas=replicas), seed=3)
    world.run(15)
    master = world.kill("master")
    world.run(20)
    world.restart(master)
    world.run_until_calm()
    return world.trace


def a_run_of_two_failovers() -> Trace:
    """The second master dies while the first is still held to be down."""
    world = World(Deployment(sentinels=3, replicas=2), seed=10)
    world.run(20)
    world.kill("master")
    world.run(20)
    world.kill("master")
    world.run(30)
    return world.trace


STORIES: dict[str, Callable[[], Trace]] = {
    "3+3": failover_story,
    "5+6": partial(failover_story, sentinels=5, replicas=5),
    "3+3, election fails first": partial(failover_story, failed_election=True),
    "3+3, pause": partial(failover_story, fault="pause"),
    "5+6, election fails first": partial(
        failover_story, sentinels=5, replicas=5, failed_election=True
    ),
    "no clients": partial(failover_story, clients=0),
    "nothing happens": lambda: deployment().trace(),
    "two failovers": two_failovers_and_a_partition,
    "a run of 3+3": partial(a_run, 3, 2),
    "a run of 5+6": partial(a_run, 5, 5),
    "a run of two failovers": a_run_of_two_failovers,
}

PICTURES: dict[str, tuple[Figure, np.ndarray, list[tuple[Text, tuple[float, ...]]]]] = {}


def picture(name: str) -> tuple[Figure, np.ndarray, list[tuple[Text, tuple[float, ...]]]]:
    """The figure of a story, its pixels, and its texts with their boxes in pixels."""
    if name not in PICTURES:
        figure = timeline(STORIES[name]())
        figure.set_dpi(150)
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]
        texts = [
            (text, tuple(text.get_window_extent(canvas.get_renderer()).extents))
            for text in figure.findobj(Text)
            if isinstance(text, Text) and text.get_visible() and text.get_text()
        ]
        PICTURES[name] = (figure, pixels, texts)
    return PICTURES[name]


def words(name: str) -> list[str]:
    return [text.get_text() for text, _ in picture(name)[2]]


@pytest.mark.parametrize("name", STORIES)
def test_no_two_texts_overlap(name: str) -> None:
    _, _, texts = picture(name)
    overlapping = [
        (one.get_text(), other.get_text())
        for (one, a), (other, b) in combinations(texts, 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert overlapping == []


@pytest.mark.parametrize("name", STORIES)
def test_no_text_leaves_the_figure(name: str) -> None:
    _, pixels, texts = picture(name)
    height, width, _ = pixels.shape
    outside = [
        text.get_text()
        for text, box in texts
        if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height
    ]
    assert outside == []


@pytest.mark.parametrize("name", STORIES)
def test_every_text_stands_out_from_what_is_really_behind_it(name: str) -> None:
    """The background is the commonest colour of the pixels in the text's box."""
    _, pixels, texts = picture(name)
    height = pixels.shape[0]
    for text, (left, bottom, right, top) in texts:
        area = pixels[height - int(top) : height - int(bottom), int(left) : int(right)]
        colours = Counter(map(tuple, area.reshape(-1, 3).tolist()))
        red, green, blue = colours.most_common(1)[0][0]
        background = f"#{red:02x}{green:02x}{blue:02x}"
        ratio = contrast_ratio(to_hex(text.get_color()), background)
        assert ratio >= 4.5, (text.get_text(), background, ratio)


@pytest.mark.parametrize("name", STORIES)
def test_no_label_is_smaller_than_seven_points(name: str) -> None:
    assert min(float(text.get_fontsize()) for text, _ in picture(name)[2]) >= 7


@pytest.mark.parametrize("name", ["3+3", "5+6"])
def test_every_process_has_a_labelled_lane(name: str) -> None:
    sentinels, servers = (3, 3) if name == "3+3" else (5, 6)
    wanted = [f"sentinel-{number}" for number in range(1, sentinels + 1)]
    wanted += [f"redis-{number}" for number in range(1, servers + 1)]
    wanted += ["client-1", "client-2"]
    found = words(name)
    assert set(wanted) <= set(found)
    assert "redis 10.0.0.1:6379" in found


def test_lanes_are_ordered_as_people_count() -> None:
    story = failover_story(sentinels=11, replicas=2)
    figure = timeline(story)
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    heights = {
        text.get_text(): text.get_position()[1]
        for text in texts
        if text.get_text().startswith("sentinel-") and text.get_fontweight() == "bold"
    }
    order = sorted(heights, key=lambda name: float(heights[name]))
    assert order == [f"sentinel-{number}" for number in range(1, 12)]


def test_the_phases_stand_above_with_their_durations() -> None:
    found = words("3+3")
    for name in ("detection", "agreement", "election", "promotion", "reconfiguration"):
        assert name in found
    assert "75 ms" in found
    assert "980 ms" in found


def test_a_failed_attempt_is_bracketed_too() -> None:
    assert "not-elected, 10.30 s" in words("3+3, election fails first")


def test_shortened_time_says_how_long_it_was() -> None:
    assert sum(word.startswith("… ") and word.endswith(" s …") for word in words("3+3")) >= 3


def test_the_axis_counts_from_the_first_fault() -> None:
    assert "seconds since the first fault (10 s into the run)" in words("3+3")
    assert "seconds since the beginning of the run" in words("nothing happens")


def test_faults_are_labelled_and_those_of_one_time_share_a_label() -> None:
    assert "kill redis-1" in words("3+3")
    assert "restart redis-1" in words("3+3")
    assert "kill redis-1, redis-4" in words("two failovers")


def test_a_failover_of_seconds_takes_a_good_part_of_a_minute_of_story() -> None:
    """Without compression the failover would have a tenth of the width."""
    figure, _, texts = picture("3+3")
    centres = {text.get_text(): (box[0] + box[2]) / 2 for text, box in texts}
    share = (centres["reconfiguration"] - centres["detection"]) / figure.bbox.width
    assert share > 0.3


@pytest.mark.parametrize("name", STORIES)
def test_the_legend_explains_the_marks_used_and_no_others(name: str) -> None:
    found = set(words(name))
    explained = {key for key, mark in MARKS.items() if mark.label in found}
    expected = {
        "3+3": {"refused", "aborted", "paused", "unknown"},
        "3+3, pause": {"refused", "aborted", "down"},
        "nothing happens": set(MARKS) - {"master", "replica", "running", "unlinked", "quiet"},
        "no clients": {"ok", "failed", "unknown", "lost"},
    }
    assert explained.isdisjoint(expected.get(name, set()))
    always = {"master", "replica", "running"}
    assert always <= explained
    if name == "3+3, election fails first":
        assert {"refused", "aborted", "elected", "granted", "promote", "follow"} <= explained


def test_the_readers_settings_are_left_alone() -> None:
    before = dict(mpl.rcParams)
    timeline(STORIES["no clients"]())
    assert dict(mpl.rcParams) == before


def test_the_readers_settings_do_not_change_the_picture() -> None:
    plain = [text.get_fontsize() for text in timeline(STORIES["no clients"]()).findobj(Text)]
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "text.usetex": True}):
        again = [text.get_fontsize() for text in timeline(STORIES["no clients"]()).findobj(Text)]
    assert plain == again


def test_a_window_shows_only_what_was_asked_for() -> None:
    figure = timeline(STORIES["3+3"](), start=1.9, end=2.6)
    found = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    assert "election" in found
    assert "kill redis-1" not in found
    assert "reconfiguration" not in found


def test_names_with_dollars_and_braces_are_written_as_they_are() -> None:
    pen = deployment(scenario="$x^2$ {braces}")
    figure = timeline(pen.trace())
    figure.draw_without_rendering()
    found = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    assert "$x^2$ {braces}, seed 1" in found


def test_an_empty_trace_is_a_picture_too() -> None:
    timeline(Trace()).draw_without_rendering()


def test_the_figure_shows_itself_in_a_notebook() -> None:
    figure = timeline(STORIES["nothing happens"]())
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_opinions_of_others_give_way_to_that_of_the_master() -> None:
    """The two are drawn in one lane; where they overlapped one would be hidden."""
    figure, _, _ = picture("a run of two failovers")

    def boxes(key: str) -> list[tuple[float, float, float, float]]:
        colour = to_hex(MARKS[key].fill)
        found = [patch for patch in figure.findobj(Rectangle) if isinstance(patch, Rectangle)]
        return [
            (*patch.get_bbox().min, *patch.get_bbox().max)
            for patch in found
            if to_hex(patch.get_facecolor()) == colour
        ]

    strips, masters = boxes("sdown-other"), boxes("sdown")
    assert len(strips) > 3
    assert not [
        (one, other)
        for one in strips
        for other in masters
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


def test_names_that_no_font_can_show_are_escaped() -> None:
    figure = timeline(failover_story(), title="m\udce9ster")
    assert "m\\udce9ster" in {text.get_text() for text in figure.findobj(Text)}
