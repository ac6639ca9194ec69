"""Accepted connections: order, errors, limits, and clients that misbehave."""

from __future__ import annotations

import asyncio
import itertools
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from minisentinel.codec import encode_command
from minisentinel.core.effects import Announce
from minisentinel.replies import OK, PONG, Error, Push
from minisentinel.server import clients as clients_module
from minisentinel.server import server as server_module
from minisentinel.server import turns as turns_module
from minisentinel.server.client import Client
from minisentinel.server.clock import monotonic_us
from minisentinel.trace import SentinelEvent
from tests.server.bench import Live, eventually, has_ipv6, run, serving

pytestmark = pytest.mark.real_io

MASTER = "sentinel monitor mymaster 127.0.0.1 1 2\n"


def test_replies_to_pipelined_commands_come_in_their_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as live:
            client = await live.client()
            client.send(*(("PING", str(number)) for number in range(3000)))
            assert [await client.reply() for _ in range(3000)] == [str(n) for n in range(3000)]

    run(scenario())


def test_clients_that_want_much_take_turns_and_stay_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round carries out one command, however fast or slow the machine is.

    The clock here goes on by a step at each look, and two steps are more than a round.
    """
    looks = itertools.count(0, 3)
    monkeypatch.setattr(turns_module, "ROUND_US", 5)
    monkeypatch.setattr(turns_module, "monotonic_us", lambda: next(looks))
    served: list[tuple[int, bool]] = []
    """Whose command was carried out, and whether somebody else waited with one."""

    async def scenario() -> None:
        async with serving(tmp_path) as live:
            original, turns = live.server.client_sent, live.server.clients._turns

            def client_sent(client: int, words: tuple[str, ...]) -> None:
                others = [each for each in turns._waiting if each.number != client]
                served.append((client, any(each.undone_bytes for each in others)))
                original(client, words)

            monkeypatch.setattr(live.server, "client_sent", client_sent)
            one, two = await live.client(), await live.client()
            one.send(*(("PING", f"a{number}") for number in range(500)))
            two.send(*(("PING", f"b{number}") for number in range(500)))
            assert [await one.reply() for _ in range(500)] == [f"a{n}" for n in range(500)]
            assert [await two.reply() for _ in range(500)] == [f"b{n}" for n in range(500)]

    run(scenario())
    assert sum(other_waits for _, other_waits in served) > 100
    for (who, other_waits), (next_one, _) in itertools.pairwise(served):
        assert not other_waits or next_one != who


def test_a_command_may_come_byte_by_byte(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as live:
            client = await live.client()
            client.writer.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
            )
            for byte in encode_command(("PING", "slow")):
                client.writer.write(bytes((byte,)))
                await client.writer.drain()
                await asyncio.sleep(0)
            assert await client.reply() == "slow"

    run(scenario())


def test_a_protocol_error_is_answered_and_the_connection_closed(tmp_path: Path) -> None:
    """[CMD-1.1-3]"""

    async def scenario() -> bytes:
        async with serving(tmp_path) as live:
            client = await live.client()
            client.writer.write(b"PING\r\n*1\r\nPING\r\nPING\r\n")
            return await client.rest()

    assert run(scenario()) == b"+PONG\r\n-ERR Protocol error: expected '$', got 'P'\r\n"


@pytest.mark.parametrize("first", [b"POST / HTTP/1.1\r\n", b"Host: here\r\n"])
def test_a_browser_is_cut_off_without_an_answer(tmp_path: Path, first: bytes) -> None:
    """[CMD-1-2]"""

    async def scenario() -> bytes:
        async with serving(tmp_path) as live:
            client = await live.client()
            client.writer.write(first + b"SHUTDOWN\r\n")
            rest = await client.rest()
            assert live.server.running
            return rest

    assert run(scenario()) == b""


def test_a_client_speaks_the_protocol_that_it_chose(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as live:
            client = await live.client()
            hello = await client.ask("HELLO", "3")
            assert isinstance(hello, dict)
            assert hello["proto"] == 3
            subscribed = await client.ask("SUBSCRIBE", "+set")
            assert isinstance(subscribed, Push)
            again = await client.ask("HELLO", "2")
            assert isinstance(again, tuple)

    run(scenario())


def test_subscribers_hear_events(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            client, other = await live.client(), await live.client()
            assert await client.ask("SUBSCRIBE", "+set") == ("subscribe", "+set", 1)
            assert await other.ask("SENTINEL", "SET", "mymaster", "quorum", "3") == OK
            payload = "master mymaster 127.0.0.1 1 quorum 3"
            assert await client.reply() == ("message", "+set", payload)

    run(scenario())


def test_one_client_too_many_is_told_so_and_the_others_stay(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "maxclients 2\n") as live:
            one, two = await live.client(), await live.client()
            assert (await one.ask("PING"), await two.ask("PING")) == (PONG, PONG)
            three = await live.client()
            assert await three.rest() == b"-ERR max number of clients reached\r\n"
            assert await one.ask("PING") == PONG
            await two.close()
            await eventually(lambda: len(live.server.clients) == 1)
            assert await (await live.client()).ask("PING") == PONG
            assert live.server.service.statistics.connections_rejected == 1

    run(scenario())


def announce(live: Live, times: int) -> None:
    event = SentinelEvent(level="verbose", name="+noise", payload="x" * 1000)
    for _ in range(times):
        live.server.perform([Announce(event)])


def test_a_subscriber_that_never_reads_is_cut_off_and_the_others_are_served(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        limit = "client-output-buffer-limit pubsub 1mb 0 0\n"
        async with serving(tmp_path, limit) as live:
            deaf, other = await live.client(), await live.client()
            await deaf.ask("SUBSCRIBE", "+noise")
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            while len(live.server.clients) == 2:
                announce(live, 100)
                assert await other.ask("PING") == PONG
            assert live.server.service.statistics.output_buffer_disconnections == 1
            deaf.writer.transport.abort()

    run(scenario())


def test_a_subscriber_over_the_soft_limit_has_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_us = 0
    monkeypatch.setattr(clients_module, "monotonic_us", lambda: monotonic_us() + ahead_us)

    async def scenario() -> None:
        nonlocal ahead_us
        limit = "client-output-buffer-limit pubsub 1gb 1mb 3600\n"
        async with serving(tmp_path, limit) as live:
            deaf = await live.client()
            await deaf.ask("SUBSCRIBE", "+noise")
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]
            while live.server.clients.unread_bytes < 4 << 20:
                announce(live, 1000)
                await asyncio.sleep(0.001)
            live.server.clients.tend()
            assert len(live.server.clients) == 1
            ahead_us = 3_601_000_000
            live.server.clients.tend()
            assert len(live.server.clients) == 0
            deaf.writer.transport.abort()

    run(scenario())


def test_a_client_that_does_not_read_its_replies_waits_and_costs_little(tmp_path: Path) -> None:
    """It gets all its replies in the end; meanwhile neither they nor its commands heap up here."""
    count = 2000
    text = "x" * 20_000

    async def scenario() -> None:
        async with serving(tmp_path) as live:
            greedy, other = await live.client(), await live.client()
            greedy.writer.transport.pause_reading()  # type: ignore[attr-defined]
            greedy.send(*[("PING", text)] * count)
            await live.held_back(1)
            assert await other.ask("PING") == PONG
            statistics = live.server.service.statistics
            assert statistics.commands_processed < count
            assert live.server.clients.unread_bytes < 4 << 20
            assert statistics.largest_input_buffer < 100_000
            greedy.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert [await greedy.reply() for _ in range(count)] == [text] * count

    run(scenario())


def test_small_commands_with_large_replies_do_not_heap_up_either(tmp_path: Path) -> None:
    masters = "".join(f"sentinel monitor m{n} 127.0.0.1 1 2\n" for n in range(60))

    async def scenario() -> None:
        async with serving(tmp_path, masters) as live:
            greedy, other = await live.client(), await live.client()
            greedy.writer.transport.pause_reading()  # type: ignore[attr-defined]
            greedy.writer.write(b"SENTINEL MASTERS\n" * 900)
            await live.held_back(1)
            assert await other.ask("PING") == PONG
            assert live.server.clients.unread_bytes < 4 << 20
            assert live.server.service.statistics.commands_processed < 900
            greedy.writer.transport.abort()

    run(scenario())


def test_an_idle_client_is_closed_and_a_subscriber_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_us = 0
    monkeypatch.setattr(clients_module, "monotonic_us", lambda: monotonic_us() + ahead_us)
    monkeypatch.setattr(server_module, "TEND_SECONDS", 0.01)

    async def scenario() -> None:
        nonlocal ahead_us
        async with serving(tmp_path, "timeout 3600\n") as live:
            idle, listener = await live.client(), await live.client()
            await listener.ask("SUBSCRIBE", "x")
            await idle.ask("PING")
            ahead_us = 3_601_000_000
            assert await idle.rest() == b""
            assert await listener.ask("PING") == ("pong", "")

    run(scenario())


def test_protected_mode_refuses_strangers_until_there_is_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "is_local", False)

    async def scenario() -> None:
        async with serving(tmp_path, "protected-mode yes\n") as live:
            answer = await (await live.client()).rest()
            assert answer.startswith(b"-DENIED ")
        async with serving(tmp_path, "protected-mode yes\nrequirepass x\n") as live:
            client = await live.client()
            assert await client.ask("PING") == Error("NOAUTH Authentication required.")
            assert await client.ask("AUTH", "x") == OK

    run(scenario())


def test_before_login_only_small_requests_are_read(tmp_path: Path) -> None:
    async def scenario() -> bytes:
        async with serving(tmp_path, "requirepass x\n") as live:
            client = await live.client()
            client.writer.write(b"*1\r\n$100000\r\n")
            return await client.rest()

    assert run(scenario()) == b"-ERR Protocol error: unauthenticated bulk length\r\n"


def test_a_request_without_end_is_cut_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "client-query-buffer-limit 1mb\n") as live:
            client = await live.client()
            client.writer.write(b"*1\r\n$500000000\r\n")
            with suppress(ConnectionError):
                while not client.reader.at_eof():
                    client.writer.write(b"x" * 65536)
                    await client.writer.drain()
                    await asyncio.sleep(0)
            assert live.server.service.statistics.query_buffer_disconnections == 1
            assert await (await live.client()).ask("PING") == PONG

    run(scenario())


def test_ipv6_clients_are_served(tmp_path: Path) -> None:
    if not has_ipv6():
        pytest.skip("no IPv6 here")

    async def scenario() -> None:
        async with serving(tmp_path, host="::1") as live:
            client = await live.client()
            info = await client.ask("CLIENT", "INFO")
            assert isinstance(info, str)
            assert "addr=[::1]:" in info

    run(scenario())


def test_a_client_that_leaves_is_forgotten(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as live:
            for _ in range(20):
                client = await live.client()
                await client.ask("PING")
                client.writer.transport.abort()
            await eventually(lambda: len(live.server.clients) == 0)
            last = await live.client()
            assert str(await last.ask("CLIENT", "LIST")).count("id=") == 1

    run(scenario())


def test_commands_held_back_by_a_pause_are_carried_out_after_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as live:
            one, two = await live.client(), await live.client()
            assert await one.ask("CLIENT", "PAUSE", "100") == OK
            two.send(*(("PING", str(number)) for number in range(50)))
            assert [await two.reply() for _ in range(50)] == [str(n) for n in range(50)]

    run(scenario())


def test_a_client_that_a_pause_holds_back_is_not_read_from(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as live:
            one, two = await live.client(), await live.client()
            await two.ask("PING")
            assert await one.ask("CLIENT", "PAUSE", "600000") == OK
            two.send(*[("PING", "x" * 10_000)] * 3000)
            await eventually(lambda: live.server.clients._clients[2].waits)
            await asyncio.sleep(0.1)  # To read on, if it did.
            assert live.server.service.statistics.bytes_read < 1 << 20
            assert live.server.service.waits(2)
            live.server.perform(live.server.service.command(2**60, 1, ("CLIENT", "UNPAUSE")))
            assert await one.reply() == OK
            assert [await two.reply() for _ in range(3000)] == ["x" * 10_000] * 3000

    run(scenario())


def test_client_list_tells_what_waits_to_be_carried_out_and_to_be_read(tmp_path: Path) -> None:
    half = b"*2\r\n$4\r\nPING\r\n$50\r\nhalf"

    async def scenario() -> dict[str, str]:
        async with serving(tmp_path) as live:
            slow, other = await live.client(), await live.client()
            await slow.ask("SUBSCRIBE", "+noise")
            slow.writer.transport.pause_reading()  # type: ignore[attr-defined]
            slow.writer.write(half)
            await eventually(lambda: live.server.clients._clients[1].undone_bytes == len(half))
            while live.server.clients.unread_bytes < 4 << 20:
                announce(live, 1000)
                await asyncio.sleep(0.001)
            listed = await other.ask("CLIENT", "LIST", "ID", "1")
            assert isinstance(listed, str)
            slow.writer.transport.abort()
            return dict(field.split("=", 1) for field in listed.split())

    fields = run(scenario())
    assert fields["qbuf"] == str(len(half))
    assert int(fields["omem"]) > 1_000_000
    assert fields["oll"] == "1"
    assert int(fields["tot-mem"]) == int(fields["omem"]) + int(fields["qbuf"])


def test_shutdown_closes_without_a_reply_and_saves(tmp_path: Path) -> None:
    """[CMD-2-9]"""

    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            client, other = await live.client(), await live.client()
            await other.ask("PING")
            live.conf.unlink()
            client.send(("PING",), ("SHUTDOWN",), ("PING",))
            assert await other.rest() == b""
            assert live.statuses == [0]
            assert "sentinel monitor mymaster" in live.conf.read_text(encoding="utf-8")

    run(scenario())
