"""An entry of a trace in a few words, and how much it matters to somebody who reads the story."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from minisentinel.trace import (
    AttemptsDelayed,
    ConfigurationBelieved,
    ConfigurationSaved,
    Data,
    Entry,
    FailoverStateChanged,
    LinkChanged,
    LogLine,
    MasterSettings,
    NodeStarted,
    ObjectivelyDown,
    OpinionGiven,
    OpinionReceived,
    PingMissed,
    ProcessChanged,
    ReplicaSelection,
    SentinelEvent,
    SubjectivelyDown,
    TimingSet,
    VoteGranted,
    VoteReceived,
    VoteRefused,
    VoteRequested,
    VotesCounted,
)
from sim.judge.flags import switch_addresses
from sim.judge.nodes import Nodes
from sim.trace import (
    ClientStarted,
    CommandAnswered,
    DataLoaded,
    DataLost,
    DataSaved,
    FaultInjected,
    FullSyncLoaded,
    FullSyncStarted,
    HostNamed,
    KeyRemoved,
    MessageReceived,
    MessageSent,
    Operation,
    PartialSync,
    ReplicaLinkChanged,
    ReplicationOffset,
    RoleChanged,
    RunEnded,
    SaveEnded,
    ValueRead,
    WriteAccepted,
    WriteApplied,
    WriteRefused,
)

__all__ = ["Weight", "Wording", "put_into_words", "with_names"]


class Weight(enum.IntEnum):
    """How much an entry matters: from what happens all the time to what the story is about."""

    ROUTINE = 0
    DETAIL = 1
    STEP = 2
    TURN = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """What an entry says: a `glyph` of one column for its sort, `words`, and its `weight`.

    `is_ill` and `is_well` say whether it is news of trouble, or of its end.
    """

    glyph: str
    words: str
    weight: Weight
    is_ill: bool = False
    is_well: bool = False


def put_into_words(entry: Entry, nodes: Nodes) -> Wording:
    """The entry in words, with the names of nodes where the trace has addresses and ids.

    Every kind of record has words; what is not known here is told by its kind.
    """
    data = entry.data
    for tell in (_of_the_world, _of_a_server, _of_a_vote, _of_a_sentinel):
        found = tell(data, nodes)
        if found is not None:
            return found
    return Wording("·", entry.kind, Weight.ROUTINE)


def with_names(text: str, nodes: Nodes) -> str:
    """The text of a message with the names of nodes for their ids, and for ``host port``."""
    words = list(map(nodes.name_of_id, text.split()))
    named: list[str] = []
    for word in words:
        before = named[-1] if named else ""
        if word.isdecimal() and nodes.at((before, int(word))) is not None:
            named[-1] = nodes.name_at((before, int(word)))
        else:
            named.append(word)
    return " ".join(named)


def _of_the_world(data: Data, nodes: Nodes) -> Wording | None:
    match data:
        case FaultInjected():
            words = f"{data.verb}: {data.detail}" if data.detail else data.verb
            well = data.verb in ("restart", "resume", "heal", "power_on", "release")
            return Wording("!", words, Weight.TURN, is_ill=not well, is_well=well)
        case ProcessChanged():
            end = f" with status {data.status}" if data.status else ""
            weight = Weight.DETAIL if data.change == "started" else Weight.STEP
            return Wording("■" if data.is_end else "□", f"process {data.change}{end}", weight)
        case HostNamed():
            means = f"means {data.address}" if data.address else "means nobody"
            return Wording("□", f"{data.name} {means}", Weight.DETAIL)
        case NodeStarted():
            return Wording("□", f"{data.type} at {data.host}:{data.port}", Weight.DETAIL)
        case RunEnded():
            return Wording("□", f"the run ends: {data.reason}", Weight.STEP)
        case Operation():
            what = data.write or data.name
            told = f"{what} {data.outcome}{_at(data.target, nodes)}"
            failed = data.outcome != "ok"
            told += f": {data.error}" if data.error else ""
            return Wording("✗" if failed else "·", told, Weight.ROUTINE, is_ill=failed)
        case ValueRead():
            value = "nothing" if data.value is None else data.value
            words = f"reads {data.key}: {value}{_at(data.target, nodes)}"
            return Wording("·", words, Weight.ROUTINE)
        case ClientStarted():
            words = f"a {data.client} client, {data.rate:g} operations a second"
            return Wording("□", words, Weight.DETAIL)
        case MessageSent():
            return Wording("▸", data.text, Weight.ROUTINE)
        case MessageReceived():
            return Wording("◂", f"reads message {data.message}", Weight.ROUTINE)
        case CommandAnswered():
            words = f"is told {data.command}: {data.reply}"
            return Wording("$", words, Weight.STEP, is_ill=data.failed)
        case _:
            return None


def _at(target: str, nodes: Nodes) -> str:
    """Where something was done: at the node behind ``host:port``."""
    host, _, port = target.rpartition(":")
    return f" at {nodes.name_at((host, int(port)))}" if host and port.isdecimal() else ""


def _of_a_server(data: Data, nodes: Nodes) -> Wording | None:
    match data:
        case RoleChanged(role="master"):
            return Wording("◆", "is a master", Weight.TURN)
        case RoleChanged():
            master = nodes.name_at((data.master_host, data.master_port))
            return Wording("◇", f"is a replica of {master}", Weight.STEP)
        case ReplicaLinkChanged():
            master = nodes.name_at((data.master_host, data.master_port))
            words = f"link to {master} is {'up' if data.up else 'down'}"
            return Wording("=", words, Weight.STEP, is_ill=not data.up, is_well=data.up)
        case FullSyncStarted():
            return Wording("»", f"full resynchronisation of {data.replica} begins", Weight.STEP)
        case FullSyncLoaded():
            return Wording("»", f"snapshot {data.sync} is loaded", Weight.STEP)
        case PartialSync():
            words = f"partial resynchronisation from offset {data.offset}"
            return Wording("»", words, Weight.STEP)
        case DataLost():
            return Wording("∅", f"starts with nothing, {data.keys} keys gone", Weight.TURN, True)
        case DataLoaded():
            return Wording("»", f"loads {data.keys} keys from disk", Weight.STEP)
        case WriteAccepted():
            return Wording("·", f"accepts {data.write}", Weight.ROUTINE)
        case WriteApplied():
            return Wording("·", f"applies {data.write}", Weight.ROUTINE)
        case KeyRemoved():
            return Wording("·", f"removes {data.key}: {data.reason}", Weight.ROUTINE)
        case ReplicationOffset():
            return Wording("·", f"offset {data.offset}", Weight.ROUTINE)
        case DataSaved():
            return Wording("▪", f"begins to save {data.keys} keys", Weight.DETAIL)
        case SaveEnded():
            words = f"save {data.save} {'is on disk' if data.ok else 'failed'}"
            return Wording("▪", words, Weight.DETAIL, is_ill=not data.ok)
        case WriteRefused():
            return Wording("✗", f"refuses {data.write}: {data.reason}", Weight.ROUTINE, True)
        case _:
            return None


def _of_a_vote(data: Data, nodes: Nodes) -> Wording | None:
    match data:
        case VoteRequested():
            peer = nodes.name_of_id(data.peer)
            return Wording("?", f"asks {peer} for its vote in epoch {data.epoch}", Weight.STEP)
        case VoteGranted():
            candidate = nodes.name_of_id(data.candidate)
            return Wording("✓", f"votes for {candidate} in epoch {data.epoch}", Weight.STEP)
        case VoteRefused():
            candidate = nodes.name_of_id(data.candidate)
            why = data.reason.replace("-", " ")
            words = f"refuses {candidate} its vote in epoch {data.epoch}: {why}"
            return Wording("x", words, Weight.STEP)
        case VoteReceived():
            peer, candidate = nodes.name_of_id(data.peer), nodes.name_of_id(data.candidate)
            words = f"hears that {peer} voted for {candidate} in epoch {data.epoch}"
            return Wording("◂", words, Weight.STEP)
        case VotesCounted():
            votes = ", ".join(f"{nodes.name_of_id(who)} {count}" for who, count in data.votes)
            words = f"counts in epoch {data.epoch}: {votes or 'none'} ({data.needed} needed)"
            return Wording("∑", words, Weight.STEP)
        case OpinionGiven():
            asker = nodes.name_of_id(data.asker) or "somebody"
            words = f"tells {asker}: {'down' if data.down else 'not down'}"
            return Wording("▸", words, Weight.DETAIL)
        case OpinionReceived():
            words = f"hears from {nodes.name_of_id(data.peer)}: {'' if data.down else 'not '}down"
            return Wording("◂", words, Weight.DETAIL)
        case _:
            return None


def _of_a_sentinel(data: Data, nodes: Nodes) -> Wording | None:
    match data:
        case SentinelEvent():
            return _of_an_event(data, nodes)
        case SubjectivelyDown():
            who = nodes.name_at((data.host, data.port))
            state = f"is silent for {data.silent_ms} ms" if data.down else "is up"
            return Wording("·", f"{who} {state}", Weight.DETAIL)
        case ObjectivelyDown():
            words = f"counts {len(data.reporters) + 1} of a quorum of {data.quorum}"
            return Wording("·", words if data.down else "no quorum any more", Weight.DETAIL)
        case PingMissed():
            who = nodes.name_at((data.host, data.port))
            words = f"PING to {who} unanswered for {data.waiting_ms} ms"
            return Wording("·", words, Weight.ROUTINE, is_ill=True)
        case LinkChanged():
            who = nodes.name_at((data.host, data.port))
            return Wording("-", f"{data.connection} link to {who} {data.change}", Weight.ROUTINE)
        case FailoverStateChanged():
            before, after = (name.replace("_", " ") for name in (data.before, data.after))
            return Wording("→", f"failover: {before} → {after}", Weight.STEP)
        case ReplicaSelection():
            chosen = nodes.name_at((data.host, data.port)) if data.host else "nobody"
            return Wording("☞", f"chooses {chosen} of {len(data.candidates)}", Weight.STEP)
        case ConfigurationSaved():
            if data.error:
                words = f"configuration could not be saved: {data.error}"
                return Wording("▪", words, Weight.STEP, is_ill=True)
            return Wording("▪", f"configuration saved, epoch {data.current_epoch}", Weight.DETAIL)
        case ConfigurationBelieved():
            where = nodes.name_at((data.host, data.port))
            words = f"believes {where} to be {data.master}, by config epoch {data.config_epoch}"
            return Wording("▪", words, Weight.DETAIL)
        case AttemptsDelayed():
            wait = (data.rest_ms + data.random_ms) / 1000
            words = f"starts no attempt for {data.master} within {wait:g} s"
            return Wording("·", words, Weight.DETAIL)
        case MasterSettings():
            words = (
                f"watches {data.master}: quorum {data.quorum}, down after {data.down_after_ms} ms, "
                f"failover timeout {data.failover_timeout_ms} ms"
            )
            return Wording("·", words, Weight.DETAIL)
        case TimingSet():
            return Wording("·", "other periods than those of the protocol", Weight.STEP)
        case LogLine():
            return Wording("·", data.text, Weight.DETAIL)
        case _:
            return None


_TURNS = frozenset(
    (
        "+elected-leader",
        "+failover-end",
        "+failover-end-for-timeout",
        "+odown",
        "+promoted-slave",
        "+switch-master",
        "+tilt",
        "+try-failover",
        "-failover-abort-no-good-slave",
        "-failover-abort-not-elected",
        "-failover-abort-slave-timeout",
        "-tilt",
    )
)
_TOLD_OTHERWISE = frozenset(
    (
        "+failover-state-reconf-slaves",
        "+failover-state-select-slave",
        "+failover-state-send-slaveof-noone",
        "+failover-state-wait-promotion",
        "+selected-slave",
        "+vote-for-leader",
    )
)
"""Events beside which a record says the same, and more."""
_ILL = frozenset(("+sdown", "+odown", "+tilt"))
_WELL = frozenset(("-sdown", "-odown", "-tilt", "+failover-end"))


def _of_an_event(data: SentinelEvent, nodes: Nodes) -> Wording:
    weight = Weight.TURN if data.name in _TURNS else Weight.STEP
    if data.level in ("debug", "verbose") or data.name in _TOLD_OTHERWISE:
        weight = Weight.DETAIL
    ill = data.name in _ILL or data.name.startswith("-failover-abort")
    words = f"{data.name} {_about(data, nodes)}".rstrip()
    return Wording(data.name[:1], words, weight, is_ill=ill, is_well=data.name in _WELL)


def _about(data: SentinelEvent, nodes: Nodes) -> str:
    """The payload of an event with names: whom it concerns, and what stands behind the ``#``."""
    addresses = switch_addresses(data) if data.name == "+switch-master" else None
    if addresses is not None:
        old, new = map(nodes.name_at, addresses)
        return f"{data.payload.split()[0]}: {old} → {new}"
    if not (data.subject and data.payload.startswith(f"{data.subject} ")):
        return " ".join(map(nodes.name_of_id, data.payload.split()))
    who = nodes.name_at((data.host, data.port))
    _, mark, more = data.payload.partition(" #")
    more = f" #{more}" if mark else ""
    if data.subject == "master":
        return f"{data.master} at {who}{more}"
    return f"{who} of {data.master}{more}"
