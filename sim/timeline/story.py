"""The run in a few lines: each failover, then what it meant for writes."""

from __future__ import annotations

from statistics import median

from sim.judge import Failover
from sim.timeline.phases import duration_text
from sim.timeline.scene import Scene

__all__ = ["story_lines"]

_MOST = 7
"""More failovers than this are summed up."""


def story_lines(scene: Scene) -> list[str]:
    """What the lines below the title say."""
    lines = [_failover_line(scene, failover) for failover in scene.failovers]
    if len(lines) > _MOST:
        lines = _summed_up(scene.failovers)
    if not lines:
        lines.append("no failover was attempted")
    writes = scene.writes
    if writes.acknowledged or writes.refused or writes.unknown:
        lost = "an unknown number" if writes.lost is None else str(len(writes.lost) or "none")
        lines.append(
            f"writes: {len(writes.acknowledged)} acknowledged, of these {lost} lost; "
            f"{len(writes.refused)} refused; {len(writes.unknown)} with unknown outcome"
        )
    return lines


def _failover_line(scene: Scene, failover: Failover) -> str:
    old = scene.nodes.name_at(failover.old)
    if failover.winner is None or failover.new is None:
        return f"{failover.master}: {old} was not replaced"
    return (
        f"{failover.master}: {scene.nodes.name_at(failover.new)} replaced {old} "
        f"within {duration_text(failover.duration_us)}, "
        f"led by {failover.winner.sentinel} in epoch {failover.winner.epoch}"
    )


def _summed_up(failovers: tuple[Failover, ...]) -> list[str]:
    masters = len({failover.master for failover in failovers})
    done = sorted(each.duration_us for each in failovers if each.winner and each.new)
    failed = sum(phase.name == "failed attempt" for each in failovers for phase in each.phases)
    about = f"{masters} masters" if masters > 1 else failovers[0].master
    lines = [f"{about}: {len(failovers)} failovers, {len(done)} with a new master"]
    if done:
        lines[0] += (
            f", within {duration_text(done[0])} to {duration_text(done[-1])}, "
            f"half of them within {duration_text(round(median(done)))}"
        )
    if failed:
        lines.append(f"{failed} attempts failed on the way")
    return lines
