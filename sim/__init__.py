"""sim: a deterministic world of hosts, networks, Redis servers and clients around minisentinel.

Describe a deployment, run it, break it, look at it::

    from sim import Deployment, World, draw_timeline, summarize

    world = World(Deployment(sentinels=3, replicas=2), seed=7)
    world.run(20)
    old_master = world.kill("master")
    world.run(15)
    world.restart(old_master)
    world.run_until_calm()
    print(summarize(world.trace))
    draw_timeline(world.trace).savefig("failover.png")

From the ground up: `kernel` (virtual time), `network`, `process`, the nodes (`redis`, `sentinels`,
`clients`), `world`, and on top of its traces `judge`, `timeline`, `scenarios` and the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minisentinel import __version__
from minisentinel.trace import Trace, read_trace, write_trace
from sim.judge import summarize
from sim.scenarios import find_scenario, run_scenario
from sim.world import Deployment, World

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Deployment",
    "Trace",
    "World",
    "__version__",
    "draw_timeline",
    "find_scenario",
    "read_trace",
    "run_scenario",
    "summarize",
    "write_trace",
]


def draw_timeline(trace: Trace, **options: Any) -> Figure:
    """The picture of a run, a matplotlib figure; needs the extra ``plot``.

    See `sim.timeline.timeline` for the options.
    """
    from sim.timeline import timeline

    return timeline(trace, **options)
