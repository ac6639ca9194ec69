"""Elections: epochs, votes, and who may lead."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationSaved,
    Entry,
    FailoverStateChanged,
    Header,
    MasterSettings,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    VoteGranted,
    VoteReceived,
    VotesCounted,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch, Watch
from sim.invariants.known import Acquaintances, Cast, Rulebook, forget
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown

__all__ = [
    "EPOCHS_NEVER_GO_BACK",
    "LEADER_HAS_THE_VOTES",
    "ONE_LEADER_PER_EPOCH",
    "ONE_VOTE_PER_EPOCH",
]


class _OneLeader(SentinelWatch):
    """The epoch of a leader is that in which its attempt began.

    It is read from the step of the failover machine, or, in a log, from the ``+new-epoch`` that
    stands before ``+try-failover``.
    """

    reads = (SentinelEvent,)

    def __init__(self, _: Header) -> None:
        self._epochs: dict[str, str] = {}
        self._attempted: dict[tuple[str, str], str] = {}
        self._leaders: dict[tuple[str, str], Entry] = {}

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        assert isinstance(data, SentinelEvent)
        self._sentinels = True
        if data.name == "+new-epoch":
            self._epochs[entry.node] = data.payload
        elif data.name == "+try-failover":
            self._attempted[entry.node, data.master] = self._epochs.get(entry.node, "")
        elif data.name == "+elected-leader":
            return self._elected(entry, data)
        return None

    def _elected(self, entry: Entry, data: SentinelEvent) -> Violation | None:
        epoch = self._attempted.get((entry.node, data.master), "")
        if not epoch:
            self._missing = f"the epoch in which {entry.node} was elected is not in the trace"
            return None
        other = self._leaders.setdefault((data.master, epoch), entry)
        if other is entry:
            return None
        who = entry.node if other.node != entry.node else f"{entry.node} again"
        return Violation(
            entry,
            f"{other.node} and {who} were elected for {data.master} in epoch {epoch}",
            (other,),
        )

    def _verdict(self) -> Verdict:
        return holds(f"{len(self._leaders)} elected, each in an epoch of its own")


class _OneVote(SentinelWatch):
    reads = (VoteGranted, SentinelEvent)

    def __init__(self, _: Header) -> None:
        self._votes: dict[tuple[str, str, int], Entry] = {}

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        self._sentinels = True
        if isinstance(data, VoteGranted):
            other = self._votes.setdefault((entry.node, data.master, data.epoch), entry)
            if other is not entry:
                return Violation(
                    entry,
                    f"{entry.node} voted twice for a leader of {data.master} in epoch {data.epoch}",
                    (other,),
                )
        elif isinstance(data, SentinelEvent) and data.name == "-monitor":
            # Who is told to forget a master forgets its votes; that is no fault of its own.
            forget(self._votes, node=entry.node, master=data.master)
        return None

    def _verdict(self) -> Verdict:
        return holds(f"{len(self._votes)} votes, no Sentinel twice in an epoch")


class _Epochs(Watch):
    reads = (ConfigurationSaved, VoteGranted, SentinelEvent, NodeStarted)

    def __init__(self, _: Header) -> None:
        self._latest: dict[str, tuple[int, Entry]] = {}
        self._sentinels: set[str] = set()

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        match data:
            case ConfigurationSaved():
                epoch = data.current_epoch
            case VoteGranted():
                epoch = data.epoch
            case SentinelEvent(name="+new-epoch") if data.payload.isdigit():
                epoch = int(data.payload)
            case NodeStarted(type="sentinel"):
                self._sentinels.add(entry.node)
                return None
            case _:
                return None
        before, witness = self._latest.get(entry.node, (epoch, entry))
        if epoch < before:
            return Violation(
                entry, f"{entry.node} was in epoch {before} and went back to {epoch}", (witness,)
            )
        self._latest[entry.node] = (epoch, entry)
        return None

    def finish(self) -> Verdict:
        if not self._latest:
            if self._sentinels:
                return holds("no epoch was opened")
            return is_unknown("no Sentinel recorded an epoch")
        highest = max(epoch for epoch, _ in self._latest.values())
        return holds(f"{len(self._latest)} Sentinels, up to epoch {highest}")


class _LeaderHasTheVotes(SentinelWatch):
    """Compares what the leader counted with what was needed and with what was really granted.

    How many it knows is what it says, or as many as it has met, if they are more.
    """

    reads = (
        NodeStarted,
        ProcessChanged,
        ConfigurationSaved,
        MasterSettings,
        VoteGranted,
        VoteReceived,
        VotesCounted,
        FailoverStateChanged,
        SentinelEvent,
    )

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._rules = Rulebook()
        self._met = Acquaintances()
        self._grants: dict[tuple[str, str, int], dict[str, Entry]] = {}
        self._strangers: dict[tuple[str, str, int], set[str]] = {}
        self._counts: dict[tuple[str, str], Entry] = {}
        self._elected = 0
        self._proven = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        self._met.note(entry)
        match data:
            case NodeStarted():
                self._sentinels = self._sentinels or data.type == "sentinel"
                self._cast.note(entry)
                self._rules.note(entry)
            case MasterSettings():
                self._rules.note(entry)
            case VoteGranted():
                vote = (data.master, self._cast.name(data.candidate), data.epoch)
                self._grants.setdefault(vote, {}).setdefault(entry.node, entry)
            case VoteReceived() if data.peer not in self._cast.ids:
                vote = (data.master, self._cast.name(data.candidate), data.epoch)
                self._strangers.setdefault(vote, set()).add(data.peer)
            case VotesCounted():
                self._sentinels = True
                self._counts[entry.node, data.master] = entry
            case SentinelEvent(name="+elected-leader"):
                self._sentinels = True
                self._elected += 1
            case FailoverStateChanged(after="select_slave") if data.why == "elected":
                return self._leads(entry, data)
            case FailoverStateChanged(after="select_slave") if data.why == "forced":
                self._proven += 1
            case _:
                pass
        return None

    def _leads(self, entry: Entry, data: FailoverStateChanged) -> Violation | None:
        me = entry.node
        counted = self._counts.get((me, data.master))
        if me not in self._cast.ids.values():
            self._missing = f"the id of {me} is not in the trace"
            return None
        if counted is None or not isinstance(counted.data, VotesCounted):
            self._missing = f"the votes that {me} counted are not in the trace"
            return None
        self._proven += 1
        count = counted.data
        settings = self._rules.of(me, data.master)
        quorum = settings.quorum if settings else count.quorum
        voters = max(count.voters, len(self._met.of(me, data.master)) + 1)
        needed = max(quorum, voters // 2 + 1)
        votes = sum(number for runid, number in count.votes if self._cast.name(runid) == me)
        what = f"{me} leads for {data.master} in epoch {data.epoch}"
        if votes < needed:
            reason = f"{what} with {votes} of {voters} votes; {needed} were needed"
            return Violation(entry, reason, (counted,))
        vote = (data.master, me, data.epoch)
        granted = self._grants.get(vote, {})
        if len(granted) >= needed:
            return None
        if not self._grants:
            self._missing = "nobody has left a record of a vote"
            return None
        if len(granted) + len(self._strangers.get(vote, ())) >= needed:
            self._missing = f"who voted for {me} has left no record of its own"
            return None
        reason = f"{what}, where only {len(granted)} of {needed} votes were granted to it"
        return Violation(entry, reason, (*granted.values(), counted))

    def _verdict(self) -> Verdict:
        if self._elected > self._proven:
            return is_unknown("somebody was elected, and the trace does not tell by which votes")
        return holds(f"{self._elected} leaders had the votes that they needed, or were forced")


ONE_LEADER_PER_EPOCH = Invariant(
    "one-leader-per-epoch",
    "In one epoch at most one Sentinel is elected to fail a master over.",
    "Two leaders would promote two replicas, and each would be told to the clients as the master.",
    "election §5, election §6",
    Kind.SAFETY,
    _OneLeader,
)
ONE_VOTE_PER_EPOCH = Invariant(
    "one-vote-per-epoch",
    "A Sentinel votes at most once per master in an epoch, restarts included.",
    "Majorities share a member; only because that member has one vote can there be one winner.",
    "election §5: ELE-5-2, ELE-5-6",
    Kind.SAFETY,
    _OneVote,
)
EPOCHS_NEVER_GO_BACK = Invariant(
    "epochs-never-go-back",
    "The current epoch of a Sentinel never decreases, restarts included.",
    "An epoch is a promise not to vote in an earlier one; who goes back could vote again.",
    "election §9: ELE-9-1, ELE-9-5",
    Kind.SAFETY,
    _Epochs,
)
LEADER_HAS_THE_VOTES = Invariant(
    "leader-has-the-votes",
    "Who is elected has the votes of a majority of the Sentinels that it knows and of at least "
    "quorum, each of them really granted in the epoch of its attempt.",
    "The quorum alone would let two groups elect somebody each; and a vote that nobody gave, or "
    "gave for something else, keeps nobody from voting for a second leader.",
    "election §6: ELE-6-2, ELE-6-3, ELE-6-5, ELE-6-6",
    Kind.SAFETY,
    _LeaderHasTheVotes,
)
