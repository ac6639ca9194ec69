"""The trace: the one record of a run, written by the simulator and by the live server alike."""

from minisentinel.trace.entry import Data, Entry, UnknownKind, kinds, record
from minisentinel.trace.file import Header, Trace, TraceError, read_trace, write_trace
from minisentinel.trace.records import (
    ConfigurationSaved,
    FailoverStateChanged,
    LinkChanged,
    LogLine,
    OpinionGiven,
    OpinionReceived,
    PingMissed,
    ReplicaSelection,
    SentinelEvent,
    VoteGranted,
    VoteReceived,
    VoteRefused,
    VoteRequested,
    VotesCounted,
)

__all__ = [
    "ConfigurationSaved",
    "Data",
    "Entry",
    "FailoverStateChanged",
    "Header",
    "LinkChanged",
    "LogLine",
    "OpinionGiven",
    "OpinionReceived",
    "PingMissed",
    "ReplicaSelection",
    "SentinelEvent",
    "Trace",
    "TraceError",
    "UnknownKind",
    "VoteGranted",
    "VoteReceived",
    "VoteRefused",
    "VoteRequested",
    "VotesCounted",
    "kinds",
    "read_trace",
    "record",
    "write_trace",
]
