"""Which writes were acknowledged, refused, lost, or found after all."""

from __future__ import annotations

from sim.judge import account_for_writes, find_final_master
from sim.judge.datasets import Cause
from sim.trace import (
    DataLoaded,
    DataLost,
    DataSaved,
    FullSyncLoaded,
    FullSyncStarted,
    WriteAccepted,
    WriteApplied,
)
from tests.judge.stories import Pen, deployment, failover_story


def write(pen: Pen, at: float, what: str, outcome: str = "ok", *, on: str, to: str = "") -> None:
    """A client's write, executed by `on`, and applied by the servers named in `to`."""
    pen.operation(at - 1, at + 1, "client-1", outcome, what, on)
    pen.at(at, on, WriteAccepted(write=what, offset=1))
    for replica in to.split():
        pen.at(at + 0.5, replica, WriteApplied(write=what, offset=1))


def switch_all(pen: Pen, at: float, old: str, new: str) -> None:
    for number in (1, 2, 3):
        pen.switch(at, f"sentinel-{number}", old, new)


def test_an_acknowledged_write_that_the_new_master_never_got_is_lost() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1", to="redis-2 redis-3")
    write(pen, 1100, "b=2", on="redis-1", to="redis-3")
    switch_all(pen, 5000, "redis-1", "redis-2")
    writes = account_for_writes(pen.trace())
    assert writes.acknowledged == ("a=1", "b=2")
    assert writes.lost is not None
    assert [(each.write, each.client, each.accepted_by) for each in writes.lost] == [
        ("b=2", "client-1", "redis-1")
    ]


def test_without_a_switch_nothing_is_lost() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    assert account_for_writes(pen.trace()).lost == ()


def test_a_full_resynchronisation_replaces_what_only_the_replica_had() -> None:
    pen = deployment()
    write(pen, 1000, "old=1", on="redis-1")
    write(pen, 2000, "new=1", on="redis-2")
    pen.at(3000, "redis-2", FullSyncStarted(sync="s", replica="redis-1", offset=1))
    write(pen, 3500, "late=1", on="redis-2")
    pen.at(4000, "redis-1", FullSyncLoaded(sync="s", offset=1))
    pen.at(4100, "redis-1", WriteApplied(write="late=1", offset=1))
    writes = account_for_writes(pen.trace())
    assert writes.final_master == "redis-1"
    assert [each.write for each in writes.lost or ()] == ["old=1"]


def test_a_restart_brings_back_the_dump_and_no_more() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    pen.at(1500, "redis-1", DataSaved(save="d", keys=1))
    write(pen, 2000, "b=1", on="redis-1")
    pen.at(3000, "redis-1", DataLoaded(save="d", keys=1))
    assert [each.write for each in account_for_writes(pen.trace()).lost or ()] == ["b=1"]


def test_a_dump_of_a_snapshot_holds_what_the_snapshot_held() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    pen.at(1100, "redis-1", FullSyncStarted(sync="s", replica="redis-2", offset=1))
    pen.at(1500, "redis-2", DataSaved(save="d", keys=1, sync="s"))
    pen.at(1600, "redis-2", DataLoaded(save="d", keys=1))
    switch_all(pen, 5000, "redis-1", "redis-2")
    assert account_for_writes(pen.trace()).lost == ()


def test_an_empty_restart_loses_everything() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    pen.at(2000, "redis-1", DataLost(keys=1))
    assert len(account_for_writes(pen.trace()).lost or ()) == 1


def test_a_final_master_may_lose_in_a_restart_what_it_had_while_another_was_in_office() -> None:
    pen = deployment()
    for ms, each, on in ((1000, "a=1", "redis-1"), (1500, "both=1", "redis-1")):
        write(pen, ms, each, on=on)
        pen.at(ms + 1, "redis-2", WriteApplied(write=each, offset=1))
    pen.role(2000, "redis-2", "master")
    write(pen, 2500, "theirs=1", on="redis-2")
    pen.at(3000, "redis-1", DataLost(keys=2))
    pen.at(4000, "redis-1", WriteApplied(write="both=1", offset=1))
    writes = account_for_writes(pen.trace())
    assert writes.final_master == "redis-1"
    assert [(each.write, each.cause) for each in writes.lost or ()] == [
        ("a=1", Cause("restart", 3_000_000, "redis-1")),
        ("theirs=1", None),
    ]


def test_a_write_with_unknown_outcome_may_be_found() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", "unknown", on="redis-1")
    pen.operation(1100, 1200, "client-1", "unknown", "b=1")
    writes = account_for_writes(pen.trace())
    assert writes.unknown == ("a=1", "b=1")
    assert writes.found == ("a=1",)


def test_a_refused_write_that_is_in_the_data_is_told() -> None:
    pen = deployment()
    pen.operation(1000, 1001, "client-1", "failed", "a=1")
    write(pen, 2000, "b=1", "failed", on="redis-1")
    writes = account_for_writes(pen.trace())
    assert writes.refused == ("a=1", "b=1")
    assert writes.resurrected == ("b=1",)


def test_a_write_that_is_tried_again_counts_once_with_its_best_outcome() -> None:
    pen = deployment()
    pen.operation(1000, 1001, "client-1", "failed", "a=1")
    pen.operation(1100, 1200, "client-1", "unknown", "a=1")
    write(pen, 2000, "a=1", on="redis-1")
    pen.operation(2100, 2101, "client-1", "failed", "a=1")
    writes = account_for_writes(pen.trace())
    assert (writes.acknowledged, writes.unknown, writes.refused) == (("a=1",), (), ())


def test_loss_is_unknown_while_sentinels_disagree() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    pen.switch(2000, "sentinel-1", "redis-1", "redis-2")
    writes = account_for_writes(pen.trace())
    assert (writes.lost, writes.final_master) == (None, None)
    assert "do not name one master" in writes.why_unknown


def test_loss_is_unknown_if_the_master_loaded_what_nobody_recorded() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    pen.at(2000, "redis-1", FullSyncLoaded(sync="elsewhere", offset=1))
    writes = account_for_writes(pen.trace())
    assert writes.lost is None
    assert "elsewhere" in writes.why_unknown


def test_a_sentinel_that_does_not_run_has_no_say_in_who_is_master() -> None:
    pen = deployment()
    pen.fault(1000, "sentinel-3", "kill", "killed")
    for number in (1, 2):
        pen.switch(2000, f"sentinel-{number}", "redis-1", "redis-2")
    assert find_final_master(pen.trace()) == "redis-2"


def test_without_sentinels_the_only_running_master_is_the_master() -> None:
    pen = deployment(sentinels=0)
    assert find_final_master(pen.trace()) == "redis-1"
    pen.role(1000, "redis-2", "master")
    assert find_final_master(pen.trace()) is None
    pen.fault(2000, "redis-1", "kill", "killed")
    assert find_final_master(pen.trace()) == "redis-2"


def test_some_seed_of_the_story_loses_a_write_and_another_does_not() -> None:
    losses = {len(account_for_writes(failover_story(seed=seed)).lost or ()) for seed in range(12)}
    assert 0 in losses
    assert len(losses) > 1


def test_loss_is_unknown_in_a_trace_without_servers_and_says_so() -> None:
    pen = Pen()
    pen.node(0, "sentinel-1", "sentinel")
    pen.addresses["redis-1"] = ("10.0.0.9", 6379)
    pen.event(100, "sentinel-1", "+monitor", "master:redis-1")
    writes = account_for_writes(pen.trace())
    assert writes.lost is None
    assert writes.why_unknown == "the trace does not tell what the servers did"
