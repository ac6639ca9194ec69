"""Three of ours guard a real master with two real replicas."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.live.agreement import must_agree
from tests.live.ensemble import MASTER, OURS, DataNode, Ensemble
from tests.live.servers import RealServer, some_real_server

pytestmark = pytest.mark.real_io

ONE_AFTER_ANOTHER_MS = (600, 800, 1000)
"""Not all at once, so that votes are not split: a second attempt would take long."""

EnsembleOf = Callable[[RealServer], Ensemble]


def ours(make: EnsembleOf, server: RealServer) -> Ensemble:
    """Three of ours that know each other and a master with two replicas, which holds a value."""
    ensemble = make(server)
    ensemble.start_data(replicas=2)
    ensemble.start_sentinels([OURS] * 3, quorum=2, down_after_ms=ONE_AFTER_ANOTHER_MS)
    ensemble.wait_until_all_know_all()
    write(ensemble, ensemble.data[0], "written before the failover")
    return ensemble


def write(ensemble: Ensemble, master: DataNode, value: str) -> None:
    """Write a value, and wait until both replicas have it."""
    assert master.call("SET", "key", value) == "OK"
    for node in ensemble.data:
        ensemble.wait(f"{node} has {value!r}", partial(has, node, value))


def has(node: DataNode, value: str) -> bool:
    return bool(node.call("GET", "key") == value)


def wait_until_others_follow(ensemble: Ensemble, master: DataNode) -> None:
    assert master.role() == ("master", None)
    for node in ensemble.data:
        if node is not master:
            ensemble.wait(
                f"{node} follows {master}",
                partial(node.is_synchronised_replica_of, master),
            )


def check_the_end(ensemble: Ensemble, old: DataNode, new: DataNode) -> None:
    """All agree, everybody follows the new master, and what was written is there to read."""
    wait_until_others_follow(ensemble, new)
    ensemble.wait_until_all_know_all()
    ensemble.wait("all agree", lambda: must_agree(ensemble.sentinels))
    for node in ensemble.data:
        assert node.call("GET", "key") == "written before the failover"
    write(ensemble, new, "written after it")
    switch = f"{MASTER} 127.0.0.1 {old.port} 127.0.0.1 {new.port}"
    for sentinel in ensemble.sentinels:
        assert [event.payload for event in ensemble.said("+switch-master", sentinel)] == [switch]


def test_killed_master_is_replaced_and_demoted_when_it_returns(ensemble: EnsembleOf) -> None:
    these = ours(ensemble, some_real_server(0))
    old = these.data[0]
    old.kill()
    new = these.wait_for_new_master(old)
    (other,) = [node for node in these.data if node not in (old, new)]
    these.wait(f"{other} follows", lambda: other.is_synchronised_replica_of(new))
    assert new.call("GET", "key") == "written before the failover"
    old.start()
    check_the_end(these, old, new)


def test_paused_master_is_replaced_and_demoted_when_it_resumes(ensemble: EnsembleOf) -> None:
    these = ours(ensemble, some_real_server(1))
    old = these.data[0]
    old.pause()
    new = these.wait_for_new_master(old)
    old.resume()
    check_the_end(these, old, new)


def test_failover_by_hand_moves_the_master_and_loses_nothing(ensemble: EnsembleOf) -> None:
    these = ours(ensemble, some_real_server(1))
    old = these.data[0]
    assert these.sentinels[1].call("SENTINEL", "FAILOVER", MASTER) == "OK"
    new = these.wait_for_new_master(old)
    check_the_end(these, old, new)
