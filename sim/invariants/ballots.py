"""Votes that must be granted, and votes that must be enough: elections are there to be won."""

from __future__ import annotations

from minisentinel.trace import (
    Entry,
    Header,
    MasterSettings,
    VoteGranted,
    VoteRefused,
    VotesCounted,
)
from sim.invariants.invariant import Invariant, Kind, Watch
from sim.invariants.known import Rulebook
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown

__all__ = ["ENOUGH_VOTES_ELECT", "FREE_VOTES_ARE_GRANTED"]


class _Granted(Watch):
    """A Sentinel says itself why it refuses; a vote that it may have forgotten still counts."""

    reads = (VoteGranted, VoteRefused)

    def __init__(self, _: Header) -> None:
        self._granted = self._refused = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        if isinstance(data, VoteGranted):
            self._granted += 1
        elif isinstance(data, VoteRefused):
            self._refused += 1
            if data.reason == "already-voted" and data.voted_epoch < data.epoch:
                return Violation(
                    entry,
                    f"{entry.node} refuses its vote in epoch {data.epoch}, and has voted in none "
                    f"after {data.voted_epoch}",
                )
        return None

    def finish(self) -> Verdict:
        if not (self._granted or self._refused):
            return is_unknown("nobody was asked for a vote, or the trace does not tell")
        return holds(f"{self._granted} votes were granted, {self._refused} refused for a reason")


FREE_VOTES_ARE_GRANTED = Invariant(
    "free-votes-are-granted",
    "A Sentinel that is asked for its vote, and has not voted for that master in this epoch or a "
    "later one, grants it.",
    "That nobody votes twice keeps two leaders apart; that everybody votes once, for whoever asks "
    "first, is what makes one.",
    "election §5: ELE-5-1, ELE-5-2; election §3: ELE-3-8",
    Kind.SAFETY,
    _Granted,
)


class _Enough(Watch):
    """A count says itself how many voters there are; `ALL_KNOWN_ARE_VOTERS` checks that number."""

    reads = (MasterSettings, VotesCounted)

    def __init__(self, _: Header) -> None:
        self._rules = Rulebook()
        self._counts = self._won = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        self._rules.note(entry)
        if not isinstance(data, VotesCounted):
            return None
        self._counts += 1
        self._won += data.winner != ""
        settings = self._rules.of(entry.node, data.master)
        quorum = data.quorum if settings is None else settings.quorum
        enough = max(quorum, data.voters // 2 + 1)
        best, votes = max(data.votes, key=lambda pair: pair[1], default=("", 0))
        if data.winner or votes < enough:
            return None
        return Violation(
            entry,
            f"{entry.node} counts {votes} votes for {best[:8]} in epoch {data.epoch}, where "
            f"{enough} are enough of {data.voters}, and says that nobody is elected",
        )

    def finish(self) -> Verdict:
        if not self._counts:
            return is_unknown("nobody counted votes, or the trace does not tell")
        return holds(f"votes were counted {self._counts} times, {self._won} times they were enough")


ENOUGH_VOTES_ELECT = Invariant(
    "enough-votes-elect",
    "Whoever has the votes of a majority of all voters, and at least as many as the quorum, is the "
    "leader.",
    "To ask for more than a majority makes nothing safer: two majorities always have a voter in "
    "common. It only makes an election fail when one more Sentinel is dead.",
    "election §6: ELE-6-6",
    Kind.SAFETY,
    _Enough,
)
