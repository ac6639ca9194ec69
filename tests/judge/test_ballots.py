"""Ballots: who asked whom for a vote, and what came of it."""

from __future__ import annotations

from sim.judge import Ballot, find_ballots
from tests.judge.stories import MASTER, deployment, failover_story


def test_a_vote_has_the_times_of_request_decision_and_arrival() -> None:
    pen = deployment()
    pen.ask(1000, "sentinel-1", "sentinel-2", 1)
    pen.ask(1001, "sentinel-1", "sentinel-2", 1)
    pen.vote(1002, "sentinel-2", "sentinel-1", 1)
    pen.answer(1003, "sentinel-1", "sentinel-2", "sentinel-1", 1)
    assert find_ballots(pen.trace()) == (
        Ballot(
            master=MASTER,
            epoch=1,
            candidate="sentinel-1",
            voter="sentinel-2",
            outcome="granted",
            asked_us=1_000_000,
            decided_us=1_002_000,
            answered_us=1_003_000,
        ),
    )


def test_an_own_vote_was_never_asked_for() -> None:
    pen = deployment()
    pen.vote(1000, "sentinel-1", "sentinel-1", 1)
    (ballot,) = find_ballots(pen.trace())
    assert ballot.is_own
    assert ballot.asked_us is None


def test_a_refusal_keeps_its_reason() -> None:
    pen = deployment()
    pen.ask(1000, "sentinel-1", "sentinel-2", 1)
    pen.refuse(1001, "sentinel-2", "sentinel-1", 1, "sentinel-3")
    (ballot,) = find_ballots(pen.trace())
    assert (ballot.outcome, ballot.reason) == ("refused", "already-voted")


def test_being_reminded_of_ones_own_vote_is_no_refusal() -> None:
    pen = deployment()
    pen.ask(1000, "sentinel-1", "sentinel-2", 1)
    pen.vote(1001, "sentinel-2", "sentinel-1", 1)
    pen.refuse(1900, "sentinel-2", "sentinel-1", 1, "sentinel-1")
    (ballot,) = find_ballots(pen.trace())
    assert ballot.outcome == "granted"


def test_a_request_to_the_dead_stays_unanswered() -> None:
    pen = deployment()
    pen.ask(1000, "sentinel-1", "sentinel-2", 1)
    (ballot,) = find_ballots(pen.trace())
    assert (ballot.outcome, ballot.decided_us) == ("unanswered", None)


def test_a_split_vote_shows_refusals_in_both_directions() -> None:
    ballots = find_ballots(failover_story(failed_election=True))
    refused = {(each.candidate, each.voter) for each in ballots if each.outcome == "refused"}
    assert len(refused) == 2
    assert {(voter, candidate) for candidate, voter in refused} == refused
