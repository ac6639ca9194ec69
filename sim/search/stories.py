"""Random stories: a deployment, and a schedule of faults that ends with everything mended.

A story is an ordinary scenario, so that a bad one can be written to a file and run again.

Every story has three parts: 15 s in which all nodes get to know each other, the faults, and the
mending (heal, resume, restart of all that was hit), after which the run ends when all is calm. So
safety is tried under faults, and liveness after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sim.invariants import INVARIANTS, REPLICAS_FOLLOW_AT_THE_END, Kind
from sim.scenarios import Expectation, Fault, Scenario
from sim.scenarios.expectations import BECOMES_CALM, CONDITIONAL_NAMES
from sim.scenarios.writing import to_toml
from sim.search.choosing import Chooser, Dice
from sim.search.deployments import any_deployment, comes_to_rest, is_known, small_deployment
from sim.search.schedules import AGAIN, MAKERS, Schedule, cut
from sim.world.deployment import Deployment

__all__ = [
    "KINDS",
    "Maker",
    "Story",
    "any_story",
    "election_story",
    "make_story",
    "random_story",
    "story_in",
    "told",
    "wild_story",
]

SETTLED_S = 15.0
"""By then every Sentinel knows all servers and Sentinels: the second INFO of the master is in."""

LIVENESS_LIMIT_S = 240.0
"""Within this time, and what the settings allow on top (`Scenario.patience`), all must be well."""

WATCHED_S = 45.0
"""So long after the last repair a world is watched of which nothing is promised at the end."""

CHAIN_WATCHED_S = 120.0
"""So long one in which a replica follows another one: by then the rest of it must be well."""

WATCHED_INVARIANTS = tuple(each.name for each in INVARIANTS if each.kind is Kind.CALM)
CHAIN_INVARIANTS = tuple(
    name for name in CONDITIONAL_NAMES if name != REPLICAS_FOLLOW_AT_THE_END.name
)

CALM_FOR_S = 10.0
"""So long all must be well at the end: clients have had their turns by then, and were served."""

MOST_FAULTS = 10
COURSE = ("end", "end", *("now",) * 8, "cue", "again")
"""Whether another fault comes, and how: most at their time, one in ten when a Sentinel speaks."""

NO_CUE = ("add", "reuse_address", "power_on")
"""What later faults build upon has to happen for sure."""

FEW_VERBS = ("kill", "restart", "pause", "resume", "block", "partition", "heal")


@dataclass(frozen=True)
class Story:
    """A scenario and the seed to run it with; `str()` is the file, without the seed."""

    scenario: Scenario
    seed: int

    @property
    def comes_to_rest(self) -> bool:
        """Whether the world must become calm once everything is mended."""
        return self.scenario.watch_for is None

    def __str__(self) -> str:
        return to_toml(self.scenario)


Maker = Callable[[Chooser], Story]


def any_story(choose: Chooser) -> Story:
    """A small deployment, in which processes die, freeze and come back and the network is cut."""
    return _troubled(Schedule(choose, small_deployment(choose), SETTLED_S), FEW_VERBS)


def wild_story(choose: Chooser) -> Story:
    """Any deployment, and anything that the world can do to anybody."""
    where = any_deployment(choose)
    to = Schedule(choose, where, SETTLED_S)
    if choose.choice((False, False, False, True)):
        # While all is well a Sentinel may forget everybody: it soon knows them again.
        reset = ("SENTINEL", "RESET", choose.choice(where.master_names))
        to.faults.append(Fault("command", to.now_s, node=to.one(to.sentinels), words=reset))
        to.wait()
    return _troubled(to, tuple(MAKERS))


def election_story(choose: Chooser) -> Story:
    """The master dies, and the Sentinels are disturbed while they agree on who leads.

    A quorum of 1 makes every Sentinel a candidate that sees the master down before it is asked.
    """
    where = Deployment(
        sentinels=choose.integer(2, 5),
        replicas=choose.integer(1, 2),
        clients=0,
        quorum=choose.choice((1, 1, 2)),
        down_after_milliseconds=1000,
        failover_timeout=10_000,
    )
    to = Schedule(choose, where, SETTLED_S)
    if choose.integer(0, 1):
        to.faults += cut(to)
    to.faults.append(Fault("kill", to.now_s, node="redis-1"))
    to.now_s += 1.0
    for _ in range(choose.integer(1, 5)):
        to.wait((0.0, 0.05, 0.3, 1.0))
        match choose.choice(("bounce", "heal", "partition")):
            case "bounce":
                sentinel = choose.choice(to.sentinels)
                to.faults.append(Fault("kill", to.now_s, node=sentinel))
                to.now_s = round(to.now_s + choose.integer(5, 30) / 100, 3)
                to.faults.append(Fault("restart", to.now_s, node=sentinel))
            case "heal":
                to.inflict("heal")
            case _:
                to.faults += cut(to)
    return _story(to, round(to.now_s + 8.0, 3))


KINDS: Mapping[str, Maker] = MappingProxyType(
    {"any": any_story, "election": election_story, "wild": wild_story}
)
"""The kinds of stories by name, the simplest first."""


def make_story(choose: Chooser) -> Story:
    """A whole story of any kind."""
    return choose.choice(tuple(KINDS.values()))(choose)


def random_story(number: int) -> Story:
    """The story of that number, the same one every time."""
    return make_story(Dice(number))


def story_in(
    where: Deployment,
    choose: Chooser,
    expect: Sequence[Expectation] = (),
) -> Story:
    """A story in a deployment that is given: anything happens to it, but nobody joins.

    What it must lead to is what `expect` says, beside what must be true of every run.
    """
    verbs = tuple(verb for verb in MAKERS if verb not in ("add", "command", "reuse_address"))
    return _troubled(Schedule(choose, where, SETTLED_S), verbs, expect)


def _troubled(to: Schedule, verbs: Sequence[str], expect: Sequence[Expectation] = ()) -> Story:
    choose = to.choose
    # Most stories need a master that fails: without it there is little to tell.
    to.faults.append(Fault(choose.choice(("kill", "pause")), to.now_s, node="redis-1"))
    for _ in range(MOST_FAULTS):
        # Asked before each one, so that a search can leave any of them out; and all at once, since
        # few answers are easier to leave out than many.
        how = choose.choice(COURSE)
        if how == "end":
            break
        to.wait()
        verb = choose.choice(verbs)
        if how == "again" and verb in AGAIN:
            to.repeat(verb)
        elif how == "cue" and verb not in NO_CUE:
            to.await_cue(verb)
        else:
            to.inflict(verb)
    return _story(to, round(to.now_s + 2.0 + choose.integer(0, 20), 3), expect)


def _story(to: Schedule, mended_at: float, expect: Sequence[Expectation] = ()) -> Story:
    where = to.where
    watch_for, invariants = None, CONDITIONAL_NAMES
    if not is_known(where):
        watch_for, invariants = WATCHED_S, WATCHED_INVARIANTS
    elif not comes_to_rest(where):
        watch_for, invariants = CHAIN_WATCHED_S, CHAIN_INVARIANTS
    else:
        expect = (Expectation(BECOMES_CALM, True), *expect)
    return told(
        to,
        (*to.faults, *to.mend(mended_at)),
        expect,
        calm_for=CALM_FOR_S if where.clients else 3.0,
        limit=LIVENESS_LIMIT_S,
        watch_for=watch_for,
        invariants=invariants,
    )


def told(
    to: Schedule, faults: Sequence[Fault], expect: Sequence[Expectation] = (), **run: Any
) -> Story:
    """The story of these faults in that deployment, with a seed; `run` are fields of `Scenario`."""
    scenario = Scenario(
        name="story",
        title="A random story",
        theme="Random",
        about="",
        deployment=to.where,
        faults=tuple(faults),
        expectations=tuple(expect),
        **run,
    )
    return Story(scenario, to.choose.integer(1, 10_000))
