"""Grids of losses: what a quorum decides, what a majority does, and which places matter."""

from __future__ import annotations

import pytest

from sim.campaigns import lose_each_place, lose_sentinels, sweep_quorum
from sim.judge import Ending


def test_a_failover_needs_the_quorum_and_the_majority() -> None:
    grid = sweep_quorum(3, workers=1)
    assert grid.rows == ("3", "2", "1")
    for quorum in (1, 2, 3):
        for alive in (1, 2, 3):
            fate = grid.fate(quorum, alive)
            assert fate is not None
            if alive < quorum:
                assert fate.ending is Ending.NO_AGREEMENT
            elif alive < 2:
                assert fate.ending is Ending.NO_LEADER
            else:
                assert fate.ending is Ending.FAILED_OVER
    assert "Sentinels alive: 3" in str(grid)


def test_an_even_number_of_sentinels_may_lose_as_many_as_the_odd_one_below() -> None:
    grid = lose_sentinels((2, 3, 4), (0, 1, 2), workers=1)
    survives = [[each is not None and each.after_us is not None for each in r] for r in grid.fates]
    assert survives == [[True, False, False], [True, True, False], [True, True, False]]
    assert grid.fate(2, 2) is None


def test_each_place_is_lost_and_cut_off() -> None:
    grid = lose_each_place(["two-machines", "sentinels-with-clients"], workers=1)
    assert grid.rows == (
        "two-machines: box-1",
        "two-machines: box-2",
        *(f"sentinels-with-clients: app-{number}" for number in (1, 2, 3)),
        *(f"sentinels-with-clients: redis-{number}" for number in (1, 2)),
    )
    endings = [[each and each.ending for each in row] for row in grid.fates]
    assert endings[0] == [Ending.NO_LEADER, Ending.STAYS]
    assert endings[5] == [Ending.FAILED_OVER, Ending.TWO_MASTERS]
    assert all(row == [Ending.STAYS] * 2 for row in (*endings[1:5], endings[6]))


@pytest.mark.real_io
def test_the_grid_does_not_depend_on_the_number_of_processes() -> None:
    assert lose_sentinels((2, 3), (0, 1), workers=2) == lose_sentinels((2, 3), (0, 1), workers=1)
