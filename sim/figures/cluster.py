"""The cluster at one moment, and from moment to moment: as pictures, as an animation, in steps."""

from __future__ import annotations

import re
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.animation import FuncAnimation

from minisentinel.trace import Trace
from sim.exports import Slice, tell
from sim.figures.frames import Frame
from sim.judge import Fault, Moments, Snapshot, find_faults
from sim.judge.wording import Weight
from sim.timeline.canvas import Canvas
from sim.timeline.figure import TimelineFigure, new_canvas
from sim.timeline.saving import styled

__all__ = ["MOST_FRAMES", "ClusterAnimation", "animate_cluster", "cluster_frames", "draw_cluster"]

MOST_FRAMES = 200
"""Nobody watches longer, and every frame is a picture in the page."""

_LOOK_BACK = 1.0
_EMBEDDED_MEGABYTES = 100.0
_SIGNS = {
    "minus": "-",
    "fast-backward": "|◀◀",
    "step-backward": "|◀",
    "play fa-flip-horizontal": "◀",
    "pause": "||",
    "play": "▶",
    "step-forward": "▶|",
    "fast-forward": "▶▶|",
    "plus": "+",
}
"""What stands on the buttons of an animation, by the name of the icon that it replaces."""


def draw_cluster(trace: Trace, at: float, *, title: str = "") -> TimelineFigure:
    """The cluster at `at` seconds of the run: who lives, and what every Sentinel believes.

    Below stands what was said in the second before. Raises ValueError for a time that is not in
    the trace, or a trace without servers and Sentinels.
    """
    snapshot = Moments(trace).at(at)
    return _frame(trace, snapshot, at - _LOOK_BACK, title, find_faults(trace)).draw()


def cluster_frames(
    trace: Trace, since: float, until: float, *, title: str = ""
) -> tuple[Frame, ...]:
    """A frame for every moment between the two (seconds of the run) at which something changes.

    In a notebook each of them shows itself: that is stepping through a run. Raises ValueError for
    a time that is not in the trace.
    """
    faults = find_faults(trace)
    snapshots = Moments(trace).changes(since, until)
    counts = [len(one.beliefs) for each in snapshots for one in each.sentinels]
    room = max(counts, default=0)
    found: list[Frame] = []
    before = since - _LOOK_BACK
    for snapshot in snapshots:
        found.append(_frame(trace, snapshot, before, title, faults, room))
        before = snapshot.time_us / 1e6
    return tuple(found)


class ClusterAnimation(FuncAnimation):
    """An animation that shows itself in a notebook, with buttons; `shown` are its frames."""

    def __init__(self, frames: Sequence[Frame], interval_ms: int, dpi: float) -> None:
        self.shown = tuple(frames)
        canvas = new_canvas(self.shown[0].width_inches)
        canvas.figure.set_dpi(dpi)
        # The size is that of the first frame before anybody asks for it.
        self._draw_number(canvas, 0)
        super().__init__(
            canvas.figure,
            lambda number: self._draw_number(canvas, number),
            frames=len(self.shown),
            interval=interval_ms,
            repeat=False,
            cache_frame_data=False,
        )

    def _draw_number(self, canvas: Canvas, number: int) -> tuple[()]:
        with styled():
            canvas.clear()
            self.shown[number].draw_on(canvas)
        return ()

    def to_jshtml(
        self, fps: int | None = None, embed_frames: bool = True, default_mode: str | None = "once"
    ) -> str:
        """A page with the frames and buttons to play and to step, all of it in the text itself.

        Other than matplotlib's own it needs no network for its buttons, and leaves out no frame.
        """
        with mpl.rc_context({"animation.embed_limit": _EMBEDDED_MEGABYTES}):
            page = str(super().to_jshtml(fps, embed_frames, default_mode))
        return _with_own_signs(page)

    def _repr_html_(self) -> str:
        return self.to_jshtml()


def _with_own_signs(page: str) -> str:
    """The page of an animation with letters on its buttons, and no icons from the network."""
    page = re.sub(r'<link rel="stylesheet"\s+href="https?://[^"]*">\s*', "", page)
    return re.sub(
        r'<i class="fa fa-([a-z -]+)"></i>', lambda icon: _SIGNS.get(icon[1], icon[1]), page
    )


def animate_cluster(
    trace: Trace,
    since: float,
    until: float,
    *,
    title: str = "",
    interval_ms: int = 700,
    dpi: float = 80,
) -> ClusterAnimation:
    """The cluster from `since` to `until` seconds of the run, a frame for each change.

    Every frame is shown for `interval_ms`, however long it lasted in the run: its time stands on
    it. ``.to_jshtml()`` gives a page with buttons to play and to step. Raises ValueError as
    `cluster_frames` does, and for more than `MOST_FRAMES`.
    """
    frames = cluster_frames(trace, since, until, title=title)
    if len(frames) > MOST_FRAMES:
        raise ValueError(
            f"{len(frames)} changes between {since:g} s and {until:g} s; expected at most "
            f"{MOST_FRAMES}: choose a shorter time"
        )
    return ClusterAnimation(frames, interval_ms, dpi)


def _frame(
    trace: Trace,
    snapshot: Snapshot,
    after: float,
    title: str,
    faults: Sequence[Fault],
    room: int = 0,
) -> Frame:
    now = snapshot.time_us / 1e6
    part = Slice(since=max(after + 1e-6, 0.0), until=now, weight=Weight.STEP)
    news = tuple((each.entry.node, each.wording.words) for each in tell(trace, part))
    heading = title or f"{trace.header.scenario or 'run'}, seed {trace.header.seed}"
    return Frame(snapshot, heading, _subtitle(snapshot, faults), news, room)


def _subtitle(snapshot: Snapshot, faults: Sequence[Fault]) -> str:
    """When it is, and how long after what was last done to the cluster."""
    now = snapshot.time_us / 1e6
    earlier = [each for each in faults if each.time_us <= snapshot.time_us]
    if not earlier:
        return f"at {now:.3f} s"
    last = earlier[-1]
    what = last.verb.replace("_", " ")
    what += f" ({last.detail})" if last.node == "network" else f" of {last.node}"
    return f"at {now:.3f} s, {now - last.time_us / 1e6:.3f} s after: {what}"
