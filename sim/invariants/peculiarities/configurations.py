"""Peculiarities of configurations: what is not saved, and what nobody sets right."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Data,
    Entry,
    OpinionGiven,
    ProcessChanged,
    SentinelEvent,
    Trace,
    VoteGranted,
    VoteReceived,
)
from sim.invariants.configurations import (
    NO_OLDER_CONFIGURATION,
    ONE_ADDRESS_PER_CONFIG_EPOCH,
    SAVED_BEFORE_SENT,
)
from sim.invariants.elections import EPOCHS_NEVER_GO_BACK, ONE_VOTE_PER_EPOCH
from sim.invariants.known import ends_life, forget
from sim.invariants.liveness import ONE_MASTER_AT_THE_END
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity
from sim.invariants.verdicts import Violation
from sim.judge import find_attempts

__all__ = [
    "ADOPTED_EPOCH_UNSAVED",
    "ASSIGNED_EPOCH",
    "DISK_FAILED",
    "EQUAL_EPOCHS",
    "OVERTAKEN_LEADER",
]


def _overtaken(trace: Trace) -> Occurrences:
    """What the overtaken believe under the later one's epoch.

    The second failover must lead back to the first one's old master before the first is over.
    """
    promotions = [each for each in find_attempts(trace) if each.promoted_us is not None]
    overtaken = [
        (first, second)
        for first in promotions
        for second in promotions
        if second.sentinel != first.sentinel
        and second.master == first.master
        and (second.epoch or 0) > (first.epoch or 0)
        and second.selected == first.old
        and (first.promoted_us or 0) < (second.promoted_us or 0) < first.ended_us
    ]
    found = []
    for entry in trace.entries if overtaken else ():
        data = entry.data
        for first, second in overtaken:
            if entry.node != first.sentinel or entry.time_us < (second.promoted_us or 0):
                continue
            if isinstance(data, ConfigurationBelieved):
                told = (data.master, (data.host, data.port), data.config_epoch)
                if told == (first.master, first.selected, second.epoch):
                    found.append(entry)
    return Occurrences(tuple(found))


OVERTAKEN_LEADER = Peculiarity(
    "overtaken-leader",
    "A leader that still reconfigures replicas adopts the epoch of a later failover back to the "
    "old master without switching to it, and ends by switching to its own replica in that epoch.",
    "Its master object has the old master's address until the end, so that the news of the later "
    "failover names no other address than the one it has. From then on two addresses have one "
    "config epoch, and no hello is newer than another.",
    "gossip §6: GOS-6-6, GOS-6.2-1; failover §6.1: FAI-6.1-1",
    (ONE_ADDRESS_PER_CONFIG_EPOCH,),
    _overtaken,
)


def _unsaved(trace: Trace) -> Occurrences:
    """Config epochs that came by hello with the address already known, until the next save."""
    held: dict[tuple[str, str], ConfigurationBelieved] = {}
    unsaved: dict[tuple[str, str], Entry] = {}
    found = []
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, ConfigurationSaved) and not data.error:
            forget(unsaved, node=entry.node)
        elif isinstance(data, ConfigurationBelieved):
            key = (entry.node, data.master)
            before = held.get(key)
            same = before is not None and (before.host, before.port) == (data.host, data.port)
            if data.source == "hello" and same:
                unsaved[key] = entry
                found.append(entry)
            elif data.source == "loaded" and key in unsaved:
                found += [unsaved.pop(key), entry]
            held[key] = data
    return Occurrences(tuple(found))


ADOPTED_EPOCH_UNSAVED = Peculiarity(
    "adopted-epoch-unsaved",
    "A Sentinel that takes over a newer config epoch for the address that it already has does not "
    "save it until something else is saved.",
    "After a crash it is back at the older epoch, until the next hello. It has told others of an "
    "epoch that it may forget; the address was the same, so that nobody is misled.",
    "gossip §6.2: GOS-6.2-1; gossip §7",
    (SAVED_BEFORE_SENT, NO_OLDER_CONFIGURATION),
    _unsaved,
)


class _Disk:
    """What one Sentinel did that is not on its disk, since the disk failed it.

    `unsaved` is what a save has failed to write down, `lost` what its process then died with, and
    when.
    """

    def __init__(self) -> None:
        self._holds = ConfigurationSaved(current_epoch=0, error="")
        self._is_failing = False
        self._pending: list[Entry] = []
        self.unsaved: list[Entry] = []
        self.lost: list[tuple[Entry, int]] = []

    def save(self, entry: Entry, data: ConfigurationSaved) -> list[Entry]:
        """A save writes down all that there is, or nothing; returns what it did not."""
        missed = [] if not data.error else [*self._pending, entry]
        self._is_failing = bool(data.error)
        self._pending = []
        if not data.error:
            self._holds = data
            self.unsaved = []
        self.unsaved += missed
        return missed

    def note(self, entry: Entry) -> list[Entry]:
        """Something is done; returns it if it should be on the disk, and the save has failed."""
        if self._has(entry.data):
            return []
        if not self._is_failing:
            # Some deeds are told before they are saved.
            self._pending.append(entry)
            return []
        self.unsaved.append(entry)
        return [entry]

    def _has(self, deed: Data) -> bool:
        epochs = {name: epochs for name, *epochs in self._holds.epochs}
        match deed:
            case VoteGranted(master=master, epoch=epoch):
                return epochs.get(master, [0, 0])[1] >= epoch
            case ConfigurationBelieved(master=master, config_epoch=epoch, source=source):
                return source == "loaded" or epochs.get(master, [0, 0])[0] >= epoch
            case SentinelEvent(name="+new-epoch", payload=payload) if payload.isdigit():
                return self._holds.current_epoch >= int(payload)
            case _:
                return True

    def die(self, time_us: int) -> None:
        """What is not on the disk is lost."""
        self.lost += [(entry, time_us) for entry in self.unsaved]
        self._pending, self.unsaved = [], []
        self._is_failing = False


def _disk_failed(trace: Trace) -> Occurrences:
    """Votes, epochs and configurations that a save should have written down, and did not.

    What arrives of them at others was not on the disk; what contradicts them is explained only if
    their Sentinel died in between, before another save was good.
    """
    disks: dict[str, _Disk] = {}
    found: list[Entry] = []
    for entry in trace.entries:
        data = entry.data
        disk = disks.setdefault(entry.node, _Disk())
        if ends_life(entry):
            disk.die(entry.time_us)
        elif isinstance(data, ConfigurationSaved):
            found += disk.save(entry, data)
        else:
            found += disk.note(entry)

    def explains(violation: Violation) -> bool:
        last = violation.entry
        if isinstance(last.data, VoteReceived | OpinionGiven) or _told(last):
            return any(entry in found for entry in violation.against if entry.node != last.node)
        return any(
            entry in violation.against and died_us <= last.time_us
            for entry, died_us in disks[last.node].lost
        )

    return Occurrences(tuple(found), explains)


def _told(entry: Entry) -> bool:
    """Whether a Sentinel takes over what another one has told it."""
    return isinstance(entry.data, ConfigurationBelieved) and entry.data.source == "hello"


DISK_FAILED = Peculiarity(
    "disk-failed",
    "A Sentinel that cannot write its configuration file says so in its log, and goes on as if it "
    "could.",
    "Votes and epochs are then kept in memory only. A Sentinel whose log has that warning should "
    "be stopped before it is restarted by accident.",
    "election §5: ELE-5-5; config §5: CFG-5-14",
    (SAVED_BEFORE_SENT, NO_OLDER_CONFIGURATION, EPOCHS_NEVER_GO_BACK, ONE_VOTE_PER_EPOCH),
    _disk_failed,
)


def _assigned(trace: Trace) -> Occurrences:
    """Promotions whose epoch is not greater than the one that their leader already had."""
    return Occurrences(
        tuple(
            entry
            for entry in trace.entries
            if isinstance(data := entry.data, ConfigurationBelieved)
            and data.source == "promotion"
            and data.config_epoch <= data.before
        )
    )


ASSIGNED_EPOCH = Peculiarity(
    "assigned-epoch",
    "A leader that has meanwhile taken over a greater config epoch for the same address goes back "
    "to the epoch of its attempt when its replica is promoted.",
    "The epoch of the attempt is assigned and not compared. The others keep the greater one and "
    "do not believe the leader, until the next failover.",
    "election §9: ELE-9-4, ELE-9-5; failover §4.4: FAI-4.4-1",
    (NO_OLDER_CONFIGURATION,),
    _assigned,
)


def _equal_epochs(trace: Trace) -> Occurrences:
    """The last beliefs of running Sentinels that hold different addresses by the same epoch.

    It explains that two of those, and no others, name different masters at the end.
    """
    last: dict[tuple[str, str], Entry] = {}
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, ConfigurationBelieved):
            last[entry.node, data.master] = entry
        elif isinstance(data, SentinelEvent) and data.name == "-monitor":
            last.pop((entry.node, data.master), None)
        elif isinstance(data, ProcessChanged) and data.is_end:
            forget(last, node=entry.node)
    tied = [
        entry
        for entry in last.values()
        if any(_is_a_tie(entry.data, other.data) for other in last.values())
    ]

    def explains(violation: Violation) -> bool:
        names = {
            each.data.master for each in violation.evidence if isinstance(each.data, SentinelEvent)
        }
        if len(violation.evidence) != 2 or len(names) != 1:
            return False
        one, other = (last.get((each.node, next(iter(names)))) for each in violation.evidence)
        return one is not None and other is not None and _is_a_tie(one.data, other.data)

    return Occurrences(tuple(tied), explains)


def _is_a_tie(one: Data, other: Data) -> bool:
    return (
        isinstance(one, ConfigurationBelieved)
        and isinstance(other, ConfigurationBelieved)
        and (one.master, one.config_epoch) == (other.master, other.config_epoch)
        and (one.host, one.port) != (other.host, other.port)
    )


EQUAL_EPOCHS = Peculiarity(
    "equal-epochs",
    "Sentinels that hold two addresses by the same config epoch do not convince each other, until "
    "another failover makes a greater one.",
    "A tie is never resolved: whoever has an epoch believes its own address. This is how all that "
    "breaks one-address-per-config-epoch shows in the end; with epoch 0 it is a configuration file "
    "that names another master.",
    "gossip §6.2: GOS-6.2-6",
    (ONE_MASTER_AT_THE_END,),
    _equal_epochs,
)
