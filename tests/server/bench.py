"""A Sentinel on real sockets inside the test's process, and peers to talk to it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from minisentinel.codec import (
    NOT_YET,
    ProtocolError,
    ReplyDecoder,
    RequestDecoder,
    encode_command,
    encode_reply,
)
from minisentinel.config import load
from minisentinel.core.dice import Dice
from minisentinel.replies import OK, PONG, Command, Reply
from minisentinel.server.clock import wall_clock_ms
from minisentinel.server.disk import ConfigurationFile
from minisentinel.server.local_facts import LocalFacts
from minisentinel.server.log import ServerLog
from minisentinel.server.server import Server
from minisentinel.server.tls import make_tls
from minisentinel.server.tracing import TraceFile
from tests.server.outside import PATIENCE_SECONDS

__all__ = [
    "A_DAY_MS",
    "CERTIFICATES",
    "PATIENCE_SECONDS",
    "SECURED",
    "Client",
    "FakeRedis",
    "Live",
    "eventually",
    "has_ipv6",
    "run",
    "serving",
    "visitor",
]

CERTIFICATES = Path(__file__).parent / "certificates"
"""Those of the tests: `make.sh` there says how they were made."""

SECURED = (
    f"tls-cert-file {CERTIFICATES}/server.crt\ntls-key-file {CERTIFICATES}/server.key\n"
    f"tls-ca-cert-file {CERTIFICATES}/ca.crt\n"
)
"""What it takes to encrypt, beside a reason to."""

KERNEL_BUFFER_BYTES = 1 << 17
"""What the system may keep for one connection each way, so that no test depends on how it is tuned.

It is much less than what a Sentinel bears that a client leaves unread."""

A_DAY_MS = 86_400_000

T = TypeVar("T")


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario on an event loop of its own; fails if it does not come to its end."""
    return asyncio.run(asyncio.wait_for(scenario, PATIENCE_SECONDS))


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    while not holds():
        await asyncio.sleep(0.002)


def has_ipv6() -> bool:
    """Whether this machine can talk to itself by IPv6."""
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def visitor(certificate: str = "") -> ssl.SSLContext:
    """A client's side of TLS, which knows the authority and may show a certificate of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(CERTIFICATES / "ca.crt")
    if certificate:
        context.load_cert_chain(
            CERTIFICATES / f"{certificate}.crt", CERTIFICATES / f"{certificate}.key"
        )
    return context


class Client:
    """A client that sends commands and waits for replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._decoder = ReplyDecoder()

    def send(self, *commands: Command) -> None:
        """Send commands without waiting."""
        self.writer.write(b"".join(map(encode_command, commands)))

    async def reply(self) -> Reply:
        """The next reply."""
        while (reply := self._decoder.next()) is NOT_YET:
            data = await self.reader.read(65536)
            if not data:
                raise ConnectionResetError("closed by the server")
            self._decoder.feed(data)
        return reply

    async def ask(self, *words: str) -> Reply:
        """Send one command; its reply."""
        self.send(words)
        return await self.reply()

    async def rest(self) -> bytes:
        """All that comes until the server closes."""
        return await self.reader.read()

    async def close(self) -> None:
        """Close the connection."""
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


@dataclass
class Live:
    """A running Sentinel, where it listens, and what became of it."""

    server: Server
    conf: Path
    log: Path
    host: str
    port: int
    statuses: list[int] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    tls_port: int = 0

    async def client(self, tls: ssl.SSLContext | None = None) -> Client:
        """A new connection to it, encrypted or not."""
        port = self.port if tls is None else self.tls_port
        made = _socket(self.host)
        try:
            await asyncio.get_running_loop().sock_connect(made, (self.host, port))
            name = None if tls is None else self.host
            client = Client(
                *await asyncio.open_connection(sock=made, ssl=tls, server_hostname=name)
            )
        except BaseException:
            made.close()
            raise
        self.clients.append(client)
        return client

    async def held_back(self, number: int) -> None:
        """Wait until a client is not read from any more, because of what it leaves unread.

        `number` counts clients as they came, from 1.
        """
        client = self.server.clients._clients[number]
        await eventually(lambda: not client.peer_reads)

    def logged(self) -> str:
        """Its log so far."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""


@asynccontextmanager
async def serving(
    directory: Path,
    conf: str = "",
    *,
    host: str = "127.0.0.1",
    trace: Path | None = None,
    facts: LocalFacts | None = None,
    secured: bool = False,
) -> AsyncIterator[Live]:
    """A Sentinel with this configuration on a port of the system's choice.

    If `secured` it has another port for clients that encrypt. It does not mind that its timer comes
    late: a machine that is slow is not one whose clock was set.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(_listener(host))) for _ in range(1 + secured)]
        port, tls_port = sockets[0].getsockname()[1], 0
        path, log = directory / "sentinel.conf", directory / "sentinel.log"
        common = f"port {port}\nbind {host}\nloglevel debug\n"
        if secured:
            tls_port = sockets[1].getsockname()[1]
            common += f"tls-port {tls_port}\n{SECURED}"
        path.write_text(common + conf, encoding="utf-8")
        facts = facts or LocalFacts()
        loaded = load(
            path.read_text(encoding="utf-8"),
            path=str(path),
            facts=facts,
            now_ms=wall_clock_ms(),
            dice=Dice(port),
        )
        loaded.state.timing.tilt_trigger = A_DAY_MS
        facts.starting = False
        statuses: list[int] = []
        trace_file = None
        if trace is not None:
            trace_file = stack.enter_context(closing(TraceFile(str(trace))))
        server = Server(
            loaded,
            loop=asyncio.get_running_loop(),
            file=ConfigurationFile(str(path)),
            facts=facts,
            log=ServerLog("debug", str(log)),
            sockets=sockets[:1],
            tls=make_tls(loaded.server) if secured else None,
            tls_sockets=sockets[1:],
            on_end=statuses.append,
            trace=trace_file,
        )
        live = Live(server, path, log, host, port, statuses, tls_port=tls_port)
        try:
            await server.start()
            yield live
        finally:
            server.stop()
            for client in live.clients:
                await client.close()
            await asyncio.sleep(0)


def _socket(host: str) -> socket.socket:
    """One for which the system keeps as much as on any other machine; it does not block."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    for which in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        made.setsockopt(socket.SOL_SOCKET, which, KERNEL_BUFFER_BYTES)
    made.setblocking(False)
    return made


def _listener(host: str) -> socket.socket:
    """Bound to a port of its own; what it accepts has its buffers."""
    listener = _socket(host)
    listener.bind((host, 0))
    return listener


INFO = "\r\n".join(("run_id:" + "a" * 40, "role:master", "connected_slaves:0", ""))

Answer = Callable[[Command], bytes | None]


class FakeRedis:
    """A master in a few lines: it answers what a Sentinel asks, and keeps what it heard.

    `answers` replaces its answer to a command (by its first word in lower case), as bytes. `left`
    counts the connections that have ended.
    """

    def __init__(self) -> None:
        self.heard: list[Command] = []
        self.peers: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.subscribers: list[asyncio.StreamWriter] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.left = 0
        self.port = 0

    @property
    def words(self) -> set[str]:
        """The first words of all commands, in lower case."""
        return {command[0].lower() for command in self.heard}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends."""
        self.peers.append(writer.get_extra_info("peername")[0])
        decoder = RequestDecoder()
        with suppress(OSError, ProtocolError):
            while data := await reader.read(65536):
                decoder.feed(data)
                while (words := decoder.next()) is not None:
                    self.heard.append(words)
                    answer = self.answer(words, writer)
                    if answer is not None and not writer.is_closing():
                        writer.write(answer)
        self.left += 1
        writer.close()

    def answer(self, words: Command, writer: asyncio.StreamWriter) -> bytes | None:
        """What a master says."""
        name = words[0].lower()
        if name in self.answers:
            return self.answers[name](words)
        reply: Reply = OK
        match name:
            case "ping":
                reply = PONG
            case "info":
                reply = INFO
            case "publish":
                reply = 1
            case "subscribe":
                self.subscribers.append(writer)
                reply = ("subscribe", words[1], 1)
        return encode_reply(reply)

    def publish(self, text: str) -> None:
        """Send a hello to all who subscribed."""
        self.subscribers = [each for each in self.subscribers if not each.is_closing()]
        for writer in self.subscribers:
            writer.write(encode_reply(("message", "__sentinel__:hello", text)))

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeRedis]:
        """Listen on a port of the system's choice; afterwards nobody is served any more."""
        tasks: list[asyncio.Task[None]] = []
        is_open = True

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.writers.append(writer)
            if is_open:
                tasks.append(asyncio.get_running_loop().create_task(self.serve(reader, writer)))
            else:  # It was agreeing on how to encrypt.
                writer.transport.abort()

        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            is_open = False
            server.close()
            for writer in self.writers:
                writer.transport.abort()
            await asyncio.gather(*tasks)
            await asyncio.sleep(0)


Scenario = Callable[[], Awaitable[None]]
