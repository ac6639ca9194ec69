"""Arrows between lanes: votes, the promotion, and servers that are told whom to follow."""

from __future__ import annotations

from collections.abc import Mapping

from sim.judge import Ballot
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.lanes import Lane
from sim.timeline.scene import Scene

__all__ = ["draw_corrections", "draw_failover_commands", "draw_votes"]

_BEND = 0.16
_CROWD = 60
"""More votes or attempts than this are drawn with finer arrows."""


def draw_votes(canvas: Canvas, scene: Scene, axis: TimeAxis, lanes: Mapping[str, Lane]) -> None:
    """The request bows to the left, the answer to the right: between them they took the time."""
    canvas.is_crowded = len(scene.ballots) > _CROWD
    for ballot in scene.ballots:
        candidate, voter = lanes.get(ballot.candidate), lanes.get(ballot.voter)
        if candidate is None or voter is None or candidate is voter:
            continue
        _request(canvas, axis, ballot, candidate, voter)
        if ballot.decided_us is None or not axis.shows(ballot.decided_us):
            continue
        arrived = ballot.decided_us if ballot.answered_us is None else ballot.answered_us
        start = (axis.at(ballot.decided_us), voter.middle)
        end = (axis.at(arrived), candidate.middle)
        canvas.arrow(ballot.outcome, start, end, _bend(start, end, to_the_left=False))
    canvas.is_crowded = False


def _request(canvas: Canvas, axis: TimeAxis, ballot: Ballot, candidate: Lane, voter: Lane) -> None:
    if ballot.asked_us is None or not axis.shows(ballot.asked_us):
        return
    heard = ballot.asked_us if ballot.decided_us is None else ballot.decided_us
    start = (axis.at(ballot.asked_us), candidate.middle)
    end = (axis.at(heard), voter.middle)
    canvas.arrow("asked", start, end, _bend(start, end, to_the_left=True))


def _bend(start: tuple[float, float], end: tuple[float, float], *, to_the_left: bool) -> float:
    """The bend that bows an arrow to one side, whichever way it runs; y points downwards."""
    downwards = end[1] > start[1]
    return _BEND if downwards == to_the_left else -_BEND


def draw_failover_commands(
    canvas: Canvas, scene: Scene, axis: TimeAxis, lanes: Mapping[str, Lane]
) -> None:
    """From the leader to the replica it promotes, and to those that must follow that one.

    An arrow leaves when the leader sent its command and arrives when the server's role changed.
    """
    canvas.is_crowded = len(scene.attempts) > _CROWD
    for attempt in scene.attempts:
        if attempt.commanded_us is not None and attempt.selected is not None:
            node = scene.nodes.name_at(attempt.selected)
            _command(
                canvas, scene, axis, lanes, "promote", attempt.sentinel, node, attempt.commanded_us
            )
        for each in attempt.reconfigurations:
            node = scene.nodes.name_at(each.replica)
            _command(canvas, scene, axis, lanes, "follow", attempt.sentinel, node, each.sent_us)
    canvas.is_crowded = False


def draw_corrections(
    canvas: Canvas, scene: Scene, axis: TimeAxis, lanes: Mapping[str, Lane]
) -> None:
    """From a Sentinel to a stray master, or to a replica of a wrong master, that it corrects."""
    for each in scene.corrections:
        node = scene.nodes.name_at(each.server)
        _command(canvas, scene, axis, lanes, "follow", each.sentinel, node, each.time_us)


def _command(
    canvas: Canvas,
    scene: Scene,
    axis: TimeAxis,
    lanes: Mapping[str, Lane],
    key: str,
    sentinel: str,
    server: str,
    sent_us: int,
) -> None:
    origin, target = lanes.get(sentinel), lanes.get(server)
    if origin is None or target is None or not axis.shows(sent_us):
        return
    done_us = min(
        (
            span.start_us
            for span in scene.histories[server].role
            if sent_us <= span.start_us <= sent_us + 1_000_000
        ),
        default=sent_us,
    )
    canvas.arrow(key, (axis.at(sent_us), origin.middle), (axis.at(done_us), target.top))
