"""The lanes of Redis servers: a bar in the colour of the role."""

from __future__ import annotations

from itertools import pairwise

from sim.judge import Health, NodeHistory
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.lanes import Lane, draw_process, write_inside
from sim.timeline.palette import MARKS
from sim.timeline.scene import Scene

__all__ = ["draw_server"]


def draw_server(
    canvas: Canvas, scene: Scene, axis: TimeAxis, lane: Lane, taken: tuple[float, ...]
) -> None:
    """Role and replication link of a server over time; labels where nothing (`taken`) crosses."""
    history = scene.histories.get(lane.node.name)
    if history is not None:
        for key, text, start_us, end_us in _pieces(history):
            left, right = axis.at(start_us), axis.at(end_us)
            if right <= left:
                continue
            is_linked = key != "unlinked"
            # A replica without a link is still a replica: its bar frames the pattern.
            canvas.box(key if is_linked else "replica", left, lane.top, right, lane.bottom)
            if not is_linked:
                canvas.box(key, left, lane.top + 2, right, lane.bottom - 2, order=4)
            ground = MARKS[key].fill
            write_inside(canvas, lane, text, left, right, ground, taken, framed=not is_linked)
    draw_process(canvas, scene, axis, lane)


def _pieces(history: NodeHistory) -> list[tuple[str, str, int, int]]:
    """(mark, word, start, end) of each time in which role, link and health stayed the same."""
    edges = {
        edge
        for spans in (history.health, history.role, history.link_up)
        for span in spans
        for edge in (span.start_us, span.end_us)
    }
    ordered = sorted(edges)
    pieces: list[tuple[str, str, int, int]] = []
    for start_us, end_us in pairwise(ordered):
        if history.health_at(start_us) is Health.DOWN:
            continue
        role = history.role_at(start_us)
        key, text = "unknown-role", "?"
        if role is not None:
            key = text = role.name
        if role is not None and role.master is not None and history.link_at(start_us) is False:
            key, text = "unlinked", "replica, no link"
        if pieces and pieces[-1][:2] == (key, text) and pieces[-1][3] == start_us:
            start_us = pieces.pop()[2]
        pieces.append((key, text, start_us, end_us))
    return pieces
