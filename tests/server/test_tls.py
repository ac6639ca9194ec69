"""Encrypted connections: what is refused at the start, who may come, and whom we trust."""

from __future__ import annotations

import asyncio
import gc
import ssl
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from minisentinel.codec import encode_command
from minisentinel.config import load
from minisentinel.config.server import ServerSettings
from minisentinel.core.dice import Dice
from minisentinel.replies import PONG
from minisentinel.server import client as client_module
from minisentinel.server.tls import CannotSecure, is_wanted, make_tls
from tests.server.bench import (
    CERTIFICATES,
    PATIENCE_SECONDS,
    SECURED,
    FakeRedis,
    Live,
    eventually,
    run,
    serving,
    visitor,
)
from tests.support.facts import FakeFacts

pytestmark = pytest.mark.real_io

AT_A_PORT = f"tls-port 7\n{SECURED}"
CA = CERTIFICATES / "ca.crt"


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine it may take long to agree on how to encrypt."""
    monkeypatch.setattr(client_module, "HANDSHAKE_SECONDS", PATIENCE_SECONDS / 2)


def settings_of(text: str) -> ServerSettings:
    return load(text, path="x", facts=FakeFacts(), now_ms=0, dice=Dice(0)).server


# --- what is refused at the start ---


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("tls-cert-file ''", "No tls-cert-file configured!"),
        ("tls-key-file ''", "No tls-key-file configured!"),
        ("tls-ca-cert-file ''", "Either tls-ca-cert-file or tls-ca-cert-dir must be specified"),
        (
            "tls-ca-cert-file ''\ntls-auth-clients no\ntls-replication yes",
            "Either tls-ca-cert-file or tls-ca-cert-dir must be specified",
        ),
        ("tls-cert-file /absent", "certificate: /absent: No such file or directory"),
        (
            f"tls-cert-file {CERTIFICATES}/server.key",
            f"Failed to load certificate: {CERTIFICATES}/server.key: ",
        ),
        ("tls-key-file /absent", "private key: /absent: No such file or directory"),
        (
            f"tls-key-file {CERTIFICATES}/client.key",
            f"Failed to load private key: {CERTIFICATES}/client.key: key values mismatch",
        ),
        (
            f"tls-key-file {CERTIFICATES}/server-locked.key",
            f"Failed to load private key: {CERTIFICATES}/server-locked.key: ",
        ),
        (
            f"tls-key-file {CERTIFICATES}/server-locked.key\ntls-key-file-pass wrong",
            f"Failed to load private key: {CERTIFICATES}/server-locked.key: ",
        ),
        (
            "tls-ca-cert-file /absent",
            "Failed to configure CA certificate(s) file/directory: No such file or directory",
        ),
        ("tls-protocols bogus", "Invalid tls-protocols specified."),
        ("tls-protocols 'TLSv1.2 bogus'", "Invalid tls-protocols specified."),
        ("tls-ciphers bogus", "Failed to configure ciphers: bogus"),
        ("tls-dh-params-file /absent", "Failed to load /absent: No such file or directory"),
        (
            f"tls-client-cert-file {CERTIFICATES}/client.crt\ntls-client-key-file /absent",
            "private key: /absent: No such file or directory",
        ),
    ],
)
def test_what_does_not_work_is_said_in_a_real_sentinel_s_words(line: str, complaint: str) -> None:
    """[CFG-1-4]: compared with Redis 7.0.15, whose reasons name the library's error number too."""
    with pytest.raises(CannotSecure) as caught:
        make_tls(settings_of(f"{AT_A_PORT}{line}\n"))
    assert complaint in str(caught.value)


def test_a_real_reason_is_given_for_what_is_no_certificate() -> None:
    with pytest.raises(CannotSecure) as caught:
        make_tls(settings_of(f"{AT_A_PORT}tls-cert-file {CERTIFICATES}/server.key\n"))
    reason = str(caught.value).rpartition(": ")[2]
    assert reason
    assert "_ssl.c" not in reason


def test_files_are_only_read_when_something_is_to_be_encrypted() -> None:
    assert not is_wanted(settings_of(f"{SECURED}tls-cert-file /absent\n"))
    for line in ("tls-port 7", "tls-replication yes", "tls-cluster yes"):
        assert is_wanted(settings_of(f"{line}\n"))


def test_a_locked_key_is_opened_with_its_password() -> None:
    make_tls(
        settings_of(
            f"{AT_A_PORT}tls-key-file {CERTIFICATES}/server-locked.key\ntls-key-file-pass secret\n"
        )
    )


@pytest.mark.parametrize(
    ("names", "least", "most"),
    [
        ("", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
        ("tlsv1.3", ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
        ("TLSv1.2 TLSv1.1", ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2),
        ("TLSv1.3 TLSv1.1", ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_3),
    ],
)
def test_versions_are_those_that_were_named(
    names: str, least: ssl.TLSVersion, most: ssl.TLSVersion
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tls = make_tls(settings_of(f"{AT_A_PORT}tls-protocols '{names}'\n"))
    for context in (tls.accepting, tls.connecting):
        assert (context.minimum_version, context.maximum_version) == (least, most)
        has_a_hole = names == "TLSv1.3 TLSv1.1"
        assert bool(context.options & ssl.Options.OP_NO_TLSv1_2) == has_a_hole


def test_ciphers_and_their_order_are_those_that_were_named() -> None:
    lines = "tls-ciphers ECDHE-ECDSA-AES256-GCM-SHA384\ntls-prefer-server-ciphers yes\n"
    tls = make_tls(settings_of(AT_A_PORT + lines))
    assert "ECDHE-ECDSA-AES256-GCM-SHA384" in {each["name"] for each in tls.accepting.get_ciphers()}
    assert "ECDHE-ECDSA-AES128-GCM-SHA256" not in {
        each["name"] for each in tls.accepting.get_ciphers()
    }
    assert tls.accepting.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert not make_tls(settings_of(AT_A_PORT)).accepting.options & ssl.OP_CIPHER_SERVER_PREFERENCE


def test_what_cannot_be_had_is_said() -> None:
    lines = "tls-session-cache-size 5\ntls-session-caching no\n"
    tls = make_tls(settings_of(AT_A_PORT + lines))
    assert tls.notes == ("tls-session-cache-size has no effect here.",)
    assert tls.accepting.num_tickets == 0
    if not hasattr(ssl.SSLContext, "set_ciphersuites"):
        [note] = make_tls(settings_of(f"{AT_A_PORT}tls-ciphersuites x\n")).notes
        assert note.startswith("tls-ciphersuites has no effect")


# --- who may come ---


def test_a_client_with_a_certificate_is_served_like_any_other(tmp_path: Path) -> None:
    text = "x" * 100_000

    async def scenario() -> None:
        async with serving(tmp_path, secured=True) as live:
            client, other = await live.client(visitor("client")), await live.client()
            client.send(*(("PING", str(number)) for number in range(3000)))
            assert [await client.reply() for _ in range(3000)] == [str(n) for n in range(3000)]
            assert await client.ask("PING", text) == text
            listed = await other.ask("CLIENT", "LIST")
            assert isinstance(listed, str)
            assert f"laddr=127.0.0.1:{live.tls_port} " in listed
            await client.ask("SUBSCRIBE", "+set")
            await client.close()
            await eventually(lambda: len(live.server.clients) == 1)

    run(scenario())


def test_what_comes_in_one_piece_with_the_end_of_the_handshake_is_carried_out(
    tmp_path: Path,
) -> None:
    async def scenario() -> bytes:
        async with serving(tmp_path, secured=True) as live:
            reader, writer = await asyncio.open_connection("127.0.0.1", live.tls_port)
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = visitor("client").wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
            shaking = True
            while shaking:
                try:
                    tls.do_handshake()
                    shaking = False
                except ssl.SSLWantReadError:
                    writer.write(outgoing.read())
                    data = await reader.read(65536)
                    assert data
                    incoming.write(data)
            tls.write(encode_command(("PING",)))
            writer.write(outgoing.read())
            answer = b""
            while not answer and (data := await reader.read(65536)):
                incoming.write(data)
                with suppress(ssl.SSLWantReadError):
                    answer = tls.read(100)
            writer.close()
            return answer

    assert run(scenario()) == b"+PONG\r\n"


@pytest.mark.parametrize(
    ("demand", "welcome", "refused"),
    [
        ("yes", ("client", "server"), ("", "stranger")),
        ("optional", ("", "client"), ("stranger",)),
        ("no", ("", "client", "stranger"), ()),
    ],
)
def test_who_may_come_is_what_tls_auth_clients_says(
    tmp_path: Path, demand: str, welcome: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, f"tls-auth-clients {demand}\n", secured=True) as live:
            for name in refused:
                with pytest.raises((ConnectionError, ssl.SSLError)):
                    # In TLS 1.3 the client only learns of it when it reads.
                    await (await live.client(visitor(name))).ask("PING")
            await eventually(
                lambda: live.logged().count("Error accepting a client connection") == len(refused)
            )
            for name in welcome:
                assert await (await live.client(visitor(name))).ask("PING") == PONG
            assert len(live.server.clients) == len(welcome)

    run(scenario())


def test_who_does_not_encrypt_is_hung_up_on_and_everybody_else_is_served(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, secured=True) as live:
            for nonsense in (b"PING\r\n", b"\x16\x03\x01" + b"\xff" * 600, b"\x00" * 70_000):
                reader, writer = await asyncio.open_connection("127.0.0.1", live.tls_port)
                writer.write(nonsense)
                with suppress(ConnectionError):
                    while await reader.read(65536):
                        pass
                writer.close()
            await eventually(lambda: live.logged().count("Error accepting a client") == 3)
            assert await (await live.client(visitor("client"))).ask("PING") == PONG
            assert live.server.running

    run(scenario())


def test_a_version_that_was_not_named_is_refused(tmp_path: Path) -> None:
    old = visitor("client")
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    async def scenario() -> None:
        async with serving(tmp_path, "tls-protocols TLSv1.3\n", secured=True) as live:
            with pytest.raises((ConnectionError, ssl.SSLError)):
                await live.client(old)
            await eventually(lambda: "connection: unsupported protocol" in live.logged())
            assert await (await live.client(visitor("client"))).ask("PING") == PONG

    run(scenario())


def test_who_never_shakes_hands_takes_a_place_and_only_for_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    gc.collect()  # What others have left behind is none of our business.
    recwarn.clear()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        real_time, ahead = loop.time, 0.0
        monkeypatch.setattr(loop, "time", lambda: real_time() + ahead)
        async with serving(tmp_path, "maxclients 2\n", secured=True) as live:
            silent = [await asyncio.open_connection("127.0.0.1", live.tls_port) for _ in range(3)]
            statistics = live.server.service.statistics
            await eventually(lambda: statistics.connections_rejected == 1)
            one_too_many = await live.client()
            assert await one_too_many.rest() == b"-ERR max number of clients reached\r\n"
            assert "Error accepting a client" not in live.logged()
            ahead += client_module.HANDSHAKE_SECONDS + 1
            await eventually(lambda: live.logged().count("Error accepting a client") == 2)
            assert await (await live.client(visitor("client"))).ask("PING") == PONG
            for _, writer in silent:
                writer.close()
            # One that is at it when the Sentinel ends.
            _, writer = await asyncio.open_connection("127.0.0.1", live.tls_port)
            await eventually(lambda: live.server.clients._handshakes)
        writer.close()
        await asyncio.sleep(0)

    run(scenario())
    gc.collect()
    assert [str(each.message) for each in recwarn if each.category is ResourceWarning] == []


def test_a_client_that_does_not_read_costs_little_when_encrypted_too(tmp_path: Path) -> None:
    count, text = 500, "x" * 20_000

    async def scenario() -> None:
        async with serving(tmp_path, secured=True) as live:
            greedy, other = await live.client(visitor("client")), await live.client()
            greedy.writer.transport.pause_reading()  # type: ignore[attr-defined]
            greedy.send(*[("PING", text)] * count)
            await live.held_back(1)
            assert await other.ask("PING") == PONG
            assert live.server.service.statistics.commands_processed < count
            assert live.server.clients.unread_bytes < 4 << 20
            greedy.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert [await greedy.reply() for _ in range(count)] == [text] * count

    run(scenario())


# --- whom we trust ---


def server_side(name: str, demand: ssl.VerifyMode = ssl.CERT_NONE) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.crt", CERTIFICATES / f"{name}.key")
    context.load_verify_locations(CA)
    context.verify_mode = demand
    return context


def monitor(port: int) -> str:
    return f"tls-replication yes\nsentinel monitor mymaster 127.0.0.1 {port} 1\n"


def test_links_encrypt_show_their_certificate_and_announce_the_port_that_encrypts(
    tmp_path: Path,
) -> None:
    """[MON-3.3-2] [CFG-1-4]"""

    async def scenario() -> None:
        async with (
            FakeRedis().listening(server_side("server", ssl.CERT_REQUIRED)) as redis,
            serving(tmp_path, monitor(redis.port), secured=True) as live,
        ):
            client = await live.client()
            await client.ask("SENTINEL", "DEBUG", "publish-period", "1")
            await eventually(lambda: {"ping", "info", "subscribe", "publish"} <= redis.words)
            hello = next(words[2] for words in redis.heard if words[0].lower() == "publish")
            assert hello.startswith(f"127.0.0.1,{live.tls_port},")
            shown = {str(each.get_extra_info("peercert")["subject"]) for each in redis.writers}
            assert len(shown) == 1
            assert "minisentinel tests: server" in shown.pop()

    run(scenario())


def test_links_show_another_certificate_if_there_is_one(tmp_path: Path) -> None:
    own = (
        f"tls-client-cert-file {CERTIFICATES}/client.crt\n"
        f"tls-client-key-file {CERTIFICATES}/client.key\n"
    )

    async def scenario() -> str:
        async with (
            FakeRedis().listening(server_side("server", ssl.CERT_REQUIRED)) as redis,
            serving(tmp_path, own + monitor(redis.port), secured=True),
        ):
            await eventually(lambda: redis.words)
            return str(redis.writers[0].get_extra_info("peercert")["subject"])

    assert "minisentinel tests: client" in run(scenario())


def test_a_server_that_no_authority_vouches_for_is_never_talked_to(tmp_path: Path) -> None:
    async def scenario() -> None:
        redis = FakeRedis()
        async with (
            redis.listening(server_side("stranger")),
            serving(tmp_path, monitor(redis.port), secured=True) as live,
        ):
            await tried_twice(live)
            assert redis.heard == []

    run(scenario())


async def tried_twice(live: Live) -> None:
    """Wait until a Sentinel has given up a connection to its master, and made another."""
    client = await live.client()
    await client.ask("SENTINEL", "DEBUG", "ping-period", "1")
    link = live.server.sentinel.state.masters["mymaster"].link
    await eventually(lambda: link.last_reconn_time)
    first = link.last_reconn_time
    await eventually(lambda: link.last_reconn_time > first)


class Clear(FakeRedis):
    """A server that does not encrypt, and says so whatever comes; it keeps what came."""

    def __init__(self) -> None:
        super().__init__()
        self.received = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                self.received += data
                writer.write(b"-ERR Protocol error\r\n")


def test_a_server_that_does_not_encrypt_is_never_talked_to_either(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            Clear().listening() as redis,
            serving(tmp_path, monitor(redis.port), secured=True) as live,
        ):
            await tried_twice(live)
            assert isinstance(redis, Clear)
            assert redis.received
            assert b"PING" not in redis.received
            assert not live.server.sentinel.state.masters["mymaster"].runid

    run(scenario())
