"""Connections that a Sentinel opens, to fake servers."""

from __future__ import annotations

import asyncio
import gc
import itertools
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from minisentinel.codec import encode_reply
from minisentinel.replies import PONG, Command, Error, Reply
from minisentinel.server import links as links_module
from minisentinel.server import turns as turns_module
from minisentinel.server.links import Links
from tests.server.bench import FakeRedis, eventually, run, serving

pytestmark = pytest.mark.real_io

PEER = "b" * 40


def monitor(port: int) -> str:
    return f"sentinel monitor mymaster 127.0.0.1 {port} 1\n"


def test_a_master_is_watched_on_two_connections(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeRedis().listening() as redis, serving(tmp_path, monitor(redis.port)) as live:
            await eventually(lambda: {"ping", "info", "subscribe", "client"} <= redis.words)
            master = live.server.sentinel.state.masters["mymaster"]
            await eventually(lambda: master.runid == "a" * 40)
            assert not master.link.disconnected
            assert len(redis.peers) == 2

    run(scenario())


def test_replies_may_come_byte_by_byte(tmp_path: Path) -> None:
    async def scenario() -> None:
        redis = FakeRedis()

        async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await FakeRedis.serve(redis, reader, Dribbling(writer))

        redis.serve = dribble  # type: ignore[method-assign]
        async with redis.listening(), serving(tmp_path, monitor(redis.port)) as live:
            master = live.server.sentinel.state.masters["mymaster"]
            await eventually(lambda: master.runid == "a" * 40)

    run(scenario())


class Dribbling(asyncio.StreamWriter):
    """Writes one byte at a time."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __getattribute__(self, name: str) -> object:
        if name in ("write", "_writer"):
            return object.__getattribute__(self, name)
        return getattr(self._writer, name)

    def __del__(self, *rest: object) -> None:
        pass

    def write(self, data: object) -> None:
        assert isinstance(data, bytes)
        for byte in data:
            self._writer.write(bytes((byte,)))


def test_the_hello_of_another_sentinel_is_heard(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeRedis().listening() as redis, serving(tmp_path, monitor(redis.port)) as live:
            await eventually(lambda: redis.subscribers)
            redis.publish(f"127.0.0.1,9,{PEER},0,mymaster,127.0.0.1,{redis.port},0")
            state = live.server.sentinel.state
            await eventually(lambda: PEER in state.masters["mymaster"].peers)
            # What was learned is on disk, before anything else happened.
            assert f"known-sentinel mymaster 127.0.0.1 9 {PEER}" in live.conf.read_text("utf-8")

    run(scenario())


@pytest.mark.parametrize("garbage", [b"\x00\x01\x02\r\n", b"HTTP/1.1 400 Bad\r\n\r\n"])
def test_a_server_that_talks_garbage_is_hung_up_on(tmp_path: Path, garbage: bytes) -> None:
    async def scenario() -> None:
        redis = FakeRedis()
        redis.answers["ping"] = lambda words: garbage
        async with redis.listening(), serving(tmp_path, monitor(redis.port)) as live:
            await eventually(lambda: redis.left)
            assert live.server.running

    run(scenario())


def test_a_server_that_refuses_connections_is_tried_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        with socket.socket() as nobody:  # It keeps the port, and does not listen.
            nobody.bind(("127.0.0.1", 0))
            async with serving(tmp_path, monitor(nobody.getsockname()[1])) as live:
                link = live.server.sentinel.state.masters["mymaster"].link
                await eventually(lambda: link.last_reconn_time and link.command is None)
                first = link.last_reconn_time
                client = await live.client()
                await client.ask("SENTINEL", "DEBUG", "ping-period", "1")
                await eventually(lambda: link.last_reconn_time > first)

    run(scenario())


def test_hellos_announce_the_address_that_connections_come_from(tmp_path: Path) -> None:
    async def scenario() -> None:
        conf = "bind-source-addr 127.0.0.2\n"
        async with (
            FakeRedis().listening() as redis,
            serving(tmp_path, conf + monitor(redis.port)) as live,
        ):
            client = await live.client()
            await client.ask("SENTINEL", "DEBUG", "publish-period", "1")
            await eventually(lambda: "publish" in redis.words)
            assert set(redis.peers) == {"127.0.0.2"}
            hello = next(words[2] for words in redis.heard if words[0].lower() == "publish")
            assert hello.startswith(f"127.0.0.2,{live.port},")

    run(scenario())


class Owner:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.replies: list[Reply] = []

    def link_connected(self, connection: int, local_host: str) -> None:
        self.told.append(("connected", connection, local_host))

    def link_received(self, connection: int, reply: Reply) -> None:
        self.replies.append(reply)

    def link_lost(self, connection: int) -> None:
        self.told.append(("lost", connection))

    def link_wants_flush(self) -> None:
        self.told.append(("flush",))


async def bystanders(times: int = 20) -> None:
    """Some time for what must not happen."""
    for _ in range(times):
        await asyncio.sleep(0.001)


def attempts() -> int:
    """How many connections are being made."""
    names = [getattr(task.get_coro(), "__name__", "") for task in asyncio.all_tasks()]
    return names.count(Links._connect.__name__)


@pytest.fixture
def leaks(recwarn: pytest.WarningsRecorder) -> Callable[[], list[str]]:
    """What the test has not closed, as far as nobody knows of it any more."""
    gc.collect()  # What others have left behind is none of our business.
    recwarn.clear()

    def found() -> list[str]:
        gc.collect()
        return [str(each.message) for each in recwarn if each.category is ResourceWarning]

    return found


def test_nothing_leaks_when_a_connection_is_closed_while_it_is_made(
    leaks: Callable[[], list[str]],
) -> None:
    async def scenario() -> list[tuple[object, ...]]:
        owner = Owner()
        links = Links(asyncio.get_running_loop(), owner)
        async with FakeRedis().listening() as redis:
            for number in range(20):
                links.open(number, "127.0.0.1", redis.port)
                links.send(number, ("PING",))
                for _ in range(number % 5):
                    await asyncio.sleep(0)
                links.close(number)
            assert len(links) == 0
            await eventually(lambda: not attempts())
            await bystanders()
            assert redis.heard == []
        return [each for each in owner.told if each[0] == "lost"]

    assert run(scenario()) == []
    assert leaks() == []


def test_an_attempt_that_gets_no_answer_ends_when_it_is_closed() -> None:
    async def scenario() -> None:
        with ExitStack() as held:
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            # Nobody accepts: the first takes the only place, and the others wait for it.
            held.enter_context(socket.create_connection(listener.getsockname()))
            for _ in range(3):
                waiting = held.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
            owner = Owner()
            links = Links(asyncio.get_running_loop(), owner)
            links.open(1, *listener.getsockname())
            await bystanders()
            assert attempts() == 1
            links.close(1)
            await eventually(lambda: not attempts())
            assert owner.told == []

    run(scenario())


def test_what_was_queued_on_a_connection_that_is_then_closed_never_leaves() -> None:
    """[GEN-1-1]"""

    async def scenario() -> list[Command]:
        owner = Owner()
        links = Links(asyncio.get_running_loop(), owner)
        async with FakeRedis().listening() as redis:
            links.open(1, "127.0.0.1", redis.port)
            await eventually(lambda: owner.told)
            links.send(1, ("PING",))
            links.flush()
            await eventually(lambda: owner.replies)
            links.send(1, ("INFO",))
            links.close(1)
            links.flush()
            await bystanders()
            return redis.heard

    assert run(scenario()) == [("PING",)]


@pytest.mark.parametrize(
    ("conf", "address", "reason"),
    [
        ("", "255.255.255.255", "Network is unreachable"),
        (
            "bind-source-addr 192.0.2.77\n",
            "127.0.0.1",
            "Can't bind socket: Cannot assign requested address",
        ),
        ("bind-source-addr ::1\n", "127.0.0.1", "Can't get addr: "),
    ],
)
def test_what_fails_at_once_is_told_in_a_real_sentinel_s_words(
    tmp_path: Path, conf: str, address: str, reason: str
) -> None:
    """[EVT-3-16] [EVT-3-17] [MON-3.3-2]: compared with Redis 7.0.15 and 8.2.3, Valkey 9.1.2."""

    async def scenario() -> str:
        text = f"{conf}sentinel monitor mymaster {address} 9 1\n"
        async with serving(tmp_path, text) as live:
            await eventually(lambda: "-pubsub-link-reconnection" in live.logged())
            assert len(live.server.links) == 0
            return live.logged()

    logged = run(scenario())
    for kind in ("cmd", "pubsub"):
        assert f"-{kind}-link-reconnection master mymaster {address} 9 #{reason}" in logged


def test_what_was_begun_goes_on_when_it_is_opened_and_is_closed_if_it_never_is(
    leaks: Callable[[], list[str]],
) -> None:
    async def scenario() -> None:
        owner = Owner()
        links = Links(asyncio.get_running_loop(), owner)
        async with FakeRedis().listening() as redis:
            for number in (1, 2):
                assert links.begin("127.0.0.1", redis.port) == ""
                links.open(number, "127.0.0.1", redis.port)
            await eventually(lambda: len(redis.peers) == 2)
            await eventually(lambda: len([e for e in owner.told if e[0] == "connected"]) == 2)
            assert links.begin("127.0.0.1", redis.port) == ""
            links.close_all()
            await bystanders()

    run(scenario())
    assert leaks() == []


class Flood(FakeRedis):
    """A master that sends what nobody asked for, as fast as it is read."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        with suppress(OSError):
            while True:
                writer.write(self.data)
                await writer.drain()
                await asyncio.sleep(0)


def test_servers_that_never_stop_talking_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However fast or slow the machine is: the clock here goes on by a step at each look."""
    step_us = 100
    looks = itertools.count(0, step_us)
    monkeypatch.setattr(turns_module, "monotonic_us", lambda: next(looks))
    spent: list[int] = []

    async def scenario() -> None:
        flood = Flood(b"+PONG\r\n" * 20_000)
        async with flood.listening():
            conf = "".join(f"sentinel monitor m{n} 127.0.0.1 {flood.port} 1\n" for n in range(10))
            async with serving(tmp_path, conf) as live:
                links = live.server.links
                flush = links.flush

                def noted() -> None:
                    spent.append(links._turns._spent_us)
                    flush()

                monkeypatch.setattr(links, "flush", noted)
                await eventually(lambda: links._turns._waiting and len(spent) > 20)
                client = await live.client()
                for _ in range(20):
                    assert await client.ask("PING") == PONG
                master = live.server.sentinel.state.masters["m0"]
                assert master.link.command is not None

    run(scenario())
    # Who comes when the round is over, or ends it, looks at the clock a few times more.
    assert links_module.ROUND_US < max(spent) < links_module.ROUND_US + 20 * 4 * step_us


def test_a_reply_without_end_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links_module, "LARGEST_REPLY_BYTES", 1 << 20)

    async def scenario() -> None:
        redis = FakeRedis()
        redis.answers["info"] = lambda words: b"$500000000\r\n" + b"x" * (2 << 20)
        async with redis.listening(), serving(tmp_path, monitor(redis.port)) as live:
            await eventually(lambda: "info" in redis.words and redis.left)
            assert live.server.running

    run(scenario())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "256.1.1.1", "a\0b"])
def test_a_connection_that_cannot_be_made_is_lost_once(host: str) -> None:
    async def scenario() -> list[tuple[object, ...]]:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            owner = Owner()
            links = Links(asyncio.get_running_loop(), owner)
            links.open(7, host, nobody.getsockname()[1])
            links.send(7, ("PING",))
            assert owner.told == []
            await eventually(lambda: owner.told)
            await bystanders()
            return owner.told

    assert run(scenario()) == [("lost", 7)]


def test_a_peer_that_closes_is_lost_after_its_last_reply() -> None:
    async def scenario() -> Owner:
        owner = Owner()
        links = Links(asyncio.get_running_loop(), owner)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(encode_reply(Error("LOADING wait")))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        links.open(1, "127.0.0.1", server.sockets[0].getsockname()[1])
        links.send(1, ("PING",))
        await eventually(lambda: ("flush",) in owner.told)
        links.flush()
        await eventually(lambda: ("lost", 1) in owner.told)
        server.close()
        return owner

    owner = run(scenario())
    assert owner.replies == [Error("LOADING wait")]
    assert [each for each in owner.told if each[0] != "flush"] == [
        ("connected", 1, "127.0.0.1"),
        ("lost", 1),
    ]
