"""The first election of a run, and who voted for whom."""

from __future__ import annotations

from sim.judge.elections import find_first_election, votes_table
from sim.scenarios import find_scenario, run_scenario
from sim.world import Deployment, World


def test_without_an_attempt_there_was_no_election() -> None:
    world = World(Deployment(clients=0), seed=1)
    world.run(5)
    assert find_first_election(world.trace) is None


def test_election_tells_who_noticed_in_which_order_and_who_won() -> None:
    world = World(Deployment(clients=0), seed=1)
    world.run(10)
    world.kill("master")
    world.run(8)
    found = find_first_election(world.trace)
    assert found is not None
    assert found.noticed == ("sentinel-2", "sentinel-1", "sentinel-3")
    assert found.candidates == ("sentinel-3",)
    assert (found.leader, found.place) == ("sentinel-3", 3)


def test_split_vote_has_candidates_and_no_leader() -> None:
    trace = run_scenario(find_scenario("split-vote")).trace
    found = find_first_election(trace)
    assert found is not None
    assert sorted(found.candidates) == ["sentinel-1", "sentinel-2", "sentinel-3"]
    assert (found.leader, found.place) == ("", None)
    table = votes_table(trace, 1)
    assert table.column("votes for") == table.column("voter")
    assert table.column("refuses")[0] == "sentinel-2, sentinel-3"


def test_a_second_vote_of_one_voter_has_a_row_of_its_own() -> None:
    trace = run_scenario(find_scenario("voter-restarts", variant="votes-not-durable")).trace
    table = votes_table(trace, 1)
    assert [row[:2] for row in table.rows if row[0] == "sentinel-3"] == [
        ("sentinel-3", "sentinel-1"),
        ("sentinel-3", "sentinel-2"),
    ]
