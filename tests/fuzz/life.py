"""The life of a Sentinel under fuzz: time, clients, servers, peers, a bad disk, restarts.

An input is a list of happenings, each written as a command in RESP (so ``strings`` shows it):

==================  ======================================================================
`conf` TEXT         the configuration to begin with; first, if there is one
`tick` MS           so much time passes (it may go back), and the timer fires
`quiet` MS          time passes in ticks, and everybody answers as they should
`client` N WORDS    client N (who comes if need be) sends a command
`leave` N           client N goes
`up` K / `lost` K   the K-th connection stands, or is gone
`reply` K BYTES     bytes come on the K-th connection
`info` K TEXT       what the server of the K-th connection tells of itself from now on
`silent` K yes|no   whether who is at the other end of the K-th connection says nothing
`hello` K TEXT      a hello comes on the K-th connection
`disk` yes|no       whether the disk can be written
`script` CODE SIG   the oldest script ends
`restart`           the process is killed, and started with what it saved
==================  ======================================================================

What must hold: nothing raises; whatever it says and sends has bytes; whatever it saves loads again
and means the same; it forgets no epoch and no vote that is on disk; time may do what it likes.
"""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Callable
from dataclasses import fields, replace

from minisentinel.codec import (
    NOT_YET,
    ProtocolError,
    ReplyDecoder,
    RequestDecoder,
    encode_command,
    encode_reply,
)
from minisentinel.config import ConfigError, rewrite
from minisentinel.core import SavedConfiguration
from minisentinel.core.saved import SavedMaster, snapshot
from minisentinel.core.timing import Timing
from minisentinel.driver import Driver
from minisentinel.logformat import format_log_line
from minisentinel.replies import OK, PONG, QUEUED, Command, Error, Reply
from minisentinel.service.access import AccessRefused
from minisentinel.trace import Data, LogLine, SentinelEvent
from tests.fuzz.codec import in_bytes, reply
from tests.fuzz.conf import CONFIGURATIONS, NOW_MS, loaded, meaning
from tests.fuzz.drawing import IDS, maybe
from tests.fuzz.target import Target
from tests.fuzz.vocabulary import command_line, hello, info

__all__ = ["COMMANDS", "HELLOS", "INFOS", "LIVES", "Life"]

USUAL = "\n".join(
    (
        f"sentinel myid {IDS[0]}",
        "sentinel deny-scripts-reconfig no",
        "sentinel monitor mymaster 10.0.0.1 6379 2",
        "sentinel monitor other 10.0.0.9 6379 1",
        "sentinel down-after-milliseconds mymaster 2000",
        "sentinel failover-timeout mymaster 10000",
        "sentinel notification-script mymaster /opt/notify",
        "sentinel client-reconfig-script mymaster /opt/reconfigure",
        "sentinel known-replica mymaster 10.0.0.2 6379",
        "sentinel known-replica mymaster 10.0.0.3 6379",
        f"sentinel known-sentinel mymaster 10.0.1.2 26379 {IDS[1]}",
        f"sentinel known-sentinel mymaster 10.0.1.3 26379 {IDS[2]}",
        "",
    )
)
MOST_QUIET_TICKS = 60
REPLICAS = (("10.0.0.2", 6379), ("10.0.0.3", 6379))
_UNSAID = (None, Timing().default_down_after, Timing().default_failover_timeout)


INFO_OF_MASTER = f"run_id:{IDS[4]}\r\nrole:master\r\n"

Place = tuple[str, int]
"""Host and port of a server or a peer."""


def info_of_replica(host: str, port: str) -> str:
    """What a replica tells whose replication is as it should be."""
    return (
        f"run_id:{IDS[3]}\r\nrole:slave\r\nmaster_host:{host}\r\nmaster_port:{port}\r\n"
        "master_link_status:up\r\nslave_priority:100\r\nslave_repl_offset:7\r\n"
    )


class Life(Driver):
    """One Sentinel, whose machine is a few dictionaries."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.now_ms = NOW_MS
        self.disk_works = True
        self.scripts: deque[int] = deque()
        self._last_script = 100
        self._begin()

    def _begin(self) -> None:
        self.connections: dict[int, deque[Command]] = {}
        self.places: dict[int, Place] = {}
        self.standing: set[int] = set()
        self.told = dict.fromkeys(REPLICAS, info_of_replica("10.0.0.1", "6379"))
        self.silent: set[Place] = set()
        self.killed: list[int] = []
        self.clients: dict[int, None] = {}
        self.has_ended = False
        self.scripts.clear()
        self.sentinel, self.service = loaded(self.text)
        self.perform(self.sentinel.start(self.now_ms))
        quick = ("SENTINEL", "DEBUG", "info-period", "1000", "ask-period", "300")
        self.service.client_connected(0)
        self.perform(self.service.command(self.now_ms, 0, quick))

    # What happens.

    def happen(self, name: str, words: Command) -> None:
        """One happening; unknown ones are nothing."""
        if self.has_ended:
            self._begin()
        happening = _HAPPENINGS.get(name)
        if happening is not None:
            happening(self, words)

    def _tick(self, words: Command) -> None:
        self.now_ms = max(self.now_ms + int(words[0]), 1)
        self._timer()

    def _timer(self) -> None:
        killed, self.killed = self.killed, []
        for pid in killed:
            self.perform(self.sentinel.script_ended(self.now_ms, pid, 0, 9))
        self.perform(self.sentinel.tick(self.now_ms))
        self.perform(self.service.tick(self.now_ms))
        assert 0 < self.sentinel.next_tick_in_ms() <= 100

    def _quiet(self, words: Command) -> None:
        ticks = min(int(words[0]) // 100, MOST_QUIET_TICKS)
        for _ in range(ticks):
            self.now_ms += 100
            self._timer()
            for connection in tuple(self.connections):
                place = self.places[connection]
                if place in self.silent:
                    continue
                self._stand(connection)
                for command in tuple(self.connections.get(connection, ())):
                    if connection in self.connections:
                        self.connections[connection].popleft()
                        self._receive(connection, self._sensible(place, command))
            if self.has_ended:
                return

    def _client(self, words: Command) -> None:
        client = int(words[0])
        if client not in self.clients:
            self.clients[client] = None
            self.service.client_connected(
                client,
                now_ms=self.now_ms,
                address=f"10.0.2.{client}:5000",
                local_address="10.0.1.1:26379",
                descriptor=10 + client,
            )
        self.service.authenticated(client)
        if words[1:]:
            self.perform(self.service.command(self.now_ms, client, words[1:]))

    def _leave(self, words: Command) -> None:
        self._gone(int(words[0]))

    def _gone(self, client: int) -> None:
        if client in self.clients:
            del self.clients[client]
            self.service.client_left(client)

    def _connection(self, which: str) -> int | None:
        some = tuple(self.connections)
        return some[int(which) % len(some)] if some else None

    def _stand(self, connection: int) -> None:
        if connection not in self.standing:
            self.standing.add(connection)
            self.perform(self.sentinel.connected(self.now_ms, connection, "10.0.1.1"))

    def _up(self, words: Command) -> None:
        connection = self._connection(words[0])
        if connection is not None:
            self._stand(connection)

    def _lost(self, words: Command) -> None:
        connection = self._connection(words[0])
        if connection is not None:
            self._lose(connection)

    def _lose(self, connection: int) -> None:
        del self.connections[connection]
        self.standing.discard(connection)
        self.perform(self.sentinel.lost(self.now_ms, connection))

    def _receive(self, connection: int, what: Reply) -> None:
        self.perform(self.sentinel.received(self.now_ms, connection, what))

    def _bytes(self, words: Command) -> None:
        connection = self._connection(words[0])
        if connection is None:
            return
        self._stand(connection)
        decoder = ReplyDecoder()
        decoder.feed(in_bytes(words[1]))
        try:
            while (one := decoder.next()) is not NOT_YET:
                if connection not in self.connections:
                    return
                if self.connections[connection]:
                    self.connections[connection].popleft()
                self._receive(connection, one)
        except ProtocolError:
            if connection in self.connections:
                self._lose(connection)

    def _info(self, words: Command) -> None:
        connection = self._connection(words[0])
        if connection is not None:
            self.told[self.places[connection]] = words[1]

    def _silence(self, words: Command) -> None:
        connection = self._connection(words[0])
        if connection is not None and words[1] == "yes":
            self.silent.add(self.places[connection])
        elif connection is not None:
            self.silent.discard(self.places[connection])

    def _hello(self, words: Command) -> None:
        message = ("message", "__sentinel__:hello", words[1])
        self._bytes((words[0], _as_text(encode_reply(message))))

    def _disk(self, words: Command) -> None:
        self.disk_works = words[0] == "yes"

    def _script(self, words: Command) -> None:
        if self.scripts:
            pid = self.scripts.popleft()
            code, signal = int(words[0]), int(words[1])
            self.perform(self.sentinel.script_ended(self.now_ms, pid, code, signal))

    def _restart(self, words: Command) -> None:
        self._begin()

    def _sensible(self, place: Place, command: Command) -> Reply:
        """What whoever is there answers: a server that obeys, a peer that agrees and votes."""
        match command:
            case ("PING",):
                return PONG
            case ("INFO", *_):
                return self.told.get(place) or INFO_OF_MASTER
            case ("PUBLISH", *_):
                return 1
            case ("SUBSCRIBE", channel):
                return ("subscribe", channel, 1)
            case ("SENTINEL", _, _, _, epoch, asked):
                return (1, asked, int(epoch)) if asked != "*" else (1, "*", 0)
            case ("EXEC",):
                return (OK, OK, OK)
            case ("SLAVEOF" | "REPLICAOF", host, port):
                self.told[place] = INFO_OF_MASTER if host == "NO" else info_of_replica(host, port)
                return QUEUED
            case ("AUTH", *_):
                return Error("ERR Client sent AUTH, but no password is set")
        return OK

    # What it wants done.

    def wall_clock_ms(self) -> int:
        return self.now_ms

    def open_connection(self, connection: int, host: str, port: int) -> None:
        assert connection not in self.connections
        assert 0 <= port <= 65535
        self.connections[connection] = deque()
        self.places[connection] = (host, port)

    def close_connection(self, connection: int) -> None:
        del self.connections[connection]
        self.standing.discard(connection)

    def send_command(self, connection: int, command: Command) -> None:
        assert encode_command(command)
        self.connections[connection].append(command)

    def send_reply(self, client: int, reply: Reply) -> None:
        assert encode_reply(reply, self.service.protocol_of(client))

    def close_client(self, client: int, *, after_replies: bool) -> None:
        self._gone(client)

    def run_script(self, job: int, argv: tuple[str, ...]) -> int:
        for each in argv:
            in_bytes(each)
        if not self.disk_works:
            return 0
        self._last_script += 1
        self.scripts.append(self._last_script)
        return self._last_script

    def kill_script(self, pid: int) -> None:
        if pid in self.scripts:
            self.scripts.remove(pid)
            self.killed.append(pid)
        assert pid in self.killed

    def save(self, configuration: SavedConfiguration) -> str:
        if not self.disk_works:
            return "No space left on device"
        text = rewrite(self.text, configuration)
        in_bytes(text)
        if text != self.text:
            _assert_same(meaning(text), configuration)
        self.text = text
        return ""

    def write_log(self, line: LogLine | SentinelEvent) -> None:
        text = f"{line.name} {line.payload}" if isinstance(line, SentinelEvent) else line.text
        in_bytes(format_log_line(1, self.now_ms, line.level, text))

    def note(self, data: Data) -> None:
        raise AssertionError("a record that nobody wanted")

    def exit(self, status: int) -> None:
        if not status:
            self.save(snapshot(self.sentinel.state))
        self.has_ended = True


def _assert_same(found: SavedConfiguration, saved: SavedConfiguration) -> None:
    """What was saved has come back.

    An empty `announce-ip` is one that is not set, and the epoch of a configuration counts as seen
    (spec: config §3). Users are judged by the service, which refuses what it cannot read.
    """
    seen = max((saved.current_epoch, *(master.config_epoch for master in saved.masters)))
    expected = replace(saved, announce_ip=saved.announce_ip or None, current_epoch=seen, users=None)
    for field in fields(expected):
        if field.name != "masters":
            assert getattr(found, field.name) == getattr(expected, field.name), field.name
    assert len(found.masters) == len(expected.masters)
    for one, other in zip(found.masters, expected.masters, strict=True):
        # A period that is the default is not written, and the default may be another next time.
        period = {
            name: getattr(one if getattr(other, name) in _UNSAID else other, name)
            for name in ("down_after", "failover_timeout")
        }
        expected_one = _ordered(replace(other, **period))
        assert _ordered(one) == expected_one, f"{_ordered(one)}\n{expected_one}"


def _ordered(master: SavedMaster) -> SavedMaster:
    """The order of replicas and peers is that of a hash table: nobody's."""
    return replace(
        master, replicas=tuple(sorted(master.replicas)), peers=tuple(sorted(master.peers))
    )


_HAPPENINGS: dict[str, Callable[[Life, Command], None]] = {
    "tick": Life._tick,
    "quiet": Life._quiet,
    "client": Life._client,
    "leave": Life._leave,
    "up": Life._up,
    "lost": Life._lost,
    "reply": Life._bytes,
    "info": Life._info,
    "hello": Life._hello,
    "silent": Life._silence,
    "disk": Life._disk,
    "script": Life._script,
    "restart": Life._restart,
}


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _play(data: bytes) -> None:
    """Live through an input."""
    decoder = RequestDecoder()
    decoder.feed(data)
    life: Life | None = None
    while (words := decoder.next()) is not None:
        name = words[0]
        if life is None:
            # Lines of known-slave stay where no replica is written (spec: config §6.1), and then
            # speak of masters that are watched no more: a real Sentinel cannot load that either.
            text = _KNOWN_SLAVE.sub("known-replica", words[1]) if name == "conf" else USUAL
            try:
                life = Life(text)
            except (ConfigError, AccessRefused):
                return
        if name != "conf":
            life.happen(name, words[1:])
    if life is not None and not life.has_ended and life.disk_works:
        life.save(snapshot(life.sentinel.state))


def _happening(*words: str | int) -> bytes:
    return encode_command(tuple(map(str, words)))


_KNOWN_SLAVE = re.compile("known-slave", re.IGNORECASE)

Draw = Callable[[random.Random], bytes]


def _clients(rng: random.Random) -> bytes:
    return _happening("client", rng.randrange(1, 4), *command_line(rng))


def _on_links(rng: random.Random) -> bytes:
    which = rng.randrange(16)
    match rng.randrange(8):
        case 0:
            return _happening("up", which)
        case 5 | 6:
            return _happening("silent", which, rng.choice(("yes", "yes", "no")))
        case 1:
            return _happening("lost", which)
        case 2:
            return _happening("reply", which, _as_text(reply(rng)))
        case 3:
            return _info(rng)
        case 4:
            return _hello(rng)
    return _happening("reply", which, _as_text(encode_reply(rng.choice((PONG, OK, QUEUED, 1)))))


def _info(rng: random.Random) -> bytes:
    return _happening("info", rng.randrange(16), info(rng))


def _hello(rng: random.Random) -> bytes:
    return _happening("hello", rng.randrange(16), hello(rng))


def _quiet(rng: random.Random) -> bytes:
    return _happening("quiet", rng.choice((100, 1200, 3000, 6000)))


def _time(rng: random.Random) -> bytes:
    if maybe(rng, 8):
        jump = rng.choice((-5000, -1, 0, 2001, 10_001, 60_000, 2_000_000, -(10**9), 10**10))
        return _happening("tick", jump)
    if maybe(rng, 2):
        return _quiet(rng)
    return _happening("tick", rng.randrange(200))


def _machine(rng: random.Random) -> bytes:
    match rng.randrange(6):
        case 0:
            return _happening("restart")
        case 1:
            return _happening("disk", "no")
        case 2 | 3:
            return _happening("disk", "yes")
        case 4:
            return _happening("leave", rng.randrange(1, 4))
    return _happening("script", rng.choice((0, 1, 2, 255)), rng.choice((0, 0, 9)))


def _lives(*draws: Draw, foreign: int) -> Draw:
    """Lives made of these; one in `foreign` begins with a configuration of any kind."""

    def generate(rng: random.Random) -> bytes:
        begin = USUAL
        if maybe(rng, foreign):
            begin = _as_text(CONFIGURATIONS.generate(rng))
        out = [_happening("conf", begin), _happening("quiet", 300)]
        out += [rng.choice(draws)(rng) for _ in range(rng.randrange(1, 40))]
        return b"".join(out)

    return generate


def _by_happenings(data: bytes) -> list[bytes]:
    decoder = RequestDecoder()
    decoder.feed(data)
    pieces = []
    while (words := decoder.next()) is not None:
        pieces.append(encode_command(words))
    return pieces


COMMANDS = Target(
    "commands",
    "commands of clients",
    _lives(_clients, _clients, _clients, _clients, _time, foreign=4),
    _play,
    _by_happenings,
)
HELLOS = Target(
    "hellos",
    "hello messages",
    _lives(_hello, _hello, _hello, _time, foreign=20),
    _play,
    _by_happenings,
)
INFOS = Target(
    "infos", "INFO replies", _lives(_info, _info, _quiet, foreign=20), _play, _by_happenings
)
LIVES = Target(
    "lives",
    "all of it at once, with a bad disk, lost connections and restarts",
    _lives(_clients, _on_links, _on_links, _time, _time, _machine, foreign=8),
    _play,
    _by_happenings,
)
