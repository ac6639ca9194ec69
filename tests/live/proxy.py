"""A network of small TCP proxies on loopback: every connection can be held up, delayed or cut.

Each node gets a door, a port that all others are told (`announce-port`, `replica-announce-port`);
behind it the proxy connects to the node itself. Whoever comes in says who it is: a Sentinel names
its connections after its id, and a replica says at which port it listens. From then on each
direction of each connection is a queue of messages, whose head waits as long as a rule concerns it.
So what is held is late, not lost, and whatever is behind it waits too: as in TCP.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import io
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tests.live.ports import free_port
from tests.live.resp import ErrorReply, read_tree

__all__ = ["ANYBODY", "Frames", "Message", "Network", "Rule", "Way"]

ANYBODY = ""
"""In a rule: whoever it is, also who has not yet said who it is."""

LOOK_SECONDS = 0.002
"""How often the head of a queue looks whether it may go."""

AHEAD = 2000
"""So many messages of one direction are read ahead; more wait in the sender's buffers."""


class Way(enum.Enum):
    """The two directions of a connection."""

    REQUEST = "request"
    """From who connected."""

    REPLY = "reply"


@dataclass
class Message:
    """A request, a reply, or something published; `at` and `passed_at` are monotonic seconds."""

    who: str
    """The name of the one that opened the connection; empty as long as that is unknown."""

    to: str
    lane: str
    """``cmd`` or ``pubsub`` of a Sentinel, ``replica``, or empty."""

    way: Way
    words: tuple[str, ...]
    """The request, or the leaves of the reply as text; empty in a stream that is not RESP."""

    asked: tuple[str, ...] = ()
    """The request that is answered, in replies on the lane ``cmd``."""

    at: float = 0.0
    passed_at: float | None = None

    @property
    def is_question(self) -> bool:
        """Whether somebody is asked if a master is down, or for a vote."""
        return len(self.words) == 6 and self.words[1].lower() == "is-master-down-by-addr"

    @property
    def is_vote_request(self) -> bool:
        """Whether somebody is asked for a vote."""
        return self.is_question and self.words[5] != "*"

    @property
    def is_greeting(self) -> bool:
        """Whether a Sentinel publishes its hello."""
        return self.words[:1] == ("PUBLISH",)


@dataclass(eq=False)
class Rule:
    """What happens to the messages of some connections, until it is lifted."""

    who: str = ANYBODY
    to: str = ANYBODY
    way: Way | None = None
    lane: str = ""
    what: Callable[[Message], bool] | None = None
    """Which messages; all if None."""

    seconds: float | None = None
    """For how long each of them is delayed; None: until the rule is lifted."""

    _lift: Callable[[Rule], None] = field(default=lambda _: None, repr=False)

    def concerns(self, message: Message) -> bool:
        """Whether it is about this message."""
        return (
            self.who in (ANYBODY, message.who)
            and self.to in (ANYBODY, message.to)
            and self.way in (None, message.way)
            and (not self.lane or self.lane == message.lane)
            and (self.what is None or self.what(message))
        )

    def holds(self, message: Message) -> bool:
        """Whether this message must wait now."""
        if self.seconds is not None and time.monotonic() >= message.at + self.seconds:
            return False
        return self.concerns(message)

    def lift(self) -> None:
        """From now on it does not hold."""
        self._lift(self)


class Frames:
    """Cuts a stream into elements of RESP, or into what comes, once it is not RESP any more."""

    def __init__(self) -> None:
        self.is_raw = False
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """The elements that are complete now: their bytes, and the texts in them."""
        self._buffer += data
        while self._buffer:
            if self.is_raw or self._buffer[:1] not in b"*%~>$=!+-:_#,(":
                self.is_raw = True
                yield self._buffer, ()
                self._buffer = b""
                return
            stream = io.BytesIO(self._buffer)
            try:
                value = read_tree(stream).value
            except EOFError:
                return
            done, self._buffer = self._buffer[: stream.tell()], self._buffer[stream.tell() :]
            yield done, tuple(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        yield from _texts([part for pair in value.items() for part in pair])
    else:
        yield value.text if isinstance(value, ErrorReply) else str(value)


class _Connection:
    """A pair of sockets, two queues, and what is known about who opened it."""

    def __init__(self, network: Network, to: str) -> None:
        self.network = network
        self.to = to
        self.who = ""
        self.lane = ""
        self.owed: deque[tuple[str, ...]] = deque()
        self.frames = {way: Frames() for way in Way}
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            port = self.network.ports_behind[self.to]
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        except (OSError, KeyError):
            writer.transport.abort()
            return
        self.writers.append(inner_writer)
        await asyncio.gather(
            self._pass(Way.REQUEST, reader, inner_writer),
            self._pass(Way.REPLY, inner_reader, writer),
        )

    def abort(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    async def _pass(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        queue: asyncio.Queue[tuple[Message, bytes] | None] = asyncio.Queue(AHEAD)
        reading = asyncio.create_task(self._read(way, reader, queue))
        try:
            while (item := await queue.get()) is not None:
                message, data = item
                # Who it is may have become known since it was read.
                message.who, message.lane = self.who, self.lane
                while self.network.is_held(message):
                    await asyncio.sleep(LOOK_SECONDS)
                if way is Way.REQUEST and self.lane != "pubsub":
                    self.owed.append(message.words)
                writer.write(data)
                message.passed_at = time.monotonic()
                await writer.drain()
        except OSError:
            pass
        finally:
            reading.cancel()
            # The end of a stream arrives behind everything else in it.
            writer.close()

    async def _read(
        self,
        way: Way,
        reader: asyncio.StreamReader,
        queue: asyncio.Queue[tuple[Message, bytes] | None],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                for frame, words in self.frames[way].feed(data):
                    if way is Way.REQUEST:
                        self._learn(words)
                    message = Message(self.who, self.to, self.lane, way, words)
                    message.at = time.monotonic()
                    if way is Way.REPLY and self.lane == "cmd" and self.owed:
                        message.asked = self.owed.popleft()
                    self.network.note(message)
                    await queue.put((message, frame))
        await queue.put(None)

    def _learn(self, words: tuple[str, ...]) -> None:
        """Take note of who says this."""
        heads = tuple(word.lower() for word in words[:2])
        if heads == ("client", "setname"):
            _, runid, lane = f"{words[2]}--".split("-")[:3]
            self.who, self.lane = self.network.names.get(runid, ""), lane
        elif heads == ("replconf", "listening-port"):
            self.who, self.lane = self.network.names.get(words[2], ""), "replica"
        elif heads[:1] == ("psync",):
            for frames in self.frames.values():
                frames.is_raw = True


class Network:
    """All doors, with a thread of their own. Closes them at the end of a with block."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """Who has an id with these 8 first digits, or announces this port."""

        self.ports_behind: dict[str, int] = {}
        self.seen: list[Message] = []
        """What Sentinels asked each other, and the answers."""

        self._rules: tuple[Rule, ...] = ()
        self._connections: list[_Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Network:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._do(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open_door(self, to: str) -> int:
        """The port at which everybody reaches `to`; where it leads, `lead` says."""
        port = free_port()
        self.names[str(port)] = to
        self._do(self._listen(to, port)).result()
        return port

    def lead(self, to: str, port: int) -> None:
        """Behind the door of `to` is this port of 127.0.0.1."""
        self.ports_behind[to] = port

    def hold(
        self,
        who: str = ANYBODY,
        to: str = ANYBODY,
        *,
        way: Way | None = None,
        lane: str = "",
        what: Callable[[Message], bool] | None = None,
    ) -> Rule:
        """Keep back what is said on connections that `who` opened to `to`, until it is lifted."""
        return self._add(Rule(who, to, way, lane, what, _lift=self._remove))

    def delay(self, who: str = ANYBODY, to: str = ANYBODY, *, seconds: float) -> Rule:
        """Let each message of such connections, in either direction, take that much longer."""
        return self._add(Rule(who, to, seconds=seconds, _lift=self._remove))

    def partition(self, *groups: Iterable[str]) -> list[Rule]:
        """Cut groups of nodes off from each other, silently: all is late until it is lifted."""
        sides = [tuple(group) for group in groups]
        return [
            self.hold(one, other)
            for side in sides
            for there in sides
            if side is not there
            for one in side
            for other in there
        ]

    def cut(self, who: str = ANYBODY, to: str = ANYBODY) -> None:
        """Reset the connections that `who` has opened to `to`; new ones may be opened."""
        for each in list(self._connections):
            if who in (ANYBODY, each.who) and to in (ANYBODY, each.to):
                self._loop.call_soon_threadsafe(each.abort)

    def lift_all(self) -> None:
        """Lift every rule."""
        self._rules = ()

    def is_held(self, message: Message) -> bool:
        """Whether a rule keeps this message back now."""
        return any(rule.holds(message) for rule in self._rules)

    def note(self, message: Message) -> None:
        """Remember a message if it is about votes and opinions."""
        if message.is_question or (
            len(message.asked) == 6 and message.asked[1].lower() == "is-master-down-by-addr"
        ):
            self.seen.append(message)

    def _add(self, rule: Rule) -> Rule:
        self._rules = (*self._rules, rule)
        return rule

    def _remove(self, rule: Rule) -> None:
        self._rules = tuple(each for each in self._rules if each is not rule)

    def _do(self, what: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    async def _listen(self, to: str, port: int) -> None:
        async def come(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(self, to)
            self._connections.append(connection)
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                # Cancelled when all ends; the stream's own callback would complain of that.
                with contextlib.suppress(asyncio.CancelledError):
                    await connection.serve(reader, writer)
            finally:
                self._connections.remove(connection)
                self._tasks.discard(task)

        self._servers.append(await asyncio.start_server(come, "127.0.0.1", port))

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
