"""State is plain data: copied, compared and pickled, and a copy goes on identically."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from minisentinel.core import Sentinel, State
from tests.core.bench import Bench, conf
from tests.support.facts import FakeFacts


def through_pickle(state: State) -> State:
    loaded = pickle.loads(pickle.dumps(state))
    assert isinstance(loaded, State)
    return loaded


@pytest.fixture
def bench() -> Bench:
    """In the middle of a failover, with links, votes and unanswered commands."""
    bench = Bench(conf("sentinel monitor other 10.0.0.7 6379 2"))
    bench.run(3000)
    bench.peers["sentinel-2"].down, bench.peers["sentinel-2"].vote = True, "asker"
    bench.kill("redis-1")
    bench.run(2500)
    assert bench.master().failover_in_progress
    return bench


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_a_copy_is_equal_and_apart(bench: Bench, copied: Callable[[State], State]) -> None:
    twin = copied(bench.state)
    assert twin == bench.state
    assert twin is not bench.state
    twin.masters["mymaster"].peers.popitem()[1].master_down = True
    assert twin != bench.state


@pytest.mark.parametrize("copied", [copy.deepcopy, through_pickle])
def test_a_copy_goes_on_with_the_same_effects(
    bench: Bench, copied: Callable[[State], State]
) -> None:
    twin = Sentinel(copied(bench.state), facts=FakeFacts())
    connection = bench.connection("redis-2")
    for step in range(200):
        now = bench.now + 90 * step
        assert twin.tick(now) == bench.sentinel.tick(now)
        assert twin.next_tick_in_ms() == bench.sentinel.next_tick_in_ms()
        if step == 30:
            answer = (now, connection, "role:master\r\n")
            assert twin.received(*answer) == bench.sentinel.received(*answer)
        if step == 60:
            assert twin.lost(now, connection) == bench.sentinel.lost(now, connection)
    assert twin.state == bench.state


def test_shared_links_stay_shared_in_a_copy() -> None:
    """[MON-3.2-1]"""
    bench = Bench(
        conf(
            "sentinel monitor other 10.0.0.7 6379 2",
            f"sentinel known-sentinel other 10.0.1.2 26379 {'2'.ljust(40, '0')}",
        )
    )
    twin = through_pickle(bench.state)
    one = twin.masters["mymaster"].peers["2".ljust(40, "0")]
    two = twin.masters["other"].peers["2".ljust(40, "0")]
    assert one.link is two.link
    assert twin.instances[one.serial] is one


def test_tables_have_an_arbitrary_order_that_a_seed_fixes() -> None:
    """[GEN-1-5]"""
    orders = set()
    for seed in range(20):
        bench = Bench(conf(replicas=(2, 3, 4, 5)), seed=seed)
        assert list(bench.master().replicas) == list(
            Bench(conf(replicas=(5, 4, 3, 2)), seed=seed).master().replicas
        )
        orders.add(tuple(bench.master().replicas))
    assert len(orders) > 5
