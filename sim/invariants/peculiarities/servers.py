"""Peculiarities of servers: those that no Sentinel watches."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Entry,
    NodeStarted,
    SentinelEvent,
    Trace,
)
from sim.invariants.known import Address, Cast, switched_to
from sim.invariants.liveness import OLD_MASTER_IS_DEMOTED, REPLICAS_FOLLOW_AT_THE_END
from sim.invariants.peculiarities.peculiarity import Occurrences, Peculiarity
from sim.invariants.verdicts import Violation
from sim.judge import Health, NodeHistory, node_histories, trace_end_us
from sim.trace import RoleChanged

__all__ = ["UNWATCHED_SERVER"]

Lists = dict[str, dict[Address, None]]
"""The servers that one Sentinel has for each master."""


class _Watched:
    """Which servers every Sentinel must have in its lists, by what it has found and forgotten.

    It goes by the rules: what was found stays through a switch and, if it was saved, through a
    restart. A Sentinel that loses a server in another way is not taken to have forgotten it.
    """

    def __init__(self) -> None:
        self._lists: dict[str, Lists] = {}
        self._files: dict[str, Lists] = {}
        """The lists of each Sentinel as its last good save left them."""
        self._masters: dict[tuple[str, str], Address] = {}

    def note(self, entry: Entry) -> None:
        """Take what a Sentinel finds, forgets, saves or loads into account."""
        data, node = entry.data, entry.node
        if isinstance(data, NodeStarted) and data.type == "sentinel":
            self._lists[node] = _copy(self._files.get(node, {}))
        elif isinstance(data, ConfigurationSaved) and not data.error:
            self._files[node] = _copy(self._lists.get(node, {}))
        elif isinstance(data, ConfigurationBelieved):
            self._masters[node, data.master] = (data.host, data.port)
            self._add(node, data.master, (data.host, data.port))
        elif isinstance(data, SentinelEvent):
            self._event(node, data)

    def _event(self, node: str, data: SentinelEvent) -> None:
        lists = self._lists.setdefault(node, {})
        if data.name in ("+reset-master", "-monitor"):
            lists.pop(data.master, None)
        if data.name in ("+slave", "+monitor", "+reset-master"):
            self._add(node, data.master, (data.host, data.port))
        elif data.name == "-monitor":
            self._masters.pop((node, data.master), None)
        elif data.name == "+switch-master" and (address := switched_to(data)) is not None:
            self._add(node, data.master, address)

    def _add(self, node: str, master: str, address: Address) -> None:
        self._lists.setdefault(node, {}).setdefault(master, {})[address] = None

    def of(self, node: str) -> list[Address]:
        """All servers that `node` watches, of whichever master."""
        return [address for known in self._lists.get(node, {}).values() for address in known]

    def masters_of(self, node: str) -> list[Address]:
        """Whom `node` takes for a master."""
        return [address for (who, _), address in self._masters.items() if who == node]


def _copy(lists: Lists) -> Lists:
    return {master: dict(known) for master, known in lists.items()}


def _unwatched_server(trace: Trace) -> Occurrences:
    """The last roles of running servers that follow no master, and that no Sentinel watches.

    A Sentinel that only stands still, and an address of which nobody knows who is there, excuse
    nothing: either may be the one that watches.
    """
    cast, watched = Cast(), _Watched()
    roles: dict[str, Entry] = {}
    for entry in trace.entries:
        cast.note(entry)
        watched.note(entry)
        if isinstance(entry.data, RoleChanged):
            roles[entry.node] = entry
    histories, end_us = node_histories(trace), trace_end_us(trace)
    sentinels = [
        name
        for name, type in cast.types.items()
        if type == "sentinel" and _is(histories, name, end_us)
    ]
    known = {cast.find(*address) for name in sentinels for address in watched.of(name)}
    if not sentinels or None in known:
        return Occurrences(())
    masters = {cast.find(*address) for name in sentinels for address in watched.masters_of(name)}
    strays = {}
    for name, entry in roles.items():
        history = histories[name]
        role = history.role_at(end_us)
        if name in known or role is None or history.health_at(end_us) is not Health.UP:
            continue
        if role.master is None or cast.find(*role.master) not in masters:
            strays[name] = entry

    def explains(violation: Violation) -> bool:
        return violation.entry.node in strays

    return Occurrences(tuple(strays.values()), explains)


def _is(histories: dict[str, NodeHistory], name: str, at_us: int) -> bool:
    """Whether the process of this node is there, running or not."""
    history = histories.get(name)
    return history is not None and history.health_at(at_us) not in (None, Health.DOWN)


UNWATCHED_SERVER = Peculiarity(
    "unwatched-server",
    "A server that follows nobody, or somebody else than the master, and that no running Sentinel "
    "has in its lists, stays as it is: nobody demotes it, and nobody ever hears of it.",
    "Sentinels know replicas from their own files, and from the INFO of the master, which names "
    "those that follow it. SENTINEL RESET forgets replicas, and a new Sentinel has none. Whom the "
    "master cannot name just then, or no longer, since a failover that was given up has made it a "
    "master too, nobody finds again.",
    "monitoring §9.3: MON-9.3-1; failover §6.3: FAI-6.3-1",
    (OLD_MASTER_IS_DEMOTED, REPLICAS_FOLLOW_AT_THE_END),
    _unwatched_server,
)
