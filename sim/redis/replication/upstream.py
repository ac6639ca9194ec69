"""The replica's side of replication: the link of this server to its master.

The link is made by a handshake that ends in PSYNC. The master's answer decides: *continue* (the
missing bytes follow) or *full resynchronisation* (a snapshot follows, which replaces all data).
When an established link breaks, its history and offset are remembered (the *cached master*), so
that the next handshake can ask to continue (spec: redis-node §4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from minisentinel.replies import Command, Error, Reply, Status
from minisentinel.wire import command_size
from sim.redis.environment import Connection, Environment, Timer
from sim.redis.replication.history import History
from sim.redis.replication.messages import Newline, Snapshot, SnapshotPart, StreamPart, Unit
from sim.redis.settings import Machine, Settings
from sim.trace import FullSyncLoaded, PartialSync, ReplicaLinkChanged

__all__ = ["CachedMaster", "LinkPhase", "Upstream", "UpstreamOwner"]


class LinkPhase(Enum):
    """How far the link is; the values are ROLE's words."""

    NONE = "none"
    CONNECT = "connect"
    CONNECTING = "connecting"
    HANDSHAKE = "handshake"
    SYNC = "sync"
    CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class CachedMaster:
    """The history and the applied offset of a link that broke."""

    replid: str
    offset: int


@dataclass(slots=True)
class UpstreamOwner:
    """What the link makes its server do, and asks it.

    `apply(unit)` executes the commands of a unit; `forward(unit)` appends it to the history and
    passes it on; `drop_replicas()` disconnects sub-replicas; `begin_loading(sync, snapshot,
    done)` drops the data, and calls `done` when the snapshot is loaded. A snapshot goes to the disk
    first: `has_room()` tells whether anything can be written there.
    """

    apply: Callable[[Unit], None]
    forward: Callable[[Unit], None]
    drop_replicas: Callable[[], None]
    begin_loading: Callable[[str, Snapshot, Callable[[], None]], None]
    has_room: Callable[[], bool]


class Upstream:
    """The link to the master; `target` is None while this server is a master itself."""

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        machine: Machine,
        history: History,
        owner: UpstreamOwner,
    ) -> None:
        self._environment = environment
        self._settings = settings
        self._machine = machine
        self._history = history
        self._owner = owner
        self._expected: deque[str] = deque()
        self._unapplied: deque[tuple[int, Unit]] = deque()
        self._apply_timer: Timer | None = None
        self._sync: SnapshotPart | None = None
        self._lost_while_loading = False
        self.target: tuple[str, int] | None = None
        self.phase = LinkPhase.NONE
        self.connection: Connection | None = None
        self.cached: CachedMaster | None = None
        self.read_offset = 0
        self.down_since: int | None = None
        self.last_io = environment.unix_seconds()
        self.loading = False

    # -- what others ask

    @property
    def is_up(self) -> bool:
        """Is the stream established?"""
        return self.phase is LinkPhase.CONNECTED

    @property
    def applied_offset(self) -> int:
        """INFO's ``slave_repl_offset``: of the link, else of the cached master, else 1."""
        if self.is_up:
            return self._history.offset
        return self.cached.offset if self.cached is not None else 1

    @property
    def received_offset(self) -> int:
        """INFO's ``slave_read_repl_offset``: bytes received, applied or not."""
        return self.read_offset if self.is_up else self.applied_offset

    @property
    def sync_progress(self) -> tuple[int, int]:
        """Bytes of the snapshot received, and in all: -1 before the first, 0 if nobody knows."""
        return (self._sync.sent_bytes, self._sync.total_bytes) if self._sync else (0, -1)

    # -- what others order

    def begin_with(self, host: str, port: int) -> None:
        """Be a replica from the start of the process; the first cron run connects."""
        self.target = (host, port)
        self.phase = LinkPhase.CONNECT

    def follow(self, host: str, port: int) -> None:
        """Become a replica of `host`:`port`, and connect at once."""
        self.drop()
        self.target = (host, port)
        self._connect()

    def stop(self) -> None:
        """Become a master: the link and everything remembered about it go (redis-node §5)."""
        self.drop()
        self.target = None
        self.phase = LinkPhase.NONE
        self.cached = None
        self.down_since = None

    def drop(self) -> None:
        """Close the link, established or not, remembering an established one."""
        connection = self.connection
        self._forget_link()
        if connection is not None:
            connection.close()

    def reconnect(self) -> None:
        """Close the link and connect again at once."""
        self.drop()
        if self.target is not None:
            self._connect()

    def _connect(self) -> None:
        assert self.target is not None
        self.last_io = self._environment.unix_seconds()
        self.phase = LinkPhase.CONNECTING
        self.connection = self._environment.connect(*self.target)

    def _forget_link(self) -> None:
        """Everything that ends with the connection; an established link is cached."""
        was_up = self.is_up
        if was_up:
            self.cached = CachedMaster(self._history.replid, self._history.offset)
            self.down_since = self._environment.unix_seconds()
        self.connection = None
        self.phase = LinkPhase.CONNECT if self.target is not None else LinkPhase.NONE
        self._expected.clear()
        # Bytes that were received and not applied are asked for again.
        self._unapplied.clear()
        if self._apply_timer is not None:
            self._apply_timer.cancel()
            self._apply_timer = None
        self._sync = None
        if was_up:
            self._record_link(False)

    # -- what the network reports

    def on_open(self) -> None:
        """The connection stands: begin the handshake."""
        self.phase = LinkPhase.HANDSHAKE
        self.last_io = self._environment.unix_seconds()
        self._send("ping", ("PING",))

    def on_failed(self) -> None:
        """The connection could not be made; the next attempt is the timer's."""
        self._forget_link()

    def on_close(self) -> None:
        """The connection broke. An established link is retried at once (redis-node §4.3)."""
        if self.loading:
            # The socket is not looked at while loading; the loss is noticed afterwards.
            self._lost_while_loading = True
            return
        was_up = self.is_up
        self._forget_link()
        if was_up:
            self._connect()

    def on_message(self, message: object) -> None:
        """Something arrived from the master."""
        self.last_io = self._environment.unix_seconds()
        if isinstance(message, StreamPart):
            if self.is_up:
                self._receive(message.units)
        elif isinstance(message, SnapshotPart):
            if self.phase is LinkPhase.SYNC:
                self._receive_snapshot(message)
        elif not isinstance(message, Newline) and self._expected:
            self._receive_reply(message)  # type: ignore[arg-type]

    def cron(self) -> None:
        """Once per second: reconnect, time out, acknowledge."""
        if self.target is None or self.loading:
            return
        silence = self._environment.unix_seconds() - self.last_io
        if self.connection is not None and silence > self._settings.repl_timeout:
            was_up = self.is_up
            self.drop()
            if was_up:
                self._connect()
        elif self.phase is LinkPhase.CONNECT:
            self._connect()
        elif self.is_up:
            self.acknowledge()

    def acknowledge(self) -> None:
        """Tell the master how far the stream has been applied."""
        if self.is_up and self.connection is not None:
            command = ("REPLCONF", "ACK", str(self._history.offset))
            self.connection.send(command, command_size(command))

    # -- handshake

    def _send(self, expectation: str, command: Command) -> None:
        assert self.connection is not None
        self._expected.append(expectation)
        self.connection.send(command, command_size(command))

    def _receive_reply(self, reply: Reply) -> None:
        expectation = self._expected.popleft()
        if expectation == "ping":
            refused = isinstance(reply, Error) and not reply.text.startswith(("NOAUTH", "NOPERM"))
            if refused:
                self.drop()
            else:
                self._introduce()
        elif expectation == "auth":
            if isinstance(reply, Error):
                self.drop()
        elif expectation == "capa":
            self._ask_to_continue()
        elif expectation == "psync":
            self._receive_psync_reply(reply)

    def _introduce(self) -> None:
        settings = self._settings
        if settings.masterauth:
            user = (settings.masteruser,) if settings.masteruser else ()
            self._send("auth", ("AUTH", *user, settings.masterauth))
        port = settings.replica_announce_port or settings.port
        self._send("port", ("REPLCONF", "listening-port", str(port)))
        if settings.replica_announce_ip:
            self._send("ip", ("REPLCONF", "ip-address", settings.replica_announce_ip))
        self._send("capa", ("REPLCONF", "capa", "eof", "capa", "psync2"))

    def _ask_to_continue(self) -> None:
        if self.cached is None:
            self._send("psync", ("PSYNC", "?", "-1"))
        else:
            self._send("psync", ("PSYNC", self.cached.replid, str(self.cached.offset + 1)))

    def _receive_psync_reply(self, reply: Reply) -> None:
        words = reply.text.split() if isinstance(reply, Status) else []
        if words[:1] == ["CONTINUE"] and self.cached is not None:
            self._continue(words[1])
        elif words[:1] == ["FULLRESYNC"]:
            self.phase = LinkPhase.SYNC
        else:
            self.drop()

    def _continue(self, replid: str) -> None:
        history = self._history
        if replid != history.replid:
            history.continue_as(replid)
            self._owner.drop_replicas()
        if history.backlog is None:
            history.create_backlog(self._settings.repl_backlog_size)
        self._environment.record(PartialSync(master=self._address(), offset=history.offset))
        self._establish()

    def _establish(self) -> None:
        self.cached = None
        self.down_since = None
        self.read_offset = self._history.offset
        self.phase = LinkPhase.CONNECTED
        self._record_link(True)

    # -- full resynchronisation

    def _receive_snapshot(self, part: SnapshotPart) -> None:
        if not self._owner.has_room():
            # The next cron run tries again, from the beginning; the old data stays.
            self.drop()
            return
        self._sync = part
        if part.snapshot is None:
            return
        self.cached = None
        self.loading = True
        self._history.backlog = None
        self._owner.drop_replicas()
        self._owner.begin_loading(part.sync, part.snapshot, self._loaded)

    def _loaded(self) -> None:
        part = self._sync
        assert part is not None
        assert part.snapshot is not None
        self.loading = False
        self._sync = None
        self.last_io = self._environment.unix_seconds()
        self._history.replace(part.snapshot.replid, part.snapshot.offset)
        self._history.create_backlog(self._settings.repl_backlog_size)
        self._environment.record(FullSyncLoaded(sync=part.sync, offset=part.snapshot.offset))
        self._establish()
        self.acknowledge()
        if self._lost_while_loading:
            self._lost_while_loading = False
            self.on_close()

    # -- the stream

    def _receive(self, units: tuple[Unit, ...]) -> None:
        delay_us = self._machine.apply_delay_us
        for unit in units:
            if self._environment.has_ended:
                return
            self.read_offset += unit.size
            if delay_us:
                self._unapplied.append((self._environment.now_us() + delay_us, unit))
            else:
                self._apply(unit)
        if self._unapplied and self._apply_timer is None:
            self._apply_timer = self._environment.after(delay_us, self._apply_due)

    def _apply_due(self, _: object) -> None:
        self._apply_timer = None
        now_us = self._environment.now_us()
        while self._unapplied and self._unapplied[0][0] <= now_us:
            self._apply(self._unapplied.popleft()[1])
            if self._environment.has_ended:
                return
        if self._unapplied:
            wait_us = self._unapplied[0][0] - now_us
            self._apply_timer = self._environment.after(wait_us, self._apply_due)

    def _apply(self, unit: Unit) -> None:
        self._owner.apply(unit)
        if not self._environment.has_ended:
            self._owner.forward(unit)

    # -- the trace

    def _address(self) -> str:
        host, port = self.target or ("", 0)
        return f"{host}:{port}"

    def _record_link(self, up: bool) -> None:
        host, port = self.target or ("", 0)
        self._environment.record(ReplicaLinkChanged(up=up, master_host=host, master_port=port))
