"""The stage of a scenario: a world on which its faults are played, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from minisentinel.trace import Entry, SentinelEvent
from sim.invariants import Verdict
from sim.invariants.verdicts import is_broken
from sim.kernel.units import microseconds
from sim.scenarios.expectations import Cast
from sim.scenarios.scenario import Fault, Repetition, Scenario
from sim.scenarios.verbs import VERBS
from sim.world.world import World

__all__ = ["Stage"]

PROGRESS_S = 1.0
INSTANT_US = 200
"""How finely a fault looks that must not be late: a message takes about as long."""


class Stage:
    """Plays the faults of `scenario` on `world`, and watches how it ends.

    `duration` (s) ends the run so long after the first fault. `progress` is called with the time.
    """

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
        self._first_fault_us: int | None = None
        self._seen = 0
        self._hit: dict[str, tuple[str, ...]] = {}
        self._moments: dict[str, int] = {}
        self._said: Entry | None = None
        self._repeating = 0
        world.watchers.append(lambda: self._repeating > 0)

    # The course of a run

    def play(self) -> tuple[tuple[str, Verdict], ...]:
        """Let every fault happen; returns the verdict on one that waits in vain and should not."""
        for number, fault in enumerate(self.scenario.faults, start=1):
            if self.wait_for(fault):
                self.inflict(fault, number)
            elif self._is_over:
                break
            elif fault.within is not None:
                self._last_fault = self.world.now
            else:
                patience = self.scenario.patience
                reason = f"never happened: {_awaited(fault)} within {patience:g} s"
                return ((f"fault {number} ({fault})", is_broken(reason)),)
        return ()

    def wait_for(self, fault: Fault) -> bool:
        """Let time pass until the moment of `fault`; False if it does not come."""
        if fault.at is not None:
            return self._run_to(fault.at)
        since = self._last_fault
        if fault.when:
            if not self._wait_until_said(fault):
                return False
            since = self.world.now
        return self._run_to(since + fault.after)

    def inflict(self, fault: Fault, number: int) -> None:
        """Do it; from the first fault on, `duration` runs."""
        world = self.world
        # What the fault itself makes a Sentinel say counts as said after it.
        self._seen = len(world.recorder.entries)
        if self._first_fault_us is None:
            self._first_fault_us = world.kernel.now
        if fault.alias:
            self._moments.setdefault(fault.alias, world.kernel.now)
        self._inflict(fault)
        if fault.repeat is not None:
            random = world.streams.get(f"fault:{number}")
            self._repeat(fault, fault.repeat, random, 1)
        self._last_fault = world.now
        if self._end is None and self.duration is not None:
            self._end = world.now + self.duration

    def watch(self) -> str:
        """See how it ends; returns why the run is over."""
        if self._end is None and self.scenario.watch_for is not None:
            self._end = self._last_fault + self.scenario.watch_for
        if self._end is not None:
            self._run_to(self._end)
            return "duration"
        scenario = self.scenario
        calm = self.world.run_until_calm(scenario.calm_for, scenario.patience, self.progress)
        return "calm" if calm else "limit"

    def cast(self) -> Cast:
        """Who was hit, and when."""
        nodes = {**self._groups(), **self._hit}
        return Cast(nodes, dict(self._moments), self._first_fault_us or 0)

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

    # Conditions

    def _wait_until_said(self, fault: Fault) -> bool:
        limit = self.scenario.patience if fault.within is None else fault.within
        if self._end is not None:
            limit = min(limit, self._end - self.world.now)
        if fault.when == "calm":
            return self.world.run_until_calm(self.scenario.calm_for, limit, self.progress)
        entries = self.world.recorder.entries
        speakers = set(self._members(fault.by)) if fault.by else set()
        subjects = self._addresses(fault.about) if fault.about else set()
        missing = fault.nth

        def said() -> bool:
            nonlocal missing
            while self._seen < len(entries):
                entry = entries[self._seen]
                self._seen += 1
                data = entry.data
                if (
                    isinstance(data, SentinelEvent)
                    and data.name == fault.when
                    and (not speakers or entry.node in speakers)
                    and (not subjects or (data.host, data.port) in subjects)
                ):
                    missing -= 1
                    if not missing:
                        self._said = entry
                        if not fault.at_once:
                            self._seen = len(entries)
                        return True
            return False

        look_us = INSTANT_US if fault.at_once else None
        return self.world.run_until(said, limit, self.progress, look_us=look_us)

    # Deeds

    def _inflict(self, fault: Fault) -> None:
        nodes = tuple(
            dict.fromkeys(
                each if VERBS[fault.do].joins else self.world.node(each).name
                for name in fault.targets
                for each in self._members(name)
            )
        )
        groups = [
            [node for name in group for node in self._members(name)] for group in fault.groups
        ]
        to = self._members(fault.to)[0] if fault.to else ""
        VERBS[fault.do].play(self.world, fault, nodes, groups, to)
        if fault.alias:
            every = dict.fromkeys((*nodes, *(node for group in groups for node in group)))
            self._hit[fault.alias] = tuple(every)

    def _repeat(self, fault: Fault, how: Repetition, random: Random, done: int) -> None:
        """Let it happen again, unless that was the last time."""
        if how.random:
            pause = random.expovariate(1 / how.every)
        else:
            pause = how.every + (random.uniform(-how.jitter, how.jitter) if how.jitter else 0.0)
        when_us = self.world.kernel.now + microseconds(pause)
        if how.times is not None and done >= how.times:
            return
        if how.until is not None and when_us > microseconds(how.until):
            return
        self._repeating += 1

        def again(_: object) -> None:
            self._repeating -= 1
            self._inflict(fault)
            self._repeat(fault, how, random, done + 1)

        self.world.kernel.call_at(when_us, again)

    # Names

    def _groups(self) -> dict[str, tuple[str, ...]]:
        world = self.world
        return {
            **world.deployment.topology.groups,
            "servers": tuple(world.servers),
            "sentinels": tuple(world.sentinels),
            "clients": tuple(world.clients),
        }

    def _members(self, name: str) -> Sequence[str]:
        """The nodes that `name` stands for now."""
        if name in self._hit:
            return self._hit[name]
        groups = self._groups()
        if name in groups:
            return groups[name]
        if name == "masters":
            return self.world.masters
        if name == "replicas":
            masters = (self.world.master, *self.world.masters)
            return [each for each in self.world.servers if each not in masters]
        if name in ("speaker", "subject") and self._said is not None:
            return [self._speaker() if name == "speaker" else self._subject()]
        return [name]

    def _speaker(self) -> str:
        return "" if self._said is None else self._said.node

    def _subject(self) -> str:
        data = None if self._said is None else self._said.data
        if isinstance(data, SentinelEvent):
            # Of two nodes that had the same address in turn the later one is meant.
            for place in reversed(self.world.plan.places):
                if (place.ip, place.port) == (data.host, data.port):
                    return place.name
        return "nobody"

    def _addresses(self, name: str) -> set[tuple[str, int]]:
        names = {self.world.node(each).name for each in self._members(name)}
        return {(place.ip, place.port) for place in self.world.plan.places if place.name in names}


def _awaited(fault: Fault) -> str:
    if fault.when == "calm":
        return "it did not become calm"
    about = f" about {fault.about}" if fault.about else ""
    often = f" {fault.nth} times" if fault.nth > 1 else ""
    return (
        f"{fault.by or 'no Sentinel'}{' never' if fault.by else ''} said {fault.when}{about}{often}"
    )
