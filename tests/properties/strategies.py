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

__all__ = ["Chooser", "Dice", "Story", "make_story", "random_story", "stories"]

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
        down_after_milliseconds=choose.choice((1000, 500, 2000)),
        failover_timeout=choose.choice((3000, 1000, 6000, 10000)),
        parallel_syncs=choose.integer(1, 2),
        replica_priorities=tuple(choose.choice((100, 100, 50, 0)) for _ in range(replicas)),
    )


def make_story(choose: Chooser) -> Story:
    """A whole story."""
    where = deployment(choose)
    faults = _faults(choose, where)
    scenario = Scenario(
        name="story",
        title="A random story",
        theme="Random",
        about="",
        deployment=where,
        faults=faults,
        expectations=(Expectation("one-master-at-the-end", True),),
        limit=LIVENESS_LIMIT_S,
    )
    return Story(scenario, choose.integer(1, 10_000))


def _faults(choose: Chooser, where: Deployment) -> tuple[Fault, ...]:
    servers = [f"redis-{number + 1}" for number in range(where.replicas + 1)]
    sentinels = [f"sentinel-{number + 1}" for number in range(where.sentinels)]
    nodes = servers + sentinels
    now = SETTLED_S
    # Most stories need a master that fails: without it there is little to tell.
    faults = [Fault(choose.choice(("kill", "pause")), now, node="redis-1")]
    for _ in range(choose.integer(0, 8)):
        now = round(now + choose.choice(GAPS_S) + choose.integer(0, 99) / 100, 3)
        verb = choose.choice(VERBS)
        match verb:
            case "heal":
                faults.append(Fault(verb, now))
            case "partition":
                groups: tuple[list[str], list[str]] = ([], [])
                for node in nodes:
                    groups[choose.integer(0, 1)].append(node)
                if all(groups):
                    faults.append(Fault(verb, now, groups=tuple(tuple(g) for g in groups)))
            case "block":
                seconds = float(choose.integer(1, 5))
                faults.append(Fault(verb, now, node=choose.choice(nodes), seconds=seconds))
            case "restart":
                keep = choose.choice((True, False))
                faults.append(Fault(verb, now, node=choose.choice(nodes), keep_data=keep))
            case _:
                faults.append(Fault(verb, now, node=choose.choice(nodes)))
    return (*faults, *_mending(faults, now + 2.0 + choose.integer(0, 20)))


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
