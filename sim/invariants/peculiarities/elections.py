"""Peculiarities of epochs, votes and leaders."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationBelieved,
    Entry,
    FailoverStateChanged,
    NodeStarted,
    SentinelEvent,
    Trace,
    VotesCounted,
)
from sim.invariants.configurations import ONE_ADDRESS_PER_CONFIG_EPOCH
from sim.invariants.elections import LEADER_HAS_THE_VOTES, ONE_LEADER_PER_EPOCH
from sim.invariants.failovers import MINORITY_NEVER_PROMOTES
from sim.invariants.known import Acquaintances
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity

__all__ = ["FORCED_FAILOVER", "MIXED_EPOCHS", "UNKNOWN_SENTINELS"]

Key = tuple[str, str]
"""A Sentinel, and the name of a master."""


class _Deeds:
    """What a leader does in its attempt, from its election to the end: these entries are marked."""

    def __init__(self) -> None:
        self.marked: list[Entry] = []
        self._leading: dict[Key, int] = {}
        self._epochs: set[tuple[str, int]] = set()

    def begin(self, key: Key, epoch: int) -> None:
        """From now on the deeds of this leader are marked."""
        self._leading[key] = epoch
        self._epochs.add((key[1], epoch))

    def note(self, entry: Entry) -> None:
        """Mark an entry that belongs to a leader, or is a belief in what a leader has made."""
        data = entry.data
        if isinstance(data, ConfigurationBelieved):
            if (data.master, data.config_epoch) in self._epochs:
                self.marked.append(entry)
        elif isinstance(data, FailoverStateChanged):
            key = (entry.node, data.master)
            if key in self._leading:
                self.marked.append(entry)
                if data.after == "none":
                    del self._leading[key]


def _mixed_epochs(trace: Trace) -> Occurrences:
    """Elections of Sentinels whose epoch grew while they were candidates, and what came of them."""
    candidates: dict[Key, bool] = {}
    mixed: dict[Key, Entry] = {}
    deeds = _Deeds()
    for entry in trace.entries:
        data = entry.data
        deeds.note(entry)
        if isinstance(data, FailoverStateChanged):
            key = (entry.node, data.master)
            if data.after == "select_slave" and key in mixed:
                del mixed[key]
                deeds.marked.append(entry)
                deeds.begin(key, data.epoch)
        elif isinstance(data, SentinelEvent):
            key = (entry.node, data.master)
            if data.name == "+try-failover":
                candidates[key] = False
            elif data.name == "+new-epoch":
                for each in candidates:
                    if each[0] == entry.node:
                        candidates[each] = True
            elif data.name == "+elected-leader" and candidates.pop(key, False):
                deeds.marked.append(entry)
                mixed[key] = entry
            elif data.name.startswith("-failover-abort-"):
                candidates.pop(key, None)
    return Occurrences(tuple(deeds.marked))


MIXED_EPOCHS = Peculiarity(
    "mixed-epochs",
    "A candidate that adopts a later epoch while it waits for votes adds the votes of that epoch "
    "to its own vote of the earlier one, and leads in the earlier one.",
    "Votes are counted in the current epoch; one's own vote and the new configuration belong to "
    "the epoch of the attempt, in which somebody else may have been elected. Counting in the epoch "
    "of the attempt would be safe and could not be seen from outside.",
    "election §6: ELE-6-8",
    (ONE_LEADER_PER_EPOCH, LEADER_HAS_THE_VOTES, ONE_ADDRESS_PER_CONFIG_EPOCH),
    _mixed_epochs,
)


def _forced(trace: Trace) -> Occurrences:
    """What leaders do that nobody elected."""
    deeds = _Deeds()
    for entry in trace.entries:
        data = entry.data
        deeds.note(entry)
        if isinstance(data, FailoverStateChanged) and data.why == "forced":
            deeds.marked.append(entry)
            deeds.begin((entry.node, data.master), data.epoch)
        elif isinstance(data, SentinelEvent) and data.name == "+elected-leader":
            following = _step_after(trace, entry)
            if following is not None and following.why == "forced":
                deeds.marked.append(entry)
    return Occurrences(tuple(deeds.marked))


def _step_after(trace: Trace, event: Entry) -> FailoverStateChanged | None:
    """The step of the failover machine that a Sentinel took with this event."""
    for entry in trace.entries:
        if (
            entry.time_us >= event.time_us
            and entry.node == event.node
            and isinstance(entry.data, FailoverStateChanged)
            and entry.data.after == "select_slave"
        ):
            return entry.data
    return None


FORCED_FAILOVER = Peculiarity(
    "forced-failover",
    "A failover that an operator asks for takes the next epoch without anybody's vote, so that "
    "another Sentinel may lead, or be told to lead, in the same epoch.",
    "Two operators, or an operator and an election, can make two configurations of one epoch. Ask "
    "one Sentinel, and wait for the end.",
    "failover §8: FAI-8-4, FAI-8-5; election §8: ELE-8-4",
    (ONE_LEADER_PER_EPOCH, ONE_ADDRESS_PER_CONFIG_EPOCH),
    _forced,
)


class _Strangers:
    """Which Sentinels that watch a master another one of them has never met, or has forgotten."""

    def __init__(self) -> None:
        self._met = Acquaintances()
        self._ids: dict[str, str] = {}
        self._watching: dict[str, dict[str, None]] = {}

    def note(self, entry: Entry) -> None:
        data = entry.data
        self._met.note(entry)
        if isinstance(data, NodeStarted) and data.type == "sentinel":
            self._ids[entry.node] = data.runid
        elif isinstance(data, SentinelEvent) and data.name == "+monitor":
            self._watching.setdefault(data.master, {})[entry.node] = None
        elif isinstance(data, SentinelEvent) and data.name == "-monitor":
            self._watching.get(data.master, {}).pop(entry.node, None)

    def explain(self, node: str, count: VotesCounted) -> bool:
        """Whether this count lacks nobody but those whom the candidate cannot know.

        It must have counted all whom it has met. Whom it counts beyond them it knows from its
        file; that may be as many of those who seem unknown.
        """
        others = [each for each in self._watching.get(count.master, ()) if each != node]
        strangers = [
            each
            for each in others
            if not self._met.may_know(node, count.master, self._ids.get(each, ""))
        ]
        from_file = count.voters - len(self._met.of(node, count.master)) - 1
        return 0 <= from_file < len(strangers)


def _unknown_sentinels(trace: Trace) -> Occurrences:
    """Leaders that could not know of all who watched the master, and what came of them."""
    strangers = _Strangers()
    few: dict[Key, Entry] = {}
    deeds = _Deeds()
    for entry in trace.entries:
        data = entry.data
        deeds.note(entry)
        strangers.note(entry)
        if isinstance(data, VotesCounted):
            key = (entry.node, data.master)
            few.pop(key, None)
            if _won(data) and strangers.explain(entry.node, data):
                few[key] = entry
                deeds.marked.append(entry)
        elif isinstance(data, FailoverStateChanged):
            key = (entry.node, data.master)
            if data.after == "select_slave" and data.why == "elected" and key in few:
                deeds.marked.append(entry)
                deeds.begin(key, data.epoch)
        elif (
            isinstance(data, SentinelEvent)
            and data.name == "+elected-leader"
            and (entry.node, data.master) in few
        ):
            deeds.marked.append(entry)
    return Occurrences(tuple(deeds.marked))


def _won(count: VotesCounted) -> bool:
    """Whether somebody has the votes that are needed by the rules among so many voters."""
    needed = max(count.quorum, count.voters // 2 + 1)
    return any(votes >= needed for _, votes in count.votes)


UNKNOWN_SENTINELS = Peculiarity(
    "unknown-sentinels",
    "A Sentinel counts the majority of those that it knows: who has not been introduced to it, or "
    "was forgotten by a RESET, has no vote and is not missed.",
    "Two groups that do not know each other can each have a majority of their own. Add Sentinels "
    "one by one, while the network is whole, and let every one be seen by all before the next.",
    "election §6: ELE-6-1; gossip §7: GOS-7-1",
    (MINORITY_NEVER_PROMOTES, ONE_LEADER_PER_EPOCH, ONE_ADDRESS_PER_CONFIG_EPOCH),
    _unknown_sentinels,
)
