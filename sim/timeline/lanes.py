"""The lanes: one per process, clients above Sentinels above Redis servers, each with its label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sim.judge import Health, Node
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.labels import widest_free
from sim.timeline.palette import FAINT_INK, INK, PAPER, RULE, readable_on
from sim.timeline.scene import Scene

__all__ = [
    "Density",
    "Lane",
    "densities_for",
    "draw_lane_labels",
    "draw_process",
    "lay_out_lanes",
    "natural",
    "write_inside",
]

_HEIGHTS = {"client": 26.0, "sentinel": 28.0, "redis": 24.0}
LABEL_SIZE = 9.0
ADDRESS_SIZE = 7.5
_WRITABLE = 20.0
"""No text is written into a lane that is lower."""


@dataclass(frozen=True, slots=True)
class Density:
    """How high lanes of a type are drawn if there are at most `lanes` of it.

    Heights are those of a usual lane times `scale`, with `gap` points between two.
    """

    lanes: float
    scale: float
    gap: float
    label_size: float
    has_addresses: bool = False


_DENSITIES = (
    Density(8, 1.0, 7.0, LABEL_SIZE, True),
    Density(40, 0.45, 3.0, 7.5),
    Density(float("inf"), 0.24, 2.7, 7.0),
)


_FEW = 26
"""So many lanes in all, or fewer, are drawn as high as usual."""


def densities_for(nodes: Sequence[Node]) -> dict[str, Density]:
    """By type, the more lanes the lower; but a few of one type stay readable among many others."""
    counts = {type: sum(node.type == type for node in nodes) for type in _HEIGHTS}
    if len(nodes) <= _FEW:
        return dict.fromkeys(_HEIGHTS, _DENSITIES[0])
    return {
        type: next(density for density in _DENSITIES if count <= density.lanes)
        for type, count in counts.items()
    }


@dataclass(frozen=True, slots=True)
class Lane:
    """The strip of `node`, from `top` to `bottom`."""

    node: Node
    top: float
    bottom: float

    @property
    def scale(self) -> float:
        """Its height as a share of the usual one; marks in it shrink with it."""
        return (self.bottom - self.top) / _HEIGHTS[self.node.type]

    @property
    def is_writable(self) -> bool:
        """Whether it is high enough to write in it."""
        return self.bottom - self.top >= _WRITABLE

    @property
    def middle(self) -> float:
        """The height of its centre line."""
        return (self.top + self.bottom) / 2


def lay_out_lanes(scene: Scene, top: float, densities: Mapping[str, Density]) -> tuple[Lane, ...]:
    """A lane for every node that is shown, in groups, within a group in order of their names."""
    lanes: list[Lane] = []
    for type, full_height in _HEIGHTS.items():
        density = densities[type]
        height = full_height * density.scale
        nodes = sorted(
            (node for node in scene.lanes if node.type == type), key=lambda node: natural(node.name)
        )
        if nodes and lanes:
            top += density.gap + 2
        for node in nodes:
            lanes.append(Lane(node, top, top + height))
            top += height + density.gap
    return tuple(lanes)


def natural(name: str) -> list[tuple[int, str]]:
    """Orders names so that ``redis-2`` comes before ``redis-10``."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def describe(node: Node) -> str:
    """The small second line of a label: what it is, and where."""
    host, port = node.address
    return f"{node.type} {host}:{port}" if port else node.type


def label_width(canvas: Canvas, scene: Scene, densities: Mapping[str, Density]) -> float:
    """The room that the labels of all lanes need."""
    widths = [0.0]
    for node in scene.lanes:
        density = densities[node.type]
        widths.append(canvas.measure(node.name, density.label_size, "bold")[0])
        if density.has_addresses:
            widths.append(canvas.measure(describe(node), ADDRESS_SIZE)[0])
    return max(widths)


def draw_lane_labels(
    canvas: Canvas, lanes: tuple[Lane, ...], right: float, densities: Mapping[str, Density]
) -> None:
    """Name and, if there is room, address of every lane, flush right before the plot."""
    for lane in lanes:
        density = densities[lane.node.type]
        if not density.has_addresses:
            size = density.label_size
            canvas.text(right, lane.middle, lane.node.name, size=size, across="right")
            continue
        canvas.text(
            right, lane.middle - 5.2, lane.node.name, size=LABEL_SIZE, weight="bold", across="right"
        )
        canvas.text(
            right,
            lane.middle + 5.6,
            describe(lane.node),
            size=ADDRESS_SIZE,
            colour=FAINT_INK,
            across="right",
        )


def draw_process(
    canvas: Canvas, scene: Scene, axis: TimeAxis, lane: Lane, taken: tuple[float, ...]
) -> None:
    """The life of a process: a line while it runs, a box while it is paused or not running."""
    for busy in scene.busy:
        left, right = axis.at(busy.start_us), axis.at(busy.end_us)
        if busy.server == lane.node.name and left < axis.right and right > axis.left:
            _draw_pause(canvas, lane, busy.what, left, right, taken)
    history = scene.histories.get(lane.node.name)
    for span in history.health if history else ():
        left, right = axis.at(span.start_us), axis.at(span.end_us)
        if span.value is Health.UP:
            if right > left and lane.node.type == "sentinel":
                mark = canvas.use("running")
                points = [(left, lane.middle), (right, lane.middle)]
                canvas.line(points, colour=mark.fill, width=mark.width, order=2.5)
            continue
        if left >= axis.right:
            continue
        if span.value is not Health.DOWN:
            _draw_pause(canvas, lane, span.value.value, left, right, taken)
            continue
        right = max(right, left + 1.5)
        # Opaque and above the marks of a role or an opinion.
        canvas.box("down", left, lane.top, right, lane.bottom, order=6)
        _write_state(canvas, lane, "not running", left, right, taken)


def _draw_pause(
    canvas: Canvas, lane: Lane, word: str, left: float, right: float, taken: tuple[float, ...]
) -> None:
    """Who stands still keeps its role, the colour of which stays to be seen at the edges."""
    right = max(right, left + 1.5)
    inset = 3.5 * lane.scale
    canvas.box("paused", left, lane.top + inset, right, lane.bottom - inset, order=6)
    _write_state(canvas, lane, word, left, right, taken)


def _write_state(
    canvas: Canvas, lane: Lane, word: str, left: float, right: float, taken: tuple[float, ...]
) -> None:
    # The upper half of a client's lane may tell how long it was without success.
    is_client = lane.node.type == "client"
    middle = (lane.middle + lane.bottom) / 2 - 1 if is_client else lane.middle
    write_inside(canvas, lane, (word,), left, right, PAPER, taken, middle=middle, framed=True)


def write_inside(
    canvas: Canvas,
    lane: Lane,
    words: Sequence[str],
    left: float,
    right: float,
    ground: str,
    taken: tuple[float, ...],
    *,
    size: float = 7.5,
    middle: float | None = None,
    framed: bool = False,
) -> None:
    """Write the first of `words` that fits into the widest free part of a box, if one does."""
    if not lane.is_writable:
        return
    low, high = widest_free(left, right, taken)
    room = high - low - 10
    text = next((word for word in words if canvas.measure(word, size)[0] <= room), None)
    if text is None:
        return
    canvas.text(
        (low + high) / 2,
        lane.middle if middle is None else middle,
        text,
        size=size,
        colour=INK if framed else readable_on(ground),
        across="center",
        ground=ground if framed else None,
    )


def draw_separators(canvas: Canvas, lanes: tuple[Lane, ...], left: float, right: float) -> None:
    """Thin rules between the groups of lanes."""
    for above, below in pairwise(lanes):
        if above.node.type != below.node.type:
            y = (above.bottom + below.top) / 2
            canvas.line([(left, y), (right, y)], colour=RULE, width=0.6, order=0.5)
