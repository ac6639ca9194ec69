"""redis-py, which nobody here wrote, finds the master through ours and follows it, twice in a row.

What the clients wrote is in the end on both servers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, suppress
from functools import partial
from typing import Any

import pytest

from tests.live.ensemble import MASTER, OURS, DataNode, Ensemble
from tests.live.pace import pace
from tests.live.servers import RealServer, some_real_server
from tests.live.waiting import PATIENCE_SECONDS, Refusal

pytestmark = pytest.mark.real_io

ONE_AFTER_ANOTHER_MS = (600, 800, 1000)
"""Not all at once, so that votes are not split: a second attempt would take long."""

redis = pytest.importorskip("redis", reason="redis-py is in the extra `test`")
redis_sentinel = pytest.importorskip("redis.sentinel")
redis_asyncio_sentinel = pytest.importorskip("redis.asyncio.sentinel")


def started(ensemble: Callable[[RealServer], Ensemble]) -> Ensemble:
    these = ensemble(some_real_server())
    these.start_data(replicas=1)
    these.start_sentinels([OURS] * 3, quorum=2, down_after_ms=ONE_AFTER_ANOTHER_MS)
    these.wait_until_all_know_all()
    return these


PUTS_OFF = (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError)
"""What a client hears while the master changes; then it asks the Sentinels again.

That no Sentinel knows a master or a replica at the moment is a `ConnectionError` too.
"""

SOCKETS = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
"""Nobody who is asked is away for good: who was killed refuses at once."""


def data_nodes(these: Ensemble, master: tuple[str, int]) -> tuple[DataNode, DataNode]:
    """The node that a client was told is the master, and the other one."""
    host, port = master
    assert host == "127.0.0.1"
    one, two = these.data
    return (one, two) if one.port == port else (two, one)


def test_redis_py_discovers_the_master_writes_and_follows_two_failovers(
    ensemble: Callable[[RealServer], Ensemble],
) -> None:
    these = started(ensemble)
    addresses = [("127.0.0.1", sentinel.port) for sentinel in these.sentinels]
    with ExitStack() as stack:
        sentinel = redis_sentinel.Sentinel(addresses, **SOCKETS)
        for connection in sentinel.sentinels:
            stack.callback(connection.close)
        client = sentinel.master_for(MASTER, decode_responses=True, **SOCKETS)
        stack.callback(client.close)
        reader = sentinel.slave_for(MASTER, decode_responses=True, **SOCKETS)
        stack.callback(reader.close)
        for number in (1, 2):
            old, replica = data_nodes(these, sentinel.discover_master(MASTER))
            these.wait("the replica is known", partial(knows_replica, sentinel, replica))
            these.wait("a write before it", partial(write, client, f"before-{number}"))
            these.wait("the replica has it", partial(has, reader, f"before-{number}"))
            old.kill()
            these.wait("a write after it", partial(write, client, f"after-{number}"))
            these.wait("the new master is named", partial(names_master, sentinel, replica))
            old.start()
            these.wait("the old one follows", partial(old.is_synchronised_replica_of, replica))
    for node in these.data:
        for key in ("before-1", "after-1", "before-2", "after-2"):
            assert node.call("GET", key) == "written"


def unless_put_off(ask: Callable[[], Any]) -> Any:
    """What it answers, or a `Refusal` while the master changes."""
    try:
        return ask()
    except PUTS_OFF as error:
        raise Refusal(repr(error)) from None


def knows_replica(sentinel: Any, replica: DataNode) -> bool:
    known = unless_put_off(lambda: sentinel.discover_slaves(MASTER))
    return bool(known == [("127.0.0.1", replica.port)])


def names_master(sentinel: Any, master: DataNode) -> bool:
    named = unless_put_off(lambda: sentinel.discover_master(MASTER))
    return bool(named == ("127.0.0.1", master.port))


def has(reader: Any, key: str) -> bool:
    return bool(unless_put_off(lambda: reader.get(key)) == "written")


def write(client: Any, key: str) -> bool:
    return bool(unless_put_off(lambda: client.set(key, "written")))


def test_redis_py_asyncio_discovers_the_master_writes_and_follows_two_failovers(
    ensemble: Callable[[RealServer], Ensemble],
) -> None:
    these = started(ensemble)
    addresses = [("127.0.0.1", sentinel.port) for sentinel in these.sentinels]

    async def until(claim: str, what: Callable[[], Awaitable[object]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS * pace()):
                while True:
                    with suppress(*PUTS_OFF):
                        if await what():
                            return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"it took too long: {claim}") from None

    async def story(stack: AsyncExitStack) -> None:
        sentinel = redis_asyncio_sentinel.Sentinel(addresses, **SOCKETS)
        for connection in sentinel.sentinels:
            stack.push_async_callback(connection.aclose)
        client = sentinel.master_for(MASTER, decode_responses=True, **SOCKETS)
        stack.push_async_callback(client.aclose)
        reader = sentinel.slave_for(MASTER, decode_responses=True, **SOCKETS)
        stack.push_async_callback(reader.aclose)
        for number in (1, 2):
            old, replica = data_nodes(these, await sentinel.discover_master(MASTER))
            there = ("127.0.0.1", replica.port)

            async def is_known(there: tuple[str, int] = there) -> bool:
                return bool(await sentinel.discover_slaves(MASTER) == [there])

            async def has_it(key: str = f"before-{number}") -> bool:
                return bool(await reader.get(key) == "written")

            async def is_named(there: tuple[str, int] = there) -> bool:
                return bool(await sentinel.discover_master(MASTER) == there)

            await until("the replica is known", is_known)
            await until("a write before", partial(client.set, f"before-{number}", "written"))
            await until("the replica has it", has_it)
            old.kill()
            await until("a write after", partial(client.set, f"after-{number}", "written"))
            await until("the new master is named", is_named)
            old.start()
            these.wait("the old one follows", partial(old.is_synchronised_replica_of, replica))

    async def whole_story() -> None:
        async with AsyncExitStack() as stack:
            await story(stack)

    asyncio.run(whole_story())
    for node in these.data:
        for key in ("before-1", "after-1", "before-2", "after-2"):
            assert node.call("GET", key) == "written"
