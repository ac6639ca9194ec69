"""What a Sentinel asks its driver to do: the outputs of a step, in order.

One step consumes one input and yields one list of these. Saves, log lines and announcements take
effect in order, during the step. Bytes (`Send`, `Answer`) leave only after the step, and not on
connections that were closed in it: this is what makes "durable before sent" true.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from minisentinel.core.saved import SavedConfiguration
from minisentinel.core.state import Purpose
from minisentinel.replies import Command, Reply
from minisentinel.trace import Data, LogLine, SentinelEvent

__all__ = [
    "Announce",
    "Answer",
    "Close",
    "Dismiss",
    "Effect",
    "Exit",
    "KillScript",
    "Log",
    "Note",
    "Open",
    "RunScript",
    "Save",
    "Send",
]


class Open(NamedTuple):
    """Start to connect to `host` (numeric) and `port`; the outcome comes back as an input."""

    connection: int
    host: str
    port: int
    purpose: Purpose


class Close(NamedTuple):
    """Close a connection that this Sentinel opened."""

    connection: int


class Send(NamedTuple):
    """Queue a command on a connection that this Sentinel opened."""

    connection: int
    command: Command


class Save(NamedTuple):
    """Make this configuration durable before anything that follows leaves the process."""

    configuration: SavedConfiguration


class Announce(NamedTuple):
    """Log an event and, unless its level is debug, publish it to this Sentinel's subscribers."""

    event: SentinelEvent


class Log(NamedTuple):
    """Write a line to the log that is no event."""

    line: LogLine


class Note(NamedTuple):
    """Write a record to the trace; only asked for when the driver wants a trace."""

    data: Data


class Answer(NamedTuple):
    """Answer a client (by the driver's number for it).

    If the last save of this step failed and `if_save_failed` is given, that is sent instead.
    """

    client: int
    reply: Reply
    if_save_failed: Reply = None


class Dismiss(NamedTuple):
    """Close a client's connection: at once, or when what was queued for it has been sent."""

    client: int
    after_replies: bool


class RunScript(NamedTuple):
    """Start a user script at once; `argv` begins with its path, the environment is our own.

    The outcome comes back as an input, during the step: `Sentinel.script_started` with a process
    id, or `Sentinel.script_not_started`. When it ends: `Sentinel.script_ended`.
    """

    job: int
    argv: tuple[str, ...]


class KillScript(NamedTuple):
    """Kill the process of a user script (SIGKILL); its end is reported like any other."""

    pid: int


class Exit(NamedTuple):
    """End this process at once with a status, without finishing the step."""

    status: int


Effect: TypeAlias = (
    Open
    | Close
    | Send
    | Save
    | Announce
    | Log
    | Note
    | Answer
    | Dismiss
    | RunScript
    | KillScript
    | Exit
)
