"""Where the true protocol does not keep its promises: each exception by its precise condition.

A peculiarity is recognised in a trace. Only what it explains is excused, and each one has a
scenario of its own in `peculiarities/`, which `test_peculiarities.py` runs.
"""

from __future__ import annotations

from minisentinel.trace import Entry, SentinelEvent, Trace
from sim.judge import Attempt, find_attempts

__all__ = ["mixed_epochs", "overtaken_leaders"]


def mixed_epochs(trace: Trace) -> list[Entry]:
    """The ``+elected-leader`` entries of Sentinels whose epoch grew while they were candidates.

    Votes are counted in the *current* epoch, one's own vote and the configuration belong to the
    epoch of the attempt. Who adopts a later epoch while waiting for votes may be elected by its own
    vote of the one and the others' votes of the other, and then leads in the earlier epoch, where
    somebody else may have been elected. Spec: election §6, known peculiarity.
    """
    candidates: dict[str, bool] = {}
    mixed = []
    for entry in trace.entries:
        data = entry.data
        if not isinstance(data, SentinelEvent):
            continue
        if data.name == "+try-failover":
            candidates[entry.node] = False
        elif data.name == "+new-epoch" and entry.node in candidates:
            candidates[entry.node] = True
        elif data.name == "+elected-leader" and candidates.pop(entry.node, False):
            mixed.append(entry)
    return mixed


def overtaken_leaders(trace: Trace) -> list[tuple[Attempt, Attempt]]:
    """Pairs of completed failovers, the second of which led back before the first was over.

    A leader that reconfigures replicas still has the old master's address in its master object.
    If another Sentinel fails over *to that address* meanwhile, in a later epoch, the leader takes
    over the epoch of that configuration, but compares addresses and sees no change; at its end it
    switches to the replica that it has promoted. From then on two addresses have one config epoch,
    and no hello is newer than another. Spec: gossip §6, step 6, and failover §6.1.
    """
    promotions = [each for each in find_attempts(trace) if each.promoted_us is not None]
    return [
        (first, second)
        for first in promotions
        for second in promotions
        if first.outcome == "completed"
        and second.sentinel != first.sentinel
        and (second.epoch or 0) > (first.epoch or 0)
        and second.selected == first.old
        and (first.promoted_us or 0) < (second.promoted_us or 0) < first.ended_us
    ]
