"""The lanes of Redis servers: a bar in the colour of the role."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sim.judge import Health, NodeHistory
from sim.timeline.axis import TimeAxis
from sim.timeline.busy import Busy
from sim.timeline.canvas import Canvas
from sim.timeline.lanes import Lane, draw_process, write_inside
from sim.timeline.palette import MARKS
from sim.timeline.scene import Scene

__all__ = ["draw_server"]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A time in which role, link and health stayed the same; `words` to label it with.

    `is_free`: it ran, and was not busy.
    """

    key: str
    words: tuple[str, ...]
    is_free: bool
    start_us: int
    end_us: int


def draw_server(
    canvas: Canvas, scene: Scene, axis: TimeAxis, lane: Lane, taken: tuple[float, ...]
) -> None:
    """Role and replication link of a server over time; labels where nothing (`taken`) crosses."""
    history = scene.histories.get(lane.node.name)
    busy = tuple(each for each in scene.busy if each.server == lane.node.name)
    for piece in _pieces(history, busy) if history else ():
        left, right = axis.at(piece.start_us), axis.at(piece.end_us)
        if right <= left:
            continue
        is_unlinked = piece.key == "unlinked"
        # A replica without a link is still a replica: its bar frames the pattern.
        canvas.box("replica" if is_unlinked else piece.key, left, lane.top, right, lane.bottom)
        if is_unlinked:
            inset = 2 * lane.scale
            canvas.box("unlinked", left, lane.top + inset, right, lane.bottom - inset, order=4)
        if piece.is_free:
            ground = MARKS[piece.key].fill
            write_inside(canvas, lane, piece.words, left, right, ground, taken, framed=is_unlinked)
    draw_process(canvas, scene, axis, lane, taken)


def _pieces(history: NodeHistory, busy: tuple[Busy, ...]) -> list[_Piece]:
    """The times in which the server ran or stood still, cut wherever anything changed."""
    edges = {
        edge
        for spans in (history.health, history.role, history.link_up)
        for span in spans
        for edge in (span.start_us, span.end_us)
    }
    edges |= {edge for each in busy for edge in (each.start_us, each.end_us)}
    pieces = []
    for start_us, end_us in pairwise(sorted(edges)):
        health = history.health_at(start_us)
        role = history.role_at(start_us)
        if health is None or health is Health.DOWN:
            continue
        key: str = "unknown-role"
        words: tuple[str, ...] = ("role unknown", "?")
        if role is not None:
            key, words = role.name, (role.name,)
        if role is not None and role.master is not None and history.link_at(start_us) is False:
            key, words = "unlinked", ("replica, no link", "no link")
        is_busy = any(each.start_us <= start_us < each.end_us for each in busy)
        is_free = health is Health.UP and not is_busy
        pieces.append(_Piece(key, words, is_free, start_us, end_us))
    return pieces
