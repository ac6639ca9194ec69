"""What a small world consists of: Sentinels, groups of Redis servers, and how often which fault.

Everything has a name and an address that follows from its place: the Sentinels are ``s1``, ``s2``,
…; the servers of the master ``alpha`` are ``alpha-1`` (the master at first), ``alpha-2``, ….
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from minisentinel.core import MODERN, Profile

__all__ = ["MASTER_NAMES", "Limits", "Plan"]

MASTER_NAMES = ("alpha", "beta", "gamma", "delta")

Address = tuple[str, int]


@dataclass(frozen=True)
class Limits:
    """How often the adversary may do what, in one run; delivering in any order is free.

    `waits` are the times (ms) that may pass at once for one Sentinel before its timer fires, and
    `waiting` how often that may be; without waiting a timer fires with no time passed. `crashes`
    of Sentinels, `drops` of connections between Sentinels, `cuts` between a Sentinel and a server
    (for good), `kills` of masters. `in_flight` is how many packets may wait in one direction of a
    connection before a timer may not add more; 0: any number.
    """

    waits: tuple[int, ...] = ()
    waiting: int = 0
    crashes: int = 0
    drops: int = 0
    cuts: int = 0
    kills: int = 0
    in_flight: int = 0


@dataclass(frozen=True)
class Plan:
    """A deployment and the rules it plays by.

    `masters` is the number of groups, each of one master and `replicas`. `only_votes` makes a world
    in which nothing periodic happens but the asking for opinions and votes: PING, INFO and hello
    have endless periods once the world has settled. `instant_servers` answer at once and deliver at
    once: only what Sentinels say to each other is in the hands of the adversary.
    `lucky` dice always draw 0. With `until_elected` the timers of a leader that waits for no more
    votes do not fire. Only the timers of `candidates` fire at all (empty: of everybody).
    `strangers` are pairs of which the first has never met the second. Times in ms.
    """

    name: str = "world"
    sentinels: int = 3
    masters: int = 1
    replicas: int = 1
    quorum: int = 2
    down_after: int = 5_000
    failover_timeout: int = 20_000
    only_votes: bool = True
    instant_servers: bool = True
    lucky: bool = True
    until_elected: bool = False
    candidates: tuple[str, ...] = ()
    strangers: tuple[tuple[str, str], ...] = ()
    profile: Profile = MODERN
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def sentinel_names(self) -> tuple[str, ...]:
        """``s1``, ``s2``, …"""
        return tuple(f"s{number}" for number in range(1, self.sentinels + 1))

    @cached_property
    def master_names(self) -> tuple[str, ...]:
        """The groups, by the name that Sentinels know them by."""
        return MASTER_NAMES[: self.masters]

    @cached_property
    def server_names(self) -> tuple[str, ...]:
        """All Redis servers, those of a group together, its first master first."""
        return tuple(
            f"{name}-{number}"
            for name in self.master_names
            for number in range(1, self.replicas + 2)
        )

    @cached_property
    def addresses(self) -> dict[str, Address]:
        """The IP and port of every node."""
        places: dict[str, Address] = {}
        for number, name in enumerate(self.sentinel_names, 1):
            places[name] = (f"10.0.0.{number}", 26379)
        for group, name in enumerate(self.master_names, 1):
            for number in range(1, self.replicas + 2):
                places[f"{name}-{number}"] = (f"10.0.{group}.{number}", 6379)
        return places

    @cached_property
    def nodes_by_address(self) -> dict[Address, str]:
        """The node at each address."""
        return {address: name for name, address in self.addresses.items()}

    @cached_property
    def runids(self) -> dict[str, str]:
        """The id of every Sentinel and server: 40 hexadecimal digits that tell who it is."""
        ids = {name: f"{n:02x}" * 20 for n, name in enumerate(self.sentinel_names, 0xA1)}
        ids |= {name: f"{n:02x}" * 20 for n, name in enumerate(self.server_names, 0x11)}
        return ids

    def configuration(self, sentinel: str) -> str:
        """The configuration file that `sentinel` starts with: the masters, and nobody else."""
        lines = [f"port {self.addresses[sentinel][1]}", f"sentinel myid {self.runids[sentinel]}"]
        for name in self.master_names:
            host, port = self.addresses[f"{name}-1"]
            lines += [
                f"sentinel monitor {name} {host} {port} {self.quorum}",
                f"sentinel down-after-milliseconds {name} {self.down_after}",
                f"sentinel failover-timeout {name} {self.failover_timeout}",
            ]
        return "\n".join(lines) + "\n"
