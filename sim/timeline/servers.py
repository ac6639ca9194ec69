"""The lanes of Redis servers: a bar in the colour of the role."""

from __future__ import annotations

from sim.judge import span_at
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.lanes import Lane, draw_process, write_inside
from sim.timeline.palette import MARKS
from sim.timeline.scene import Scene

__all__ = ["draw_server"]


def draw_server(
    canvas: Canvas, scene: Scene, axis: TimeAxis, lane: Lane, taken: tuple[float, ...]
) -> None:
    """Role and replication link of a server over time; a label where nothing (`taken`) is near."""
    history = scene.histories.get(lane.node.name)
    if history is not None:
        for span in history.role:
            left, right = axis.at(span.start_us), axis.at(span.end_us)
            if right <= left:
                continue
            key = span.value.name if span.value.name in ("master", "replica") else "unknown-role"
            canvas.box(key, left, lane.top, right, lane.bottom)
            # The label belongs to the part of the span in which the server runs.
            running = [
                (axis.at(max(span.start_us, up.start_us)), axis.at(min(span.end_us, up.end_us)))
                for up in history.health
                if up.value.value == "up"
                and up.start_us < span.end_us
                and up.end_us > span.start_us
            ]
            for low, high in running:
                text = span.value.name
                write_inside(canvas, lane, text, low, high, MARKS[key].fill, taken)
        for link in history.link_up:
            left, right = axis.at(link.start_us), axis.at(link.end_us)
            role = span_at(history.role, link.start_us)
            if not link.value and right > left and role and role.value.name == "replica":
                canvas.box("unlinked", left, lane.top + 2, right, lane.bottom - 2, order=4)
    draw_process(canvas, scene, axis, lane)
