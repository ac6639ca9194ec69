"""Who was in office, and why a write left the line of masters."""

from __future__ import annotations

from sim.judge import Cause, Dropped, account_for_writes, follow_data_sets
from sim.trace import (
    DataLoaded,
    DataLost,
    DataSaved,
    FullSyncLoaded,
    FullSyncStarted,
    WriteAccepted,
    WriteApplied,
)
from tests.judge.stories import Pen, deployment


def write(pen: Pen, at: float, what: str, *, on: str, to: str = "", outcome: str = "ok") -> None:
    """A client's write, executed by `on`, and applied by the servers named in `to`."""
    pen.operation(at - 1, at + 1, "client-1", outcome, what, on)
    pen.at(at, on, WriteAccepted(write=what, offset=1))
    for replica in to.split():
        pen.at(at + 0.5, replica, WriteApplied(write=what, offset=1))


def promote(pen: Pen, at: float, new: str, old: str = "redis-1") -> None:
    pen.role(at, new, "master")
    for number in (1, 2, 3):
        pen.switch(at + 100, f"sentinel-{number}", old, new)


def resync(pen: Pen, at: float, replica: str, master: str) -> None:
    pen.role(at, replica, "replica", master)
    pen.at(at + 5, master, FullSyncStarted(sync=f"{at}", replica=replica, offset=1))
    pen.at(at + 9, replica, FullSyncLoaded(sync=f"{at}", offset=1))


def test_first_master_is_in_office_and_then_whoever_is_promoted() -> None:
    pen = deployment()
    promote(pen, 5000, "redis-2")
    promote(pen, 9000, "redis-3", "redis-2")
    reigns = follow_data_sets(pen.trace()).reigns
    assert [(each.server, each.start_us) for each in reigns] == [
        ("redis-1", 0),
        ("redis-2", 5_000_000),
        ("redis-3", 9_000_000),
    ]


def test_old_master_that_restarts_as_a_master_is_not_in_office() -> None:
    pen = deployment()
    promote(pen, 5000, "redis-2")
    pen.role(7000, "redis-1", "master")
    assert follow_data_sets(pen.trace()).office == "redis-2"


def test_promoted_server_that_is_told_to_follow_the_old_master_hands_its_office_back() -> None:
    pen = deployment()
    pen.role(5000, "redis-2", "master")
    write(pen, 5500, "a=1", on="redis-2")
    resync(pen, 6000, "redis-2", "redis-1")
    sets = follow_data_sets(pen.trace())
    assert sets.office == "redis-1"
    assert sets.causes["a=1"] == Cause("failover", 6_000_000, "redis-1")
    assert sets.dropped["a=1"] == Dropped(6_009_000, "full resynchronisation")


def test_write_that_the_promoted_replica_did_not_have_is_lost_by_the_failover() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1", to="redis-2 redis-3")
    write(pen, 4000, "b=1", on="redis-1", to="redis-3")
    promote(pen, 5000, "redis-2")
    resync(pen, 8000, "redis-1", "redis-2")
    writes = account_for_writes(pen.trace())
    (lost,) = writes.lost or ()
    assert (lost.write, lost.accepted_by) == ("b=1", "redis-1")
    assert lost.cause == Cause("failover", 5_000_000, "redis-2")
    assert lost.dropped == Dropped(8_009_000, "full resynchronisation")
    assert str(lost) == (
        "b=1 by client-1, accepted by redis-1: redis-2 was promoted without it at 5.000 s; "
        "given up in a full resynchronisation at 8.009 s"
    )
    assert writes.split_brain == ()


def test_write_that_a_master_out_of_office_took_is_a_split_brain_write() -> None:
    pen = deployment()
    promote(pen, 5000, "redis-2")
    write(pen, 6000, "a=1", on="redis-1")
    write(pen, 6100, "b=1", on="redis-1", outcome="unknown")
    write(pen, 6200, "c=1", on="redis-2")
    writes = account_for_writes(pen.trace())
    assert [(each.write, each.server, each.office) for each in writes.split_brain] == [
        ("a=1", "redis-1", "redis-2"),
        ("b=1", "redis-1", "redis-2"),
    ]
    (lost,) = writes.lost or ()
    assert lost.cause == Cause("split brain", 6_000_000, "redis-2")
    assert lost.dropped is None, "the server that accepted it still has it"
    assert writes.causes_of_loss == (("accepted by redis-1 while redis-2 was in office", 1),)


def test_restart_that_loses_data_is_the_cause_while_the_server_is_in_office() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    pen.at(1500, "redis-1", DataSaved(save="d", keys=1))
    write(pen, 2000, "b=1", on="redis-1")
    pen.at(3000, "redis-1", DataLoaded(save="d", keys=1))
    (lost,) = account_for_writes(pen.trace()).lost or ()
    assert lost.cause == Cause("restart", 3_000_000, "redis-1")
    assert lost.dropped == Dropped(3_000_000, "restart")


def test_empty_restart_takes_the_replicas_along() -> None:
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1", to="redis-2 redis-3")
    pen.at(2000, "redis-1", DataLost(keys=1))
    resync(pen, 3000, "redis-2", "redis-1")
    promote(pen, 5000, "redis-2")
    writes = account_for_writes(pen.trace())
    (lost,) = writes.lost or ()
    assert lost.cause == Cause("restart", 2_000_000, "redis-1")
    assert writes.causes_of_loss == (("redis-1 restarted without them at 2.000 s", 1),)


def test_write_that_comes_back_into_office_is_not_lost() -> None:
    """The old master is promoted again before it has followed anybody."""
    pen = deployment()
    write(pen, 1000, "a=1", on="redis-1")
    promote(pen, 5000, "redis-2")
    pen.role(6000, "redis-1", "replica", "redis-2")
    promote(pen, 7000, "redis-1", "redis-2")
    assert account_for_writes(pen.trace()).lost == ()
    assert follow_data_sets(pen.trace()).causes == {}


def test_every_write_that_is_lost_in_a_whole_story_has_a_cause() -> None:
    pen = deployment()
    for number in range(20):
        write(pen, 1000 + number, f"a={number}", on="redis-1", to="redis-2" if number % 3 else "")
    promote(pen, 5000, "redis-2")
    for number in range(5):
        write(pen, 6000 + number, f"b={number}", on="redis-1")
    writes = account_for_writes(pen.trace())
    assert [count for _, count in writes.causes_of_loss] == [7, 5]
    assert all(each.cause is not None for each in writes.lost or ())
