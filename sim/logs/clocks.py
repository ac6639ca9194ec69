"""The times of log lines: local time made comparable, and whether two clocks can both be right."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minisentinel.trace import Entry, VoteGranted, VoteReceived
from sim.logs.line import Stamp

__all__ = ["Clock", "Disagreement", "find_disagreements"]

_UNNOTICED_MS = 5


class Clock:
    """The clock of one log, which only goes forward; times are Unix milliseconds.

    `zone` is the time zone of local stamps (None: taken for UTC), `offset_ms` what is added to all.
    A log is written in order, so a line that is stamped earlier than the one before it gets the
    time of that one. `held` counts such lines, and `back_ms` is the most that one was set back.
    """

    def __init__(self, zone: datetime.tzinfo | None = None, offset_ms: int = 0) -> None:
        self.held = 0
        self.back_ms = 0
        self._zone = zone
        self._offset_ms = offset_ms
        self._last: int | None = None

    def read(self, stamp: Stamp | None) -> int | None:
        """The time of the next line; without a stamp, that of the line before (None: no idea)."""
        if stamp is None:
            return self._last
        last = self._last
        now = self._unix(stamp, 0) + self._offset_ms
        if last is not None and now < last:
            # The hour that comes twice when summer time ends.
            now = self._unix(stamp, 1) + self._offset_ms
        if last is not None and now < last:
            self.held += 1
            self.back_ms = max(self.back_ms, last - now)
            return last
        self._last = now
        return now

    def _unix(self, stamp: Stamp, fold: int) -> int:
        if not stamp.is_local or self._zone is None:
            return stamp.ms
        seconds, ms = divmod(stamp.ms, 1000)
        shown = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return int(shown.replace(tzinfo=self._zone, fold=fold).timestamp()) * 1000 + ms


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The clocks of two Sentinels cannot both be right: a vote left before it was asked for, or
    arrived before it was given. `late_ms` added to the times of `voter` would mend it.
    """

    candidate: str
    voter: str
    late_ms: int


def find_disagreements(
    entries: Iterable[Entry], names: Mapping[str, str]
) -> tuple[Disagreement, ...]:
    """What the votes in a trace say against the clocks; `names` has the node of each Sentinel id.

    A vote is given after the candidate has voted for itself, and before it reads "voted for". Of a
    voter whose id is not known, it may be the last vote of all that came from somebody unknown.
    """
    own: dict[tuple[str, str, int], int] = {}
    given: dict[tuple[str, str, str, int], int] = {}
    heard: dict[tuple[str, str, str, int], int] = {}
    for entry in entries:
        data, now = entry.data, entry.time_us // 1000
        if isinstance(data, VoteGranted) and data.candidate in names:
            candidate = names[data.candidate]
            if candidate == entry.node:
                own.setdefault((candidate, data.master, data.epoch), now)
            else:
                given.setdefault((candidate, entry.node, data.master, data.epoch), now)
        elif isinstance(data, VoteReceived) and names.get(data.candidate) == entry.node:
            voter = names.get(data.peer, "")
            key = (entry.node, voter, data.master, data.epoch)
            heard[key] = heard.get(key, now) if voter else now
    limits: dict[tuple[str, str], tuple[int | None, int | None]] = {}
    for key, at in given.items():
        candidate, voter, master, epoch = key
        known = voter if voter in names.values() else ""
        asked = own.get((candidate, master, epoch))
        answered = heard.get((candidate, known, master, epoch))
        low = None if asked is None else asked - at
        high = None if answered is None else answered - at
        limits[candidate, voter] = low, high  # The last election is the one people ask about.
    return tuple(
        Disagreement(*pair, late_ms)
        for pair, (low, high) in limits.items()
        if (late_ms := _needed(low, high)) != 0
    )


def _needed(low: int | None, high: int | None) -> int:
    """What must be added so that 0 is between the limits; 0 if it is, or nearly."""
    if low is not None and low > _UNNOTICED_MS:
        return low if high is None else (low + high) // 2
    if high is not None and high < -_UNNOTICED_MS:
        return high if low is None else (low + high) // 2
    return 0
