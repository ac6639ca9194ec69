"""Guards: each bounds what it is made for, and none helps with a replica on the wrong side."""

from __future__ import annotations

import pytest

from sim.campaigns import GUARDS, Guard, cut_off_master
from sim.tables import Table


def _lost(table: Table) -> list[int]:
    """What client-1, which is with the old master, lost."""
    return [int(str(each)) for each in table.column("lost")[::2]]


def test_guards_bound_the_loss_of_a_master_without_replicas() -> None:
    table = cut_off_master()
    nothing, long, short, wait = _lost(table)
    assert nothing > long > short > wait == 0
    # About ten writes a second, until the last word of a replica is too old by its clock.
    assert 10 * 3 - 5 <= short <= 10 * (3 + 2)
    assert table.column("guard")[0] == "nothing"
    assert table.column("client")[:2] == (
        "client-1, with the master",
        "client-2, on the other side",
    )


def test_one_replica_with_the_old_master_makes_every_guard_of_one_useless() -> None:
    lost = _lost(cut_off_master(company=("sentinel-1", "client-1", "redis-3")))
    assert all(each >= 0.9 * lost[0] for each in lost)


def test_waiting_for_all_replicas_loses_nothing_and_stops_everybody() -> None:
    table = cut_off_master([Guard(wait_replicas=2)], company=("sentinel-1", "client-1", "redis-3"))
    assert table.column("lost") == (0, 0)
    assert all(float(str(each)) > 30 for each in table.column("without s"))


@pytest.mark.parametrize(
    ("guard", "told"),
    [
        (GUARDS[0], "nothing"),
        (Guard(min_replicas=2, max_lag=5), "min-replicas-to-write 2, lag 5 s"),
        (Guard(min_replicas=1, wait_replicas=1), "min-replicas-to-write 1, lag 10 s and WAIT 1"),
    ],
)
def test_a_guard_says_what_it_is(guard: Guard, told: str) -> None:
    assert str(guard) == told
