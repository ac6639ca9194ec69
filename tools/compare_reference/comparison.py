"""One scenario compared: everything that is asked of it, and the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from minisentinel.core import MODERN, Profile
from tools.compare_reference.laws import broken_laws
from tools.compare_reference.measures import Measure, find_steps, measure
from tools.compare_reference.orders import Order, Varied, count_orders, held_orders, varied_orders
from tools.compare_reference.recordings import Recording
from tools.compare_reference.scenes import play
from tools.compare_reference.sequences import Sequence, attempts, sequences
from tools.compare_reference.shares import (
    Share,
    event_shares,
    mode_shares,
    role_shares,
    together_shares,
)

__all__ = ["BrokenOrder", "Comparison", "Played", "pooled_orders", "simulate"]


@dataclass(frozen=True, slots=True)
class Played:
    """What is kept of one simulated run."""

    seed: int
    sequences: tuple[Sequence, ...]
    attempts: tuple[Sequence, ...]
    broken_laws: tuple[str, ...]


def simulate(recording: Recording, seed: int, profile: Profile = MODERN) -> Played:
    """Play a scenario once; raises `StageError` when it gets stuck."""
    run = play(recording, seed, profile)
    laws = broken_laws(run, servers=recording.replicas + 1)
    return Played(seed, tuple(sequences(run)), tuple(attempts(run)), tuple(laws))


def pooled_orders(recordings: Iterable[Recording]) -> Counter[Order]:
    """How often each order was recorded within one attempt, in all scenarios together."""
    return count_orders(
        each for recording in recordings for run in recording.runs for each in attempts(run)
    )


@dataclass(frozen=True, slots=True)
class BrokenOrder:
    """An order that was recorded `held` times and never swapped, but is swapped here."""

    order: Order
    held: int
    simulated: int
    simulated_swapped: int

    @property
    def chance(self) -> float:
        """How probable so many recorded sequences without a swap are, if it is as often as here."""
        share = self.simulated_swapped / (self.simulated + self.simulated_swapped)
        return float((1 - share) ** self.held)


@dataclass(frozen=True)
class Comparison:
    """A recording and the simulated runs of the same; `pool` is what `pooled_orders` says."""

    recording: Recording
    played: tuple[Played, ...]
    pool: Mapping[Order, int]

    @cached_property
    def recorded(self) -> list[Sequence]:
        """The recorded sequences."""
        return [each for run in self.recording.runs for each in sequences(run)]

    @cached_property
    def simulated(self) -> list[Sequence]:
        """The simulated sequences."""
        return [each for run in self.played for each in run.sequences]

    @cached_property
    def recorded_attempts(self) -> list[Sequence]:
        """The recorded sequences, cut into attempts."""
        return [each for run in self.recording.runs for each in attempts(run)]

    @cached_property
    def simulated_attempts(self) -> list[Sequence]:
        """The simulated sequences, cut into attempts."""
        return [each for run in self.played for each in run.attempts]

    @property
    def broken_laws(self) -> list[str]:
        """What never varied and does vary here, with the seed."""
        return [f"seed {run.seed}: {law}" for run in self.played for law in run.broken_laws]

    @cached_property
    def _orders(self) -> tuple[Counter[Order], Counter[Order]]:
        return count_orders(self.recorded), count_orders(self.simulated)

    @cached_property
    def _in_attempts(self) -> Counter[Order]:
        return count_orders(self.simulated_attempts)

    @cached_property
    def held_orders(self) -> dict[Order, int]:
        """Orders that held in all recorded attempts of all scenarios, if they come up here."""
        simulated = self._in_attempts
        return {
            order: times
            for order, times in held_orders(self.pool).items()
            if simulated[order] or simulated[order.swapped]
        }

    @property
    def broken_orders(self) -> list[BrokenOrder]:
        """Those of `held_orders` that were broken."""
        simulated = self._in_attempts
        return [
            BrokenOrder(order, times, simulated[order], simulated[order.swapped])
            for order, times in self.held_orders.items()
            if simulated[order.swapped]
        ]

    @property
    def varied_orders(self) -> list[tuple[Varied, Share]]:
        """Pairs that this scenario showed both ways, and how often the first way."""
        simulated = self._orders[1]
        return [
            (
                each,
                Share(
                    str(each.order),
                    each.times,
                    each.times + each.times_swapped,
                    simulated[each.order],
                    simulated[each.order] + simulated[each.order.swapped],
                ),
            )
            for each in varied_orders(self._orders[0])
        ]

    @property
    def missing_orders(self) -> list[Order]:
        """Recorded ways of a pair that varied which never came up here."""
        ways = [way for each, _ in self.varied_orders for way in (each.order, each.order.swapped)]
        return [way for way in ways if not self._orders[1][way]]

    @cached_property
    def _all_measures(self) -> list[Measure]:
        steps = find_steps(self.recorded_attempts, self.recording.down_after_ms)
        return [measure(each, self.recorded_attempts, self.simulated_attempts) for each in steps]

    @property
    def measures(self) -> list[Measure]:
        """The durations of the steps; those that nobody takes here are in `missing_steps`."""
        return [each for each in self._all_measures if each.simulated]

    @property
    def missing_steps(self) -> list[str]:
        """Recorded steps that nobody takes here."""
        return [str(each.step) for each in self._all_measures if not each.simulated]

    @property
    def modes(self) -> list[Share]:
        """When followers hold the master for objectively down."""
        return mode_shares(self.recorded_attempts, self.simulated_attempts)

    @cached_property
    def shares(self) -> list[Share]:
        """How often roles are played and things are said."""
        return [
            *role_shares(self.recorded, self.simulated),
            *together_shares(self.recorded, self.simulated),
            *event_shares(self.recorded, self.simulated),
        ]
