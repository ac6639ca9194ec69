"""The lanes of Sentinels: whom they hold to be down, when they lead, when they switch, TILT."""

from __future__ import annotations

from itertools import pairwise

from sim.judge import DownSpan
from sim.judge.spans import merged_intervals, without_intervals
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.fault_labels import listed
from sim.timeline.lanes import Lane, draw_process, natural, write_inside
from sim.timeline.palette import MARKS
from sim.timeline.scene import Scene

__all__ = ["draw_sentinel"]

_INSET = 3.0
_MARKER = 8.0


def draw_sentinel(
    canvas: Canvas, scene: Scene, axis: TimeAxis, lane: Lane, taken: tuple[float, ...]
) -> None:
    """SDOWN of the master fills the lane, ODOWN its lower half; other targets a narrow strip.

    TILT is the ground on which all that is drawn; its edges stay to be seen.
    """
    draw_process(canvas, scene, axis, lane, taken)
    marks = _marks(scene, lane)
    taken = tuple(sorted({*taken, *(place for _, time in marks for place in _room(axis, time))}))
    mine = [flag for flag in scene.flags if flag.sentinel == lane.node.name]
    top, bottom = lane.top + _INSET * lane.scale, lane.bottom - _INSET * lane.scale
    _tilts(canvas, scene, axis, lane, mine, taken)
    _others(canvas, scene, axis, lane, mine, taken)
    for key, upper in (("sdown", top), ("odown", lane.middle)):
        spans = [
            (flag.start_us, flag.end_us)
            for flag in mine
            if flag.flag == key and flag.subject == "master"
        ]
        for start_us, end_us in merged_intervals(spans):
            left, right = axis.at(start_us), axis.at(end_us)
            if right <= left:
                continue
            canvas.box(key, left, upper, right, bottom, order=5)
            middle = (top + lane.middle) / 2 if key == "sdown" else (lane.middle + bottom) / 2
            ground = MARKS[key].fill
            write_inside(canvas, lane, (key.upper(),), left, right, ground, taken, middle=middle)
    size = _MARKER * max(lane.scale, 0.5)
    for key, time_us in marks:
        if axis.shows(time_us):
            canvas.marker(key, axis.at(time_us), lane.middle, size)


def _marks(scene: Scene, lane: Lane) -> list[tuple[str, int]]:
    """The stars, crosses and diamonds of a lane as (mark, time)."""
    attempts = [each for each in scene.attempts if each.sentinel == lane.node.name]
    marks = [("elected", each.elected_us) for each in attempts if each.elected_us is not None]
    marks += [("aborted", each.ended_us) for each in attempts if each.failed]
    marks += [
        ("switched", each.time_us) for each in scene.switches if each.sentinel == lane.node.name
    ]
    return marks


def _room(axis: TimeAxis, time_us: int) -> tuple[float, ...]:
    """Both edges of a mark, for texts to keep off; none if it is out of view."""
    place = axis.at(time_us)
    return (place - _MARKER / 2, place + _MARKER / 2) if axis.shows(time_us) else ()


def _tilts(
    canvas: Canvas,
    scene: Scene,
    axis: TimeAxis,
    lane: Lane,
    mine: list[DownSpan],
    taken: tuple[float, ...],
) -> None:
    """A ground for the time in TILT, named where nothing else is drawn on it."""
    opinions = merged_intervals([(flag.start_us, flag.end_us) for flag in mine])
    for tilt in scene.tilts:
        left, right = axis.at(tilt.start_us), axis.at(tilt.end_us)
        if tilt.sentinel != lane.node.name or right <= left:
            continue
        canvas.box("tilt", left, lane.top, right, lane.bottom, order=2.8)
        free = without_intervals([(tilt.start_us, tilt.end_us)], opinions)
        if free:
            start_us, end_us = max(free, key=lambda each: axis.at(each[1]) - axis.at(each[0]))
            places = axis.at(start_us), axis.at(end_us)
            ground = MARKS["tilt"].fill
            write_inside(canvas, lane, ("TILT",), *places, ground, taken, framed=True)


def _others(
    canvas: Canvas,
    scene: Scene,
    axis: TimeAxis,
    lane: Lane,
    mine: list[DownSpan],
    taken: tuple[float, ...],
) -> None:
    """A strip while anybody but the master is held to be down, with the names of whom.

    Where the master is held to be down too, that takes the lane.
    """
    flags = [flag for flag in mine if flag.flag == "sdown" and flag.subject != "master"]
    covering = merged_intervals(
        [(flag.start_us, flag.end_us) for flag in mine if flag.subject == "master"]
    )
    strips = merged_intervals([(flag.start_us, flag.end_us) for flag in flags])
    half = 6.5 * lane.scale
    for start_us, end_us in without_intervals(strips, covering):
        left, right = axis.at(start_us), axis.at(end_us)
        if right > left:
            canvas.box("sdown-other", left, lane.middle - half, right, lane.middle + half, order=4)
        # Whom it means may change on the way.
        edges = {start_us, end_us}
        edges |= {edge for flag in flags for edge in (flag.start_us, flag.end_us)}
        for one, other in pairwise(sorted(edge for edge in edges if start_us <= edge <= end_us)):
            names = {
                scene.nodes.name_at(flag.address)
                for flag in flags
                if flag.start_us <= one and flag.end_us >= other
            }
            _name(canvas, axis, lane, names, one, other, taken)


def _name(
    canvas: Canvas,
    axis: TimeAxis,
    lane: Lane,
    names: set[str],
    start_us: int,
    end_us: int,
    taken: tuple[float, ...],
) -> None:
    """Write who is held to be down, or how many."""
    told = listed(sorted(names, key=natural))
    words = [f"{told} down", told]
    if len(names) > 1:
        words += [f"{len(names)} down"]
    ground = MARKS["sdown-other"].fill
    places = axis.at(start_us), axis.at(end_us)
    write_inside(canvas, lane, words, *places, ground, taken, framed=True)
