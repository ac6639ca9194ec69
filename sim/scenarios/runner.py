"""Running a scenario: the world is built, broken on schedule, watched and judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minisentinel.core import MODERN, Profile
from minisentinel.trace import SentinelEvent, Trace
from sim.judge import INVARIANTS, ONE_MASTER_AT_THE_END, Truth, Verdict, judge_all
from sim.judge.summary import Summary, summarize
from sim.judge.verdicts import is_broken
from sim.scenarios.expectations import EXPECTATIONS
from sim.scenarios.scenario import Fault, Scenario
from sim.world.world import UnknownNode, World

__all__ = ["Result", "run_scenario"]

SAFETY = tuple(each for each in INVARIANTS if each is not ONE_MASTER_AT_THE_END)
SAFETY_NAMES = frozenset(each.name for each in SAFETY)
PROGRESS_S = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run: its trace, and each claim about it with its verdict."""

    trace: Trace
    verdicts: tuple[tuple[str, Verdict], ...]

    @property
    def passed(self) -> bool:
        """Whether every fault happened, every expectation held, and no invariant was broken."""
        return not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """The claims that do not hold: invariants broken, faults and expectations not fulfilled.

        Of an invariant about which the trace tells nothing, nothing is wrong.
        """
        return tuple(
            name
            for name, verdict in self.verdicts
            if not verdict and not (name in SAFETY_NAMES and verdict.truth is Truth.UNKNOWN)
        )

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
    ends when all has been calm for a while. A fault that waits in vain for its event fails the run,
    and those after it are left out. The header of the trace holds what is in force, and whatever
    `settings` add. `progress` is called with the virtual time now and then. Raises `UnknownNode`
    for a fault on nobody, before anything runs, and `ImpossibleFault` for one that cannot be.
    """
    more = {} if duration is None else {"duration": duration}
    world = World(
        scenario.deployment,
        seed=seed,
        profile=profile,
        scenario=scenario.name,
        settings={**more, **(settings or {})},
    )
    _check_names(scenario, world)
    stage = _Stage(world, scenario, duration, progress)
    happened = stage.play()
    reason = stage.watch()
    world.end(reason)
    trace = world.trace
    return Result(trace, (*happened, *_judge(scenario, trace)))


def _check_names(scenario: Scenario, world: World) -> None:
    """Nobody should wait for half a run to learn that a fault is aimed at nobody."""
    known = {*world.nodes, "master"}
    for number, fault in enumerate(scenario.faults, start=1):
        for name in (fault.node, *(each for group in fault.groups for each in group)):
            if name and name not in known:
                raise UnknownNode(
                    f"fault {number} ({fault.do}): unknown node {name!r}; expected master or "
                    f"one of: {', '.join(world.nodes)}"
                )
        if fault.alias:
            known.add(fault.alias)


class _Stage:
    """A world on which the faults of a scenario are played, one after the other."""

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        duration: float | None,
        progress: Callable[[float], None] | None,
    ) -> None:
        self.world = world
        self.scenario = scenario
        self.duration = duration
        self.progress = progress
        self._end: float | None = None if scenario.faults else duration
        self._last_fault = 0.0
        self._seen = 0
        self._hit: dict[str, str] = {}

    def play(self) -> tuple[tuple[str, Verdict], ...]:
        """Let every fault happen; returns the verdict on one that waits in vain."""
        for number, fault in enumerate(self.scenario.faults, start=1):
            if self.wait_for(fault):
                self.inflict(fault)
            elif self._is_over:
                break
            else:
                patience = self.scenario.patience
                reason = f"never happened: no Sentinel said {fault.when} within {patience:g} s"
                return ((f"fault {number} ({fault})", is_broken(reason)),)
        return ()

    def wait_for(self, fault: Fault) -> bool:
        """Let time pass until the moment of `fault`; False if it does not come."""
        if fault.at is not None:
            return self._run_to(fault.at)
        since = self._last_fault
        if fault.when:
            if not self._wait_for_event(fault.when):
                return False
            since = self.world.now
        return self._run_to(since + fault.after)

    def inflict(self, fault: Fault) -> None:
        """Do it; from the first fault on, `duration` runs."""
        world = self.world
        # What the fault itself makes a Sentinel say counts as said after it.
        self._seen = len(world.recorder.entries)
        self._inflict(fault)
        self._last_fault = world.now
        if self._end is None and self.duration is not None:
            self._end = world.now + self.duration

    def watch(self) -> str:
        """See how it ends; returns why the run is over."""
        if self._end is not None:
            self._run_to(self._end)
            return "duration"
        scenario = self.scenario
        calm = self.world.run_until_calm(scenario.calm_for, scenario.patience, self.progress)
        return "calm" if calm else "limit"

    @property
    def _is_over(self) -> bool:
        """Whether `duration` has ended the run."""
        return self._end is not None and self.world.now >= self._end

    def _run_to(self, until: float) -> bool:
        world, step = self.world, PROGRESS_S if self.progress else float("inf")
        within = self._end is None or until <= self._end
        if self._end is not None:
            until = min(until, self._end)
        while world.now < until:
            world.run(min(step, until - world.now))
            if self.progress:
                self.progress(world.now)
        return within

    def _wait_for_event(self, name: str) -> bool:
        entries = self.world.recorder.entries

        def said() -> bool:
            news = entries[self._seen :]
            self._seen = len(entries)
            return any(isinstance(e.data, SentinelEvent) and e.data.name == name for e in news)

        limit = self.scenario.patience
        if self._end is not None:
            limit = min(limit, self._end - self.world.now)
        return self.world.run_until(said, limit, self.progress)

    def _inflict(self, fault: Fault) -> None:
        world, node = self.world, self._hit.get(fault.node, fault.node)
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
            case "power_off":
                name = world.power_off(node)
            case "power_on":
                name = world.power_on(node)
            case "step_clock":
                name = world.step_clock(node, fault.seconds)
            case "partition":
                groups = ([self._hit.get(n, n) for n in group] for group in fault.groups)
                world.partition(*groups)
                return
            case "heal":
                world.heal()
                return
            case other:
                raise ValueError(f"unknown fault {other!r}")
        if fault.alias:
            self._hit[fault.alias] = name


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
