"""Votes that counted for nothing, and votes that outlived the process that gave them."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationSaved,
    NodeStarted,
    SentinelEvent,
    Trace,
    VoteGranted,
    VoteReceived,
    VoteRefused,
)

__all__ = ["discarded_votes", "remembered_votes"]

_Vote = tuple[str, str, str, int]
"""(who has it, for which master, who gave it, the epoch)."""


def discarded_votes(trace: Trace) -> int:
    """How many votes a candidate had, and did not count because a later epoch had begun.

    Votes count only if they are of the epoch that is current when the candidate looks, and that one
    is the same for all masters. Spec: election §6.
    """
    ids: dict[str, str] = {}
    epochs: dict[str, int] = {}
    open_votes: dict[_Vote, None] = {}
    discarded: dict[_Vote, None] = {}
    for entry in trace.entries:
        data, node = entry.data, entry.node
        if isinstance(data, NodeStarted):
            ids[node] = data.runid
            open_votes = {vote: None for vote in open_votes if vote[0] != node}
        elif isinstance(data, VoteReceived) and data.candidate == ids.get(node):
            vote = (node, data.master, data.peer, data.epoch)
            target = discarded if data.epoch < epochs.get(node, 0) else open_votes
            target[vote] = None
        elif isinstance(data, SentinelEvent) and _ends_election(data.name):
            here = (node, data.master)
            open_votes = {vote: None for vote in open_votes if vote[:2] != here}
        elif (epoch := _epoch_told(data)) > epochs.get(node, 0):
            epochs[node] = epoch
            late = [vote for vote in open_votes if vote[0] == node and vote[3] < epoch]
            for vote in late:
                del open_votes[vote]
                discarded[vote] = None
    return len(discarded)


def _ends_election(event: str) -> bool:
    return event == "+elected-leader" or event.startswith("-failover-abort-")


def _epoch_told(data: object) -> int:
    """The current epoch of a Sentinel as far as this record tells it, or 0."""
    if isinstance(data, ConfigurationSaved):
        return data.current_epoch
    if isinstance(data, SentinelEvent) and data.name == "+new-epoch" and data.payload.isdigit():
        return int(data.payload)
    return 0


def remembered_votes(trace: Trace) -> int:
    """How many requests were refused because of a vote that was given before a crash.

    The voter has come back and reads in its file that it has voted in the epoch. Spec: election §5.
    """
    started_us: dict[str, int] = {}
    granted_us: dict[tuple[str, str, int], int] = {}
    remembered = 0
    for entry in trace.entries:
        data, node = entry.data, entry.node
        if isinstance(data, NodeStarted):
            started_us[node] = entry.time_us
        elif isinstance(data, VoteGranted):
            granted_us[node, data.master, data.epoch] = entry.time_us
        elif isinstance(data, VoteRefused) and data.reason == "already-voted":
            granted = granted_us.get((node, data.master, data.voted_epoch))
            remembered += granted is not None and granted < started_us[node]
    return remembered
