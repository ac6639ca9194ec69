"""Random stories: a deployment, and a schedule of faults that ends with everything mended.

A story is an ordinary scenario, so that a bad one can be written to a file and run again. Who
makes the choices is a `Chooser`: hypothesis, which shrinks what fails to few and simple faults, or
a seeded generator, for searches that must take the same course every time.

Every story has three parts: 15 s in which all nodes get to know each other, the faults, and the
mending (heal, resume, restart of all that was hit), after which the run ends when all is calm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st

from sim.scenarios import Expectation, Fault, Scenario
from sim.world import Deployment

__all__ = [
    "Chooser",
    "Dice",
    "Story",
    "any_story",
    "election_story",
    "make_story",
    "random_story",
    "stories",
    "toml",
]

T = TypeVar("T")

SETTLED_S = 15.0
"""By then every Sentinel knows all servers and Sentinels: the second INFO of the master is in."""

LIVENESS_LIMIT_S = 240.0
"""Within this time after the last repair everything must be well (see `test_liveness`)."""

VERBS = ("kill", "restart", "pause", "resume", "block", "partition", "heal")
GAPS_S = (0.0, 0.05, 0.3, 1.0, 1.5, 2.0, 3.5, 7.0, 15.0)


class Chooser(Protocol):
    """Makes the choices of which a story consists."""

    def integer(self, low: int, high: int) -> int:
        """A number of `low` to `high`, both included; simpler ones are near `low`."""

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`; simpler ones stand first."""


class Dice:
    """Chooses by a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def choice(self, options: Sequence[T]) -> T:
        return options[self._random.randrange(len(options))]


@dataclass(frozen=True)
class Story:
    """A scenario and the seed to run it with; `str()` is the file, without the seed."""

    scenario: Scenario
    seed: int

    def __str__(self) -> str:
        return toml(self.scenario)


def deployment(choose: Chooser) -> Deployment:
    """One to five Sentinels, none to four replicas, quorums legal and silly, short periods."""
    sentinels = choose.choice((3, 1, 2, 4, 5))
    replicas = choose.choice((1, 2, 0, 3, 4))
    return Deployment(
        sentinels=sentinels,
        replicas=replicas,
        clients=choose.choice((1, 0)),
        # One more than there are Sentinels: such a quorum is never reached.
        quorum=choose.choice((1, *range(2, sentinels + 2))),
        down_after_milliseconds=choose.choice((1000, 2000, 500)),
        failover_timeout=choose.choice((3000, 1000, 6000, 10000)),
        parallel_syncs=choose.integer(1, 2),
        replica_priorities=tuple(choose.choice((100, 100, 50, 0)) for _ in range(replicas)),
    )


def make_story(choose: Chooser) -> Story:
    """A whole story of any kind."""
    return choose.choice((any_story, election_story))(choose)


def any_story(choose: Chooser) -> Story:
    """Anything happens to anybody."""
    where = deployment(choose)
    servers, sentinels = _names(where)
    # Most stories need a master that fails: without it there is little to tell.
    faults = [Fault(choose.choice(("kill", "pause")), SETTLED_S, node="redis-1")]
    now = SETTLED_S
    for _ in range(choose.integer(0, 8)):
        now = _later(choose, now, GAPS_S)
        faults += _anything(choose, servers + sentinels, now)
    return _story(choose, where, faults, now + 2.0 + choose.integer(0, 20))


def election_story(choose: Chooser) -> Story:
    """The master dies, and the Sentinels are disturbed while they agree on who leads.

    A quorum of 1 makes every Sentinel a candidate that sees the master down before it is asked.
    """
    sentinel_count = choose.integer(2, 5)
    where = Deployment(
        sentinels=sentinel_count,
        replicas=choose.integer(1, 2),
        clients=0,
        quorum=choose.choice((1, 1, 2)),
        down_after_milliseconds=1000,
        failover_timeout=10_000,
    )
    servers, sentinels = _names(where)
    faults = []
    if choose.integer(0, 1):
        faults += _partition(choose, servers + sentinels, SETTLED_S)
    faults.append(Fault("kill", SETTLED_S, node="redis-1"))
    now = SETTLED_S + 1.0
    for _ in range(choose.integer(1, 5)):
        now = _later(choose, now, (0.0, 0.05, 0.3, 1.0))
        match choose.choice(("bounce", "heal", "partition")):
            case "bounce":
                sentinel = choose.choice(sentinels)
                back = round(now + choose.integer(5, 30) / 100, 3)
                faults.append(Fault("kill", now, node=sentinel))
                faults.append(Fault("restart", back, node=sentinel))
                now = back
            case "heal":
                faults.append(Fault("heal", now))
            case _:
                faults += _partition(choose, servers + sentinels, now)
    return _story(choose, where, faults, now + 8.0)


def _story(choose: Chooser, where: Deployment, faults: list[Fault], mended_at: float) -> Story:
    scenario = Scenario(
        name="story",
        title="A random story",
        theme="Random",
        about="",
        deployment=where,
        faults=(*faults, *_mending(faults, mended_at)),
        expectations=(Expectation("one-master-at-the-end", True),),
        limit=LIVENESS_LIMIT_S,
    )
    return Story(scenario, choose.integer(1, 10_000))


def _names(where: Deployment) -> tuple[list[str], list[str]]:
    """The servers and the Sentinels."""
    servers = [f"redis-{number + 1}" for number in range(where.replicas + 1)]
    return servers, [f"sentinel-{number + 1}" for number in range(where.sentinels)]


def _later(choose: Chooser, now: float, gaps_s: Sequence[float]) -> float:
    return round(now + choose.choice(gaps_s) + choose.integer(0, 99) / 100, 3)


def _partition(choose: Chooser, nodes: Sequence[str], at: float) -> list[Fault]:
    """Two groups; none if all fall on one side."""
    groups: tuple[list[str], list[str]] = ([], [])
    for node in nodes:
        groups[choose.integer(0, 1)].append(node)
    return [Fault("partition", at, groups=tuple(map(tuple, groups)))] if all(groups) else []


def _anything(choose: Chooser, nodes: Sequence[str], at: float) -> list[Fault]:
    match choose.choice(VERBS):
        case "heal":
            return [Fault("heal", at)]
        case "partition":
            return _partition(choose, nodes, at)
        case "block":
            seconds = float(choose.integer(1, 5))
            return [Fault("block", at, node=choose.choice(nodes), seconds=seconds)]
        case "restart":
            keep = choose.choice((True, False))
            return [Fault("restart", at, node=choose.choice(nodes), keep_data=keep)]
        case verb:
            return [Fault(verb, at, node=choose.choice(nodes))]


def _mending(faults: Sequence[Fault], at: float) -> list[Fault]:
    """What undoes `faults`: starting what runs, or resuming what is not paused, does nothing."""
    hit = dict.fromkeys(fault.node for fault in faults if fault.node)
    mending = [Fault("heal", at)] if any(fault.do == "partition" for fault in faults) else []
    for node in hit:
        verbs = {fault.do for fault in faults if fault.node == node}
        if "pause" in verbs:
            mending.append(Fault("resume", at, node=node))
        if "kill" in verbs:
            mending.append(Fault("restart", at, node=node))
    return mending


def random_story(seed: int) -> Story:
    """The story number `seed`, the same one every time."""
    return make_story(Dice(seed))


@dataclass
class _Hypothesis:
    draw: st.DrawFn

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def choice(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Random stories that shrink to few faults and small deployments."""
    return make_story(_Hypothesis(draw))


def toml(scenario: Scenario) -> str:
    """The scenario file of a scenario."""
    where = scenario.deployment
    lines = [f'title = "{scenario.title}"', f'theme = "{scenario.theme}"', "", "[deployment]"]
    lines += [f"{key} = {getattr(where, key)}" for key in ("sentinels", "replicas", "clients")]
    if where.replica_priorities:
        lines.append(f"replica-priorities = {list(where.replica_priorities)}")
    lines += [
        "",
        "[settings]",
        f"quorum = {where.effective_quorum}",
        f"down-after-milliseconds = {where.down_after_milliseconds}",
        f"failover-timeout = {where.failover_timeout}",
        f"parallel-syncs = {where.parallel_syncs}",
        f"master-reboot-down-after-period = {where.master_reboot_down_after_period}",
    ]
    for fault in scenario.faults:
        lines += ["", "[[faults]]", f"at = {fault.at}", f'do = "{fault.do}"']
        if fault.node:
            lines.append(f'node = "{fault.node}"')
        if fault.alias:
            lines.append(f'as = "{fault.alias}"')
        if fault.groups:
            groups = ", ".join(
                "[" + ", ".join(f'"{node}"' for node in group) + "]" for group in fault.groups
            )
            lines.append(f"groups = [{groups}]")
        if fault.seconds:
            lines.append(f"seconds = {fault.seconds}")
        if not fault.keep_data:
            lines.append("keep-data = false")
    lines += ["", "[run]", f"calm-for = {scenario.calm_for}", f"limit = {scenario.limit}"]
    lines += ["", "[expect]"]
    for each in scenario.expectations:
        lines.append(f"{each.name} = {str(each.value).lower()}")
    return "\n".join(lines) + "\n"
