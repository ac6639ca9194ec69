"""Peculiarities of addresses: those that mean something else to everybody."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationBelieved,
    Entry,
    NodeStarted,
    OpinionGiven,
    SentinelEvent,
    SubjectivelyDown,
    Trace,
    VoteGranted,
    VoteReceived,
    VotesCounted,
)
from sim.invariants.configurations import ONE_ADDRESS_PER_CONFIG_EPOCH
from sim.invariants.elections import LEADER_HAS_THE_VOTES
from sim.invariants.known import Address, Cast, switched_to
from sim.invariants.liveness import (
    CLIENTS_WRITE_AT_THE_END,
    OLD_MASTER_IS_DEMOTED,
    ONE_MASTER_AT_THE_END,
    REPLICAS_FOLLOW_AT_THE_END,
)
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity
from sim.invariants.verdicts import Violation
from sim.invariants.views import LIFE_IS_NOTICED, NOBODY_IS_ITS_OWN_PEER, OPINIONS_ARE_ONES_OWN
from sim.trace import HostNamed, Operation

__all__ = ["OWN_ADDRESS", "STALE_NAME"]

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
            elif data.name == "+sentinel" and cast.find(*address) in (None, node):
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


class _Names:
    """What each host name has meant, and since when it is not the only thing."""

    def __init__(self) -> None:
        self.hosts: dict[str, set[str]] = {}
        self.moved_us: dict[str, int] = {}

    def note(self, entry: Entry, data: HostNamed) -> None:
        name, address = data.name.lower(), data.address
        hosts = self.hosts.setdefault(name, set())
        if address and hosts and address not in hosts:
            self.moved_us.setdefault(name, entry.time_us)
        if address:
            hosts.add(address)

    def is_stale(self, host: str) -> bool:
        """Whether this is a name that has meant several hosts, or one of these."""
        return self.share_a_name(host, host)

    def share_a_name(self, one: str, other: str) -> bool:
        """Whether both are a name that has meant several hosts, or such a host of it."""
        told = {one.lower(), other.lower()}
        return any(told <= {name, *self.hosts[name]} for name in self.moved_us)


def _stale_name(trace: Trace) -> Occurrences:
    """Names that have meant several hosts, beliefs in such a master, and what is done for its sake:
    corrections, replicas taken in, and switches.

    They explain what is wrong with servers that were corrected, that are at such a host or follow
    one, and with clients that were sent there; with the epochs of such beliefs, with votes about
    such a master, which is asked about by its address, and with what a Sentinel says, while it
    watches such a master, of any host that the name has meant. A leader watches the old master
    until it switches.
    """
    cast, names = Cast(), _Names()
    found = []
    servers: set[str] = set()
    homes: dict[str, str] = {}
    watched: dict[tuple[str, str], str] = {}
    views: list[tuple[Entry, str]] = []
    for entry in trace.entries:
        data = entry.data
        cast.note(entry)
        if isinstance(data, HostNamed):
            names.note(entry, data)
            if data.name.lower() in names.moved_us:
                found.append(entry)
        elif isinstance(data, ConfigurationBelieved):
            if data.source != "promotion":
                watched[entry.node, data.master] = data.host
            if names.is_stale(data.host):
                found.append(entry)
        elif isinstance(data, OpinionGiven | SubjectivelyDown | VotesCounted):
            views.append((entry, watched.get((entry.node, data.master), "")))
        elif isinstance(data, NodeStarted) and data.type == "redis":
            homes[entry.node] = data.host
        elif isinstance(data, SentinelEvent) and any(map(names.is_stale, _masters_in(data))):
            found.append(entry)
            if data.name in _CORRECTIONS:
                servers.add(cast.place(data.host, data.port))

    def explains(violation: Violation) -> bool:
        entry, data = violation.entry, violation.entry.data
        if entry.node in servers or any(each in found for each in violation.evidence):
            return True
        if isinstance(data, OpinionGiven | SubjectivelyDown):
            return any(each == entry and names.share_a_name(at, data.host) for each, at in views)
        counts = [each for each in violation.evidence if isinstance(each.data, VotesCounted)]
        if counts:
            return any(each in counts and names.is_stale(at) for each, at in views)
        if isinstance(data, Operation):
            # "HOST:PORT: what is wrong"
            return names.is_stale(data.error.rpartition(": ")[0].rpartition(":")[0])
        return any(
            names.is_stale(host)
            for host in (homes.get(entry.node, ""), getattr(data, "master_host", ""))
        )

    return Occurrences(tuple(found), explains)


_CORRECTIONS = ("+fix-slave-config", "+convert-to-slave")


def _masters_in(data: SentinelEvent) -> tuple[str, ...]:
    """The hosts of the masters in an event that tells what a Sentinel takes for a master."""
    if data.name == "+sdown" and data.subject == "master":
        return (data.host,)
    if data.name == "+switch-master":
        address = switched_to(data)
        return (data.host,) if address is None else (data.host, address[0])
    if data.name in ("+slave", *_CORRECTIONS):
        _, host, *_ = data.payload.rpartition(" @ ")[2].split(" ")
        return (host,)
    return ()


STALE_NAME = Peculiarity(
    "stale-name",
    "A Sentinel looks up the name of a server when it connects, and not again while that "
    "connection stands; who looked while the name led elsewhere goes on watching another server.",
    "By their names all Sentinels have the same master, so that no hello tells anybody otherwise, "
    "and one that names the wrong server by its address is no news. Each goes on making the "
    "replicas follow the server that it means itself, and takes in those of the server that it "
    "watches by mistake, which it keeps after the mistake is mended.",
    "monitoring §1.2: MON-1.2-3, MON-1.2-6; monitoring §3.3: MON-3.3-2",
    (
        CLIENTS_WRITE_AT_THE_END,
        LEADER_HAS_THE_VOTES,
        LIFE_IS_NOTICED,
        OLD_MASTER_IS_DEMOTED,
        ONE_ADDRESS_PER_CONFIG_EPOCH,
        ONE_MASTER_AT_THE_END,
        OPINIONS_ARE_ONES_OWN,
        REPLICAS_FOLLOW_AT_THE_END,
    ),
    _stale_name,
    never_rests=True,
)
