"""How often something happens: recorded beside simulated."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass

from tools.compare_reference.samples import binomial_interval
from tools.compare_reference.sequences import ROLES, Sequence

__all__ = [
    "MODES",
    "Share",
    "event_shares",
    "mode_of",
    "mode_shares",
    "role_shares",
    "together_shares",
]

MODES = ("at once", "a period later", "never")
"""When a follower holds the master for objectively down, after its vote for the leader."""

BETWEEN_MODES_MS = 500
SAME_MOMENT_MS = 5


@dataclass(frozen=True, slots=True)
class Share:
    """`what` was the case in some of the recorded, and of the simulated, sequences or runs."""

    what: str
    recorded: int
    of_recorded: int
    simulated: int
    of_simulated: int

    @property
    def interval(self) -> tuple[float, float]:
        """The shares that the recorded count is compatible with, at 95 %."""
        return binomial_interval(self.recorded, self.of_recorded)

    @property
    def simulated_share(self) -> float:
        """The simulated share."""
        return self.simulated / self.of_simulated if self.of_simulated else 0.0

    @property
    def agrees(self) -> bool:
        """Whether the simulated share is one that the recorded count is compatible with."""
        low, high = self.interval
        return low <= self.simulated_share <= high

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.what}: recorded {self.recorded} of {self.of_recorded} "
            f"({low:.0%} to {high:.0%}), simulated {self.simulated_share:.0%}"
        )


def mode_of(sequence: Sequence) -> str:
    """Which of `MODES` a follower's +odown is; empty for one that did not vote for another."""
    vote = sequence.times.get("+vote-for-leader (other)")
    if sequence.role != "follower" or sequence.attempt != 1 or vote is None:
        return ""
    odown = sequence.times.get("+odown master")
    if odown is None:
        return "never"
    return "at once" if odown - vote < BETWEEN_MODES_MS else "a period later"


def mode_shares(recorded: Many[Sequence], simulated: Many[Sequence]) -> list[Share]:
    """The modes of the follower's +odown; none where nobody votes."""
    sides = [[mode for each in side if (mode := mode_of(each))] for side in (recorded, simulated)]
    if not sides[0]:
        return []
    return [
        Share(mode, sides[0].count(mode), len(sides[0]), sides[1].count(mode), len(sides[1]))
        for mode in MODES
    ]


def role_shares(recorded: Many[Sequence], simulated: Many[Sequence]) -> list[Share]:
    """In how many runs each role is played at all."""
    runs = [len({each.run for each in side}) for side in (recorded, simulated)]
    played = [
        {role: len({each.run for each in side if each.role == role}) for role in ROLES}
        for side in (recorded, simulated)
    ]
    return [
        Share(f"a {role}", played[0][role], runs[0], played[1][role], runs[1])
        for role in ROLES
        if played[0][role] or played[1][role]
    ]


def together_shares(recorded: Many[Sequence], simulated: Many[Sequence]) -> list[Share]:
    """How often a replica's reconfiguration is seen to begin and to be over at the same moment."""
    counts = []
    for side in (recorded, simulated):
        pairs = [pair for each in side for pair in _reconfigurations(each)]
        counts.append((sum(done - begun <= SAME_MOMENT_MS for begun, done in pairs), len(pairs)))
    if not counts[0][1]:
        return []
    return [Share("+slave-reconf-inprog and -done together", *counts[0], *counts[1])]


def _reconfigurations(sequence: Sequence) -> list[tuple[int, int]]:
    """When each replica was seen to begin and to be done; the k-th of each belong together."""
    found = []
    for label, begun in sequence.steps:
        done = sequence.times.get(label.replace("+slave-reconf-inprog", "+slave-reconf-done"))
        if label.startswith("+slave-reconf-inprog") and done is not None:
            found.append((begun, done))
    return found


def event_shares(recorded: Many[Sequence], simulated: Many[Sequence]) -> list[Share]:
    """How often a Sentinel of each role says each thing that some, or no, recorded one says."""
    found = []
    for role in ROLES:
        sides = [[each for each in side if each.role == role] for side in (recorded, simulated)]
        if not all(sides):
            continue
        labels = dict.fromkeys(label for side in sides for each in side for label, _ in each.steps)
        for label in labels:
            counts = [sum(label in each.times for each in side) for side in sides]
            found.append(
                Share(f"{role} {label}", counts[0], len(sides[0]), counts[1], len(sides[1]))
            )
    return found
