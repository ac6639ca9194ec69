"""Configurations: which address belongs to which epoch, and what must be on disk when."""

from __future__ import annotations

from dataclasses import dataclass, field

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Entry,
    Header,
    NodeStarted,
    OpinionGiven,
    SentinelEvent,
    VoteGranted,
    VoteReceived,
)
from sim.invariants.invariant import Invariant, Kind, SentinelWatch
from sim.invariants.known import Address, Cast
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown

__all__ = ["NO_OLDER_CONFIGURATION", "ONE_ADDRESS_PER_CONFIG_EPOCH", "SAVED_BEFORE_SENT"]


class _OneAddress(SentinelWatch):
    reads = (ConfigurationBelieved, SentinelEvent)

    def __init__(self, _: Header) -> None:
        self._first: dict[tuple[str, int], dict[Address, Entry]] = {}
        self._switches = 0
        self._records = False

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        self._sentinels = True
        if isinstance(data, SentinelEvent):
            self._switches += data.name == "+switch-master"
            return None
        assert isinstance(data, ConfigurationBelieved)
        self._records = True
        if data.config_epoch == 0:
            return None
        known = self._first.setdefault((data.master, data.config_epoch), {})
        address = (data.host, data.port)
        others = [other for at, other in known.items() if at != address]
        if known.setdefault(address, entry) is not entry or not others:
            return None
        (host, port) = next(at for at in known if at != address)
        return Violation(
            entry,
            f"{entry.node} holds {data.host}:{data.port} to be the {data.master} of config epoch "
            f"{data.config_epoch}, which is {host}:{port} for {others[0].node}",
            tuple(others),
        )

    def _verdict(self) -> Verdict:
        if self._switches and not self._records:
            return is_unknown("the trace does not tell the config epochs")
        return holds(f"{len(self._first)} config epochs, each with one address")


ONE_ADDRESS_PER_CONFIG_EPOCH = Invariant(
    "one-address-per-config-epoch",
    "In all of a run, no two addresses are held to be the master of one config epoch.",
    "Sentinels agree by believing the greater epoch. Of two configurations with the same epoch "
    "neither is greater, so that those who disagree would disagree for ever.",
    "gossip §6: GOS-6-6, GOS-6.2-6; failover §4.4: FAI-4.4-1",
    Kind.SAFETY,
    _OneAddress,
)


class _NoOlder(SentinelWatch):
    reads = (ConfigurationBelieved, SentinelEvent)

    def __init__(self, _: Header) -> None:
        self._latest: dict[tuple[str, str], Entry] = {}
        self._replaced = 0
        self._switches = 0

    def see(self, entry: Entry) -> Violation | None:
        data = entry.data
        self._sentinels = True
        if isinstance(data, SentinelEvent):
            self._switches += data.name == "+switch-master"
            if data.name == "-monitor":
                self._latest.pop((entry.node, data.master), None)
            return None
        assert isinstance(data, ConfigurationBelieved)
        key = (entry.node, data.master)
        before = self._latest.get(key)
        self._latest[key] = entry
        self._replaced += data.source not in ("loaded", "monitor")
        if before is None or not isinstance(before.data, ConfigurationBelieved):
            return None
        old, new = before.data.config_epoch, data.config_epoch
        is_told = data.source == "hello"
        if new > old or (new == old and not is_told):
            return None
        how = {
            "hello": "takes over another one",
            "loaded": "starts with one",
            "promotion": "makes one by a promotion",
        }.get(data.source, "goes on with one")
        return Violation(
            entry,
            f"{entry.node} had the configuration of epoch {old}, and {how} of epoch {new}",
            (before,),
        )

    def _verdict(self) -> Verdict:
        if self._switches and not self._latest:
            return is_unknown("the trace does not tell the config epochs")
        return holds(f"{self._replaced} configurations replaced, each by a newer one")


NO_OLDER_CONFIGURATION = Invariant(
    "no-older-configuration",
    "The config epoch that a Sentinel has for a master never goes back, restarts included, and it "
    "believes another one's configuration only if that is newer than its own.",
    "Somebody who slept through a failover comes back with old news. If they were believed, one "
    "sleeper could talk all others back.",
    "gossip §6: GOS-6-6, GOS-6.2-6; election §9: ELE-9-4, ELE-9-5",
    Kind.SAFETY,
    _NoOlder,
)


@dataclass(slots=True)
class _Disk:
    """What the last good save of a Sentinel holds."""

    entry: Entry | None = None
    current_epoch: int = 0
    config_epochs: dict[str, int] = field(default_factory=dict)
    vote_epochs: dict[str, int] = field(default_factory=dict)
    has_epochs: bool = True


class _SavedBeforeSent(SentinelWatch):
    """What has left a Sentinel is seen where it arrives.

    Only what a Sentinel did in this trace is judged: what it had on disk before, nobody knows.
    """

    reads = (
        NodeStarted,
        ConfigurationSaved,
        ConfigurationBelieved,
        VoteGranted,
        VoteReceived,
        OpinionGiven,
        SentinelEvent,
    )

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._disks: dict[str, _Disk] = {}
        self._votes: dict[tuple[str, str, int], Entry] = {}
        self._epochs: dict[tuple[str, int], Entry] = {}
        self._beliefs: dict[tuple[str, str, int], Entry] = {}
        self._received = 0

    def see(self, entry: Entry) -> Violation | None:
        data, node = entry.data, entry.node
        self._cast.note(entry)
        match data:
            case ConfigurationSaved(error=""):
                self._sentinels = True
                self._disks[node] = _Disk(
                    entry,
                    data.current_epoch,
                    {name: epoch for name, epoch, _ in data.epochs},
                    {name: epoch for name, _, epoch in data.epochs},
                    bool(data.epochs),
                )
            case VoteGranted():
                self._votes.setdefault((node, data.master, data.epoch), entry)
            case SentinelEvent():
                self._sentinels = True
                if data.name == "+new-epoch" and data.payload.isdigit():
                    self._epochs.setdefault((node, int(data.payload)), entry)
            case VoteReceived():
                return self._vote(entry, data)
            case OpinionGiven() if data.asker:
                return self._request(entry, data)
            case ConfigurationBelieved():
                if data.source in ("hello", "promotion", "switch"):
                    self._beliefs[node, data.master, data.config_epoch] = entry
                if data.source == "hello":
                    return self._hello(entry, data)
            case _:
                pass
        return None

    def _disk(self, node: str) -> _Disk:
        return self._disks.get(node) or _Disk()

    def _vote(self, entry: Entry, data: VoteReceived) -> Violation | None:
        voter = self._cast.name(data.peer)
        vote = self._votes.get((voter, data.master, data.epoch))
        if vote is None or voter == entry.node:
            # One may hear oneself, at an address that leads back.
            return None
        self._received += 1
        disk = self._disk(voter)
        if not disk.has_epochs:
            self._missing = "the trace does not tell what was saved"
            return None
        saved = disk.vote_epochs.get(data.master, 0)
        if saved >= data.epoch:
            return None
        return self._unsaved(
            entry, disk, vote, f"the vote of {voter} in epoch {data.epoch}", f"that of {saved}"
        )

    def _request(self, entry: Entry, data: OpinionGiven) -> Violation | None:
        asker = self._cast.name(data.asker)
        raised = self._epochs.get((asker, data.epoch))
        if raised is None or asker == entry.node:
            return None
        self._received += 1
        disk = self._disk(asker)
        if disk.current_epoch >= data.epoch:
            return None
        what = f"the request of {asker} in epoch {data.epoch}"
        return self._unsaved(entry, disk, raised, what, str(disk.current_epoch))

    def _hello(self, entry: Entry, data: ConfigurationBelieved) -> Violation | None:
        sender = self._cast.name(data.peer)
        belief = self._beliefs.get((sender, data.master, data.config_epoch))
        if belief is None:
            return None
        self._received += 1
        disk = self._disk(sender)
        if not disk.has_epochs:
            self._missing = "the trace does not tell what was saved"
            return None
        saved = disk.config_epochs.get(data.master, 0)
        if saved >= data.config_epoch:
            return None
        what = f"the configuration of {sender} of epoch {data.config_epoch}"
        return self._unsaved(entry, disk, belief, what, f"that of {saved}")

    def _unsaved(
        self, entry: Entry, disk: _Disk, cause: Entry, what: str, saved: str
    ) -> Violation | None:
        if disk.entry is None:
            self._missing = f"{cause.node} is not seen to save anything"
            return None
        before = [each for each in (disk.entry, cause) if each is not None]
        return Violation(
            entry,
            f"{what} has arrived at {entry.node}, but {saved} is what the disk had",
            tuple(sorted(before, key=lambda each: each.time_us)),
        )

    def _verdict(self) -> Verdict:
        if not self._disks and not self._received:
            return is_unknown("the trace does not tell what was saved")
        return holds(f"{self._received} messages arrived of which all was on disk")


SAVED_BEFORE_SENT = Invariant(
    "saved-before-sent",
    "No vote, no epoch and no configuration arrives anywhere before its sender has it on disk.",
    "What others rely upon must survive a crash of who said it. A vote that is forgotten can be "
    "given again.",
    "election §5: ELE-5-5; config §5: CFG-5-2 to CFG-5-4, CFG-5-7",
    Kind.SAFETY,
    _SavedBeforeSent,
)
