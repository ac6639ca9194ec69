"""Whom a Sentinel can count on: peers that it knows, that can act, and watch the same server."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Entry,
    MasterSettings,
    NodeStarted,
    SentinelEvent,
    TimingSet,
)
from sim.invariants.known import (
    MADE_ANEW,
    Acquaintances,
    Address,
    Cast,
    Rulebook,
    ends_life,
    forget,
)
from sim.invariants.surroundings import SURROUNDINGS, Surroundings
from sim.trace import HostNamed

__all__ = ["COMPANY", "Company", "Key"]

Key = tuple[str, str]
"""A Sentinel, and the name of a master."""

COMPANY = (
    *SURROUNDINGS,
    HostNamed,
    MasterSettings,
    TimingSet,
    ConfigurationBelieved,
    ConfigurationSaved,
)
"""What `Company.note` wants to see."""

MATURITY_US = 3_000_000
"""Who has not been noticed to be missing after down-after and so long is there: a ping period until
the next PING, one until the next connection, and ticks."""


class Company:
    """Follows a trace: what every Sentinel thinks of its masters, and of whom it has met."""

    __slots__ = (
        "_addresses",
        "_believed",
        "_down",
        "_met",
        "_patience",
        "_settled",
        "_up",
        "around",
        "cast",
        "rules",
        "sdown",
    )

    def __init__(self) -> None:
        self.cast = Cast()
        self.rules = Rulebook()
        self.around = Surroundings()
        self.sdown: dict[Key, Entry] = {}
        """Since when a Sentinel holds its master to be subjectively down."""
        self._met = Acquaintances()
        self._believed: dict[Key, tuple[Address, int]] = {}
        self._settled: dict[Key, int] = {}
        self._patience: dict[str, int] = {}
        self._addresses: dict[str, Address] = {}
        self._down: dict[Key, dict[Address, str]] = {}
        """Whom else it holds to be down, and what that one is."""
        self._up: dict[tuple[str, str, Address], int] = {}

    def note(self, entry: Entry) -> None:
        """Take the next entry into account."""
        data, node = entry.data, entry.node
        if ends_life(entry):
            forget(self.sdown, self._down, self._up, self._believed, node=node)
        self.cast.note(entry)
        self.rules.note(entry)
        self.around.note(entry)
        self._met.note(entry)
        match data:
            case NodeStarted():
                self._addresses[node] = (data.host, data.port)
            case MasterSettings():
                self._settled[node, data.master] = entry.time_us
                longest = max(self._patience.get(data.master, 0), data.down_after_ms)
                self._patience[data.master] = longest
            case ConfigurationBelieved() if data.source != "promotion":
                # A leader watches the old master until its failover ends, which takes as long as
                # the promoted replica is down.
                address = (data.host, data.port)
                before = self._believed.get((node, data.master))
                if before is None or before[0] != address:
                    self._believed[node, data.master] = (address, entry.time_us)
            case SentinelEvent():
                self._event(entry, data)
            case _:
                pass

    def _event(self, entry: Entry, data: SentinelEvent) -> None:
        key = (entry.node, data.master)
        who = (*key, (data.host, data.port))
        match data.name, data.subject:
            case "+sdown", "master":
                self.sdown[key] = entry
            case "-sdown", "master":
                self.sdown.pop(key, None)
            case "+sdown", _:
                self._down.setdefault(key, {})[who[2]] = data.subject
            case "-sdown", _:
                self._down.get(key, {}).pop(who[2], None)
                self._up[who] = entry.time_us
            case name, _ if name in MADE_ANEW:
                self.sdown.pop(key, None)
                # Its replicas are made anew, and as if they were up; after a switch others stay.
                left = self._down.pop(key, {}) if name == "+switch-master" else {}
                self._down[key] = {at: what for at, what in left.items() if what == "sentinel"}
                if name != "+switch-master":
                    forget(self._believed, node=key[0], master=key[1])
                    if name == "+reset-master":
                        at = (data.host, data.port)
                        self._believed[key] = (at, entry.time_us)
            case _:
                pass

    @property
    def missing(self) -> str:
        """What the trace does not tell and should, for a claim about time; empty if it does."""
        if "redis" not in self.around.types.values():
            return "the trace does not tell when servers run"
        return "" if self._settled else "the trace does not tell the settings"

    def watches(self) -> tuple[Key, ...]:
        """Every running Sentinel with every master that it watches."""
        return tuple(self._believed)

    def watched(self, key: Key) -> str | None:
        """The node that this Sentinel takes for the master; None if that is not known."""
        found = self._believed.get(key)
        return None if found is None else self.cast.find(*found[0])

    def watches_since(self, key: Key) -> int:
        """Since when it takes that node for the master, by the settings of now."""
        found = self._believed.get(key)
        return max(found[1] if found else 0, self._settled.get(key, 0))

    def holds_down(self, key: Key, node: str) -> bool:
        """Whether it holds this replica or Sentinel to be down."""
        return any(self.cast.find(*each) == node for each in self._down.get(key, ()))

    def patience_ms(self, master: str) -> int:
        """The longest down-after that any Sentinel ever had for this master."""
        return self._patience.get(master, 0)

    def address(self, node: str) -> Address:
        """Where this node started last."""
        return self._addresses.get(node, ("", 0))

    def _is_elsewhere(self, peer: str, met: Entry) -> bool:
        """Whether the address by which it was met leads to nobody, or to somebody else."""
        data = met.data
        if not isinstance(data, SentinelEvent) or data.subject != "sentinel":
            return False
        return self.cast.find(data.host, data.port) != peer

    def can_ask(self, key: Key) -> list[tuple[str, int]]:
        """The peers that surely answer this Sentinel about this master, and since when each does.

        Whoever it has just met, or has just come back, may be at an address where nobody hears it.
        """
        settings = self.rules.of(*key)
        if settings is None:
            return []
        watched = self.watched(key)
        patience_us = settings.down_after_ms * 1000 + MATURITY_US
        found = []
        for runid, met in self._met.of(*key).items():
            peer = self.cast.ids.get(runid)
            if peer is None or watched is None or self._is_elsewhere(peer, met):
                continue
            since_us = self.around.acts_since(peer)
            theirs = (peer, key[1])
            if since_us is None or self.watched(theirs) != watched:
                continue
            address = self._addresses.get(peer)
            if address is None or self.holds_down(key, peer):
                continue
            since_us = max(since_us, met.time_us) + patience_us
            since_us = max(since_us, self._up.get((*key, address), 0), self.watches_since(theirs))
            found.append((peer, since_us))
        return found
