"""Whom a Sentinel can count on: peers that it knows, that can act, and that watch the same server."""

from __future__ import annotations

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Entry,
    MasterSettings,
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

    __slots__ = ("_believed", "_down", "_met", "_settled", "_up", "around", "cast", "rules", "sdown")

    def __init__(self) -> None:
        self.cast = Cast()
        self.rules = Rulebook()
        self.around = Surroundings()
        self.sdown: dict[Key, Entry] = {}
        """Since when a Sentinel holds its master to be subjectively down."""
        self._met = Acquaintances()
        self._believed: dict[Key, tuple[Address, int]] = {}
        self._settled: dict[Key, int] = {}
        self._down: dict[tuple[str, str, Address], int] = {}
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
            case MasterSettings():
                self._settled[node, data.master] = entry.time_us
            case ConfigurationBelieved():
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
                self._down[who] = entry.time_us
            case "-sdown", _:
                self._down.pop(who, None)
                self._up[who] = entry.time_us
            case name, _ if name in MADE_ANEW:
                self.sdown.pop(key, None)
                if name != "+switch-master":
                    forget(self._believed, node=key[0], master=key[1])
                    if name == "+reset-master":
                        at = (data.host, data.port)
                        self._believed[key] = (at, entry.time_us)
            case _:
                pass

    def keys(self) -> tuple[Key, ...]:
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
        return any(
            each[:2] == key and self.cast.find(*each[2]) == node for each in self._down
        )

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
            if peer is None or watched is None:
                continue
            since_us = self.around.acts_since(peer)
            theirs = (peer, key[1])
            if since_us is None or self.watched(theirs) != watched:
                continue
            address = next((at for at, node in self.cast.at.items() if node == peer), None)
            if address is None or self.holds_down(key, peer):
                continue
            since_us = max(since_us, met.time_us) + patience_us
            since_us = max(since_us, self._up.get((*key, address), 0), self.watches_since(theirs))
            found.append((peer, since_us))
        return found
