"""An ensemble on loopback: real data servers, and Sentinels of every kind beside each other.

The periods that a production Sentinel counts in seconds are quickened with SENTINEL DEBUG, on the
real ones and on ours alike, and TILT is made less touchy, since the machine of a test may stall.
All times are those of the usual pace (`tests.live.pace`), and longer at a slower one.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tests.live.pace import Crash, PortTaken, pace
from tests.live.ports import free_port
from tests.live.processes import Process
from tests.live.resp import Connection, ErrorReply, Listener
from tests.live.servers import RealServer
from tests.live.waiting import PATIENCE_SECONDS, Refusal, eventually

__all__ = [
    "MASTER",
    "OURS",
    "DataNode",
    "Ensemble",
    "Event",
    "Node",
    "SentinelNode",
    "as_dict",
    "start_all",
]

MASTER = "mymaster"
OURS = "minisentinel"

QUICK = {
    "ping-period": 400,
    "info-period": 600,
    "publish-period": 200,
    "tilt-trigger": 15000,
    "tilt-period": 1000,
}
"""What SENTINEL DEBUG is told, in milliseconds. The first three are the same at every pace."""

BY_PACE = ("tilt-trigger",)
IN_USE = re.compile(r"Address already in use|address in use|EADDRINUSE")

T = TypeVar("T")


def as_dict(reply: Any) -> dict[str, str]:
    """A map in either protocol: RESP2 has it flat."""
    if isinstance(reply, ErrorReply):
        raise Refusal(reply.text)
    if isinstance(reply, dict):
        return reply
    return dict(zip(reply[::2], reply[1::2], strict=True))


class Node:
    """A server on a port of 127.0.0.1, with a directory and a configuration file of its own."""

    def __init__(self, name: str, argv: Sequence[str], directory: Path, lines: list[str]) -> None:
        directory.mkdir(parents=True)
        self.name = name
        self.port = free_port()
        self.conf = directory / "node.conf"
        common = [f"port {self.port}", "bind 127.0.0.1", f'dir "{directory}"']
        self.conf.write_text("\n".join([*common, *lines, ""]), encoding="utf-8")
        words = [str(self.conf) if word == "CONF" else word for word in argv]
        self.process = Process(name, words, directory)

    def __str__(self) -> str:
        return f"{self.name} (port {self.port})"

    def call(self, *words: str) -> Any:
        """The value of the reply, on a connection of its own."""
        with Connection(self.port) as connection:
            return connection.call(*words)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.process.start()
        self.get_ready()

    def get_ready(self) -> None:
        """Wait until the started process answers."""
        eventually(f"{self} answers PING", self._answers)

    def _answers(self) -> bool:
        if not self.process.is_running:
            if IN_USE.search(self.log()):
                raise PortTaken(f"the port of {self} has been taken")
            raise Crash(f"{self} ended, status {self.process.status}:\n{self.log()}")
        return bool(self.call("PING") == "PONG")

    def kill(self) -> None:
        self.process.kill()

    def terminate(self) -> int:
        return self.process.terminate()

    def pause(self) -> None:
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()

    def restart(self) -> None:
        self.kill()
        self.start()

    def log(self) -> str:
        return self.process.tail()


class DataNode(Node):
    """A real server with data, without persistence: what survives, survives in a replica."""

    def __init__(self, name: str, server: RealServer, directory: Path) -> None:
        # Synchronising should not wait for anybody's next second.
        lines = ['save ""', "repl-diskless-sync-delay 0", "repl-diskless-load swapdb"]
        super().__init__(name, [server.path, "CONF"], directory, lines)

    def role(self) -> tuple[str, int | None]:
        """``("master", None)`` or ``("slave", port of its master)``."""
        reply = self.call("ROLE")
        if isinstance(reply, ErrorReply):
            raise Refusal(reply.text)
        return (reply[0], reply[2] if reply[0] == "slave" else None)

    def is_synchronised_replica_of(self, master: DataNode) -> bool:
        """Whether it replicates from `master` and its link is up."""
        reply = self.call("ROLE")
        if reply[:4] != ["slave", "127.0.0.1", master.port, "connected"]:
            raise Refusal(f"ROLE of {self} says {reply}")
        return True


class SentinelNode(Node):
    """A Sentinel: a real one, or ours."""

    def __init__(
        self, name: str, kind: RealServer | str, directory: Path, lines: Sequence[str]
    ) -> None:
        if isinstance(kind, RealServer):
            argv = [kind.path, "CONF", "--sentinel"]
        else:
            argv = [sys.executable, "-m", "minisentinel", "CONF"]
        self.kind = str(kind)
        self.runid = ""
        self._listener: Listener | None = None
        super().__init__(name, argv, directory, list(lines))

    @property
    def is_ours(self) -> bool:
        return self.kind == OURS

    def get_ready(self) -> None:
        super().get_ready()
        self.runid = self.call("SENTINEL", "MYID")
        periods = {name: ms * (pace() if name in BY_PACE else 1) for name, ms in QUICK.items()}
        words = [str(word) for pair in periods.items() for word in pair]
        answer = self.call("SENTINEL", "DEBUG", *words)
        assert answer == "OK", f"SENTINEL DEBUG of {self}: {answer}"
        self._listener = Listener(self.port)

    def kill(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        super().kill()

    def messages(self) -> Iterator[tuple[str, str]]:
        """Events published since the last call."""
        if self._listener is not None:
            yield from self._listener.messages()

    def master_port(self) -> int:
        """The port of the current master, as a client is told."""
        reply = self.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
        if not isinstance(reply, list):
            raise Refusal(f"{self} knows no {MASTER}: {reply}")
        return int(reply[1])

    def master(self) -> dict[str, str]:
        return as_dict(self.call("SENTINEL", "MASTER", MASTER))

    def masters(self) -> list[dict[str, str]]:
        return [as_dict(entry) for entry in self.call("SENTINEL", "MASTERS")]

    def replicas(self) -> list[dict[str, str]]:
        return [as_dict(entry) for entry in self.call("SENTINEL", "REPLICAS", MASTER)]

    def sentinels(self) -> list[dict[str, str]]:
        return [as_dict(entry) for entry in self.call("SENTINEL", "SENTINELS", MASTER)]


def start_all(nodes: Sequence[Node]) -> None:
    """Start several at the same time, and wait until all answer."""
    for node in nodes:
        node.process.start()
    for node in nodes:
        node.get_ready()


@dataclass(frozen=True)
class Event:
    """What a Sentinel published, and when it was heard of here (monotonic seconds)."""

    at: float
    sentinel: SentinelNode
    channel: str
    payload: str

    def __str__(self) -> str:
        return f"{self.sentinel.name}: {self.channel} {self.payload}"


@dataclass
class Ensemble:
    """Data nodes and Sentinels that watch them. Ends all of them at the end of a with block."""

    directory: Path
    server: RealServer
    data: list[DataNode] = field(default_factory=list)
    sentinels: list[SentinelNode] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __enter__(self) -> Ensemble:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End every process."""
        for node in self.nodes:
            node.kill()

    @property
    def nodes(self) -> list[Node]:
        return [*self.data, *self.sentinels]

    def start_data(self, replicas: int = 2) -> None:
        """A master and its replicas, until these are in step with it."""
        for number in range(1 + replicas):
            name = f"data-{number + 1}"
            node = DataNode(name, self.server, self.directory / name)
            self.data.append(node)
        start_all(self.data)
        for node in self.data[1:]:
            # The command connects at once; from a configuration file it may take a second.
            assert node.call("REPLICAOF", "127.0.0.1", str(self.data[0].port)) == "OK"
        for node in self.data[1:]:
            eventually(
                f"{node} follows {self.data[0]}",
                partial(node.is_synchronised_replica_of, self.data[0]),
            )

    def start_sentinels(
        self,
        kinds: Sequence[RealServer | str],
        *,
        quorum: int,
        down_after_ms: int | Sequence[int] = 700,
        failover_timeout_ms: int = 4000,
        more_lines: Sequence[str] = (),
    ) -> None:
        """Sentinels of these kinds for the first data node; one `down_after_ms` for all or each.

        The times are those of the usual pace.
        """
        if isinstance(down_after_ms, int):
            down_after_ms = [down_after_ms] * len(kinds)
        started: list[SentinelNode] = []
        for kind, down_after in zip(kinds, down_after_ms, strict=True):
            name = f"sentinel-{len(self.sentinels) + 1}"
            lines = [
                f"sentinel monitor {MASTER} 127.0.0.1 {self.data[0].port} {quorum}",
                f"sentinel down-after-milliseconds {MASTER} {down_after * pace()}",
                f"sentinel failover-timeout {MASTER} {failover_timeout_ms * pace()}",
                *more_lines,
            ]
            node = SentinelNode(name, kind, self.directory / name, lines)
            self.sentinels.append(node)
            started.append(node)
        start_all(started)

    def wait(
        self,
        claim: str,
        probe: Callable[[], T],
        *,
        within_seconds: float = PATIENCE_SECONDS,
    ) -> T:
        """Like `eventually`, and hears what the Sentinels say meanwhile.

        `within_seconds` is for the usual pace.
        """

        def listening() -> T:
            self.listen()
            return probe()

        return eventually(claim, listening, within_seconds=within_seconds * pace())

    def listen(self) -> None:
        """Collect the events that have been published since the last time."""
        now = time.monotonic()
        for sentinel in self.sentinels:
            for channel, payload in sentinel.messages():
                self.events.append(Event(now, sentinel, channel, payload))

    def said(self, channel: str, sentinel: SentinelNode | None = None) -> list[Event]:
        """The events of this name that have been heard, of one Sentinel or of all."""
        return [
            event
            for event in self.events
            if event.channel == channel and sentinel in (None, event.sentinel)
        ]

    def node_at(self, port: int) -> DataNode:
        return next(node for node in self.data if node.port == port)

    def wait_until_all_know_all(self) -> None:
        """Every Sentinel knows the master, the replicas and the others, and all is well."""
        for sentinel in self.sentinels:
            self.wait(
                f"{sentinel} knows {len(self.data) - 1} replicas "
                f"and {len(self.sentinels) - 1} other Sentinels, all well",
                partial(self._knows_all, sentinel),
            )

    def _knows_all(self, sentinel: SentinelNode) -> bool:
        master, replicas = sentinel.master(), sentinel.replicas()
        others = sentinel.sentinels()
        # An opinion of the past is nothing amiss: Valkey 9 keeps it.
        flags = [
            entry["flags"].replace(",master_down", "") for entry in (master, *replicas, *others)
        ]
        expected = ["master"] + ["slave"] * (len(self.data) - 1)
        expected += ["sentinel"] * (len(self.sentinels) - 1)
        if flags != expected:
            raise Refusal(f"flags {flags}")
        if any(entry["master-link-status"] != "ok" for entry in replicas):
            raise Refusal("a replica's link is down")
        return all(entry["runid"] for entry in (master, *replicas, *others))

    def wait_for_new_master(
        self, old: DataNode, *, within_seconds: float = PATIENCE_SECONDS
    ) -> DataNode:
        """Every running Sentinel names the same other master; returns it."""

        def agreed() -> int:
            ports = {
                sentinel.name: sentinel.master_port()
                for sentinel in self.sentinels
                if sentinel.process.is_running and not sentinel.process.is_paused
            }
            if len(set(ports.values())) != 1 or old.port in ports.values():
                raise Refusal(f"{ports}, the old master is at {old.port}")
            return next(iter(ports.values()))

        claim = "every Sentinel names the same new master"
        return self.node_at(self.wait(claim, agreed, within_seconds=within_seconds))
