"""A Sentinel on real sockets inside the test's process, and peers to talk to it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from minisentinel.codec import (
    NOT_YET,
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

__all__ = [
    "CERTIFICATES",
    "SECURED",
    "Client",
    "FakeRedis",
    "Live",
    "eventually",
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

PATIENCE_SECONDS = 20.0
"""How long a test waits for what has to come before it fails."""

T = TypeVar("T")


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario on an event loop of its own."""
    return asyncio.run(asyncio.wait_for(scenario, PATIENCE_SECONDS))


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    while not holds():
        await asyncio.sleep(0.002)


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
        client = Client(*await asyncio.open_connection(self.host, port, ssl=tls))
        self.clients.append(client)
        return client

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

    If `secured` it has another port for clients that encrypt.
    """
    listener, port = _listener(host)
    tls_listener, tls_port = _listener(host) if secured else (None, 0)
    path, log = directory / "sentinel.conf", directory / "sentinel.log"
    common = f"port {port}\nbind {host}\nloglevel debug\n"
    if secured:
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
    facts.starting = False
    statuses: list[int] = []
    trace_file = None if trace is None else TraceFile(str(trace))
    server = Server(
        loaded,
        loop=asyncio.get_running_loop(),
        file=ConfigurationFile(str(path)),
        facts=facts,
        log=ServerLog("debug", str(log)),
        sockets=[listener],
        tls=make_tls(loaded.server) if secured else None,
        tls_sockets=[] if tls_listener is None else [tls_listener],
        on_end=statuses.append,
        trace=trace_file,
    )
    await server.start()
    live = Live(server, path, log, host, port, statuses, tls_port=tls_port)
    try:
        yield live
    finally:
        server.stop()
        if trace_file is not None:
            trace_file.close()
        for client in live.clients:
            await client.close()
        await asyncio.sleep(0)


def _listener(host: str) -> tuple[socket.socket, int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((host, 0))
    return listener, listener.getsockname()[1]


INFO = "\r\n".join(("run_id:" + "a" * 40, "role:master", "connected_slaves:0", ""))

Answer = Callable[[Command], bytes | None]


class FakeRedis:
    """A master in a few lines: it answers what a Sentinel asks, and keeps what it heard.

    `answers` replaces its answer to a command (by its first word in lower case), as bytes.
    """

    def __init__(self) -> None:
        self.heard: list[Command] = []
        self.peers: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.subscribers: list[asyncio.StreamWriter] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.port = 0

    @property
    def words(self) -> set[str]:
        """The first words of all commands, in lower case."""
        return {command[0].lower() for command in self.heard}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends."""
        self.peers.append(writer.get_extra_info("peername")[0])
        self.writers.append(writer)
        decoder = RequestDecoder()
        with suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65536):
                decoder.feed(data)
                while (words := decoder.next()) is not None:
                    self.heard.append(words)
                    answer = self.answer(words, writer)
                    if answer is not None:
                        writer.write(answer)
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
        for writer in self.subscribers:
            writer.write(encode_reply(("message", "__sentinel__:hello", text)))

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeRedis]:
        """Listen on a port of the system's choice."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self.writers:
                writer.close()
            await asyncio.sleep(0)


Scenario = Callable[[], Awaitable[None]]
