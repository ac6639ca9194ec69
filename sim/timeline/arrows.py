"""Arrows between lanes: votes, the promotion, and servers that are told whom to follow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sim.judge import Address, Ballot, Role, Span
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.lanes import Lane
from sim.timeline.scene import Scene

__all__ = ["draw_commands", "draw_votes"]

_BEND = 0.16
_DEEPEST = 30.0
"""No arrow is further than this from the straight line, in points, however long it is."""
_CROWD = 60
"""More votes or attempts than this are drawn with finer arrows."""

_PROMPT_US = 1_000_000
"""A role that changed later than this was not changed by the command."""


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
        # The answer that came may be that to an earlier request.
        arrived = max(ballot.decided_us, ballot.answered_us or 0)
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
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    bend = min(_BEND, 2 * _DEEPEST / max(length, 1.0))
    return bend if downwards == to_the_left else -bend


@dataclass(frozen=True, slots=True)
class _Command:
    """At `sent_us` `sentinel` told the server at `server` to be a master, or to follow one."""

    key: str
    sentinel: str
    server: Address
    sent_us: int


def draw_commands(canvas: Canvas, scene: Scene, axis: TimeAxis, lanes: Mapping[str, Lane]) -> None:
    """From a leader to the replica that it promotes and to those that must follow that one.

    And from any Sentinel to a stray master, or to the replica of a wrong one, that it corrects. An
    arrow leaves when the command was sent and arrives when the server's role changed.
    """
    canvas.is_crowded = len(scene.attempts) > _CROWD
    arrows = []
    for command in _commands(scene):
        origin, target = lanes.get(command.sentinel), lanes.get(_server(scene, command))
        if origin is None or target is None or not axis.shows(command.sent_us):
            continue
        done_us = min(
            (span.start_us for span in _roles(scene, target.node.name, command.sent_us)),
            default=command.sent_us,
        )
        start = (axis.at(command.sent_us), origin.middle)
        arrows.append((command.key, start, (axis.at(done_us), target.top)))
    # Nothing is drawn over a promotion; and the heads of short arrows are drawn over the shafts of
    # long ones that go the same way.
    arrows.sort(key=lambda arrow: (arrow[0] == "promote", arrow[1][1] - arrow[2][1]))
    for key, start, end in arrows:
        canvas.arrow(key, start, end)
    canvas.is_crowded = False


def _commands(scene: Scene) -> Iterator[_Command]:
    for attempt in scene.attempts:
        leader = attempt.sentinel
        if attempt.commanded_us is not None and attempt.selected is not None:
            yield _Command("promote", leader, attempt.selected, attempt.commanded_us)
        for sent in attempt.reconfigurations:
            yield _Command("follow", leader, sent.replica, sent.sent_us)
    for each in scene.corrections:
        yield _Command("follow", each.sentinel, each.server, each.time_us)


def _server(scene: Scene, command: _Command) -> str:
    """The name of the server that was told.

    An address that no node has is that of a server behind a mapped port: the one, if there is
    just one, that became a master right then.
    """
    name = scene.nodes.name_at(command.server)
    if name in scene.histories or command.key != "promote":
        return name
    promoted = [
        server
        for server in scene.histories
        if any(span.value.name == "master" for span in _roles(scene, server, command.sent_us))
    ]
    return promoted[0] if len(promoted) == 1 else name


def _roles(scene: Scene, server: str, sent_us: int) -> list[Span[Role]]:
    """The roles that a server took on soon after a command was sent."""
    role = scene.histories[server].role
    return [span for span in role if sent_us <= span.start_us <= sent_us + _PROMPT_US]
