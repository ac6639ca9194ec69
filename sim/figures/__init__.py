"""Other ways to look at a run, or at many: each a function that gives a matplotlib figure.

- `spacetime`: the messages between two moments, and what they led to.
- `cluster`: who lives and who believes what at one moment, and from moment to moment.
- `distributions`, `histogram`: what a number was in many runs.
- `branches`: when in a run something was settled.
- `states`: the state machines of a Sentinel.
- `heatmap`: what became of many losses.
- `silence`: how long Sentinels waited for an answer.

Needs matplotlib, as `sim.timeline` does, which draws a whole run.
"""

from __future__ import annotations

from sim.figures.branches import draw_branches
from sim.figures.cluster import (
    ClusterAnimation,
    animate_cluster,
    cluster_frames,
    draw_cluster,
)
from sim.figures.distributions import draw_distributions
from sim.figures.frames import Frame
from sim.figures.heatmap import draw_fates
from sim.figures.histogram import draw_histogram
from sim.figures.silence import draw_silence
from sim.figures.spacetime import MESSAGE_SORTS, draw_messages
from sim.figures.states import STATE_MACHINES, StateMachine, draw_states

__all__ = [
    "MESSAGE_SORTS",
    "STATE_MACHINES",
    "ClusterAnimation",
    "Frame",
    "StateMachine",
    "animate_cluster",
    "cluster_frames",
    "draw_branches",
    "draw_cluster",
    "draw_distributions",
    "draw_fates",
    "draw_histogram",
    "draw_messages",
    "draw_silence",
    "draw_states",
]
