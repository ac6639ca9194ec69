"""Other ways to look at a run, or at many: each a function that gives a matplotlib figure.

- `spacetime`: the messages between two moments, and what they led to.
- `distributions`: what a number was in many runs.
- `heatmap`: what became of many losses.
- `silence`: how long Sentinels waited for an answer.

Needs matplotlib, as `sim.timeline` does, which draws a whole run.
"""

from __future__ import annotations

from sim.figures.distributions import draw_distributions
from sim.figures.heatmap import draw_fates
from sim.figures.silence import draw_silence
from sim.figures.spacetime import draw_messages

__all__ = ["draw_distributions", "draw_fates", "draw_messages", "draw_silence"]
