"""The questions that the searches are asked, each with its small world and its bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from minisentinel.core import MODERN, Profile
from sim.adversary.exploring import Exploration, explore
from sim.adversary.history import Breach
from sim.adversary.moves import Move, parse_moves
from sim.adversary.plan import Limits, Plan
from sim.adversary.runs import replay, shrink
from sim.adversary.settling import crisis
from sim.adversary.world import Situation, World

__all__ = ["QUESTIONS", "Answer", "Question", "ask", "find_question", "world_of"]


@dataclass(frozen=True)
class Question:
    """A search: the world, what may not happen in it, and how far to look.

    `stages` are the breaches to be reached one after the other, the last of which is the answer: a
    long way is found in parts; each part starts where the one before ended, and the limits count
    anew. `first` are moves made before the search. `watch` are the promises that matter, and
    `max_states` bounds each stage.
    """

    name: str
    sentence: str
    plan: Plan
    watch: tuple[str, ...]
    stages: tuple[str, ...] = ()
    first: str = ""
    max_states: int = 300_000


@dataclass(frozen=True)
class Answer:
    """What a search came to: the explorations of its stages, and what was found, if anything.

    `way` begins at `start`, and no single move can be left out of it.
    """

    question: Question
    world: World
    start: Situation
    stages: tuple[Exploration, ...]
    breach: Breach | None = None
    way: tuple[Move, ...] = field(default=())

    @property
    def states(self) -> int:
        """Distinct situations, of all stages."""
        return sum(each.states for each in self.stages)

    @property
    def transitions(self) -> int:
        """Moves tried, in all stages."""
        return sum(each.transitions for each in self.stages)

    @property
    def claim(self) -> str:
        """``found``, ``exhausted``, or the bound that was reached."""
        return f"found: {self.breach.what}" if self.breach else self.stages[-1].claim


def _strangers(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for a in old for b in new for pair in ((a, b), (b, a)))


_TWO_MASTERS = Plan(
    masters=2,
    candidates=("s1", "s2"),
    until_elected=True,
    limits=Limits(waits=(1001,), waiting=2, in_flight=1),
)

QUESTIONS = (
    Question(
        "one-election",
        "Three Sentinels, one dead master, every order of all messages and timers, no time "
        "passes: can two be elected in one epoch, or one vote twice?",
        Plan(until_elected=True),
        ("two-leaders", "two-votes"),
    ),
    Question(
        "with-a-crash",
        "The same, and one Sentinel may be killed at any moment, between the steps or in the "
        "middle of one, and comes back with what is on its disk.",
        Plan(until_elected=True, limits=Limits(crashes=1, in_flight=2)),
        ("two-leaders", "two-votes"),
    ),
    Question(
        "with-a-timeout",
        "The same without crashes, but at one moment a second, or the time of an election, passes "
        "for one Sentinel.",
        Plan(until_elected=True, limits=Limits(waits=(1000, 11_000), waiting=1, in_flight=2)),
        ("two-leaders", "two-votes"),
    ),
    Question(
        "two-masters",
        "Two masters die at once and two Sentinels attempt both failovers; for each of them a "
        "second may pass: can two be elected for one master in one epoch?",
        _TWO_MASTERS,
        ("two-leaders",),
    ),
    Question(
        "two-addresses",
        "The same with two replicas each, one of which s2 does not reach: can two addresses get "
        "the same configuration epoch?",
        replace(
            _TWO_MASTERS,
            replicas=2,
            until_elected=False,
        ),
        ("two-leaders", "two-addresses"),
        stages=("two-leaders", "two-addresses"),
        first="cut s2 alpha-2",
        max_states=150_000,
    ),
    Question(
        "enough-votes",
        "Two masters die at once and s1 attempts both failovers; its timer fires once a second: "
        "can it give an attempt up (after 3 s) although it had the votes of a majority, all of "
        "its epoch?",
        replace(
            _TWO_MASTERS,
            candidates=("s1",),
            failover_timeout=3_000,
            limits=Limits(waits=(1001,), waiting=4),
        ),
        ("not-elected",),
    ),
    Question(
        "growing-to-4",
        "s4 is new and has met only s3; nothing arrives between these two and s1 and s2, who have "
        "not heard of it, and each side reaches one replica: are there two majorities, and two "
        "addresses with one configuration epoch?",
        Plan(
            sentinels=4,
            replicas=2,
            candidates=("s1", "s4"),
            strangers=_strangers(("s1", "s2"), ("s4",)),
            limits=Limits(waits=(1001,), waiting=2),
        ),
        ("two-leaders", "two-addresses"),
        stages=("two-leaders", "two-addresses"),
        first="cut s1 alpha-3\ncut s2 alpha-3\ncut s3 alpha-2\ncut s4 alpha-2",
    ),
    Question(
        "growing-to-5",
        "The same with two new ones, s4 and s5, so that five Sentinels run.",
        Plan(
            sentinels=5,
            candidates=("s1", "s4"),
            strangers=_strangers(("s1", "s2"), ("s4", "s5")),
            until_elected=True,
        ),
        ("two-leaders",),
    ),
)
"""All of them; the first three are about one election and have one answer only: no."""


def find_question(name: str) -> Question:
    """The question of that name; raises ValueError, which names those that there are."""
    for question in QUESTIONS:
        if question.name == name:
            return question
    known = ", ".join(question.name for question in QUESTIONS)
    raise ValueError(f"no question is called {name!r}; expected one of: {known}")


def world_of(question: Question, profile: Profile = MODERN) -> tuple[World, Situation]:
    """The world of a question under a profile, and where its search starts, before `first`."""
    plan = replace(question.plan, name=question.name, profile=profile)
    world = World(plan, watch=question.watch)
    return world, crisis(world)


def ask(
    question: Question,
    profile: Profile = MODERN,
    *,
    max_states: int = 0,
    told: Callable[[str], None] = lambda line: None,
) -> Answer:
    """Search for an answer; `max_states` is for each stage, 0: that of the question.

    `told` is called with a line for each stage.
    """
    world, start = world_of(question, profile)
    way = tuple(parse_moves(question.first))
    done: list[Exploration] = []
    for stage in question.stages or ("",):
        here = replay(world, start, way).situation._replace(spent=start.spent)
        sought = (question.stages[-1], stage) if stage else question.watch
        result = explore(
            world,
            here,
            max_states=max_states or question.max_states,
            stop=lambda breach, sought=sought: breach.what in sought,  # type: ignore[misc]
        )
        done.append(result)
        found = next((result.found[each] for each in sought if each in result.found), None)
        told(f"{stage or 'search'}: {result.states} states, {result.claim}")
        if found is None:
            return Answer(question, world, start, tuple(done))
        breach, rest = found
        way += rest
        if stage and breach.what == question.stages[-1]:
            break
    what = breach.what
    way = shrink(world, start, way, lambda run: any(each.what == what for each in run.breaches))
    return Answer(question, world, start, tuple(done), breach, way)
