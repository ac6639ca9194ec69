"""Peculiarities of addresses: those that mean something else to everybody."""

from __future__ import annotations

from minisentinel.trace import Entry, SentinelEvent, Trace, VoteGranted, VoteReceived, VotesCounted
from sim.invariants.elections import LEADER_HAS_THE_VOTES
from sim.invariants.known import Address, Cast
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity
from sim.invariants.verdicts import Violation
from sim.invariants.views import NOBODY_IS_ITS_OWN_PEER

__all__ = ["OWN_ADDRESS"]

Vote = tuple[str, str, int]
"""Who received it, for the failover of which master, and the epoch."""


def _own_address(trace: Trace) -> Occurrences:
    """Peers at an address at which nobody is reached, or oneself, and what is heard from there.

    That is itself if another Sentinel has named that address before, and it is not its own one as
    others see it; a vote that is received from there is its own.
    """
    cast = Cast()
    named: set[tuple[str, Address]] = set()
    within: dict[tuple[str, str, str], Entry] = {}
    borrowed: dict[Vote, set[str]] = {}
    found = []
    for entry in trace.entries:
        data, node = entry.data, entry.node
        cast.note(entry)
        if isinstance(data, VoteReceived):
            is_own = cast.ids.get(data.candidate) == node
            if is_own and (node, data.master, data.peer) in within:
                found.append(entry)
                borrowed.setdefault((node, data.master, data.epoch), set()).add(data.peer)
        elif isinstance(data, SentinelEvent) and data.subject == "sentinel":
            address, runid = (data.host, data.port), data.payload.split()[1]
            if data.name == "+sentinel-invalid-addr":
                for key in [key for key in within if (key[0], key[2]) == (node, runid)]:
                    del within[key]
            elif data.name == "+sentinel" and cast.at.get(address, node) == node:
                within[node, data.master, runid] = entry
                if cast.ids.get(runid) != node:
                    named.add((node, address))
                elif (node, address) in named:
                    found.append(entry)

    def explains(violation: Violation) -> bool:
        counted = next(
            (e.data for e in violation.against if isinstance(e.data, VotesCounted)), None
        )
        if counted is None:
            return violation.entry in found
        node = violation.entry.node
        votes = sum(count for runid, count in counted.votes if cast.ids.get(runid) == node)
        granted = sum(isinstance(each.data, VoteGranted) for each in violation.against)
        own = borrowed.get((node, counted.master, counted.epoch), ())
        return 0 < votes - granted <= len(own)

    return Occurrences(tuple(found), explains)


OWN_ADDRESS = Peculiarity(
    "own-address",
    "A Sentinel that others know by an address which leads each of them to itself, as that inside "
    "of a container does, stands for everybody's own opinion and vote; so does a dead one for the "
    "Sentinel that has its address now.",
    "A hello names where its sender is reached; nobody checks who answers there. And it may come "
    "late: PUBLISH is replicated, so a replica that was cut off repeats old ones. Sentinels behind "
    "mapped ports need announce-ip and announce-port, else each agrees with itself and is a "
    "majority of its own.",
    "gossip §6.1: GOS-6.1-1 to GOS-6.1-3; gossip §8: GOS-8-1",
    (NOBODY_IS_ITS_OWN_PEER, LEADER_HAS_THE_VOTES),
    _own_address,
)
