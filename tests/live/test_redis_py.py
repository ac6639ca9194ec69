"""redis-py, which nobody here wrote, finds the master through ours and follows it, twice in a row.

What the clients wrote is in the end on both servers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from tests.live.ensemble import MASTER, OURS, DataNode, Ensemble
from tests.live.servers import RealServer, some_real_server
from tests.live.waiting import Refusal

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
"""What a client hears while the master changes; then it asks the Sentinels again."""


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
    sentinel = redis_sentinel.Sentinel(addresses, socket_timeout=1.0)
    client = sentinel.master_for(MASTER, socket_timeout=1.0, decode_responses=True)
    reader = sentinel.slave_for(MASTER, socket_timeout=1.0, decode_responses=True)
    for number in (1, 2):
        old, replica = data_nodes(these, sentinel.discover_master(MASTER))
        these.wait("the replica is known", partial(knows_replica, sentinel, replica))
        these.wait("a write before it", partial(write, client, f"before-{number}"))
        these.wait("the replica has it", partial(has, reader, f"before-{number}"))
        old.kill()
        these.wait("a write after it", partial(write, client, f"after-{number}"))
        assert sentinel.discover_master(MASTER) == ("127.0.0.1", replica.port)
        old.start()
        these.wait("the old one follows", partial(old.is_synchronised_replica_of, replica))
    for node in these.data:
        for key in ("before-1", "after-1", "before-2", "after-2"):
            assert node.call("GET", key) == "written"
    client.close()
    reader.close()
    for connection in sentinel.sentinels:
        connection.close()


def knows_replica(sentinel: Any, replica: DataNode) -> bool:
    return bool(sentinel.discover_slaves(MASTER) == [("127.0.0.1", replica.port)])


def has(reader: Any, key: str) -> bool:
    return bool(reader.get(key) == "written")


def write(client: Any, key: str) -> bool:
    try:
        return bool(client.set(key, "written"))
    except PUTS_OFF as error:
        raise Refusal(repr(error)) from None


def test_redis_py_asyncio_discovers_the_master_writes_and_follows_two_failovers(
    ensemble: Callable[[RealServer], Ensemble],
) -> None:
    these = started(ensemble)
    addresses = [("127.0.0.1", sentinel.port) for sentinel in these.sentinels]

    async def story() -> None:
        sentinel = redis_asyncio_sentinel.Sentinel(addresses, socket_timeout=1.0)
        client = sentinel.master_for(MASTER, socket_timeout=1.0, decode_responses=True)
        reader = sentinel.slave_for(MASTER, socket_timeout=1.0, decode_responses=True)

        async def until(what: Callable[[], Awaitable[object]]) -> None:
            async with asyncio.timeout(30):
                while True:
                    with suppress(*PUTS_OFF, redis_sentinel.SlaveNotFoundError):
                        if await what():
                            return
                    await asyncio.sleep(0.05)

        for number in (1, 2):
            old, replica = data_nodes(these, await sentinel.discover_master(MASTER))

            async def is_known(port: int = replica.port) -> bool:
                return bool(await sentinel.discover_slaves(MASTER) == [("127.0.0.1", port)])

            async def is_there(key: str = f"before-{number}") -> bool:
                return bool(await reader.get(key) == "written")

            await until(is_known)
            await until(partial(client.set, f"before-{number}", "written"))
            await until(is_there)
            old.kill()
            await until(partial(client.set, f"after-{number}", "written"))
            assert await sentinel.discover_master(MASTER) == ("127.0.0.1", replica.port)
            old.start()
            these.wait("the old one follows", partial(old.is_synchronised_replica_of, replica))
        await client.aclose()
        await reader.aclose()
        for connection in sentinel.sentinels:
            await connection.aclose()

    asyncio.run(story())
    for node in these.data:
        for key in ("before-1", "after-1", "before-2", "after-2"):
            assert node.call("GET", key) == "written"
