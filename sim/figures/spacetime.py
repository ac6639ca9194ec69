"""The messages between two moments: a line for each node, an arrow for each message.

Time runs to the right, but not to scale: moments that are close to each other are drawn apart, and
long waits together, so that the order can be read. What a node did stands in a box on its line:
messages that led to it arrive at its left side, and those that it led to leave at its right. An
event can only depend on what an arrow brought to its line before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from minisentinel.trace import Trace, VoteReceived, VoteRequested
from sim.exports import Slice, tell
from sim.judge import Nodes, find_groups, find_nodes
from sim.judge.messages import Message, find_messages
from sim.judge.wording import Weight, with_names
from sim.timeline.canvas import Canvas
from sim.timeline.figure import TimelineFigure, new_canvas
from sim.timeline.palette import FAINT_INK, INK, PAPER, RULE
from sim.timeline.saving import styled

__all__ = ["LONGEST_SPACETIME", "MESSAGE_SORTS", "draw_messages", "sort_of_message"]

LONGEST_SPACETIME = 120
"""More arrows than this nobody follows."""

MESSAGE_SORTS: dict[str, re.Pattern[str]] = {
    "ping": re.compile(r"PING$|\+PONG$"),
    "info": re.compile(r"INFO\b|# "),
    "hello": re.compile(r"PUBLISH |message __sentinel__|:\d+$"),
    "vote": re.compile(r"SENTINEL is-master-down-by-addr |:[01] \S+ :\d+$"),
    "connecting": re.compile(r"CLIENT SETNAME |SUBSCRIBE |subscribe |HELLO\b|AUTH |\+OK$"),
    "orders": re.compile(r"(MULTI|EXEC)$|SLAVEOF |CONFIG REWRITE$|CLIENT KILL |\+QUEUED$"),
    "asking": re.compile(r"SENTINEL get-master-addr-by-name |\d+\.\d+\.\d+\.\d+ \d+$"),
    "replication": re.compile(r"REPLCONF |PSYNC |\+(FULLRESYNC|CONTINUE)\b"),
}
"""Sorts of messages that can be hidden, questions and answers; all others are ``data``."""

_LANE = 96.0
_LEFT = 92.0
_TOP = 70.0
_NEAR, _FAR = 17.0, 46.0
_LINE = 8.0
_LABEL, _WORDS = 6.0, 5.8
_LONGEST_LINE = 52
_SHARES = (0.4, 0.5, 0.3, 0.6, 0.7, 0.22, 0.45, 0.35, 0.55, 0.65, 0.25, 0.75)
"""Where on an arrow its words may stand, in order of preference."""
_QUESTION, _ANSWER, _LOST = "#00568B", "#8A3A74", "#C24A00"


def sort_of_message(text: str) -> str:
    """Which of `MESSAGE_SORTS` a message is, or ``data``."""
    return next((sort for sort, form in MESSAGE_SORTS.items() if form.match(text)), "data")


def draw_messages(
    trace: Trace,
    since: float,
    until: float,
    *,
    nodes: Iterable[str] | str = (),
    hide: Iterable[str] | str = ("ping", "connecting"),
    title: str = "",
) -> TimelineFigure:
    """A space-time diagram of the moments from `since` to `until`, in seconds of the run.

    `nodes` are those to show, in this order (all that take part, if empty). Messages are left out
    that are of a sort in `hide` (see `MESSAGE_SORTS`), or begin with a text in it. Either may be
    one string. Answers are dashed, a message that nobody read ends in a cross. Raises
    `sim.judge.messages.NoMessages` for a trace without messages, and ValueError for a node that is
    not there and for a moment with too many messages, or none.
    """
    part = Slice(since=since, until=until, nodes=_several(nodes))
    hidden = _several(hide)
    events = _events(trace, part)
    shown = [
        each
        for each in find_messages(trace)
        if part.has_moment(each.sent_us)
        and part.has_node(each.sender)
        and (each.receiver is None or part.has_node(each.receiver))
        and sort_of_message(each.text) not in hidden
        and not each.text.startswith(hidden)
    ]
    if not shown:
        raise ValueError(f"no messages between {since:g} s and {until:g} s")
    if len(shown) > LONGEST_SPACETIME:
        raise ValueError(
            f"{len(shown)} messages between {since:g} s and {until:g} s; expected at most "
            f"{LONGEST_SPACETIME}: choose a shorter time, fewer nodes, or hide more"
        )
    with styled():
        canvas = new_canvas(10)
        lanes = _lanes(trace, part, shown, events)
        layout = _Layout(canvas, shown, [each for each in events if each.node in lanes])
        words_end = _arrows(canvas, find_nodes(trace), shown, lanes, layout)
        for event in layout.events:
            _box(canvas, event, lanes[event.node], layout)
        heading = title or f"{trace.header.scenario or 'run'}, seed {trace.header.seed}"
        canvas.text(12, 18, heading, size=13, weight="bold")
        heading_end = 12 + canvas.measure(heading, 13, "bold")[0]
        told = f"{since:g} s to {until:g} s, drawn in order, not to scale"
        canvas.text(12, 36, told, size=8, colour=FAINT_INK)
        _legend(canvas, shown, 12 + canvas.measure(told, 8)[0] + 26, 36)
        width = max(_LEFT + layout.end + 34, words_end + 14, heading_end + 14, 520)
        canvas.widen(width)
        _axis(canvas, lanes, layout, width)
        canvas.resize(max(lanes.values()) + _LANE * 0.6)
    figure = canvas.figure
    assert isinstance(figure, TimelineFigure)
    return figure


def _several(given: Iterable[str] | str) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


@dataclass(frozen=True, slots=True)
class _Happening:
    """All that one node did at one moment, in order: the lines of one box."""

    time_us: int
    node: str
    lines: tuple[tuple[str, bool], ...]


def _events(trace: Trace, part: Slice) -> list[_Happening]:
    """What the arrows led to; what they are themselves (asking, hearing) needs no words."""
    found: dict[tuple[int, str], list[tuple[str, bool]]] = {}
    names = [name for group in find_groups(trace) for name in group.masters]
    # Which master is meant goes without saying where there is one.
    needless = f"{names[0]} at " if len(names) == 1 else ""
    for each in tell(trace, part):
        if isinstance(each.entry.data, VoteRequested | VoteReceived):
            continue
        lines = found.setdefault((each.entry.time_us, each.entry.node), [])
        words = each.wording.words.replace(needless, "")
        lines.append((_short(words, _LONGEST_LINE), each.wording.weight is Weight.TURN))
    return [_Happening(time, node, tuple(lines)) for (time, node), lines in found.items()]


def _weight(strong: bool) -> str:
    return "bold" if strong else "normal"


def _lanes(
    trace: Trace, part: Slice, shown: Sequence[Message], events: Sequence[_Happening]
) -> dict[str, float]:
    """The height of the line of every node that takes part."""
    taking_part = {each.sender for each in shown} | {each.receiver for each in shown}
    taking_part |= {each.node for each in events}
    known = [node.name for node in find_nodes(trace).all]
    order = part.nodes or tuple(sorted(known, key=lambda name: (_rank(name), name)))
    lanes: dict[str, float] = {}
    y = _TOP
    for name in order:
        if name not in taking_part:
            continue
        # A box with many lines needs more room above and below.
        tallest = max((len(each.lines) for each in events if each.node == name), default=0)
        half = max(_LANE, tallest * _LINE + 44) / 2
        lanes[name] = y + half
        y += 2 * half
    return lanes


def _rank(name: str) -> int:
    """Clients above servers above Sentinels, as in the timeline from top to bottom."""
    for rank, kind in enumerate(("client", "redis", "sentinel")):
        if name.startswith(kind):
            return rank
    return 3


class _Layout:
    """How far to the right everything is drawn, in points from the beginning of the lines.

    A moment has one place on all lines; what leaves a node then leaves at the end of its box, and
    whatever happens on its line later is to the right of that.
    """

    def __init__(
        self, canvas: Canvas, shown: Sequence[Message], events: Sequence[_Happening]
    ) -> None:
        self.events = events
        self._rooms = {(each.node, each.time_us): _room(canvas, each) for each in events}
        self.places: dict[int, float] = {}
        self._order(shown)

    def _order(self, shown: Sequence[Message]) -> None:
        arrivals: dict[int, list[Message]] = {}
        busy: dict[int, set[str]] = {}
        for message in shown:
            busy.setdefault(message.sent_us, set()).add(message.sender)
            if message.received_us is not None and message.receiver is not None:
                arrivals.setdefault(message.received_us, []).append(message)
                busy.setdefault(message.received_us, set()).add(message.receiver)
        for event in self.events:
            busy.setdefault(event.time_us, set()).add(event.node)
        taken: dict[str, float] = {}
        before: int | None = None
        for now, names in sorted(busy.items()):
            place = 0.0
            if before is not None:
                # A tenth of a millisecond is near, a tenth of a second is far.
                place = self.places[before] + min(max((now - before) / 25, _NEAR), _FAR)
            place = max([place, *(taken.get(name, 0.0) for name in sorted(names))])
            for message in arrivals.get(now, ()):
                if message.sent_us < now:
                    place = max(place, self.leaves(message.sender, message.sent_us) + _NEAR)
            self.places[now] = place
            for name in names:
                taken[name] = self.leaves(name, now) + 6
            before = now

    def leaves(self, node: str, time_us: int) -> float:
        """Where what `node` sends then leaves its line: at the right side of its box."""
        return self.places[time_us] + self._rooms.get((node, time_us), 0.0)

    @property
    def end(self) -> float:
        """Where the last thing ends."""
        boxes = [self.leaves(each.node, each.time_us) for each in self.events]
        return max([*self.places.values(), *boxes])


def _room(canvas: Canvas, event: _Happening) -> float:
    """The width of its box, in points."""
    widths = (canvas.measure(text, _LABEL, _weight(strong))[0] for text, strong in event.lines)
    return max(widths) * 1.05 + 7


def _axis(canvas: Canvas, lanes: dict[str, float], layout: _Layout, width: float) -> None:
    for name, y in lanes.items():
        canvas.text(12, y, name, size=9, weight="bold")
        canvas.line([(_LEFT - 6, y), (width - 14, y)], colour=RULE, width=1.4)
    ticks: list[tuple[float, int]] = []
    for time, place in layout.places.items():
        if not ticks or place - ticks[-1][0] >= 52:
            ticks.append((place, time))
    # As many digits as it takes to tell them apart.
    digits = next(n for n in (3, 4, 5, 6) if n == 6 or _all_differ(ticks, n))
    for place, time in ticks:
        x = _LEFT + place
        said = f"{time / 1e6:.{digits}f}"
        canvas.text(x, _TOP - 10, said, size=6.5, colour=FAINT_INK, across="center")
        canvas.line([(x, _TOP - 3), (x, _TOP + 2)], colour=FAINT_INK, width=0.7)


def _all_differ(ticks: Sequence[tuple[float, int]], digits: int) -> bool:
    return len({f"{time / 1e6:.{digits}f}" for _, time in ticks}) == len(ticks)


def _arrows(
    canvas: Canvas,
    nodes: Nodes,
    shown: Sequence[Message],
    lanes: dict[str, float],
    layout: _Layout,
) -> float:
    """Every message with its words; where the last of these end."""
    end_of_words = 0.0
    # Words keep off the lines and the boxes.
    taken = [(0.0, y - 5, inf, y + 5) for y in lanes.values()]
    for event in layout.events:
        taken.append(_place_of(event, lanes[event.node], layout))
    lost: dict[tuple[str, int], int] = {}
    told: list[tuple[float, float, float, float]] = []
    for message in shown:
        x = _LEFT + layout.leaves(message.sender, message.sent_us)
        y = lanes[message.sender]
        words = _in_short(with_names(message.text, nodes))
        if message.receiver is None or message.received_us is None:
            # Several that were lost together are told below each other.
            earlier = lost.setdefault((message.sender, message.sent_us), 0)
            lost[message.sender, message.sent_us] += 1
            if not earlier:
                canvas.line([(x, y), (x + 9, y - 16)], colour=_LOST, width=1.1)
                canvas.text(x + 11, y - 18, "✕", size=8, colour=_LOST, weight="bold")
            height = y - 18 - _LINE * earlier
            canvas.text(x + 21, height, words, size=_WORDS, colour=_LOST, ground=PAPER)
            end_of_words = max(end_of_words, x + 21 + canvas.measure(words, _WORDS)[0])
            continue
        end = _LEFT + layout.places[message.received_us], lanes[message.receiver]
        answer = not _is_question(message.text)
        colour = _ANSWER if answer else _QUESTION
        _arrow(canvas, (x, y), end, colour, "--" if answer else "-")
        _label(canvas, words, (x, y), end, colour, answer, taken, told)
    return max([end_of_words, *(right for _, _, right, _ in told)])


def _label(
    canvas: Canvas,
    words: str,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    is_answer: bool,
    taken: Sequence[tuple[float, float, float, float]],
    told: list[tuple[float, float, float, float]],
) -> None:
    """The words of an arrow, where no others stand; without words if there is no such place.

    Questions are told before their arrow and answers behind it, where the other is not.
    """
    width = canvas.measure(words, _WORDS)[0]
    side = 4.0 if is_answer else -4.0 - width
    for share in _SHARES:
        share = 1 - share if is_answer else share
        left = start[0] + (end[0] - start[0]) * share + side
        # A question that leaves at the very beginning has no room before its arrow.
        left = left if left >= 4 else left - side + 4
        y = start[1] + (end[1] - start[1]) * share
        place = (left, y - 4, left + width, y + 4)
        if any(_overlap(place, other) for other in (*taken, *told)):
            continue
        told.append(place)
        canvas.text(left, y, words, size=_WORDS, colour=colour, ground=PAPER)
        return


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _is_question(text: str) -> bool:
    """Commands are in capitals; what begins otherwise is a reply or news."""
    return re.match(r"[A-Z]{2,}\b", text) is not None


def _arrow(
    canvas: Canvas,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    style: str,
) -> None:
    canvas.line([start, end], colour=colour, width=1.1, style=style, order=6, halo=True)
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5 or 1.0
    along = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    wings = []
    for side in (1, -1):
        back = end[0] - 6 * along[0] - side * 2.6 * along[1]
        down = end[1] - 6 * along[1] + side * 2.6 * along[0]
        wings.append((back, down))
    canvas.line([wings[0], end, wings[1]], colour=colour, width=1.2, order=12)


def _place_of(event: _Happening, y: float, layout: _Layout) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of its box, on a line at `y`."""
    half = len(event.lines) * _LINE / 2 + 2
    left = _LEFT + layout.places[event.time_us]
    return left, y - half, _LEFT + layout.leaves(event.node, event.time_us), y + half


def _box(canvas: Canvas, event: _Happening, y: float, layout: _Layout) -> None:
    """What happened on a line; of several things at one moment, one below the other."""
    left, top, right, bottom = _place_of(event, y, layout)
    strong = any(bold for _, bold in event.lines)
    canvas.rectangle(
        left,
        top,
        right,
        bottom,
        fill=PAPER,
        edge=INK if strong else FAINT_INK,
        width=1.1 if strong else 0.6,
        order=10,
    )
    for row, (words, bold) in enumerate(event.lines):
        middle = top + 2 + _LINE * (row + 0.5)
        canvas.text(left + 3, middle, words, size=_LABEL, weight=_weight(bold))


def _legend(canvas: Canvas, shown: Sequence[Message], left: float, y: float) -> None:
    """What the lines mean, of those that there are."""
    read = [each for each in shown if each.receiver is not None]
    for is_there, colour, style, words in (
        (any(_is_question(each.text) for each in read), _QUESTION, "-", "question"),
        (any(not _is_question(each.text) for each in read), _ANSWER, "--", "answer, or news"),
        (len(read) < len(shown), _LOST, "-", "never read"),
    ):
        if not is_there:
            continue
        if colour == _LOST:
            canvas.line([(left + 6, y + 4), (left + 15, y - 3)], colour=colour, width=1.1)
            canvas.text(left + 16, y - 4, "✕", size=8, colour=colour, weight="bold")
        else:
            _arrow(canvas, (left, y), (left + 24, y), colour, style)
        canvas.text(left + 29, y, words, size=8)
        left += 44 + canvas.measure(words, 8)[0]


def _short(text: str, length: int = 26) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _in_short(text: str) -> str:
    """A message in a few words: questions and answers about a master in plain ones."""
    question = re.fullmatch(r"SENTINEL is-master-down-by-addr (.+) (\d+) (\S+)", text)
    if question:
        who, epoch, candidate = question.groups()
        return f"is {who} down?" if candidate == "*" else f"vote for {candidate} in epoch {epoch}?"
    answer = re.fullmatch(r":([01]) (\S+) :(\d+)", text)
    if answer:
        down, leader, epoch = answer.groups()
        told = "down" if down == "1" else "not down"
        return told if leader == "*" else f"{told}, my vote of {epoch}: {leader}"
    if text.startswith(("PUBLISH __sentinel__:hello ", "message __sentinel__:hello ")):
        return "hello"
    return _short(text)
