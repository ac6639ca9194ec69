"""The server's logic needs no network: lists stand for its connections, and a number for time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from minisentinel.replies import OK, Command, Error, Status
from minisentinel.trace import Data
from sim.redis import Disk, Machine, Server, Settings
from sim.redis.clients import Client
from sim.redis.dispatch import Dispatcher
from sim.redis.replication.messages import SnapshotPart, StreamPart, Unit, unit_size


@dataclass
class FakeConnection:
    id: int
    local: tuple[str, int] = ("10.0.0.1", 6379)
    remote: tuple[str, int] = ("10.0.0.2", 40000)
    is_open: bool = True
    sent: list[Any] = field(default_factory=list)

    def send(self, message: object, size: int) -> None:
        self.sent.append(message)

    def close(self, *, after_output: bool = False) -> None:
        self.is_open = False


class FakeTimer:
    def cancel(self) -> None:
        pass


@dataclass
class FakeEnvironment:
    name: str = "fake"
    random: Random = field(default_factory=lambda: Random(1))
    time_us: int = 0
    records: list[Data] = field(default_factory=list)
    links: list[FakeConnection] = field(default_factory=list)
    due: list[tuple[int, Callable[[Any], object], Any]] = field(default_factory=list)

    @property
    def has_ended(self) -> bool:
        return False

    def now_us(self) -> int:
        return self.time_us

    def unix_seconds(self) -> int:
        return self.time_us // 1_000_000

    def unix_ms(self) -> int:
        return self.time_us // 1000

    def record(self, data: Data) -> None:
        self.records.append(data)

    def connect(self, host: str, port: int) -> FakeConnection:
        self.links.append(FakeConnection(99, remote=(host, port)))
        return self.links[-1]

    def after(
        self, delay_us: int, callback: Callable[[Any], object], argument: Any = None
    ) -> FakeTimer:
        self.due.append((self.time_us + delay_us, callback, argument))
        return FakeTimer()

    def charge(self, duration_us: int) -> None:
        self.time_us += duration_us

    def unread(self, clients: Iterable[Client]) -> list[tuple[Client, int]]:
        return []

    def room(self, client: Client) -> int | None:
        return None

    def shut_down(self) -> None:
        raise AssertionError("nobody asked for that")

    def exit(self, status: int) -> None:
        raise AssertionError("nobody asked for that")

    def out_of_memory(self) -> None:
        raise AssertionError("nobody asked for that")

    def run(self) -> None:
        """What is due now."""
        due = [call for call in self.due if call[0] <= self.time_us]
        self.due = [call for call in self.due if call[0] > self.time_us]
        for _, callback, argument in due:
            callback(argument)


class Bench:
    """A started server without a process."""

    def __init__(self) -> None:
        self.environment = FakeEnvironment()
        disk = Disk(Settings(repl_diskless_sync_delay=0))
        self.server = Server(self.environment, Machine(), disk)
        self.dispatcher = Dispatcher(self.server)
        self.server.start()

    def client(self, number: int) -> FakeConnection:
        connection = FakeConnection(number)
        self.server.accept(connection)
        return connection

    def tell(self, connection: FakeConnection, *words: str) -> None:
        client = self.server.clients.of(connection)
        assert client is not None
        command: Command = words
        self.dispatcher.execute(client, command)


def test_commands_need_a_connection_that_can_send_and_nothing_else() -> None:
    bench = Bench()
    connection = bench.client(1)
    bench.tell(connection, "SET", "k", "v")
    bench.tell(connection, "GET", "k")
    assert connection.sent == [OK, "v"]


def test_replica_gets_history_snapshot_and_then_what_it_missed_after_its_first_ack() -> None:
    bench = Bench()
    client, replica = bench.client(1), bench.client(2)
    bench.tell(client, "SET", "a", "1")
    bench.tell(replica, "PSYNC", "?", "-1")
    replid = bench.server.history.replid
    assert replica.sent == [Status(f"FULLRESYNC {replid} 0")]
    bench.tell(client, "SET", "b", "2")
    bench.environment.run()
    (part,) = replica.sent[1:]
    assert isinstance(part, SnapshotPart)
    assert part.snapshot is not None
    assert part.snapshot.data == {"a": "1"}
    bench.tell(client, "SET", "c", "3")
    bench.tell(replica, "REPLCONF", "ACK", "0")
    (stream,) = replica.sent[2:]
    assert isinstance(stream, StreamPart)
    assert [unit.commands for unit in stream.units] == [
        (("SET", "b", "2"),),
        (("SET", "c", "3"),),
    ]
    bench.tell(client, "SET", "d", "4")
    assert replica.sent[-1].units[0].end == bench.server.history.offset


def test_waiting_replica_is_kept_alive_by_newlines_until_the_delay_is_over() -> None:
    bench = Bench()
    bench.server.settings.repl_diskless_sync_delay = 2
    replica = bench.client(1)
    bench.tell(replica, "PSYNC", "?", "-1")
    for _ in range(4):
        bench.environment.run()
        bench.environment.time_us += 1_000_000
    kinds = [type(message).__name__ for message in replica.sent]
    assert kinds == ["Newline", "Newline", "Status", "SnapshotPart"]


def link_of(bench: Bench) -> FakeConnection:
    """The link to a master, which has just been made."""
    bench.tell(bench.client(1), "REPLICAOF", "10.0.0.9", "6380")
    bench.server.upstream.on_open()
    return bench.environment.links[-1]


def test_handshake_of_a_replica_that_has_much_to_say() -> None:
    """[RED-4.1-1]"""
    bench = Bench()
    settings = bench.server.settings
    settings.masteruser, settings.masterauth = "repl", "secret"
    settings.replica_announce_ip, settings.replica_announce_port = "nat.example", 7001
    link, hear = link_of(bench), bench.server.upstream.on_message
    assert link.remote == ("10.0.0.9", 6380)
    assert link.sent == [("PING",)]
    hear(Error("NOAUTH Authentication required."))
    assert link.sent[1:] == [
        ("AUTH", "repl", "secret"),
        ("REPLCONF", "listening-port", "7001"),
        ("REPLCONF", "ip-address", "nat.example"),
        ("REPLCONF", "capa", "eof", "capa", "psync2"),
    ]
    for reply in (OK, Error("ERR what?"), Error("ERR what?"), Error("ERR what?")):
        hear(reply)
    # A master that became a replica asks to go on where it stands itself.
    assert link.sent[5:] == [("PSYNC", bench.server.history.replid, "1")]


def test_handshake_ends_at_an_answer_to_ping_that_no_healthy_master_gives() -> None:
    """[RED-4.1-1]"""
    for answer in ("LOADING ...", "MASTERDOWN ...", "BUSY ...", "MISCONF ...", "ERR ..."):
        bench = Bench()
        link = link_of(bench)
        bench.server.upstream.on_message(Error(answer))
        assert not link.is_open
        assert link.sent == [("PING",)]


def test_acknowledgement_that_is_asked_for_does_not_wait_for_the_second() -> None:
    """[RED-4.3-3]"""
    bench = Bench()
    link = link_of(bench)
    hear = bench.server.upstream.on_message
    for reply in (Status("PONG"), OK, OK, Status(f"CONTINUE {bench.server.history.replid}")):
        hear(reply)
    link.sent.clear()
    size = unit_size((("REPLCONF", "GETACK", "*"),))
    hear(StreamPart((Unit((("REPLCONF", "GETACK", "*"),), size, size),)))
    (words,) = link.sent
    assert words[:2] == ("REPLCONF", "ACK")
