"""redis-py, which nobody here wrote, finds the master through ours and follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.live.ensemble import MASTER, OURS, Ensemble
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


def test_redis_py_discovers_the_master_writes_and_follows_a_failover(
    ensemble: Callable[[RealServer], Ensemble],
) -> None:
    these = started(ensemble)
    old, replica = these.data
    addresses = [("127.0.0.1", sentinel.port) for sentinel in these.sentinels]
    sentinel = redis_sentinel.Sentinel(addresses, socket_timeout=1.0)
    assert sentinel.discover_master(MASTER) == ("127.0.0.1", old.port)
    assert sentinel.discover_slaves(MASTER) == [("127.0.0.1", replica.port)]
    client = sentinel.master_for(MASTER, socket_timeout=1.0, decode_responses=True)
    assert client.set("key", "before")
    reader = sentinel.slave_for(MASTER, socket_timeout=1.0, decode_responses=True)
    these.wait("the replica has it", lambda: reader.get("key") == "before")

    old.kill()

    def write_again() -> bool:
        try:
            return bool(client.set("key", "after"))
        except (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError) as error:
            raise Refusal(repr(error)) from None

    these.wait("the client writes to the new master", write_again)
    assert sentinel.discover_master(MASTER) == ("127.0.0.1", replica.port)
    assert replica.call("GET", "key") == "after"
    client.close()
    reader.close()
    for connection in sentinel.sentinels:
        connection.close()


def test_redis_py_asyncio_discovers_the_master_writes_and_follows_a_failover(
    ensemble: Callable[[RealServer], Ensemble],
) -> None:
    these = started(ensemble)
    old, replica = these.data
    addresses = [("127.0.0.1", sentinel.port) for sentinel in these.sentinels]

    async def story() -> None:
        sentinel = redis_asyncio_sentinel.Sentinel(addresses, socket_timeout=1.0)
        assert await sentinel.discover_master(MASTER) == ("127.0.0.1", old.port)
        assert await sentinel.discover_slaves(MASTER) == [("127.0.0.1", replica.port)]
        client = sentinel.master_for(MASTER, socket_timeout=1.0, decode_responses=True)
        assert await client.set("key", "before")
        old.kill()
        async with asyncio.timeout(30):
            while True:
                try:
                    await client.set("key", "after")
                    break
                except (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError):
                    await asyncio.sleep(0.05)
        assert await sentinel.discover_master(MASTER) == ("127.0.0.1", replica.port)
        await client.aclose()
        for connection in sentinel.sentinels:
            await connection.aclose()

    asyncio.run(story())
    assert replica.call("GET", "key") == "after"
