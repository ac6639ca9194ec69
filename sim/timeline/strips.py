"""The lanes of clients: every operation a tick, successes above the line and failures below."""

from __future__ import annotations

from sim.judge import ClientHistory, Downtime
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.lanes import Lane, draw_process
from sim.timeline.palette import INK, PAPER, RULE
from sim.timeline.scene import Scene

__all__ = ["draw_client"]

_LEAST_PT = 1.1
"""Width of an operation that took less than one can see."""

_JOIN_PT = 0.5
"""Operations of one outcome that are closer than this look like one, so they are drawn as one."""


def draw_client(canvas: Canvas, scene: Scene, axis: TimeAxis, lane: Lane) -> None:
    """What `lane`'s client went through, and how long it had to do without success."""
    history = next((each for each in scene.clients if each.name == lane.node.name), None)
    line = [(axis.left, lane.middle), (axis.right, lane.middle)]
    canvas.line(line, colour=RULE, width=0.6, order=2.5)
    if history is not None:
        _operations(canvas, axis, lane, history)
        for gap in history.gaps:
            _gap(canvas, axis, lane, gap)
        _lost_writes(canvas, scene, axis, lane)
    draw_process(canvas, scene, axis, lane, ())


def _operations(canvas: Canvas, axis: TimeAxis, lane: Lane, history: ClientHistory) -> None:
    margin, middle = 2.0 * lane.scale, 0.8 * lane.scale
    high = (lane.top + margin, lane.middle - middle)
    low = (lane.middle + middle, lane.bottom - margin)
    for key, (top, bottom) in (("ok", high), ("failed", low), ("unknown", low)):
        spans: list[tuple[float, float]] = []
        for operation in history.operations:
            if operation.outcome != key or operation.ended_us < axis.start_us:
                continue
            if operation.started_us > axis.end_us:
                continue
            left = axis.at(operation.started_us)
            right = max(axis.at(operation.ended_us), left + _LEAST_PT)
            if spans and left - spans[-1][1] < _JOIN_PT:
                spans[-1] = (spans[-1][0], max(right, spans[-1][1]))
            else:
                spans.append((left, right))
        canvas.boxes(key, spans, top, bottom)


def _gap(canvas: Canvas, axis: TimeAxis, lane: Lane, gap: Downtime) -> None:
    """A dimension line over a time without success, if its length can be written on it."""
    if not lane.is_writable:
        return
    # Ends that are out of view get no bar.
    left, right = axis.at(gap.start_us) + 2, axis.at(gap.end_us) - 2
    ends = [
        place
        for place, time_us in ((left, gap.start_us), (right, gap.end_us))
        if axis.shows(time_us)
    ]
    text = f"no success for {gap.duration_us / 1e6:.2f} s"
    width, _ = canvas.measure(text, 7.5)
    if right - left < width + 16:
        return
    y = (lane.top + lane.middle) / 2
    for end in ends:
        canvas.line([(end, y - 3.5), (end, y + 3.5)], colour=INK, width=0.8, order=5)
    canvas.line([(left, y), (right, y)], colour=INK, width=0.8, order=5)
    canvas.text((left + right) / 2, y, text, size=7.5, across="center", ground=PAPER)


def _lost_writes(canvas: Canvas, scene: Scene, axis: TimeAxis, lane: Lane) -> None:
    """A cross on every acknowledgement that was worth nothing, as many as one can tell apart."""
    free = float("-inf")
    for lost in scene.writes.lost or ():
        place = axis.at(lost.acknowledged_us)
        if lost.client == lane.node.name and axis.shows(lost.acknowledged_us) and place >= free:
            canvas.marker("lost", place, lane.top + 6 * lane.scale, 8 * max(lane.scale, 0.5))
            free = place + 8
