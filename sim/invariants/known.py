"""What several monitors keep in mind: who is who, and by which settings they act."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from minisentinel.trace import (
    ConfigurationSaved,
    Entry,
    MasterSettings,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    TimingSet,
)
from sim.judge.flags import switch_addresses
from sim.trace import HostNamed

__all__ = [
    "MADE_ANEW",
    "Acquaintances",
    "Address",
    "Cast",
    "Rulebook",
    "ends_attempts",
    "ends_life",
    "forget",
    "switched_to",
]

Address = tuple[str, int]


class Cast:
    """The nodes that have started so far: their types, and how to find them.

    A host may be written as a name, unless that has meant several hosts: who looked it up when is
    not in the trace.
    """

    __slots__ = ("_hosts", "at", "ids", "types")

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        """The node of each run id or Sentinel id."""
        self.at: dict[Address, str] = {}
        """The node at each numeric address."""
        self._hosts: dict[str, str] = {}
        """The numeric address of each host name; empty if it has meant several."""

    def note(self, entry: Entry) -> None:
        """Take a start, or what a host name means, into account."""
        data = entry.data
        if isinstance(data, NodeStarted):
            self.types[entry.node] = data.type
            if data.runid:
                self.ids[data.runid] = entry.node
            if data.port:
                self.at[data.host, data.port] = entry.node
        elif isinstance(data, HostNamed) and data.address:
            name = data.name.lower()
            is_new = self._hosts.setdefault(name, data.address) == data.address
            self._hosts[name] = data.address if is_new else ""

    def name(self, runid: str) -> str:
        """The node with this id; the id itself if none has started."""
        return self.ids.get(runid, runid)

    def find(self, host: str, port: int) -> str | None:
        """The node at this address; None if none has started there, or nobody knows where it is."""
        return self.at.get((host, port)) or self.at.get((self._hosts.get(host.lower(), ""), port))

    def place(self, host: str, port: int) -> str:
        """The node at this address; the address itself if none is known there."""
        return self.find(host, port) or f"{host}:{port}"


class Rulebook:
    """The settings that Sentinels said to act by; missing ones are None."""

    __slots__ = ("_masters", "_timing")

    def __init__(self) -> None:
        self._masters: dict[tuple[str, str], MasterSettings] = {}
        self._timing: dict[str, TimingSet] = {}

    def note(self, entry: Entry) -> None:
        """Take a record of settings, or the start of a process, into account."""
        data = entry.data
        if isinstance(data, MasterSettings):
            self._masters[entry.node, data.master] = data
        elif isinstance(data, TimingSet):
            self._timing[entry.node] = data
        elif isinstance(data, NodeStarted):
            self._timing.pop(entry.node, None)

    def of(self, node: str, master: str) -> MasterSettings | None:
        """By what `node` watches `master`."""
        return self._masters.get((node, master))

    def timing(self, node: str) -> TimingSet:
        """The periods of `node`: those of the specification unless it said otherwise."""
        return self._timing.get(node, BY_THE_BOOK)


class Acquaintances:
    """Whom each Sentinel has met, as its events tell: other evidence than what it counts itself.

    Who was found is known until the Sentinel resets the master or stops watching it, finds somebody
    else at that address, or dies before it has written down whom it had found.
    """

    __slots__ = ("_failing", "_known", "_new", "_unsure")

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, Entry]] = {}
        self._unsure: dict[tuple[str, str], set[str]] = {}
        self._new: dict[str, list[tuple[str, str]]] = {}
        """What each Sentinel has learnt since its last good save."""
        self._failing: set[str] = set()

    def note(self, entry: Entry) -> None:
        """Take a meeting, or whatever makes it forgotten, into account."""
        data, node = entry.data, entry.node
        if ends_life(entry):
            if node in self._failing:
                for master, runid in self._new.pop(node, []):
                    self._known.get((node, master), {}).pop(runid, None)
            self._failing.discard(node)
        elif isinstance(data, ConfigurationSaved):
            if data.error:
                self._failing.add(node)
            else:
                self._failing.discard(node)
                self._new.pop(node, None)
        elif isinstance(data, SentinelEvent):
            self._event(entry, data)

    def _event(self, entry: Entry, data: SentinelEvent) -> None:
        node, key = entry.node, (entry.node, data.master)
        words = data.payload.split()
        match data.name:
            case "+sentinel" if len(words) > 1:
                self._known.setdefault(key, {})[words[1]] = entry
                self._new.setdefault(node, []).append((data.master, words[1]))
            case "+sentinel-invalid-addr" if len(words) > 1:
                for each in [each for each in self._known if each[0] == node]:
                    self._known[each].pop(words[1], None)
            case "+sentinel-address-switch":
                # It is made anew at the other address, unless that cannot be.
                known = self._known.get(key, {})
                if words and words[-1] in known:
                    del known[words[-1]]
                    self._unsure.setdefault(key, set()).add(words[-1])
            case "+reset-master" | "-monitor":
                self._known.pop(key, None)
                self._unsure.pop(key, None)
            case _:
                pass

    def of(self, node: str, master: str) -> Mapping[str, Entry]:
        """Whom `node` certainly knows to watch `master`: their ids, and when it found them."""
        return self._known.get((node, master), {})

    def may_know(self, node: str, master: str, runid: str) -> bool:
        """Whether `node` has met the Sentinel with this id, and has not forgotten it for sure."""
        return runid in self.of(node, master) or runid in self._unsure.get((node, master), ())


BY_THE_BOOK = TimingSet(
    info_period_ms=10_000,
    ping_period_ms=1_000,
    ask_period_ms=1_000,
    publish_period_ms=2_000,
    tilt_trigger_ms=2_000,
    tilt_period_ms=30_000,
    slave_reconf_timeout_ms=10_000,
    election_timeout_ms=10_000,
)
"""The periods of the specification (README §3)."""

MADE_ANEW = ("+switch-master", "+reset-master", "-monitor")
"""Events after which nothing is left of what a Sentinel knew of a master and its replicas."""


def forget(*memories: MutableMapping[Any, Any], node: str, master: str = "") -> None:
    """Take out of `memories` what they keep of the Sentinel `node`, in all or about one master.

    Their keys are tuples that begin with the Sentinel and the master.
    """
    for memory in memories:
        for key in [key for key in memory if key[0] == node and master in ("", key[1])]:
            del memory[key]


def ends_life(entry: Entry) -> bool:
    """Whether the process of the entry's node is gone now, or has just begun anew."""
    data = entry.data
    return isinstance(data, NodeStarted) or (isinstance(data, ProcessChanged) and data.is_end)


def ends_attempts(data: SentinelEvent) -> bool:
    """Whether this event of a Sentinel ends any failover attempt of that master."""
    return data.name in MADE_ANEW or data.name.startswith("-failover-abort-")


def switched_to(data: SentinelEvent) -> Address | None:
    """The new address of a ``+switch-master``; None if its payload has not the usual form."""
    addresses = switch_addresses(data)
    return None if addresses is None else addresses[1]
