"""What strangers may do to a Sentinel, and what it must not do to the others.

    python -m tests.server.abuse [ATTACK ...] [--scale 20]

Each attack runs against a process of its own, which has two masters: the *witness*, a good server,
and the *evil* one, which answers what the attack likes. The witness looks how regularly it is
pinged, which is how regularly the Sentinel's timer fires; a *bystander* asks something all the
time, and looks how long that takes. Printed for each attack: the worst of both, how far the memory
grew, and whether all descriptors were given back.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from minisentinel.codec import RequestDecoder, encode_command, encode_reply
from minisentinel.replies import OK, PONG, Command, Error, Reply
from minisentinel.server.client import MOST_ARGUMENTS, UNREAD_BYTES
from tests.fuzz.codec import reply as any_reply
from tests.server.outside import PATIENCE_SECONDS, Line, Outside

__all__ = ["ATTACKS", "Attack", "Outcome", "Scene", "carry_out"]

PING_PERIOD_MS = 100
"""A tenth of the usual one, so that more is seen of the timer. It is also how often a connection is
tried again, so that the usual one is better where there are thousands of those."""

USUAL_PING_PERIOD_MS = 1000
LONGEST_TICK_MS = 100
A_DAY_MS = "86400000"
BYSTANDER_PAUSE_SECONDS = 0.02

Answer = Callable[[Command], bytes | None]


def sensible(words: Command) -> bytes:
    """What a master without replicas answers."""
    match words[0].upper():
        case "PING":
            return encode_reply(PONG)
        case "INFO":
            return encode_reply("run_id:" + "a" * 40 + "\r\nrole:master\r\n")
        case "PUBLISH":
            return encode_reply(1)
        case "SUBSCRIBE":
            return encode_reply(("subscribe", words[1], 1))
    return encode_reply(OK)


class FakeMaster:
    """A server with a thread for each connection; `answer` makes its replies.

    None as an answer closes the connection. `on_subscribe` is run in that connection's thread. What
    is published is passed on, so that a Sentinel has no reason to connect anew.
    """

    def __init__(self, answer: Answer = sensible) -> None:
        self.answer = answer
        self.on_subscribe: Callable[[socket.socket], None] | None = None
        self.heard = 0
        self.connections = 0
        self.worst_gap_ms = 0.0
        self._sockets: list[socket.socket] = []
        self._subscribers: list[socket.socket] = []
        self._telling = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._sockets.append(connection)
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        decoder = RequestDecoder()
        last_ping = 0.0
        with connection, suppress(OSError):
            while data := connection.recv(65536):
                decoder.feed(data)
                while (words := decoder.next()) is not None:
                    self.heard += 1
                    if words[0].upper() == "PING":
                        now = time.monotonic()
                        if last_ping:
                            gap = (now - last_ping) * 1000
                            self.worst_gap_ms = max(self.worst_gap_ms, gap)
                        last_ping = now
                    said = self.answer(words)
                    if said is None:
                        return
                    connection.sendall(said)
                    match words[0].upper():
                        case "SUBSCRIBE":
                            self._subscribe(connection)
                        case "PUBLISH":
                            self._pass_on(words[2])

    def _subscribe(self, connection: socket.socket) -> None:
        with self._telling:
            self._subscribers.append(connection)
            if self.on_subscribe is not None:
                self.on_subscribe(connection)

    def _pass_on(self, text: str) -> None:
        message = encode_reply(("message", "__sentinel__:hello", text))
        with self._telling:
            for each in self._subscribers:
                with suppress(OSError):  # It has left.
                    each.sendall(message)

    def cut(self) -> None:
        """Close every connection; the next ones are served again."""
        gone, self._sockets = self._sockets, []
        for each in gone:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End; no socket of it is open any more, and none of its threads runs."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # It waits no more for somebody to come.
        self._acceptor.join(PATIENCE_SECONDS)
        self._listener.close()
        self.cut()
        for each in self._threads:
            each.join(PATIENCE_SECONDS)


class Bystander(threading.Thread):
    """Somebody who asks an innocent question over and over, and looks how long the answer takes."""

    def __init__(self, sentinel: Outside) -> None:
        super().__init__(daemon=True)
        self.worst_ms = 0.0
        self.answers = 0
        self.problem: Exception | None = None
        self._line = Line(sentinel.port)
        self._over = threading.Event()

    def run(self) -> None:
        try:
            while not self._over.wait(BYSTANDER_PAUSE_SECONDS):
                began = time.monotonic()
                reply = self._line.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "witness")
                if not isinstance(reply, tuple):
                    raise TypeError(reply)
                self.worst_ms = max(self.worst_ms, (time.monotonic() - began) * 1000)
                self.answers += 1
        except Exception as problem:
            self.problem = problem

    def close(self) -> None:
        """End, even if an answer never comes."""
        self._over.set()
        with suppress(OSError):
            self._line.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self._line.close()


@dataclass
class Scene:
    """Where an attack takes place; `scale` says how much of it is wanted."""

    sentinel: Outside
    witness: FakeMaster
    evil: FakeMaster
    scale: int
    notes: list[str] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    def line(self, *, receive_buffer: int = 0) -> Line:
        """A connection that is closed when the attack is over."""
        line = Line(self.sentinel.port, receive_buffer=receive_buffer)
        self.stack.callback(line.close)
        return line

    def is_in_touch(self) -> bool:
        """Whether all connections to the masters stand."""
        return "disconnected" not in str(self.sentinel.ask("SENTINEL", "MASTERS"))

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something is so that has to come, however slow the machine is."""
        deadline = time.monotonic() + PATIENCE_SECONDS * self.scale
        while not holds():
            assert self.sentinel.is_running, self.sentinel.tail()
            assert time.monotonic() < deadline, f"it takes too long:\n{self.sentinel.tail()}"
            time.sleep(0.005)


@dataclass(frozen=True)
class Attack:
    """One kind of abuse; `conf` are lines of the configuration that it needs."""

    name: str
    run: Callable[[Scene], None]
    conf: str = ""
    program: str = ""
    """Run instead of the module, if not empty: Python, with the configuration as its argument."""

    ping_period_ms: int = PING_PERIOD_MS


@dataclass(frozen=True)
class Outcome:
    """What an attack did to a Sentinel."""

    attack: str
    seconds: float
    late_ms: float
    """How late the timer was at worst, as far as the witness could see."""

    slowest_ms: float
    """The longest that the bystander waited."""

    answers: int
    memory_mib: float
    peak_mib: float
    grown_mib: float
    """How much more memory than before was used at most."""

    descriptors_kept: int
    notes: tuple[str, ...]


def carry_out(attack: Attack, directory: Path, scale: int = 1) -> Outcome:
    """Start a Sentinel, attack it, look at it.

    Raises `AssertionError` if it did not survive, or let the bystander down.
    """
    with ExitStack() as stack:
        witness = stack.enter_context(closing(FakeMaster()))
        evil = stack.enter_context(closing(FakeMaster()))
        conf = "".join(
            f"sentinel monitor {name} 127.0.0.1 {master.port} 2\n"
            for name, master in (("witness", witness), ("evil", evil))
        )
        sentinel = Outside(directory, conf + attack.conf, program=attack.program)
        stack.callback(sentinel.kill)
        sentinel.serve()
        scene = Scene(sentinel, witness, evil, scale)
        period = str(attack.ping_period_ms)
        words = ("ping-period", period, "info-period", period, "tilt-trigger", A_DAY_MS)
        assert sentinel.ask("SENTINEL", "DEBUG", *words) == OK
        scene.until(lambda: witness.heard > 6 and evil.heard > 6)
        scene.until(scene.is_in_touch)
        bystander = stack.enter_context(closing(Bystander(sentinel)))
        bystander.start()
        return _watched(attack, scene, bystander)


def _watched(attack: Attack, scene: Scene, bystander: Bystander) -> Outcome:
    sentinel, witness, evil = scene.sentinel, scene.witness, scene.evil
    scene.until(lambda: bystander.answers > 3)
    before = sentinel.descriptors()
    memory = sentinel.memory_mib()
    witness.worst_gap_ms = bystander.worst_ms = 0.0
    began = time.monotonic()
    with scene.stack:
        attack.run(scene)
        # Whatever it started is to be felt.
        asked, heard = bystander.answers, witness.heard
        scene.until(
            lambda: (
                (bystander.answers > asked + 3 and witness.heard > heard + 3) or bystander.problem
            )
        )
        worst_gap_ms = witness.worst_gap_ms
    seconds = time.monotonic() - began
    assert sentinel.is_running, sentinel.tail()
    assert bystander.problem is None, bystander.problem
    evil.answer = sensible
    evil.on_subscribe = None
    kept = _kept(scene, before)
    log = sentinel.log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in log, sentinel.tail()
    return Outcome(
        attack=attack.name,
        seconds=seconds,
        late_ms=max(worst_gap_ms - attack.ping_period_ms - LONGEST_TICK_MS, 0.0),
        slowest_ms=bystander.worst_ms,
        answers=bystander.answers,
        memory_mib=memory,
        peak_mib=sentinel.memory_mib(peak=True),
        grown_mib=sentinel.memory_mib(peak=True) - memory,
        descriptors_kept=kept,
        notes=tuple(scene.notes),
    )


def _kept(scene: Scene, before: int) -> int:
    """How many more descriptors than `before` stay in use, however long one waits."""
    kept: list[int] = []

    def are_given_back() -> bool:
        # A look may find a file that is being saved, or somebody who is being called again.
        kept.append(scene.sentinel.descriptors() - before)
        return kept[-1] <= 0

    scene.until(scene.is_in_touch)
    with suppress(AssertionError):
        scene.until(are_given_back)
    return min(kept)


# --- clients ---


def one_byte_at_a_time(scene: Scene) -> None:
    """Many clients that need very long for a small request."""
    lines = [scene.line() for _ in range(20 * scene.scale)]
    request = encode_command(("SENTINEL", "MASTERS"))
    for at in range(len(request)):
        for line in lines:
            line.socket.sendall(request[at : at + 1])
        time.sleep(0.01)
    assert all(isinstance(line.reply(), tuple) for line in lines)


def never_reads(scene: Scene) -> None:
    """A client that asks for a lot and reads nothing."""
    line, watcher = scene.line(receive_buffer=4096), scene.line()
    number = str(line.ask("CLIENT", "ID"))
    requests = encode_command(("COMMAND", "DOCS")) * 2000
    line.socket.setblocking(False)
    sent = 0

    def waits_to_be_read() -> int:
        """Bytes of replies that are still in the Sentinel."""
        listed = watcher.ask("CLIENT", "LIST", "ID", number)
        assert isinstance(listed, str)
        return int(dict(each.split("=", 1) for each in listed.split())["omem"])

    def is_taken() -> bool:
        """Send some more; whether the system took any of it."""
        nonlocal sent
        with suppress(BlockingIOError):
            sent += line.socket.send(requests[sent % len(requests) :])
            return True
        return False

    def is_held_back() -> bool:
        is_taken()
        return waits_to_be_read() > UNREAD_BYTES

    scene.until(is_held_back)
    # From now on what is sent is kept by the system, which has no more than so much room.
    idle = 0

    def is_full() -> bool:
        nonlocal idle
        idle = 0 if is_taken() else idle + 1
        return idle > 20 * scene.scale

    scene.until(is_full)
    scene.notes.append(f"{sent / 1e3:,.0f} kB of requests were taken")
    assert waits_to_be_read() < 4 * UNREAD_BYTES


def subscriber_never_reads(scene: Scene) -> None:
    """A client that listens to everything two thousand times over, and reads nothing of it."""
    line = scene.line()
    # It reads until it listens: the answers alone would be too much to leave unread.
    for first in range(1, 2000, 20):
        patterns = ["+" + "*" * n for n in range(first, first + 20)]
        line.send("PSUBSCRIBE", *patterns)
        for _ in patterns:
            assert not isinstance(line.reply(), Error)
    asker = scene.line()
    epochs = itertools.count(1)

    def stats(name: str) -> int:
        return int(scene.sentinel.info("stats")[name])

    def is_cut_off() -> bool:
        assert isinstance(asker.ask(*_ask_for_vote(scene, next(epochs))), tuple)
        return stats("client_output_buffer_limit_disconnections") > 0

    assert stats("pubsub_patterns") == 2000
    scene.until(is_cut_off)
    # Nothing is left of it that hears what comes then.
    for epoch in itertools.islice(epochs, 15 + 5 * scene.scale):
        assert isinstance(asker.ask(*_ask_for_vote(scene, epoch)), tuple)
    number = stats("client_output_buffer_limit_disconnections")
    scene.notes.append(f"cut off: {number}")
    assert number == 1
    assert stats("pubsub_patterns") == 0
    assert line.is_closed()


def _ask_for_vote(scene: Scene, epoch: int) -> tuple[str, ...]:
    at = ("127.0.0.1", str(scene.witness.port), str(epoch))
    return ("SENTINEL", "IS-MASTER-DOWN-BY-ADDR", *at, f"{epoch:040x}")


MAXCLIENTS = 200


def crowd(scene: Scene) -> None:
    """Far more connections than may come; those within the limit are served."""
    wanted = 400 if scene.scale == 1 else 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, wanted + 500), hard), hard))
    scene.stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
    refused = served = 0
    for _ in range(wanted):
        line = scene.line()
        try:
            reply = line.ask("PING")
        except ConnectionError:
            refused += 1
            continue
        if reply == PONG:
            served += 1
        else:
            assert reply == Error("ERR max number of clients reached")
            refused += 1
    scene.notes.append(f"{served} served, {refused} refused, limit {MAXCLIENTS}")
    # The bystander is one of them, and so may be other Sentinels.
    assert 0 < served < MAXCLIENTS
    assert served + refused == wanted


def comers_and_goers(scene: Scene) -> None:
    """Connections that are gone as soon as they stand, politely or not."""
    count = 300 * scene.scale
    for number in range(count):
        with scene.sentinel.line() as line:
            if number % 3 == 0:
                line.send("PING")
            if number % 2:
                reset = b"\x01\0\0\0\0\0\0\0"
                line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    scene.notes.append(f"{count} connections")


def giant_words(scene: Scene) -> None:
    """Headers that announce a gigabyte, and one that keeps its word for a while."""
    for header in (b"*1\r\n$1073741824\r\n", b"*2147483648\r\n", b"*1\r\n$-1\r\n"):
        line = scene.line()
        line.socket.sendall(header)
        assert isinstance(line.reply(), Error)
        assert line.is_closed()
    announced = [scene.line() for _ in range(20)]
    for line in announced:
        line.socket.sendall(b"*2147483647\r\n$536870912\r\n")
    sender = scene.line()
    sender.socket.sendall(b"*2\r\n$4\r\nPING\r\n$536870912\r\n")
    size = 5_000_000 * scene.scale
    for _ in range(size // 100_000):
        sender.socket.sendall(b"x" * 100_000)
    scene.notes.append(f"{size / 1e6:.0f} MB of 512 MB sent")


def endless_lines(scene: Scene) -> None:
    """Lines that do not end, of telnet and of headers."""
    for start in (b"", b"*", b"*1\r\n$", b'PING "', b"\0"):
        line = scene.line()
        with suppress(ConnectionError):
            for _ in range(10):
                line.socket.sendall(start + b"1" * 20_000)
                start = b""
        with suppress(ConnectionError):
            assert isinstance(line.reply(), Error)
        assert line.is_closed()


def flood(scene: Scene) -> None:
    """A client that sends commands as fast as they are taken, and reads the replies."""
    line = scene.line()
    batch = encode_command(("SENTINEL", "REPLICAS", "witness")) * 500
    for _ in range(10 * scene.scale):
        line.socket.sendall(batch)
        for _ in range(500):
            line.reply()
    scene.notes.append(f"{5000 * scene.scale} commands")


def nasty_patterns(scene: Scene) -> None:
    """Patterns that would take for ever if all ways to match were tried."""
    line = scene.line()
    line.ask("PSUBSCRIBE", "*a" * 2000 + "b", "?*" * 500 + "z", "[" + "a-z" * 3000)
    asker = scene.line()
    for epoch in range(1, 5 + scene.scale):
        asker.ask(*_ask_for_vote(scene, epoch))
        # A name as long as its master's name is matched against the pattern.
        asker.ask("SENTINEL", "RESET", "*a" * 2000 + "b")


def many_words(scene: Scene) -> None:
    """Requests of as many words as are taken, each of which makes work, and one of too many."""
    line = scene.line()
    room = MOST_ARGUMENTS - 3
    for words in (
        ("SENTINEL", "CONFIG", "GET", *(f"*a?{n}" for n in range(room))),
        ("COMMAND", "INFO", *["sentinel"] * room),
        ("ACL", "SETUSER", "crowd", *(f"&{n}" for n in range(room))),
        ("ACL", "SETUSER", "crowd", *(f">{n}" for n in range(room))),
        ("PSUBSCRIBE", *(f"+*{n}" for n in range(room))),
    ):
        line.send(*words)
        for _ in range(room if words[0] == "PSUBSCRIBE" else 1):
            assert not isinstance(line.reply(), Error)
    too_many = scene.line()
    too_many.socket.sendall(f"*{MOST_ARGUMENTS + 1}\r\n".encode())
    assert isinstance(too_many.reply(), Error)
    assert too_many.is_closed()


# --- servers ---


def garbage(scene: Scene) -> None:
    """A master that answers anything at all: other types, half of something, nonsense."""
    rng = random.Random(1)

    def answer(words: Command) -> bytes | None:
        match rng.randrange(6):
            case 0:
                return any_reply(rng)
            case 1:
                return any_reply(rng)[:-3]
            case 2:
                return rng.randbytes(40)
            case 3:
                return None if rng.randrange(4) == 0 else sensible(words) + sensible(words)
        return sensible(words)

    scene.evil.answer = answer
    before, enough = scene.evil.heard, 20 * scene.scale
    scene.until(lambda: scene.evil.heard > before + enough)
    scene.notes.append(f"{scene.evil.connections} connections made")


def deep_nesting(scene: Scene) -> None:
    """A master whose replies are lists in lists in lists, without end."""
    deep = b"*1\r\n" * 100_000 + b"%1\r\n" * 1000

    def answer(words: Command) -> bytes:
        return deep if words[0].upper() == "INFO" else sensible(words)

    scene.evil.answer = answer
    before = scene.evil.connections
    scene.until(lambda: scene.evil.connections > before + 2 * scene.scale)


def wide_replies(scene: Scene) -> None:
    """A master whose replies have a hundred thousand items, or announce four thousand million."""
    wide = b"*100000\r\n" + b":1\r\n" * 100_000

    def answer(words: Command) -> bytes:
        if words[0].upper() == "PUBLISH":
            return b"*4294967295\r\n:1\r\n"
        return wide if words[0].upper() == "INFO" else sensible(words)

    scene.evil.answer = answer
    before = scene.evil.heard
    scene.until(lambda: scene.evil.heard > before + 5 * scene.scale)


def huge_info(scene: Scene) -> None:
    """INFO of ten megabytes, with a hundred replicas that come and go in it."""
    padding = "".join(f"field_{n}:{'x' * 90}\r\n" for n in range(100_000))
    told = 0

    def answer(words: Command) -> bytes:
        nonlocal told
        if words[0].upper() != "INFO":
            return sensible(words)
        told += 1
        replicas = "".join(
            f"slave{n}:ip=127.0.0.{n % 250 + 2},port={told % 3 + 1},state=online\r\n"
            for n in range(10)
        )
        return encode_reply(f"run_id:{'a' * 40}\r\nrole:master\r\n{replicas}{padding}")

    scene.evil.answer = answer
    scene.until(lambda: told >= 2 + scene.scale)
    scene.notes.append(f"{told} times {len(padding) / 1e6:.0f} MB")


def many_replicas(scene: Scene) -> None:
    """An INFO that lists very many replicas that nobody knew: a save is due for each."""
    count = _many(scene)
    lines = "".join(
        f"slave{n}:ip=127.1.{n // 250}.{n % 250 + 1},port={10_000 + n},state=online\r\n"
        for n in range(count)
    )

    def answer(words: Command) -> bytes:
        if words[0].upper() != "INFO":
            return sensible(words)
        return encode_reply(f"run_id:{'a' * 40}\r\nrole:master\r\n{lines}")

    scene.evil.answer = answer
    scene.until(lambda: _known(scene, "REPLICAS", "evil") >= count)
    assert _known(scene, "REPLICAS", "evil") == count
    saved = scene.sentinel.conf.read_text("utf-8")
    assert saved.count("\nsentinel known-replica evil ") == count
    scene.notes.append(f"{count} replicas believed")
    assert scene.sentinel.ask("SENTINEL", "RESET", "*") == 2


def _many(scene: Scene) -> int:
    """How many strangers to make up."""
    return 50 if scene.scale == 1 else 200 * scene.scale


def _known(scene: Scene, whom: str, master: str) -> int:
    """How many replicas, or other Sentinels, of a master are known."""
    found = scene.sentinel.ask("SENTINEL", whom, master)
    assert isinstance(found, tuple)
    return len(found)


def hello(scene: Scene, number: int, port: int = 0) -> str:
    """What a Sentinel that is not there would say; nobody else here listens on its address."""
    return (
        f"127.0.{number // 250 % 250}.{number % 250 + 2},{port or 20_000 + number % 40_000},"
        f"{number:040x},1,witness,127.0.0.1,{scene.witness.port},0"
    )


def hello_storm(scene: Scene) -> None:
    """Hellos of Sentinels that are not there, each with an id of its own, by way of a master."""
    count = _many(scene)

    def storm(connection: socket.socket) -> None:
        for number in range(count):
            text = hello(scene, number)
            connection.sendall(encode_reply(("message", "__sentinel__:hello", text)))

    scene.evil.on_subscribe = storm
    scene.evil.cut()  # So it subscribes again.
    scene.until(lambda: _known(scene, "SENTINELS", "witness") >= count)
    known = _known(scene, "SENTINELS", "witness")
    size = scene.sentinel.conf.stat().st_size
    scene.notes.append(f"{known} ids believed, configuration {size / 1e3:.0f} kB")
    assert scene.sentinel.ask("SENTINEL", "RESET", "*") == 2


def hello_storm_of_a_client(scene: Scene) -> None:
    """The same sent by a client, which any Sentinel could be."""
    line = scene.line()
    count = _many(scene)
    for number in range(count):
        line.send("PUBLISH", "__sentinel__:hello", hello(scene, number))
    for _ in range(count):
        assert line.reply() == 1
    scene.notes.append(f"{count} ids believed")
    assert scene.sentinel.ask("SENTINEL", "RESET", "*") == 2


FEW_DESCRIPTORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
from minisentinel.cli import main
sys.exit(main())
"""


def black_hole(scene: Scene) -> None:
    """Hellos of Sentinels at addresses where nobody ever answers, more than there are descriptors.

    A connection that is being made takes a descriptor for as long as that takes.
    """
    hole = socket.create_server(("0.0.0.0", 0), backlog=1)
    scene.stack.callback(hole.close)
    port = hole.getsockname()[1]
    line = scene.line()
    count = 80 + 40 * scene.scale
    for number in range(count):
        line.send("PUBLISH", "__sentinel__:hello", hello(scene, number, port))
    for _ in range(count):
        assert line.reply() == 1
    scene.until(lambda: scene.sentinel.descriptors() > 90)
    held = scene.sentinel.descriptors()
    for epoch in range(2, 10):
        # What is promised is saved all the same.
        assert isinstance(line.ask(*_ask_for_vote(scene, epoch)), tuple)
        assert f"leader-epoch witness {epoch}\n" in scene.sentinel.conf.read_text("utf-8")
    scene.notes.append(f"{count} ids, {held} descriptors of 100 in use")
    assert line.ask("SENTINEL", "RESET", "*") == 2


def one_id_moves(scene: Scene) -> None:
    """One Sentinel that is somewhere else all the time, and in every epoch."""
    line = scene.line()
    count = 30 * scene.scale
    for number in range(count):
        text = hello(scene, 1, 20_000 + number).replace(",1,witness", f",{number + 2},witness")
        line.send("PUBLISH", "__sentinel__:hello", text)
    for _ in range(count):
        assert line.reply() == 1
    assert _known(scene, "SENTINELS", "witness") == 1


# --- the machine ---

SLOW = """
import socket, sys, time
from minisentinel.cli import main
quick = socket.getaddrinfo
def slow(host, *others, **options):
    if isinstance(host, str) and host.endswith(".slow"):
        time.sleep(3)
        raise socket.gaierror
    return quick(host, *others, **options)
socket.getaddrinfo = slow
sys.exit(main())
"""


def slow_resolver(scene: Scene) -> None:
    """Names that the resolver thinks about for seconds, in hellos and commands."""
    line = scene.line()
    for number in range(20 * scene.scale):
        host = f"host-{number}.slow"
        _, _, rest = hello(scene, number).partition(",")
        line.send("PUBLISH", "__sentinel__:hello", f"{host},{rest}")
        line.send("SENTINEL", "IS-MASTER-DOWN-BY-ADDR", host, "1", "0", "*")
    for _ in range(40 * scene.scale):
        reply: Reply = line.reply()
        assert not isinstance(reply, Error)


HANGING = "#!/bin/sh\ntrap '' TERM INT\nwhile kill -0 $PPID 2>/dev/null; do sleep 1; done\n"
"""Runs for as long as the Sentinel that started it, and no longer."""


def hanging_script(scene: Scene) -> None:
    """A notification script that never comes to an end, and more events than there is room for."""
    script = scene.sentinel.directory / "hang.sh"
    script.write_text(HANGING, encoding="ascii")
    script.chmod(0o755)
    line = scene.line()
    assert line.ask("SENTINEL", "SET", "witness", "notification-script", str(script)) == OK
    for epoch in range(1, 20 + 20 * scene.scale):
        line.ask(*_ask_for_vote(scene, epoch))
    pending = line.ask("SENTINEL", "PENDING-SCRIPTS")
    assert isinstance(pending, tuple)
    scene.notes.append(f"{len(pending)} scripts in the queue")
    assert 16 <= len(pending) <= 256


ATTACKS = {
    attack.name: attack
    for attack in (
        Attack("one-byte-at-a-time", one_byte_at_a_time),
        Attack("never-reads", never_reads),
        Attack(
            "subscriber-never-reads",
            subscriber_never_reads,
            "client-output-buffer-limit pubsub 300kb 100kb 60\n",
        ),
        Attack("crowd", crowd, f"maxclients {MAXCLIENTS}\n"),
        Attack("comers-and-goers", comers_and_goers),
        Attack("giant-words", giant_words),
        Attack("endless-lines", endless_lines),
        Attack("flood", flood),
        Attack("nasty-patterns", nasty_patterns),
        Attack("many-words", many_words),
        Attack("garbage", garbage),
        Attack("deep-nesting", deep_nesting),
        Attack("wide-replies", wide_replies),
        Attack("huge-info", huge_info),
        Attack("many-replicas", many_replicas, ping_period_ms=USUAL_PING_PERIOD_MS),
        Attack("hello-storm", hello_storm, ping_period_ms=USUAL_PING_PERIOD_MS),
        Attack(
            "hello-storm-of-a-client",
            hello_storm_of_a_client,
            ping_period_ms=USUAL_PING_PERIOD_MS,
        ),
        Attack("one-id-moves", one_id_moves),
        Attack("black-hole", black_hole, "maxclients 40\n", FEW_DESCRIPTORS),
        Attack("slow-resolver", slow_resolver, "sentinel resolve-hostnames yes\n", SLOW),
        Attack("hanging-script", hanging_script, "sentinel deny-scripts-reconfig no\n"),
    )
}


def table(outcomes: list[Outcome]) -> str:
    """Everything in numbers."""
    lines = [
        "| attack                  | took    | timer late | bystander waited | answers "
        "| memory grew to | descriptors kept |                    |",
        "|-------------------------|--------:|-----------:|-----------------:|--------:"
        "|---------------:|-----------------:|--------------------|",
    ]
    for one in outcomes:
        memory = f"+{one.grown_mib:.0f} to {one.peak_mib:.0f} MiB"
        lines.append(
            f"| {one.attack:23} | {one.seconds:5.1f} s | {one.late_ms:7.0f} ms "
            f"| {one.slowest_ms:13.0f} ms | {one.answers:7} | {memory:>14} "
            f"| {one.descriptors_kept:16} | {'; '.join(one.notes)} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run attacks and print the table; 1 if one of them succeeded."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.server.abuse",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help=", ".join(ATTACKS))
    parser.add_argument("--scale", type=int, default=20, help="how much of each (default: 20)")
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    failed = 0
    for name in options.attacks or ATTACKS:
        with tempfile.TemporaryDirectory() as directory:
            try:
                outcomes.append(carry_out(ATTACKS[name], Path(directory), options.scale))
                print(f"{name}: {outcomes[-1]}", file=sys.stderr)
            except AssertionError as problem:
                failed += 1
                print(f"{name} SUCCEEDED: {problem}", file=sys.stderr)
    print(table(outcomes))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
