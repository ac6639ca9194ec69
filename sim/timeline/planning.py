"""The time axis of one run, or of several that are aligned at their first fault."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sim.timeline.axis import TimeAxis, plan_axis
from sim.timeline.moments import lone_faults, moments
from sim.timeline.scene import Scene

__all__ = ["plan_axes"]

_LEAD_PT = 26.0
_TAIL_PT = 54.0
"""Enough to name the state in which all of it ended."""
_SHORTEST_US = 15_000


def plan_axes(
    scenes: Sequence[Scene],
    start: float | None,
    end: float | None,
    compress: bool,
    left: float,
    right: float,
) -> list[TimeAxis]:
    """An axis for each of `scenes`, over all that happened in any of them, or over a window.

    On all of them the same distance from the zero (see `Scene`) is at the same place. `start` and
    `end` are in seconds from there.
    """
    low = None if start is None else round(start * 1e6)
    high = None if end is None else round(end * 1e6)
    found = {
        time - scene.zero_us
        for scene in scenes
        for time in moments(scene)
        if (low is None or time - scene.zero_us >= low)
        and (high is None or time - scene.zero_us <= high)
    }
    times = sorted(found | {edge for edge in (low, high) if edge is not None})
    if len(times) < 2:
        first = times[0] if times else 0
        times = [first, max(*(each.end_us - each.zero_us for each in scenes), first + 1)]
    finest = max(_finest_us(scenes, times[-1] - times[0]), _SHORTEST_US)

    def plan(times: Sequence[int], left: float, right: float) -> TimeAxis:
        return plan_axis(
            times, zero_us=0, left=left, right=right, finest_us=finest, compress=compress
        )

    # Room before the first and after the last moment, at the scale of everything else.
    inner_left = left if low is not None else left + _LEAD_PT
    inner_right = right if high is not None else right - _TAIL_PT
    draft = plan(times, inner_left, inner_right)
    first_stretch = draft.stretches[0]
    width = first_stretch.right - first_stretch.left
    us_per_pt = (first_stretch.end_us - first_stretch.start_us) / max(width, 1e-9)
    lead = 0 if low is not None else round(_LEAD_PT * us_per_pt)
    tail = 0 if high is not None else round(_TAIL_PT * us_per_pt)
    earliest = -max(each.zero_us for each in scenes)
    latest = max(*(each.end_us - each.zero_us for each in scenes), times[-1])
    edges = [max(times[0] - lead, earliest), min(times[-1] + tail, latest)]
    axis = plan(sorted({*times, *edges}), left, right)
    return [axis.shifted(each.zero_us) for each in scenes]


def _finest_us(scenes: Sequence[Scene], otherwise: int) -> int:
    """The shortest phase that is drawn; without any, the shortest time between two faults."""
    phases = [
        phase.duration_us
        for scene in scenes
        if scene.selection.part("phases")
        for failover in scene.failovers
        for phase in failover.phases
    ]
    faults = [
        later - earlier for scene in scenes for earlier, later in pairwise(lone_faults(scene))
    ]
    return min(phases or faults, default=otherwise)
