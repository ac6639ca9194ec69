"""Who tends to win the first election."""

from __future__ import annotations

import pytest

from sim.campaigns import distance_table, winners_table
from sim.campaigns.winners import first_election
from sim.world import Deployment


def test_leader_is_the_one_whose_question_completes_the_quorum() -> None:
    table = winners_table(Deployment(sentinels=3, replicas=1), [1, 3], range(1, 7), workers=1)
    assert table.headings == ("quorum", "no. 1", "no. 2", "no. 3", "nobody", "contested")
    first, last = table.rows
    assert first[0] == 1
    assert isinstance(first[1], int)
    assert first[1] >= 5
    assert last == (3, 0, 0, 6, 0, 0)
    assert all(sum(cell for cell in row[1:5] if isinstance(cell, int)) == 6 for row in table.rows)


def test_an_election_is_that_of_a_single_run() -> None:
    found = first_election(Deployment(), 1)
    assert found is not None
    assert found.leader == "sentinel-3"


@pytest.mark.real_io
def test_two_processes_count_what_one_counts() -> None:
    one = winners_table(Deployment(), [2], [1, 2, 3], workers=1)
    assert winners_table(Deployment(), [2], [1, 2, 3], workers=2) == one


def test_the_farther_apart_sentinels_are_the_more_of_them_are_candidates() -> None:
    table = distance_table(Deployment(replicas=1), [3, 5], [1, 200], range(1, 9), workers=1)
    assert table.headings == ("Sentinels", "1 ms", "200 ms")
    contested = [
        [int(str(cell).split(", ")[1].rstrip("%")) for cell in row[1:]] for row in table.rows
    ]
    assert all(near < far for near, far in contested)
