"""The pictures of docs/looking.md: ``python -m tools.looking_images`` draws them again."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from minisentinel.trace import SentinelEvent, Trace
from sim import Deployment, World
from sim.figures import STATE_MACHINES, draw_cluster, draw_messages, draw_states
from sim.timeline import save_figure

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


def moment_of(trace: Trace, name: str) -> float:
    """When an event was first said, in seconds of the run."""
    return next(
        entry.time_us / 1e6
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name == name
    )


def pictures() -> dict[str, Figure]:
    """Every picture by the name of its file."""
    world = World(Deployment(), seed=1, messages=True, scenario="kill-master")
    world.run(12)
    world.kill("master")
    world.run(8)
    trace = world.trace
    tried = moment_of(trace, "+try-failover")
    sentinels = ("sentinel-1", "sentinel-2", "sentinel-3")
    found: dict[str, Figure] = {
        "looking-cluster.png": draw_cluster(trace, moment_of(trace, "+elected-leader")),
        "looking-messages.png": draw_messages(trace, tried - 0.12, tried + 0.04, nodes=sentinels),
    }
    for name in STATE_MACHINES:
        found[f"looking-{name}.png"] = draw_states(name)
    return found


def main() -> None:
    """Write them all."""
    for name, figure in pictures().items():
        save_figure(figure, IMAGES / name, dpi=110)


if __name__ == "__main__":
    main()
