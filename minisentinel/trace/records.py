"""What a Sentinel writes on the trace: its life, its events, and every step that led to them.

A subject of a record is told by its kind (`subject`: master, slave or sentinel, as in Sentinel's
own payloads), its address and the name of the master it belongs to; peers and candidates by their
Sentinel id. Readers map addresses and ids to nodes with the `node-started` records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minisentinel.trace.entry import Data, record

__all__ = [
    "ConfigurationSaved",
    "FailoverStateChanged",
    "LinkChanged",
    "LogLine",
    "NodeStarted",
    "ObjectivelyDown",
    "OpinionGiven",
    "OpinionReceived",
    "PingMissed",
    "ProcessChanged",
    "ReplicaSelection",
    "SentinelEvent",
    "SubjectivelyDown",
    "VoteGranted",
    "VoteReceived",
    "VoteRefused",
    "VoteRequested",
    "VotesCounted",
]


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStarted(Data):
    """A node runs from now on, at every start; `type` is redis, sentinel or client.

    `runid` is a server's run id (new at every start) or a Sentinel's myid.
    """

    kind: ClassVar[str] = "node-started"
    type: str
    host: str
    port: int
    runid: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessChanged(Data):
    """What happened to the process of this node.

    `change` is started, stopped (in order), killed, exited (by itself, with `status`), paused,
    resumed, blocked or unblocked.
    """

    kind: ClassVar[str] = "process"
    change: str
    status: int = 0

    @property
    def is_end(self) -> bool:
        """Whether the process is gone."""
        return self.change in ("stopped", "killed", "exited")


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class SentinelEvent(Data):
    """An event as Sentinel logs and publishes it, for example ``+sdown``.

    `level` is debug, verbose, notice or warning; `master` is the name of the master concerned
    (empty for events without a subject); `subject` is the kind of instance (master, slave,
    sentinel or empty); `host` and `port` are the subject's address.
    """

    kind: ClassVar[str] = "event"
    level: str
    name: str
    payload: str
    master: str = ""
    subject: str = ""
    host: str = ""
    port: int = 0


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine(Data):
    """A line of the log that is no event, for example ``Sentinel ID is ...``."""

    kind: ClassVar[str] = "log"
    level: str
    text: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class PingMissed(Data):
    """A PING was sent, and an earlier one is still unanswered after `waiting_ms`."""

    kind: ClassVar[str] = "ping-missed"
    master: str
    subject: str
    host: str
    port: int
    waiting_ms: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged(Data):
    """A connection of a link was `opened`, `closed` by this Sentinel, or `lost`."""

    kind: ClassVar[str] = "link"
    master: str
    subject: str
    host: str
    port: int
    connection: str
    change: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectivelyDown(Data):
    """An instance became subjectively down here (`down`), or is so no longer.

    `why` is silence, role (a master that reports to be a replica) or reboot, and empty when it is
    up again; `silent_ms` is how long it has owed a sign of life, `limit_ms` its down-after.
    """

    kind: ClassVar[str] = "subjectively-down"
    master: str
    subject: str
    host: str
    port: int
    down: bool
    why: str
    silent_ms: int
    limit_ms: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectivelyDown(Data):
    """The master became objectively down here (`down`), or is so no longer.

    `reporters` are the peers whose opinion says down, each with the age of that opinion in ms;
    this Sentinel itself counts too, and is not among them.
    """

    kind: ClassVar[str] = "objectively-down"
    master: str
    down: bool
    quorum: int
    reporters: tuple[tuple[str, int], ...]


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionGiven(Data):
    """This Sentinel answered a peer's is-master-down-by-addr: is the master down here?

    It was asked about an address; `master` is the name of the master there, empty if there is
    none (then the answer is no). `asker` is the id of the peer, empty if it is not known here;
    `for_vote` says that the request asked for a vote too.
    """

    kind: ClassVar[str] = "opinion-given"
    master: str
    host: str
    port: int
    down: bool
    epoch: int
    asker: str
    for_vote: bool


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionReceived(Data):
    """A peer's opinion arrived; `peer` is the id of the Sentinel that gave it."""

    kind: ClassVar[str] = "opinion-received"
    master: str
    peer: str
    down: bool


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteRequested(Data):
    """This Sentinel asked `peer` for its vote in `epoch`."""

    kind: ClassVar[str] = "vote-requested"
    master: str
    peer: str
    epoch: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteGranted(Data):
    """This Sentinel voted for `candidate` (possibly itself) in `epoch`."""

    kind: ClassVar[str] = "vote-granted"
    master: str
    candidate: str
    epoch: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteRefused(Data):
    """A vote for `candidate` in `epoch` was refused.

    `reason` is ``already-voted`` (a vote for this or a later epoch is recorded) or ``old-epoch``
    (the request is older than the current epoch); `voted_for` and `voted_epoch` are the recorded
    vote that was answered instead (empty if forgotten).
    """

    kind: ClassVar[str] = "vote-refused"
    master: str
    candidate: str
    epoch: int
    reason: str
    voted_for: str
    voted_epoch: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteReceived(Data):
    """`peer` reported that its vote of `epoch` went to `candidate`."""

    kind: ClassVar[str] = "vote-received"
    master: str
    peer: str
    candidate: str
    epoch: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class VotesCounted(Data):
    """A tally by a candidate, recorded when it differs from the one before.

    `votes` are (candidate id, count) pairs; `winner` is empty while nobody has `needed` votes.
    """

    kind: ClassVar[str] = "votes-counted"
    master: str
    epoch: int
    votes: tuple[tuple[str, int], ...]
    voters: int
    quorum: int
    needed: int
    winner: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverStateChanged(Data):
    """The failover machine of `master` went from one state to another in `epoch`.

    States have their protocol names, from ``none`` to ``update_config``.
    """

    kind: ClassVar[str] = "failover-state"
    master: str
    epoch: int
    before: str
    after: str
    why: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSelection(Data):
    """The leader chose a replica to promote; candidates are in order of preference.

    Each candidate is (host, port, priority, offset, runid, why excluded or empty). `host` is
    empty when nobody was eligible. `known` says, for each candidate in the same order, what else
    the leader knew: (is it subjectively down, is its link disconnected, milliseconds since its last
    acceptable PING reply, milliseconds since its last INFO or -1, milliseconds for which it said to
    have had no link). `master_down_ms` is how long the master had been subjectively down, -1 if it
    was not.
    """

    kind: ClassVar[str] = "replica-selection"
    master: str
    epoch: int
    host: str
    port: int
    candidates: tuple[tuple[str, int, int, int, str, str], ...]
    known: tuple[tuple[bool, bool, int, int, int], ...] = ()
    master_down_ms: int = -1


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSaved(Data):
    """The configuration file was written; `error` is empty, or says why it could not be.

    `epochs` are the config epoch and the epoch of the last vote in it, for each master by name.
    """

    kind: ClassVar[str] = "configuration-saved"
    current_epoch: int
    error: str
    epochs: tuple[tuple[str, int, int], ...] = ()
