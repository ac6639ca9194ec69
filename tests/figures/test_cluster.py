"""The cluster at a moment, and from moment to moment."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from minisentinel.trace import SentinelEvent, Trace
from sim.figures import animate_cluster, cluster_frames, draw_cluster
from sim.figures import cluster as cluster_module
from sim.judge import snapshot_at
from sim.timeline.saving import rendered


def _texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def _time_of(trace: Trace, name: str) -> float:
    """When an event was first said, in seconds."""
    return next(
        entry.time_us / 1e6
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name == name
    )


def test_every_server_and_sentinel_is_there_with_its_state(failover: Trace) -> None:
    told = _texts(draw_cluster(failover, _time_of(failover, "+odown")))
    for name in ("redis-1", "redis-2", "redis-3", "sentinel-1", "sentinel-2", "sentinel-3"):
        assert name in told
    assert "dead" in told
    assert "was master" in told
    assert told.count("replica of redis-1") == 2
    assert told.count("link down") == 2
    assert told.count("master: redis-1") == 3


def test_who_holds_the_master_down_stands_under_it_by_number(failover: Trace) -> None:
    at = _time_of(failover, "+odown")
    held = [
        view.name.removeprefix("sentinel-")
        for view in snapshot_at(failover, at).sentinels
        if any("redis-1" in belief.down for belief in view.beliefs)
    ]
    assert held
    told = _texts(draw_cluster(failover, at))
    assert sorted(text for text in told if text.isdecimal()) == sorted(held)
    before = _texts(draw_cluster(failover, 11))
    assert not [text for text in before if text.isdecimal()]


def test_what_was_just_said_stands_below(failover: Trace) -> None:
    told = _texts(draw_cluster(failover, _time_of(failover, "+switch-master"), title="Now"))
    assert "Now" in told
    assert any(text.startswith("+switch-master mymaster: redis-1 → ") for text in told)


def test_there_is_a_frame_for_every_change_and_all_are_of_one_size(failover: Trace) -> None:
    frames = cluster_frames(failover, 11.9, 16.9)
    assert len(frames) > 10
    assert frames[0].at == 11.9
    assert [each.at for each in frames] == sorted({each.at for each in frames})
    assert all(one.snapshot != other.snapshot for one, other in pairwise(frames))
    assert len({tuple(each.draw().get_size_inches()) for each in frames[::6]}) == 1
    # Whatever is said from one frame to the next is said once.
    elected = [
        frame
        for frame in frames
        if any(words.startswith("+elected-leader") for _, words in frame.news)
    ]
    assert len(elected) == 1
    assert frames[0]._repr_png_().startswith(b"\x89PNG")


def test_an_animation_shows_itself_as_a_page_with_its_frames(failover: Trace) -> None:
    end = _time_of(failover, "+odown")
    animation = animate_cluster(failover, end - 0.2, end, dpi=30)
    page = animation._repr_html_()
    assert page.count("data:image/png;base64") == len(animation.shown) >= 3
    # Its buttons need no network.
    assert "http" not in page
    buttons = re.findall(r"<button[^>]*>\s*(.*?)</button>", page, flags=re.DOTALL)
    assert buttons == ["-", "|◀◀", "|◀", "◀", "||", "▶", "▶|", "▶▶|", "+"]


def test_lines_are_within_their_boxes_at_a_low_resolution(failover: Trace) -> None:
    long = "a title that goes on " * 12
    figure = draw_cluster(failover, _time_of(failover, "+odown"), title=long)
    figure.set_dpi(50)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    for text in axes.texts:
        box = text.get_window_extent().transformed(axes.transData.inverted())
        assert box.x1 <= axes.get_xlim()[1], text.get_text()
        if text.get_text().startswith("vote of epoch"):
            edges = [each.get_x() + each.get_width() for each in axes.patches]  # type: ignore[attr-defined]
            assert min(edge for edge in edges if edge > box.x0) > box.x1


def test_frames_of_an_animation_are_those_that_are_drawn_alone(failover: Trace) -> None:
    end = _time_of(failover, "+odown")
    animation = animate_cluster(failover, end - 0.2, end, dpi=50)
    for number in (2, 0):
        animation._func(number)  # type: ignore[attr-defined]
        drawn = rendered(animation._fig, "png", 50)  # type: ignore[attr-defined]
        assert drawn == rendered(animation.shown[number].draw(), "png", 50)
    # Only an animation that was shown is content to be deleted.
    animation._draw_was_started = True  # type: ignore[attr-defined]


def test_what_cannot_be_drawn_is_said(failover: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="expected a time from 0 s to 17 s, found 18"):
        draw_cluster(failover, 18)
    with pytest.raises(ValueError, match="neither servers nor Sentinels"):
        draw_cluster(Trace(), 0)
    monkeypatch.setattr(cluster_module, "MOST_FRAMES", 3)
    with pytest.raises(ValueError, match="expected at most 3: choose a shorter time"):
        animate_cluster(failover, 11.9, 16.9)


def test_the_same_trace_gives_the_same_picture(failover: Trace) -> None:
    assert draw_cluster(failover, 14)._repr_png_() == draw_cluster(failover, 14)._repr_png_()
