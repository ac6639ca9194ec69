"""How a moment of the cluster is laid out: servers above, Sentinels below, beliefs between them.

A line goes from every Sentinel to the server that it takes for the master. Who holds a node to be
down is told by badges under that node, each with the number of a Sentinel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.judge import Belief, Health, SentinelView, ServerView, Snapshot
from sim.timeline.canvas import Canvas
from sim.timeline.figure import TimelineFigure, new_canvas
from sim.timeline.palette import FAINT_INK, INK, MARKS, PAPER, RULE, readable_on
from sim.timeline.saving import rendered, styled

__all__ = ["Frame"]

_MARGIN = 16.0
_HEAD = 58.0
_ARCS = 58.0
_STRIP = 17.0
_SERVER = 62.0
_GAP = 86.0
_LINE = 11.5
_NEWS = 4
_LEAST_WIDTH = 690.0
_SPREAD = 1.06
"""How much longer a line is where a low resolution moves its letters to whole pixels."""
_WIDEST, _NARROWEST, _BETWEEN = 190.0, 118.0, 12.0
_PALE = "#F4F4F4"
_NAMES = (("#00568B", "-"), ("#8A3A74", (0, (5, 1.5))), ("#1A1A1A", (0, (5, 1.5, 1, 1.5))))
"""Colour and dashes of the lines to the first, second, third master; then from the first again."""
_LINKED, _UNLINKED = "#00795A", "#C24A00"
_BROKEN = (0, (2, 2))


@dataclass(frozen=True, slots=True)
class Frame:
    """A moment to draw, which draws itself in a notebook: `snapshot`, and what was just said.

    `news` are the node and the words of what happened since the frame before, the newest last.
    `room` is for how many masters the boxes of the Sentinels have room, so that all frames of a
    run are alike; 0: for as many as this one needs.
    """

    snapshot: Snapshot
    title: str = ""
    subtitle: str = ""
    news: tuple[tuple[str, str], ...] = ()
    room: int = 0

    @property
    def at(self) -> float:
        """Its time, in seconds of the run."""
        return self.snapshot.time_us / 1e6

    @property
    def width_inches(self) -> float:
        """How wide it is drawn."""
        most = max(len(self.snapshot.servers), len(self.snapshot.sentinels))
        return max(2 * _MARGIN + most * (_NARROWEST + _BETWEEN), _LEAST_WIDTH) / 72

    def draw(self) -> TimelineFigure:
        """A picture of it; raises ValueError if it has neither servers nor Sentinels."""
        if not (self.snapshot.servers or self.snapshot.sentinels):
            raise ValueError("the trace has neither servers nor Sentinels")
        with styled():
            canvas = new_canvas(self.width_inches)
            self.draw_on(canvas)
        figure = canvas.figure
        assert isinstance(figure, TimelineFigure)
        return figure

    def draw_on(self, canvas: Canvas) -> None:
        """Draw it on an empty sheet of its width, which takes its height."""
        servers = sorted(self.snapshot.servers, key=lambda each: _place(each.name))
        sentinels = sorted(self.snapshot.sentinels, key=lambda each: _place(each.name))
        masters = self.snapshot.masters
        room = canvas.width - 2 * _MARGIN
        _write(canvas, _MARGIN, 20, self.title, room, sizes=(14, 9), weight="bold")
        _write(canvas, _MARGIN, 40, self.subtitle, room, sizes=(10, 7), colour=FAINT_INK)
        top = _HEAD + _ARCS
        boxes = _row(canvas, [each.name for each in servers], top)
        _replication(canvas, servers, boxes)
        for server in servers:
            _draw_server(canvas, server, boxes[server.name], sentinels)
        below = top + _SERVER + _GAP
        minds = _row(canvas, [each.name for each in sentinels], below)
        room = self.room or max((len(each.beliefs) for each in sentinels), default=0)
        height = _STRIP + 24 + _LINE * (1 + 4 * max(room, 1))
        for sentinel in sentinels:
            box = minds[sentinel.name]
            _draw_sentinel(canvas, sentinel, box, height, sentinels, masters)
            _names(canvas, sentinel, box, boxes, masters)
        foot = _legend(canvas, below + height + 16, masters)
        canvas.resize(_draw_news(canvas, self.news, foot) + 6)

    def _repr_png_(self) -> bytes:
        return rendered(self.draw(), "png", 110)


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def middle(self) -> float:
        return self.left + self.width / 2


def _place(name: str) -> tuple[str, int]:
    """sentinel-10 comes after sentinel-9."""
    head = name.rstrip("0123456789")
    return head, int(name[len(head) :] or 0)


def _row(canvas: Canvas, names: Sequence[str], top: float) -> dict[str, _Box]:
    room = (canvas.width - 2 * _MARGIN) / max(len(names), 1)
    width = min(room - _BETWEEN, _WIDEST)
    return {
        name: _Box(_MARGIN + room * (number + 0.5) - width / 2, top, width)
        for number, name in enumerate(names)
    }


def _replication(canvas: Canvas, servers: Sequence[ServerView], boxes: dict[str, _Box]) -> None:
    """An arc from every replica to whom it follows, broken where the link is down."""
    followed = [each for each in boxes if any(server.follows == each for server in servers)]
    for server in servers:
        if server.follows not in boxes or server.health in (None, Health.DOWN):
            continue
        own, other = boxes[server.name], boxes[server.follows]
        if own == other:
            continue
        # The farther, the higher, and the nearer to the middle of the master does it arrive.
        reach = (own.middle - other.middle) / (canvas.width - 2 * _MARGIN)
        side = 1 if reach > 0 else -1
        start, end = own.middle, other.middle + side * other.width * (0.42 - 0.4 * abs(reach))
        # Arcs to different masters may be as long as each other, and must not run as high.
        rise = 12 + (_ARCS - 18) * abs(reach) - 6 * (followed.index(server.follows) % 3)
        steps = [index / 30 for index in range(31)]
        points = [
            (start + (end - start) * s, own.top - 3 - rise * (1 - (2 * s - 1) ** 6)) for s in steps
        ]
        colour, style = (_LINKED, "-") if server.link_up else (_UNLINKED, _BROKEN)
        canvas.line(points, colour=colour, width=1.8, style=style, order=5, halo=True)
        wings = [(end - 4, own.top - 10), (end, own.top - 2), (end + 4, own.top - 10)]
        canvas.line(wings, colour=colour, width=1.8, order=6)
        if not server.link_up:
            canvas.text(
                start + (end - start) * 0.25,
                own.top - 3 - rise,
                "✕",
                size=9,
                colour=colour,
                weight="bold",
                across="center",
                ground=PAPER,
            )


def _draw_server(
    canvas: Canvas, server: ServerView, box: _Box, sentinels: Sequence[SentinelView]
) -> None:
    alive = server.health not in (None, Health.DOWN)
    key = {"master": "master", "replica": "replica"}.get(server.role or "", "unknown-role")
    _frame(canvas, box, _SERVER, server.name, server.health, MARKS[key].fill)
    role = server.role or "role unknown"
    if server.role == "replica":
        role = f"replica of {server.follows}"
    words = [role if alive else f"was {role}" if server.role else ""]
    if alive and server.role == "replica":
        words.append("link up" if server.link_up else "link down")
    for number, text in enumerate(words):
        _fit(canvas, box, box.top + _STRIP + 11 + number * _LINE, text, bold=number == 0)
    _badges(canvas, box, box.top + _SERVER - 9, server.name, sentinels)


def _frame(
    canvas: Canvas,
    box: _Box,
    height: float,
    name: str,
    health: Health | None,
    fill: str,
    hatch: str = "",
) -> None:
    """A box with a strip that bears the name; the strip shows the state of the process.

    `fill` and `hatch` are those of the strip while the process runs.
    """
    bottom = box.top + height
    dead = health in (None, Health.DOWN)
    canvas.rectangle(
        box.left,
        box.top,
        box.right,
        bottom,
        fill=_PALE if dead else PAPER,
        edge=RULE if dead else FAINT_INK,
        width=0.9,
    )
    state = {
        None: "not started",
        Health.DOWN: "dead",
        Health.PAUSED: "paused",
        Health.BLOCKED: "blocked",
    }.get(health, "")
    ends = (box.left, box.top, box.right, box.top + _STRIP)
    ground = None
    if health is Health.UP:
        canvas.rectangle(*ends, fill=fill, edge=FAINT_INK, hatch=hatch, order=4)
        colour, ground = readable_on(fill), fill if hatch else None
    else:
        mark = MARKS["down" if dead else "paused"]
        canvas.rectangle(*ends, fill=mark.fill, edge=mark.edge, hatch=mark.hatch, order=4)
        colour, ground = INK, PAPER
    y = box.top + _STRIP / 2
    canvas.text(box.left + 5, y, name, size=8.5, weight="bold", colour=colour, ground=ground)
    if state:
        canvas.text(box.right - 5, y, state, size=8, across="right", ground=PAPER)


def _fit(canvas: Canvas, box: _Box, y: float, text: str, *, bold: bool = False) -> None:
    """One line in a box, as large as it fits."""
    weight = "bold" if bold else "normal"
    _write(canvas, box.left + 6, y, text, box.width - 10, sizes=(8.0, 5.5), weight=weight)


def _write(
    canvas: Canvas,
    x: float,
    y: float,
    text: str,
    room: float,
    *,
    sizes: tuple[float, float],
    weight: str = "normal",
    colour: str = INK,
) -> None:
    """One line in `room` points: smaller if it must be, and cut if that does not help."""

    def is_too_long(told: str) -> bool:
        return canvas.measure(told, size, weight)[0] * _SPREAD > room

    size, smallest = sizes
    while size > smallest and is_too_long(text):
        size -= 0.25
    told = text
    while is_too_long(told) and len(told) > 1:
        told = told[:-2] + "…"
    canvas.text(x, y, told, size=size, weight=weight, colour=colour)


def _badges(
    canvas: Canvas, box: _Box, y: float, name: str, sentinels: Sequence[SentinelView]
) -> None:
    """The numbers of the Sentinels that hold this node to be down."""
    left = box.left + 6
    for sentinel in sentinels:
        held = [each for each in sentinel.beliefs if name in each.down]
        if not held:
            continue
        agreed = any(each.agreed_down == name for each in held)
        mark = canvas.use("odown" if agreed else "sdown")
        label = str(_place(sentinel.name)[1] or sentinel.name)
        width = max(canvas.measure(label, 7, "bold")[0] + 5, 12)
        canvas.rectangle(left, y - 6, left + width, y + 6, fill=mark.fill, edge=mark.edge)
        canvas.text(
            left + width / 2,
            y,
            label,
            size=7,
            weight="bold",
            across="center",
            colour=readable_on(mark.fill),
        )
        left += width + 2


def _draw_sentinel(
    canvas: Canvas,
    sentinel: SentinelView,
    box: _Box,
    height: float,
    sentinels: Sequence[SentinelView],
    masters: Sequence[str],
) -> None:
    fill = _strip_fill(sentinel)
    hatch = MARKS["tilt"].hatch if sentinel.tilt else ""
    _frame(canvas, box, height, sentinel.name, sentinel.health, fill, hatch)
    if sentinel.health is Health.UP:
        state = _state(sentinel)
        canvas.text(
            box.right - 5,
            box.top + _STRIP / 2,
            state,
            size=8,
            weight="bold",
            colour=readable_on(fill),
            across="right",
            ground=fill if hatch else None,
        )
    y = box.top + _STRIP + 10
    _fit(canvas, box, y, f"current epoch {sentinel.current_epoch}" if sentinel.beliefs else "")
    for belief in sentinel.beliefs:
        for number, text in enumerate(_told(belief, several=len(masters) > 1)):
            y += _LINE
            _fit(canvas, box, y, text, bold=number == 0 or text.startswith("failover: "))
    _badges(canvas, box, box.top + height - 10, sentinel.name, sentinels)


def _strip_fill(sentinel: SentinelView) -> str:
    if sentinel.tilt:
        return MARKS["tilt"].fill
    masters = [each for each in sentinel.beliefs if each.server in each.down]
    if any(each.agreed_down for each in sentinel.beliefs):
        return MARKS["odown"].fill
    return MARKS["sdown"].fill if masters else PAPER


def _state(sentinel: SentinelView) -> str:
    if sentinel.tilt:
        return "TILT"
    if any(each.agreed_down for each in sentinel.beliefs):
        return "ODOWN"
    return "SDOWN" if any(each.server in each.down for each in sentinel.beliefs) else ""


def _told(belief: Belief, *, several: bool) -> list[str]:
    who = f"{belief.master}: {belief.server}" if several else f"master: {belief.server}"
    lines = [who, f"by config epoch {belief.config_epoch}"]
    if belief.vote:
        lines.append(f"vote of epoch {belief.vote_epoch}: {belief.vote}")
    elif belief.vote_epoch:
        lines.append(f"has voted in epoch {belief.vote_epoch}")
    else:
        lines.append("no vote yet")
    if belief.failover != "none":
        lines.append(f"failover: {belief.failover.replace('_', ' ')}")
    return lines


def _names(
    canvas: Canvas,
    sentinel: SentinelView,
    box: _Box,
    servers: dict[str, _Box],
    masters: Sequence[str],
) -> None:
    """A line to each server that it takes for a master."""
    dead = sentinel.health in (None, Health.DOWN)
    for belief in sentinel.beliefs:
        there = servers.get(belief.server)
        if there is None or dead:
            continue
        colour, style = _NAMES[masters.index(belief.master) % len(_NAMES)]
        leads = belief.failover != "none"
        # Where they arrive tells from which side they come.
        share = (box.middle - _MARGIN) / (canvas.width - 2 * _MARGIN)
        end = there.left + there.width * (0.2 + 0.6 * share), there.top + _SERVER + 3
        start = box.middle, box.top
        width = 2.6 if leads else 1.4
        canvas.line([start, end], colour=colour, width=width, style=style, order=5, halo=True)
        _head(canvas, start, end, colour)


def _head(
    canvas: Canvas, start: tuple[float, float], end: tuple[float, float], colour: str
) -> None:
    across, down = end[0] - start[0], end[1] - start[1]
    length = (across**2 + down**2) ** 0.5 or 1.0
    across, down = across / length, down / length
    wings = [
        (end[0] - 8 * across - side * 3.4 * down, end[1] - 8 * down + side * 3.4 * across)
        for side in (1, -1)
    ]
    canvas.line([wings[0], end, wings[1]], colour=colour, width=1.6, order=6)


def _legend(canvas: Canvas, top: float, masters: Sequence[str]) -> float:
    """What the marks mean, in two lines; the height below them."""
    y = top
    left = _MARGIN
    for key, words in (
        ("master", "master"),
        ("replica", "replica"),
        ("down", "dead"),
        ("paused", "paused or blocked"),
        ("sdown", "SDOWN, held by these Sentinels"),
        ("odown", "ODOWN: so do enough others"),
        ("tilt", "TILT"),
    ):
        mark = MARKS[key]
        canvas.rectangle(
            left, y - 5, left + 16, y + 5, fill=mark.fill, edge=mark.edge, hatch=mark.hatch
        )
        canvas.text(left + 20, y, words, size=7.5)
        left += 32 + canvas.measure(words, 7.5)[0]
    y += 16
    left = _MARGIN
    several = masters if 1 < len(masters) <= len(_NAMES) else ("the master",)
    for colour, style, width, words in (
        *((*_NAMES[number], 1.4, f"takes it for {name}") for number, name in enumerate(several)),
        (*_NAMES[0], 2.6, "and is failing it over"),
        (_LINKED, "-", 1.8, "replicates from"),
        (_UNLINKED, _BROKEN, 1.8, "would, but the link is down"),
    ):
        canvas.line([(left, y), (left + 22, y)], colour=colour, width=width, style=style)
        canvas.text(left + 27, y, words, size=7.5)
        left += 40 + canvas.measure(words, 7.5)[0]
    return y + 14


def _draw_news(canvas: Canvas, news: Sequence[tuple[str, str]], top: float) -> float:
    """The last lines of what was just said; always as high, so that frames are alike."""
    canvas.line([(_MARGIN, top), (canvas.width - _MARGIN, top)], colour=RULE, width=0.6)
    shown = news[-_NEWS:]
    left_out = len(news) - len(shown)
    for number, (node, words) in enumerate(shown):
        y = top + 11 + number * _LINE
        canvas.text(_MARGIN, y, node, size=7.5, weight="bold")
        more = f"   ({left_out} more before)" if left_out and not number else ""
        room = canvas.width - 2 * _MARGIN - 72
        _write(canvas, _MARGIN + 72, y, words + more, room, sizes=(7.5, 6.5))
    return top + 11 + _NEWS * _LINE
