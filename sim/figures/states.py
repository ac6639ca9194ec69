"""The state machines of a Sentinel as diagrams, made from the tables of the protocol core."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from minisentinel.core.transitions import FAILOVER_TRANSITIONS, HEALTH_TRANSITIONS, Transition
from sim.timeline.canvas import Canvas
from sim.timeline.figure import TimelineFigure, new_canvas
from sim.timeline.palette import FAINT_INK, INK, PAPER
from sim.timeline.saving import styled

__all__ = ["STATE_MACHINES", "StateMachine", "draw_states"]


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A table of transitions with a title; the first state is where it begins."""

    title: str
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> tuple[Enum, ...]:
        """Every state, in order of appearance."""
        every = (state for each in self.transitions for state in (each.before, each.after))
        return tuple(dict.fromkeys(every))

    def between(self, before: Enum, after: Enum) -> tuple[Transition, ...]:
        """All ways from one state to another."""
        return tuple(
            each for each in self.transitions if each.before is before and each.after is after
        )

    @property
    def pairs(self) -> tuple[tuple[Enum, Enum], ...]:
        """All pairs of states between which there is a way, in order of the table."""
        return tuple(dict.fromkeys((each.before, each.after) for each in self.transitions))

    def mermaid(self) -> str:
        """The text of a Mermaid ``stateDiagram-v2``, one arrow for all ways from state to state.

        Were each way an arrow of its own, Mermaid would draw their labels on top of each other.
        """
        lines = ["stateDiagram-v2", f"    [*] --> {self.states[0].value}"]
        for before, after in self.pairs:
            ways = [
                f"{each.when} ({', '.join(each.events)})" if each.events else each.when
                for each in self.between(before, after)
            ]
            lines.append(f"    {before.value} --> {after.value}: {'<br/>or '.join(ways)}")
        return "\n".join(lines) + "\n"

    def _repr_png_(self) -> bytes:
        return draw_states(self)._repr_png_()


STATE_MACHINES: dict[str, StateMachine] = {
    "failover": StateMachine("The failover machine of a master", FAILOVER_TRANSITIONS),
    "health": StateMachine("What a Sentinel thinks of an instance", HEALTH_TRANSITIONS),
}
"""The machines that can be drawn, by name."""

_MARGIN, _TOP = 14.0, 56.0
_BOX, _HEIGHT, _GAP = 140.0, 24.0, 34.0
_LINE, _SIZE = 9.5, 7.0
_BUS = 14.0
_BACK = "#B34700"

_Lines = list[tuple[str, bool]]


def draw_states(which: StateMachine | str) -> TimelineFigure:
    """A picture of a state machine, or of the one of that name.

    States stand below each other in the order of the table. Ways down are on the right, ways back
    on the left, each with when it is taken and, in italics, what is announced. Raises ValueError
    for a name that there is not.
    """
    if isinstance(which, str):
        if which not in STATE_MACHINES:
            known = ", ".join(STATE_MACHINES)
            raise ValueError(f"no state machine is called {which!r}; expected: {known}")
        which = STATE_MACHINES[which]
    with styled():
        canvas = new_canvas(10)
        _Drawing(canvas, which).draw()
    figure = canvas.figure
    assert isinstance(figure, TimelineFigure)
    return figure


class _Drawing:
    """One diagram: what is said on either side of the states, and where they stand."""

    def __init__(self, canvas: Canvas, machine: StateMachine) -> None:
        self.canvas = canvas
        self.machine = machine
        self.states = machine.states
        place = {state: number for number, state in enumerate(self.states)}
        self.back = [pair for pair in machine.pairs if place[pair[1]] < place[pair[0]]]
        self.down = [pair for pair in machine.pairs if place[pair[1]] > place[pair[0]]]
        self.targets = sorted({after for _, after in self.back}, key=lambda each: -place[each])
        self.sides = {state: self._said_on_leaving(state) for state in self.states}
        left = max((self._width(lines) for lines in self.sides.values()), default=0.0)
        self.bus = _MARGIN + left + 8
        self.left = self.bus + _BUS * len(self.targets) + 8
        self.heights: dict[Enum, float] = {}
        y = _TOP
        for state in self.states:
            self.heights[state] = y
            says = [self._said(pair) for pair in self.down if pair[0] is state]
            deepest = max((len(lines) for lines in says), default=0)
            y += _HEIGHT + max(_GAP, deepest * _LINE + 16, len(self.sides[state]) * _LINE)
        self.bottom = self.heights[self.states[-1]] + _HEIGHT

    def draw(self) -> None:
        right = max((self._width(self._said(pair)) for pair in self.down), default=0.0)
        middle = self.left + _BOX / 2
        width = max(middle + 10 + right, self.left + _BOX) + _MARGIN
        self.canvas.widen(width)
        self.canvas.text(_MARGIN, 20, self.machine.title, size=13, weight="bold")
        for state, y in self.heights.items():
            ends = (self.left, y, self.left + _BOX, y + _HEIGHT)
            self.canvas.rectangle(*ends, fill=PAPER, edge=INK, width=1.1)
            name = state.value
            self.canvas.text(middle, y + 12, name, size=9, weight="bold", across="center")
        for before, after in self.down:
            start, end = self.heights[before] + _HEIGHT, self.heights[after] - 1
            _arrow(self.canvas, [(middle, start), (middle, end)], INK)
            self._tell(self._said((before, after)), middle + 10, (start + end) / 2, INK, "left")
        for before, after in self.back:
            self._draw_back(before, after)
        for state, lines in self.sides.items():
            self._tell(lines, self.bus - 6, self.heights[state] + 12, _BACK, "right")
        self.canvas.resize(max(self.bottom, *self._feet()) + 20)

    def _draw_back(self, before: Enum, after: Enum) -> None:
        """Ways back leave at the left, and climb together with all that lead to the same state."""
        number = self.targets.index(after)
        lane = self.left - 10 - _BUS * (len(self.targets) - 1 - number)
        share = (number + 1) / (len(self.targets) + 1)
        start = self.heights[before] + _HEIGHT * share
        end = self.heights[after] + _HEIGHT * share
        points = [(self.left, start), (lane, start), (lane, end), (self.left - 1, end)]
        _arrow(self.canvas, points, _BACK)

    def _said(self, pair: tuple[Enum, Enum], heading: str = "") -> _Lines:
        ways = self.machine.between(*pair)
        lines = [
            (text, announced)
            for way in ways
            for text, announced in ((heading + way.when, False), (", ".join(way.events), True))
        ]
        return [line for line in lines if line[0]]

    def _said_on_leaving(self, state: Enum) -> _Lines:
        pairs = [pair for pair in self.back if pair[0] is state]
        return [
            line
            for pair in pairs
            for line in self._said(pair, f"{pair[1].value}: " if len(pairs) > 1 else "")
        ]

    def _feet(self) -> list[float]:
        return [self.heights[each] + 12 + _LINE * len(self.sides[each]) / 2 for each in self.states]

    def _width(self, lines: _Lines) -> float:
        return max((self.canvas.measure(text, _SIZE)[0] * 1.04 for text, _ in lines), default=0.0)

    def _tell(self, lines: _Lines, x: float, y: float, colour: str, across: str) -> None:
        top = y - _LINE * (len(lines) - 1) / 2
        for row, (text, announced) in enumerate(lines):
            self.canvas.text(
                x,
                top + row * _LINE,
                text,
                size=_SIZE,
                colour=FAINT_INK if announced else colour,
                style="italic" if announced else "normal",
                across=across,
            )


def _arrow(canvas: Canvas, points: Sequence[tuple[float, float]], colour: str) -> None:
    canvas.line(points, colour=colour, width=1.3, order=5)
    (x, y), (end_x, end_y) = points[-2], points[-1]
    length = math.hypot(end_x - x, end_y - y) or 1.0
    across, down = (end_x - x) / length, (end_y - y) / length
    wings = [
        (end_x - 7 * across - side * 3 * down, end_y - 7 * down + side * 3 * across)
        for side in (1, -1)
    ]
    canvas.line([wings[0], (end_x, end_y), wings[1]], colour=colour, width=1.3, order=6)
