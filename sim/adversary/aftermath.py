"""What becomes of a situation when everything works again."""

from __future__ import annotations

from minisentinel.trace import SentinelEvent
from sim.adversary.moves import Move
from sim.adversary.settling import fair_round, wake
from sim.adversary.world import Situation, World

__all__ = ["aftermath", "agreement"]


def agreement(world: World, situation: Situation, master: str) -> dict[str, tuple[int, str]]:
    """For every Sentinel the configuration epoch and the node that it names as `master`."""
    named = {}
    for name, mind in zip(world.plan.sentinel_names, situation.minds, strict=True):
        for of, epoch, address in world.minds[mind].holds:
            if of == master:
                named[name] = (epoch, world.plan.nodes_by_address[address])
    return named


def aftermath(
    world: World, situation: Situation, seconds: int, *, tick_ms: int = 100
) -> tuple[Situation, list[str]]:
    """Mend all, let time pass fairly for so many seconds, and tell what the Sentinels do and say.

    Every line begins with the seconds since the beginning; what is said of Sentinels is left out.
    The clocks are set alike first.
    """
    for one, other in situation.cuts:
        situation = world.apply(situation, Move("mend", one, other=other)).situation
    situation = wake(world, situation)
    latest = max(world.minds[mind].now_ms for mind in situation.minds)
    for name, mind in zip(world.plan.sentinel_names, situation.minds, strict=True):
        late = latest - world.minds[mind].now_ms
        if late:
            situation = world.apply(situation, Move("tick", name, ms=late)).situation
    lines: list[str] = []
    before: dict[str, dict[str, tuple[int, str]]] = {}
    for passed in range(tick_ms, seconds * 1000 + 1, tick_ms):
        outcome = fair_round(world, situation, tick_ms)
        situation = outcome.situation
        at = f"{passed / 1000:7.1f}"
        for node, _, data in outcome.records:
            if isinstance(data, SentinelEvent) and data.subject != "sentinel":
                lines.append(f"{at}  {node}: {data.name} {data.payload}")
        for master in world.plan.master_names:
            now = agreement(world, situation, master)
            if before.get(master) != now:
                before[master] = now
                said = ", ".join(f"{who}: {node} ({n})" for who, (n, node) in now.items())
                lines.append(f"{at}  {master} is now, for {said}")
    return situation, lines
