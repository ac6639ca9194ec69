"""Epochs and votes: who counts, what is news, and that everybody hears of an epoch in the end."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Entry,
    Header,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    VoteGranted,
    VotesCounted,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch, Watch
from sim.invariants.known import MADE_ANEW, Acquaintances, ends_life, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_broken, is_unknown
from sim.trace import RunEnded

__all__ = [
    "ALL_KNOWN_ARE_VOTERS",
    "EPOCHS_SPREAD",
    "ONLY_NEWS_IS_ADOPTED",
    "OWN_VOTE_COUNTS",
]


class _OwnVote(SentinelWatch):
    """A vote is remembered until a later one is given, the master is reset, or the process ends."""

    reads = (SentinelEvent, NodeStarted, ProcessChanged, VoteGranted, VotesCounted)

    def __init__(self, _: Header) -> None:
        self._granted: dict[tuple[str, str], Entry] = {}
        self._counts = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self._granted, node=node)
        match data:
            case SentinelEvent():
                self._sentinels = True
                if data.name in MADE_ANEW:
                    self._granted.pop((node, data.master), None)
            case VoteGranted():
                self._granted[node, data.master] = entry
            case VotesCounted():
                return self._counted(entry, data)
            case _:
                pass
        return None

    def _counted(self, entry: Entry, data: VotesCounted) -> Violation | None:
        self._counts += 1
        own = self._granted.get((entry.node, data.master))
        if own is None or not isinstance(own.data, VoteGranted) or own.data.epoch != data.epoch:
            return None
        if dict(data.votes).get(own.data.candidate, 0) > 0:
            return None
        return Violation(
            entry, f"{entry.node} does not count its own vote of epoch {data.epoch}", (own,)
        )

    def _verdict(self) -> Verdict:
        return holds(f"{self._counts} counts, with the own vote in each")


OWN_VOTE_COUNTS = Invariant(
    "own-vote-counts",
    "A candidate counts its own vote of the epoch of its attempt, whomever it was for.",
    "A majority may have the candidate among it; without its own vote it would need one voter more "
    "than there is need for, and two of three Sentinels could not elect anybody.",
    "election §6: ELE-6-4",
    Kind.SAFETY,
    _OwnVote,
)


class _AllVoters(SentinelWatch):
    """What a file told at a start is not known here, so there may be more voters than were met."""

    reads = (SentinelEvent, NodeStarted, ProcessChanged, ConfigurationSaved, VotesCounted)

    def __init__(self, _: Header) -> None:
        self._met = Acquaintances()
        self._counts = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._met.note(entry)
        self._sentinels = self._sentinels or isinstance(data, SentinelEvent)
        if not isinstance(data, VotesCounted):
            return None
        self._counts += 1
        known = self._met.of(node, data.master)
        if data.voters > len(known):
            return None
        return Violation(
            entry,
            f"{node} counts as if {data.voters} could vote, and knows {len(known) + 1}, "
            "itself included",
            tuple(known.values()),
        )

    def _verdict(self) -> Verdict:
        return holds(f"{self._counts} counts, with a majority of all that were known")


ALL_KNOWN_ARE_VOTERS = Invariant(
    "all-known-are-voters",
    "A majority is more than half of all Sentinels that the candidate knows of, dead or alive.",
    "To each side of a network that was cut the other side is dead. If the dead did not count, "
    "both would have a majority.",
    "election §6: ELE-6-2; gossip §7: GOS-7-1",
    Kind.SAFETY,
    _AllVoters,
)


class _OnlyNews(Watch):
    reads = (SentinelEvent, ConfigurationBelieved)

    def __init__(self, _: Header) -> None:
        self._believed: dict[tuple[str, str], Entry] = {}
        self._adopted = 0
        self._updates = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        if isinstance(data, SentinelEvent):
            self._updates += data.name == "+config-update-from"
            return None
        assert isinstance(data, ConfigurationBelieved)
        before = self._believed.get((entry.node, data.master))
        self._believed[entry.node, data.master] = entry
        if data.source != "hello":
            return None
        self._adopted += 1
        if data.config_epoch > data.before:
            return None
        return Violation(
            entry,
            f"{entry.node} had a configuration of epoch {data.before}, and adopted one of epoch "
            f"{data.config_epoch} from a hello",
            (before,) if before else (),
        )

    def finish(self) -> Verdict:
        if self._updates and not self._adopted:
            return is_unknown("the trace does not tell of the epochs of configurations")
        return holds(f"{self._adopted} configurations adopted, each newer than the one before")


ONLY_NEWS_IS_ADOPTED = Invariant(
    "only-news-is-adopted",
    "From a hello a Sentinel adopts a configuration only if its epoch is later than that of its "
    "own.",
    "To yield to an equal is to go in circles, and a leader that takes the echo of its own news "
    "for news drops the replicas that it has still to reconfigure.",
    "gossip §6: GOS-6-6, GOS-6.2-6",
    Kind.SAFETY,
    _OnlyNews,
)


class _Spread(Watch):
    reads = (SentinelEvent, ConfigurationSaved, VoteGranted, NodeStarted, ProcessChanged, RunEnded)

    def __init__(self, _: Header) -> None:
        self._epochs: dict[str, Entry] = {}
        self._values: dict[str, int] = {}
        self._running: set[str] = set()
        self._calm = False

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        if ends_life(entry):
            self._running.discard(node)
        match data:
            case NodeStarted(type="sentinel"):
                self._running.add(node)
            case ConfigurationSaved():
                self._note(entry, data.current_epoch)
            case VoteGranted():
                self._note(entry, data.epoch)
            case SentinelEvent(name="+new-epoch") if data.payload.isdigit():
                self._note(entry, int(data.payload))
            case RunEnded():
                self._calm = data.reason == "calm"
            case _:
                pass
        return None

    def _note(self, entry: Entry, epoch: int) -> None:
        self._epochs[entry.node] = entry
        self._values[entry.node] = epoch

    def finish(self) -> Verdict:
        if not self._calm:
            return is_unknown("the run did not end in calm")
        nodes = [node for node in self._epochs if node in self._running]
        if not nodes:
            return is_unknown("no Sentinel recorded an epoch")
        latest = max(nodes, key=lambda node: self._values[node])
        for node in nodes:
            if self._values[node] < self._values[latest]:
                return is_broken(
                    f"{node} is still in epoch {self._values[node]}, {latest} has been in epoch "
                    f"{self._values[latest]} for long",
                    self._epochs[latest],
                    self._epochs[node],
                )
        return holds(f"all are in epoch {self._values[latest]}")


EPOCHS_SPREAD = Invariant(
    "epochs-spread",
    "When all is calm, all running Sentinels are in the same epoch.",
    "A Sentinel in an epoch of the past asks in vain for votes, and what it does without them is "
    "no news to the others.",
    "gossip §6: GOS-6-5; gossip §7",
    Kind.LIVENESS,
    _Spread,
)
