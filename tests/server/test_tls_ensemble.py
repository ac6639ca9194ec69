"""A whole failover in which every word is encrypted, with servers that stand in for real ones.

So it is run everywhere; `test_tls_live.py` does it with real servers, where one can encrypt. A
client that nobody here wrote comes too: `openssl s_client`.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from minisentinel.codec import encode_reply
from minisentinel.core.state import Master
from minisentinel.replies import OK, Command, Status
from tests.server.bench import (
    A_DAY_MS,
    CERTIFICATES,
    FakeRedis,
    Live,
    eventually,
    run,
    serving,
    visitor,
)

pytestmark = pytest.mark.real_io


class Stand(FakeRedis):
    """A server that passes hellos on, says what it is, and becomes what it is told to."""

    def __init__(self, runid: str, family: list[Stand]) -> None:
        super().__init__()
        self.runid = runid
        self.family = family
        self.master_port = 0
        self.queued: list[Command] = []
        family.append(self)
        self.answers = {
            "info": lambda words: encode_reply(self.info()),
            "publish": self.pass_on,
            "multi": lambda words: encode_reply(OK),
            "slaveof": self.queue,
            "config": self.queue,
            "client": self.queue,
            "exec": lambda words: encode_reply(self.carry_out()),
        }

    def info(self) -> str:
        lines = [f"run_id:{self.runid * 40}"]
        if self.master_port:
            lines += ["role:slave", "master_host:127.0.0.1", f"master_port:{self.master_port}"]
            lines += ["master_link_status:up", "slave_priority:100", "slave_repl_offset:7"]
        else:
            lines.append("role:master")
            followers = [each for each in self.family if each.master_port == self.port]
            lines += [
                f"slave{number}:ip=127.0.0.1,port={each.port},state=online,offset=7,lag=0"
                for number, each in enumerate(followers)
            ]
        return "\r\n".join([*lines, ""])

    def pass_on(self, words: Command) -> bytes:
        self.publish(words[2])
        return encode_reply(1)

    def queue(self, words: Command) -> bytes:
        if words[0].lower() == "client" and words[1].lower() == "setname":
            return encode_reply(OK)
        self.queued.append(words)
        return encode_reply(Status("QUEUED"))

    def carry_out(self) -> tuple[Status, ...]:
        queued, self.queued = self.queued, []
        for words in queued:
            if words[0].lower() == "slaveof":
                self.master_port = 0 if words[1].lower() == "no" else int(words[2])
        return tuple(OK for _ in queued)


def secured_server() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "server.crt", CERTIFICATES / "server.key")
    context.load_verify_locations(CERTIFICATES / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def knows_all(master: Master) -> bool:
    return len(master.peers) == 2 and len(master.replicas) == 1


def has_switched(live: Live, new: Stand) -> bool:
    return live.server.sentinel.state.masters["mymaster"].address.port == new.port


def test_three_sentinels_and_their_servers_fail_over_and_every_word_is_encrypted(
    tmp_path: Path,
) -> None:
    """[MON-3.3-2] [CFG-1-4]"""

    async def scenario() -> None:
        family: list[Stand] = []
        async with AsyncExitStack() as stack:
            old = Stand("a", family)
            dying = await stack.enter_async_context(AsyncExitStack())
            await dying.enter_async_context(old.listening(secured_server()))
            new = Stand("b", family)
            await stack.enter_async_context(new.listening(secured_server()))
            new.master_port = old.port
            sentinels, clients = [], []
            for number in range(3):
                directory = tmp_path / str(number)
                directory.mkdir()
                conf = (
                    f"tls-replication yes\nsentinel monitor mymaster 127.0.0.1 {old.port} 2\n"
                    f"sentinel down-after-milliseconds mymaster {A_DAY_MS}\n"
                    "sentinel failover-timeout mymaster 3000\n"  # Which may fail at first.
                )
                live = await stack.enter_async_context(serving(directory, conf, secured=True))
                sentinels.append(live)
                client = await live.client(visitor("client"))
                clients.append(client)
                periods = ("info-period", "200", "publish-period", "200", "ping-period", "250")
                assert await client.ask("SENTINEL", "DEBUG", *periods) == OK
            for live in sentinels:
                master = live.server.sentinel.state.masters["mymaster"]
                await eventually(partial(knows_all, master))
                ports = {peer.address.port for peer in master.peers.values()}
                assert ports == {each.tls_port for each in sentinels if each is not live}
            await dying.aclose()
            # Only now is silence a sign of anything: before, a slow machine would be one.
            for number, client in enumerate(clients):
                down_after = ("down-after-milliseconds", str(500 + 300 * number))
                assert await client.ask("SENTINEL", "SET", "mymaster", *down_after) == OK
            for live in sentinels:
                await eventually(partial(has_switched, live, new))
            assert new.master_port == 0

    run(scenario())


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not here")
def test_openssl_s_client_is_served(tmp_path: Path) -> None:
    async def scenario() -> bytes:
        async with serving(tmp_path, secured=True) as live:
            process = await asyncio.create_subprocess_exec(
                *("openssl", "s_client", "-quiet", "-verify_return_error"),
                *("-connect", f"127.0.0.1:{live.tls_port}"),
                *("-CAfile", str(CERTIFICATES / "ca.crt")),
                *("-cert", str(CERTIFICATES / "client.crt")),
                *("-key", str(CERTIFICATES / "client.key")),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                # What is typed ends in a line feed alone; a line is enough for a server.
                process.stdin.write(b"PING\nSENTINEL MYID\n")
                await process.stdin.drain()
                lines = [await process.stdout.readline() for _ in range(3)]
            finally:
                process.kill()
                await process.wait()
            myid = live.server.sentinel.state.myid
            assert lines == [b"+PONG\r\n", b"$40\r\n", f"{myid}\r\n".encode()]
            return b"".join(lines)

    assert run(scenario())
