"""Groups of servers and Sentinels behind the doors of a proxy, for stories that need delays.

The servers of the master ``alpha`` are ``alpha-1`` (the master at first), ``alpha-2``, …; the
Sentinels are ``s1``, ``s2``, … Everybody knows everybody by the port of the door, so that each
connection between two of them goes through the proxy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.live.ensemble import Event, Node, SentinelNode, as_dict, start_all
from tests.live.proxy import Network
from tests.live.servers import RealServer
from tests.live.waiting import PATIENCE_SECONDS, Refusal, eventually

__all__ = ["Stage"]

T = TypeVar("T")


@dataclass
class Stage:
    """Who is on it. Ends all of them at the end of a with block.

    `kind` is that of the Sentinels, `server` that of the servers. Times in milliseconds.
    """

    directory: Path
    kind: RealServer | str
    server: RealServer
    network: Network
    down_after: int = 1500
    failover_timeout: int = 10_000
    quorum: int = 2
    servers: dict[str, Node] = field(default_factory=dict)
    sentinels: dict[str, SentinelNode] = field(default_factory=dict)
    doors: dict[str, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        for node in (*self.servers.values(), *self.sentinels.values()):
            node.kill()

    def start_group(
        self, master: str, replicas: int, priorities: Mapping[str, int] | None = None
    ) -> None:
        """A master and its replicas, until these are in step."""
        names = [f"{master}-{number}" for number in range(1, replicas + 2)]
        for name in names:
            self.doors[name] = self.network.open_door(name)
            lines = [
                'save ""',
                "repl-diskless-sync-delay 0",
                "replica-announce-ip 127.0.0.1",
                f"replica-announce-port {self.doors[name]}",
                f"replica-priority {(priorities or {}).get(name, 100)}",
            ]
            node = Node(name, [self.server.path, "CONF"], self.directory / name, lines)
            self.servers[name] = node
            self.network.lead(name, node.port)
        start_all([self.servers[name] for name in names])
        for name in names[1:]:
            self.servers[name].call("REPLICAOF", "127.0.0.1", str(self.doors[names[0]]))
        for name in names[1:]:
            eventually(f"{name} follows {names[0]}", partial(self._follows, name, names[0]))

    def _follows(self, name: str, master: str) -> bool:
        return bool(self.servers[name].call("ROLE")[1:4] == self._connected_to(master))

    def _connected_to(self, master: str) -> list[object]:
        return ["127.0.0.1", self.doors[master], "connected"]

    def start_sentinels(self, names: Sequence[str], masters: Sequence[str]) -> None:
        """Sentinels of these names that are told of `masters` only."""
        started = []
        for name in names:
            runid = f"{0xA0 + int(name[1:]):02x}" * 20
            self.network.names[runid[:8]] = name
            self.doors[name] = self.network.open_door(name)
            lines = [
                f"sentinel myid {runid}",
                "sentinel announce-ip 127.0.0.1",
                f"sentinel announce-port {self.doors[name]}",
            ]
            for master in masters:
                lines += [
                    f"sentinel monitor {master} 127.0.0.1 {self.doors[f'{master}-1']} "
                    f"{self.quorum}",
                    f"sentinel down-after-milliseconds {master} {self.down_after}",
                    f"sentinel failover-timeout {master} {self.failover_timeout}",
                ]
            node = SentinelNode(name, self.kind, self.directory / name, lines)
            self.sentinels[name] = node
            self.network.lead(name, node.port)
            started.append(node)
        start_all(started)

    def wait_until_known(self, names: Sequence[str], others: int) -> None:
        """Each of these Sentinels knows so many others and all servers, and all are well."""
        for name in names:
            self.wait(f"{name} knows all", partial(self._knows_all, name, others))

    def _knows_all(self, by: str, others: int) -> bool:
        sentinel = self.sentinels[by]
        for entry in sentinel.masters():
            name = entry["name"]
            replicas = sum(each.startswith(f"{name}-") for each in self.servers) - 1
            facts = entry["flags"], entry["num-other-sentinels"], entry["num-slaves"]
            if facts != ("master", str(others), str(replicas)):
                raise Refusal(f"{by}: {name} {facts}")
            for kind in ("SENTINELS", "REPLICAS"):
                for each in map(as_dict, sentinel.call("SENTINEL", kind, name)):
                    # An opinion of the past is nothing amiss: Valkey 9 keeps it.
                    if each["flags"].replace(",master_down", "") not in ("slave", "sentinel"):
                        raise Refusal(f"{by}: {each['name']} {each['flags']}")
        return True

    def wait(
        self, claim: str, probe: Callable[[], T], *, within_seconds: float = PATIENCE_SECONDS
    ) -> T:
        """Like `eventually`, and hears what the Sentinels say meanwhile."""

        def listening() -> T:
            self.listen()
            return probe()

        return eventually(claim, listening, within_seconds=within_seconds)

    def wait_for(
        self, channel: str, by: str, master: str = "", *, within_seconds: float = PATIENCE_SECONDS
    ) -> Event:
        """The first event of that name that this Sentinel says about a master."""
        return self.wait(
            f"{channel} {master} by {by}",
            lambda: next(iter(self.said(channel, by, master)), None),
            within_seconds=within_seconds,
        )  # type: ignore[return-value]

    def listen(self) -> None:
        """Collect what has been published since the last time."""
        now = time.monotonic()
        for sentinel in self.sentinels.values():
            for channel, payload in sentinel.messages():
                self.events.append(Event(now, sentinel, channel, payload))

    def said(self, channel: str, by: str = "", master: str = "") -> list[Event]:
        """The events of that name heard so far, of one Sentinel or all, of one master or all."""
        return [
            event
            for event in self.events
            if event.channel == channel
            and by in ("", event.sentinel.name)
            and (not master or master in event.payload.split())
        ]

    def listen_for(self, seconds: float) -> None:
        """Let that much time pass."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.listen()
            time.sleep(0.02)

    def server_at(self, door: int) -> str:
        """Whose door that is; the port itself if it is nobody's."""
        return next((name for name, port in self.doors.items() if port == door), f"port {door}")

    def believed(self, by: str, master: str) -> tuple[str, int]:
        """Whom a client is sent to by this Sentinel, and its configuration epoch."""
        sentinel = self.sentinels[by]
        address = sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master)
        entry = next(each for each in sentinel.masters() if each["name"] == master)
        return self.server_at(int(address[1])), int(entry["config-epoch"])

    def role(self, name: str) -> str:
        """``master``, or whom it follows, or ``dead``."""
        if not self.servers[name].process.is_running:
            return "dead"
        role = self.servers[name].call("ROLE")
        return "master" if role[0] == "master" else f"follows {self.server_at(role[2])}"
