"""Running a scenario: the world is built, broken on schedule, watched and judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minisentinel.core import MODERN, Profile
from minisentinel.trace import Trace
from sim.judge import INVARIANTS, ONE_MASTER_AT_THE_END, Verdict, judge_all
from sim.judge.summary import Summary, summarize
from sim.scenarios.expectations import EXPECTATIONS
from sim.scenarios.scenario import Fault, Scenario
from sim.world.world import World

__all__ = ["Result", "run_scenario"]

SAFETY = tuple(each for each in INVARIANTS if each is not ONE_MASTER_AT_THE_END)
PROGRESS_S = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run: its trace, and each claim about it with its verdict."""

    trace: Trace
    verdicts: tuple[tuple[str, Verdict], ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation held, and no invariant of safety was broken."""
        return all(verdict for _, verdict in self.verdicts)

    @property
    def summary(self) -> Summary:
        """The numbers of the run."""
        return summarize(self.trace)


def run_scenario(
    scenario: Scenario,
    *,
    seed: int = 1,
    duration: float | None = None,
    profile: Profile = MODERN,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Run a scenario; the same arguments give the same trace.

    `duration` is the virtual time in seconds watched after the first fault; without it the run
    ends when all has been calm for a while. `settings` go into the trace's header. `progress` is
    called with the virtual time now and then. Raises `UnknownNode` for a fault on nobody.
    """
    world = World(
        scenario.deployment,
        seed=seed,
        profile=profile,
        scenario=scenario.name,
        settings=settings,
    )
    end = None if duration is None else scenario.first_fault_at + duration
    hit: dict[str, str] = {}
    for fault in scenario.faults:
        if end is not None and fault.at >= end:
            break
        _run_to(world, fault.at, progress)
        _inflict(world, fault, hit)
    if end is not None:
        _run_to(world, end, progress)
        reason = "duration"
    else:
        calm = world.run_until_calm(scenario.calm_for, scenario.limit, progress)
        reason = "calm" if calm else "limit"
    world.end(reason)
    trace = world.trace
    return Result(trace, _judge(scenario, trace))


def _run_to(world: World, until: float, progress: Callable[[float], None] | None) -> None:
    while world.now < until:
        world.run(min(PROGRESS_S, until - world.now) if progress else until - world.now)
        if progress:
            progress(world.now)


def _inflict(world: World, fault: Fault, hit: dict[str, str]) -> None:
    node = hit.get(fault.node, fault.node)
    match fault.do:
        case "kill":
            name = world.kill(node)
        case "restart":
            name = world.restart(node, keep_data=fault.keep_data)
        case "pause":
            name = world.pause(node)
        case "resume":
            name = world.resume(node)
        case "block":
            name = world.block(node, fault.seconds)
        case "partition":
            world.partition(*([hit.get(n, n) for n in group] for group in fault.groups))
            return
        case "heal":
            world.heal()
            return
        case other:
            raise ValueError(f"unknown fault {other!r}")
    if fault.alias:
        hit[fault.alias] = name


def _judge(scenario: Scenario, trace: Trace) -> tuple[tuple[str, Verdict], ...]:
    safety = [(invariant.name, verdict) for invariant, verdict in judge_all(trace, SAFETY)]
    expected = [
        (_worded(each.name, each.value), EXPECTATIONS[each.name].judge(trace, int(each.value)))
        for each in scenario.expectations
    ]
    return tuple(safety + expected)


def _worded(name: str, value: bool | int) -> str:
    if value is True:
        return name
    return f"not {name}" if value is False else f"{name} {value}"
