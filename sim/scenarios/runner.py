"""Running a scenario: the world is built, broken on schedule, watched and judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

from minisentinel.core import Profile
from minisentinel.trace import Trace
from sim.invariants import INVARIANTS, SAFETY, Invariant, Judgement, Kind, Truth, Verdict, judge_all
from sim.judge.summary import Summary, summarize
from sim.scenarios.excusing import unrest_is_explained
from sim.scenarios.expectations import BECOMES_CALM, Cast, judge_claim, judge_expectation
from sim.scenarios.profiles import PROFILES
from sim.scenarios.reading.faults import ROLES
from sim.scenarios.scenario import Scenario
from sim.scenarios.stage import Stage
from sim.scenarios.verbs import VERBS
from sim.tables import Table
from sim.world.world import UnknownNode, World

__all__ = ["SAFETY_NAMES", "Result", "run_scenario"]

SAFETY_NAMES = frozenset(each.name for each in SAFETY)
"""The invariants that are judged in every run, whatever its scenario says."""


@dataclass(frozen=True)
class Result:
    """A finished run: its trace, and each claim about it with its verdict.

    `forgiven` are claims that the story is expected to break, or that a peculiarity broke;
    `judgements` tell more of each invariant.
    """

    trace: Trace
    verdicts: tuple[tuple[str, Verdict], ...]
    forgiven: frozenset[str] = field(default=frozenset())
    judgements: tuple[Judgement, ...] = field(default=(), repr=False)
    invariants: frozenset[str] = SAFETY_NAMES
    """The names of the invariants that were judged, without those that the story itself expects.

    Of an invariant about which the trace tells nothing, nothing is wrong; what is expected has to
    be known.
    """

    @property
    def passed(self) -> bool:
        """Whether every fault happened, every expectation held, and no invariant was broken."""
        return not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """The claims that do not hold: invariants broken, faults and expectations not fulfilled."""
        return tuple(
            dict.fromkeys(
                name
                for name, verdict in self.verdicts
                if not verdict
                and name not in self.forgiven
                and not (name in self.invariants and verdict.truth is Truth.UNKNOWN)
            )
        )

    @property
    def peculiarities(self) -> tuple[str, ...]:
        """The names of the peculiarities that explain something, each once."""
        return tuple(
            dict.fromkeys(each.name for found in self.judgements for each in found.peculiarities)
        )

    def table(self) -> Table:
        """Every claim with its verdict: those about this run, and what was said of invariants.

        Invariants that hold are one row together.
        """
        held = [name for name, verdict in self.verdicts if name in self.invariants and verdict]
        rows = [
            (name, self._mark(name, verdict), verdict.reason)
            for name, verdict in self.verdicts
            if name not in held
        ]
        if held:
            rows.append((f"{len(held)} invariants", "ok", "hold throughout the run"))
        header = self.trace.header
        how = "as expected"
        if not self.passed:
            count, every = len(self.failures), len(self.verdicts)
            how = f"{count} of {every} claims {'does' if count == 1 else 'do'} not hold"
        caption = f"{header.scenario}, seed {header.seed}: {how}"
        return Table(("claim", "verdict", "why"), tuple(rows), caption)

    def _mark(self, name: str, verdict: Verdict) -> str:
        if verdict:
            return "ok"
        if name in self.forgiven:
            return "explained"
        return "FAILED" if name in self.failures else verdict.truth.value

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    @cached_property
    def summary(self) -> Summary:
        """The numbers of the run."""
        return summarize(self.trace)


def run_scenario(
    scenario: Scenario,
    *,
    seed: int = 1,
    duration: float | None = None,
    profile: Profile | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[float], None] | None = None,
    messages: bool = False,
    prepare: Callable[[World], None] | None = None,
) -> Result:
    """Run a scenario; the same arguments give the same trace.

    `duration` is the virtual time in seconds watched after the first fault; without it the run
    ends when all has been calm for a while. `profile` replaces that of the scenario. A fault that
    waits in vain for its event fails the run, and those after it are left out. The header of the
    trace holds what is in force, and whatever `settings` add. `progress` is called with the virtual
    time now and then; with `messages` the trace has every single message. `prepare` is called with
    the world before anything happens in it. Raises `UnknownNode` for a fault on nobody, before
    anything runs, and `ImpossibleFault` for one that cannot be.
    """
    more: dict[str, Any] = {each.name: each.value for each in scenario.parameters}
    if duration is not None:
        more["duration"] = duration
    world = World(
        scenario.deployment,
        seed=seed,
        profile=profile or PROFILES[scenario.profile],
        scenario=scenario.full_name,
        settings={**more, **(settings or {})},
        messages=messages,
    )
    _check_names(scenario, world)
    if prepare is not None:
        prepare(world)
    stage = Stage(world, scenario, duration, progress)
    happened = stage.play()
    reason = stage.watch()
    world.end(reason)
    trace = world.trace
    judgements = judge_all(trace, _invariants_of(scenario))
    expected, claimed = _judge(scenario, trace, stage.cast())
    names = {name for name, _ in expected}
    judged = [
        (each.invariant.name, _told(each))
        for each in judgements
        if each.verdict.truth is not Truth.UNKNOWN or each.invariant.name not in names
    ]
    return Result(
        trace,
        (*happened, *judged, *expected, *claimed),
        _forgiven(scenario, world, judgements),
        judgements,
        frozenset(each.invariant.name for each in judgements) - names,
    )


def _invariants_of(scenario: Scenario) -> list[Invariant]:
    """The invariants by which a run is judged, in the order of all of them."""
    return [
        each for each in INVARIANTS if each.kind is Kind.SAFETY or each.name in scenario.invariants
    ]


def _told(judgement: Judgement) -> Verdict:
    """The verdict on an invariant, which tells first what nothing explains."""
    if not judgement.is_broken:
        return judgement.told
    first = judgement.unexplained[0]
    return replace(judgement.verdict, reason=first.reason, evidence=first.evidence)


def _forgiven(scenario: Scenario, world: World, judgements: Sequence[Judgement]) -> frozenset[str]:
    """What the story is expected to break, and what peculiarities explain."""
    found = {
        name
        for each in scenario.expectations
        if each.name == "breaks" and isinstance(each.value, tuple)
        for name in each.value
    }
    found |= {each.invariant.name for each in judgements if each.is_explained}
    if unrest_is_explained(world, judgements):
        found.add(BECOMES_CALM)
    return frozenset(found)


def _check_names(scenario: Scenario, world: World) -> None:
    """Nobody should wait for half a run to learn that a fault is aimed at nobody."""
    known = {*world.nodes, *ROLES, *scenario.deployment.topology.groups}
    for number, fault in enumerate(scenario.faults, start=1):
        if VERBS[fault.do].joins:
            known.update(fault.targets)
        for name in fault.names:
            if name not in known:
                raise UnknownNode(
                    f"fault {number} ({fault.do}): unknown node {name!r}; expected master or "
                    f"one of: {', '.join(world.nodes)}"
                )
        if fault.alias:
            known.add(fault.alias)


Verdicts: TypeAlias = tuple[tuple[str, Verdict], ...]


def _judge(scenario: Scenario, trace: Trace, cast: Cast) -> tuple[Verdicts, Verdicts]:
    """The verdicts on what is expected, and on what is seen or never seen."""
    expected = [(str(each), judge_expectation(trace, each, cast)) for each in scenario.expectations]
    claimed = [(str(each), judge_claim(trace, each, cast)) for each in scenario.claims]
    return tuple(expected), tuple(claimed)
