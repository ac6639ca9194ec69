"""The structure of the experiment: what every run must show, whatever its numbers are."""

from __future__ import annotations

import pytest

from sim.jepsen import Outcome, find_variant, run_experiment
from sim.jepsen.published import FIRST_LOST, LAST_LOST, NUMBERS, PUBLISHED
from sim.judge import account_for_writes
from tests.jepsen.conftest import played

SEEDS = (1, 2, 3)
OLD_AND_NEW = ("2.6.13", "today", "min-replicas-2", "wait-2")


def test_the_published_figures_add_up() -> None:
    figures = PUBLISHED
    assert figures["acknowledged"] - figures["surviving"] == figures["lost"]
    assert figures["lost by clients 1 and 2"] + figures["lost by clients 3 to 5"] == figures["lost"]
    assert figures["attempted"] - figures["acknowledged"] == figures["not acknowledged"]
    kept = [value for name, value in figures.items() if name.startswith("surviving ")]
    assert sum(kept) == figures["surviving"]
    minority = len(range(FIRST_LOST, LAST_LOST + 1, 5)) + len(range(FIRST_LOST + 1, LAST_LOST, 5))
    assert minority == figures["lost by clients 1 and 2"]


@pytest.mark.parametrize("variant", OLD_AND_NEW)
def test_the_decomposition_of_a_run_adds_up(variant: str) -> None:
    outcome, _ = played(variant, 2)
    figures = outcome.figures
    assert figures["attempted"] == NUMBERS
    assert figures["acknowledged"] - figures["lost"] + figures["found"] == figures["surviving"]
    assert figures["lost by clients 1 and 2"] + figures["lost by clients 3 to 5"] == figures["lost"]
    assert sum(figures[f"lost by client {n}"] for n in range(1, 6)) == figures["lost"]
    kept = [value for name, value in figures.items() if name.startswith("surviving ")]
    assert sum(kept) == figures["surviving"]
    errors = sum(value for name, value in figures.items() if name.startswith("error "))
    assert errors == figures["not acknowledged"]


def test_everything_written_before_the_cut_survives_and_the_first_loss_follows_it(
    old: Outcome,
) -> None:
    assert old.figures["surviving from before the cut"] == FIRST_LOST
    assert FIRST_LOST <= old.lost[0] < FIRST_LOST + 10


@pytest.mark.parametrize("seed", SEEDS)
def test_two_clients_stay_on_the_old_master_to_the_end_of_the_cut(seed: int) -> None:
    outcome, _ = played("2.6.13", seed)
    first = outcome.attempts[0][0].target
    for client in (0, 1):
        during = [
            each
            for each in outcome.attempts[client]
            if outcome.cut_us <= each.ended_us <= outcome.heal_us
        ]
        assert {each.target for each in during} == {first}
        assert all(each.is_acknowledged for each in during)
        assert not {each.number for each in during[1:]} & outcome.survivors


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cut_ends_when_the_first_client_has_done_the_last_published_number(seed: int) -> None:
    outcome, _ = played("2.6.13", seed)
    last = max(e.number for e in outcome.attempts[0] if e.ended_us <= outcome.heal_us)
    assert abs(last - LAST_LOST) <= 5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_others_lose_what_they_write_until_their_own_sentinel_names_another(seed: int) -> None:
    outcome, _ = played("2.6.13", seed)
    first = outcome.attempts[0][0].target
    for client in (2, 3, 4):
        when = outcome.switched_us[client]
        assert when is not None
        assert outcome.cut_us + 9_000_000 < when < outcome.heal_us
        # It is looked fifty times a second whom a Sentinel names.
        for each in outcome.attempts[client]:
            if each.ended_us < when - 20_000:
                assert each.target == first
            if each.started_us > when:
                assert each.target != first
                assert each.number in outcome.survivors
        lost = outcome.lost_of([client])
        assert lost
        assert lost == list(range(lost[0], lost[-1] + 1, 5))


@pytest.mark.parametrize("variant", ["2.6.13", "today", "min-replicas-1", "wait-2"])
def test_the_judge_counts_the_same_losses_from_the_trace(variant: str) -> None:
    outcome, trace = played(variant, 2)
    writes = account_for_writes(trace)
    assert writes.lost is not None
    assert sorted(int(each.write.split()[-1]) for each in writes.lost) == outcome.lost
    assert writes.found is not None
    assert len(writes.found) == len(outcome.found)
    assert writes.final_master == outcome.final_master
    assert not writes.resurrected


def test_one_replica_on_the_wrong_side_makes_min_replicas_1_useless() -> None:
    """The second node keeps following the first one, so that there is always one replica."""
    plain, asked = played("today", 2)[0], played("min-replicas-1", 2)[0]
    lost, lost_all_the_same = plain.figures["lost"], asked.figures["lost"]
    assert lost_all_the_same > 0.9 * lost


def test_min_replicas_2_bounds_what_the_minority_loses() -> None:
    """Ten seconds of lag are forgiven, and what was written in them is lost."""
    outcome, _ = played("min-replicas-2", 2)
    for client in (0, 1):
        lost = [e for e in outcome.attempts[client] if e.number in outcome.lost_of([client])]
        assert 50 < len(lost) < 130
        assert max(each.ended_us for each in lost) < outcome.cut_us + 12_000_000
    assert outcome.errors["NOREPLICAS"] > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_wait_for_two_replicas_loses_nothing_here(seed: int) -> None:
    outcome, _ = played("wait-2", seed)
    assert outcome.lost == []
    assert outcome.errors["WAIT: too few"] > 20


def test_the_same_seed_gives_the_same_run_to_the_last_entry() -> None:
    outcome, trace = played("2.6.13", 1)
    played.cache_clear()
    again, other = played("2.6.13", 1)
    assert again == outcome
    assert other.digest() == trace.digest()
    assert run_experiment(find_variant("2.6.13"), 2) != outcome
