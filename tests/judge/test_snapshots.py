"""Snapshots: what the state of all was at one moment."""

from __future__ import annotations

from itertools import pairwise

import pytest

from minisentinel.trace import SentinelEvent, Trace
from sim import Deployment, World
from sim.judge import Belief, Health, Moments, ServerView, Snapshot, snapshot_at


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A Sentinel dies at 10 s, the master at 12 s; both return at 25 s."""
    world = World(Deployment(down_after_milliseconds=2000, clients=1), seed=3)
    world.run(10)
    world.kill("sentinel-2")
    world.run(2)
    world.kill("redis-1")
    world.run(13)
    world.restart("redis-1")
    world.restart("sentinel-2")
    world.run(20)
    return world.trace


def _after(trace: Trace, name: str, more: float = 0.0) -> Snapshot:
    first = next(
        entry.time_us / 1e6
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name == name
    )
    return snapshot_at(trace, first + more)


def test_before_anything_happens_all_agree(trace: Trace) -> None:
    snapshot = snapshot_at(trace, 9.9)
    assert snapshot.servers == (
        ServerView("redis-1", Health.UP, "master"),
        ServerView("redis-2", Health.UP, "replica", "redis-1", True),
        ServerView("redis-3", Health.UP, "replica", "redis-1", True),
    )
    assert snapshot.masters == ("mymaster",)
    for sentinel in snapshot.sentinels:
        assert sentinel.beliefs == (Belief("mymaster", "redis-1", 0),)
        assert (sentinel.health, sentinel.current_epoch) == (Health.UP, 0)


def test_nodes_that_have_not_started_are_there_without_health(trace: Trace) -> None:
    snapshot = snapshot_at(trace, 0)
    assert [each.health for each in snapshot.servers] == [Health.UP] * 3
    assert [each.health for each in snapshot.sentinels] == [None] * 3
    assert not any(each.beliefs for each in snapshot.sentinels)


def test_the_leader_is_seen_in_every_state_of_its_failover(trace: Trace) -> None:
    tried = _after(trace, "+try-failover")
    (leader,) = [
        each
        for each in tried.sentinels
        if (belief := each.believes("mymaster")) and belief.failover != "none"
    ]
    belief = leader.believes("mymaster")
    assert belief is not None
    assert (belief.failover, belief.agreed_down) == ("wait_start", "redis-1")
    assert leader.current_epoch == 1
    assert set(belief.down) == {"redis-1", "sentinel-2"}
    voted = _after(trace, "+elected-leader").sentinel(leader.name).believes("mymaster")
    assert voted is not None
    assert (voted.failover, voted.vote, voted.vote_epoch) == ("select_slave", leader.name, 1)


def test_a_leader_names_the_new_master_while_it_holds_the_old_one_to_be_down(trace: Trace) -> None:
    promoted = _after(trace, "+promoted-slave")
    (belief,) = [
        belief
        for each in promoted.sentinels
        if (belief := each.believes("mymaster")) and belief.failover == "reconf_slaves"
    ]
    assert belief.server in ("redis-2", "redis-3")
    assert (belief.config_epoch, belief.agreed_down) == (1, "redis-1")


def test_a_switch_drops_the_flags_of_the_old_master(trace: Trace) -> None:
    calm = snapshot_at(trace, 24.9)
    for name in ("sentinel-1", "sentinel-3"):
        belief = calm.sentinel(name).believes("mymaster")
        assert belief is not None
        assert belief.server in ("redis-2", "redis-3")
        assert (belief.config_epoch, belief.agreed_down) == (1, "")
        # The old master is down as a replica now.
        assert set(belief.down) == {"redis-1", "sentinel-2"}


def test_a_dead_sentinel_keeps_what_is_in_its_file_and_no_flags(trace: Trace) -> None:
    dead = snapshot_at(trace, 24.9).sentinel("sentinel-2")
    assert dead.health is Health.DOWN
    assert dead.beliefs == (Belief("mymaster", "redis-1", 0),)


def test_who_returns_learns_the_configuration(trace: Trace) -> None:
    back = snapshot_at(trace, 44.5)
    assert {each.health for each in back.servers} == {Health.UP}
    assert {each.health for each in back.sentinels} == {Health.UP}
    assert [each.role for each in back.servers].count("master") == 1
    beliefs = {each.believes("mymaster") for each in back.sentinels}
    assert len({(each.server, each.config_epoch) for each in beliefs if each}) == 1
    assert all(each is not None and not each.down for each in beliefs)


def test_changes_are_all_moments_at_which_something_differs(trace: Trace) -> None:
    moments = Moments(trace)
    changes = moments.changes(11.9, 16.0)
    assert changes[0] == moments.at(11.9)
    assert all(one != other for one, other in pairwise(changes))
    # Between two of them nothing changes: a microsecond before the next it is still the same.
    for one, other in pairwise(changes):
        assert moments.at((other.time_us - 1) / 1e6) == one
    assert moments.at(16.0) == changes[-1]
    killed = next(each for each in changes if each.server("redis-1").health is Health.DOWN)
    assert killed.time_us == 12_000_000


def test_tilt_and_removed_masters_are_seen() -> None:
    world = World(Deployment(clients=0), seed=1)
    world.run(10)
    world.pause("sentinel-1")
    world.run(5)
    world.resume("sentinel-1")
    world.run(5)
    seen = snapshot_at(world.trace, 17)
    assert [each.name for each in seen.sentinels if each.tilt] == ["sentinel-1"]
    assert not snapshot_at(world.trace, 9).sentinel("sentinel-1").tilt
    assert snapshot_at(world.trace, 12).sentinel("sentinel-1").health is Health.PAUSED


def test_a_time_outside_of_the_trace_is_an_error(trace: Trace) -> None:
    with pytest.raises(ValueError, match="expected a time from 0 s to 4"):
        snapshot_at(trace, 100)
    with pytest.raises(ValueError, match="found -1"):
        snapshot_at(trace, -1)
