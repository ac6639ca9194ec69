"""Each wrong client beside the textbook client, in trouble that is too much for the wrong one.

The ids are those of the guideline that is left out (spec: clients §1).
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from sim.clients import CLIENT_KINDS, ListeningClient, TextbookClient, mistakes
from sim.judge import account_for_writes
from tests.clients.stories import STORIES, accounts, run, story

SECOND = 1_000_000
SHARED: dict[str, Any] = {"reads": 0.5, "keys": "uniform", "key_count": 20}


@pytest.mark.parametrize("name", list(STORIES))
def test_textbook_client_is_back_after_every_trouble(name: str) -> None:
    assert accounts(name)[0].works_at_the_end


@pytest.mark.parametrize("name", ["kill_and_return", "freeze", "machine_dies", "power_cut"])
def test_textbook_client_follows_a_failover_in_seconds_and_loses_nothing(name: str) -> None:
    (textbook,) = accounts(name)
    assert textbook.lost == 0
    assert textbook.longest_outage_us < 5 * SECOND
    (recovery,) = textbook.recoveries
    assert recovery.duration_us is not None
    assert 2 * SECOND < recovery.duration_us < 5 * SECOND


def test_static_address_writes_to_the_returned_master_and_loses_all_of_it() -> None:
    """[CLT-1-1]"""
    textbook, static = accounts("kill_and_return", "static-address")
    assert static.lost == static.split_brain
    assert 80 < static.split_brain < 130, "about ten seconds of it"
    assert textbook.split_brain == 0
    assert not static.works_at_the_end, "the demoted master refuses it"


def test_sticky_client_goes_on_with_a_frozen_master_and_loses_what_it_writes() -> None:
    """[CLT-1-11] [CLT-1-13]"""
    textbook, sticky = accounts("freeze", "sticky")
    assert textbook.lost == 0
    assert textbook.split_brain == textbook.unknown == 1, "what it had sent when the master froze"
    assert (sticky.lost or 0) > 80
    assert sticky.longest_outage_us > 2 * textbook.longest_outage_us


def test_sticky_client_never_leaves_a_connection_on_which_there_is_silence() -> None:
    """[CLT-1-11]"""
    textbook, sticky = accounts("power_cut", "sticky")
    assert textbook.works_at_the_end
    assert not sticky.works_at_the_end
    assert sticky.unknown > 30


def test_client_of_the_first_sentinel_never_finds_the_new_master_when_that_one_is_dead() -> None:
    """[CLT-1-2]"""
    textbook, first = accounts("machine_dies", "first-sentinel")
    assert textbook.works_at_the_end
    assert not first.works_at_the_end
    assert [each.first_success_us for each in first.recoveries] == [None]


def test_client_that_relies_on_messages_never_hears_what_was_said_while_it_was_away() -> None:
    """[CLT-1-11] [CLT-1-19]"""
    textbook, listening, deaf = accounts("clients_cut_off", "listening", "pubsub-only")
    assert textbook.works_at_the_end
    assert listening.works_at_the_end, "for it a message only triggers"
    assert not deaf.works_at_the_end


def test_client_without_timeouts_hangs_for_as_long_as_there_is_silence() -> None:
    """[CLT-1-2]"""
    textbook, patient = accounts("power_cut", "no-timeout")
    assert textbook.longest_outage_us < 5 * SECOND
    assert not patient.works_at_the_end
    assert patient.longest_outage_us > 39 * SECOND
    assert patient.unknown == 1, "the write that it waits for to this day"


def test_client_without_timeouts_takes_what_a_frozen_master_says_in_the_end() -> None:
    textbook, patient = accounts("freeze", "no-timeout")
    assert textbook.lost == 0
    assert (patient.lost or 0) > 80


def test_unverified_client_reads_stale_data_from_a_replica_that_is_called_master() -> None:
    """[CLT-1-9]"""
    textbook, unverified = accounts("forgotten_sentinel", "unverified", **SHARED)
    assert not [each for each in textbook.stale_reads if each.why == "replica"]
    stale = [each for each in unverified.stale_reads if each.why == "replica"]
    assert len(stale) > 20
    assert {each.server for each in stale} == {"redis-1"}
    assert textbook.downtime_us > unverified.downtime_us, "it is the price"


def test_listening_and_asking_clients_leave_a_healthy_master_that_was_replaced() -> None:
    """[CLT-1-19]: no connection breaks, so that nothing else would make them look again."""
    textbook, listening, asking = accounts("manual_failover", "listening", "asking")
    assert (textbook.lost or 0) > 80
    assert (listening.lost or 0) < (textbook.lost or 0) / 4
    assert (asking.lost or 0) < (textbook.lost or 0) / 4


@pytest.mark.parametrize("name", ["kill_and_return", "freeze", "clients_cut_off"])
def test_accounts_add_up(name: str) -> None:
    writes, found = account_for_writes(run(name)), story(name).values()
    assert sum(each.lost or 0 for each in found) == len(writes.lost or ())
    assert sum(each.found or 0 for each in found) == len(writes.found or ())
    assert sum(each.split_brain for each in found) == len(writes.split_brain)
    assert sum(each.acknowledged for each in found) == len(writes.acknowledged)
    assert writes.resurrected == ()


def test_same_seed_gives_the_same_digest_and_another_seed_another() -> None:
    first = run("machine_dies").digest()
    assert run.__wrapped__("machine_dies").digest() == first
    assert run("machine_dies", seed=2).digest() != first


@pytest.mark.parametrize(
    "wrong", [each for each in CLIENT_KINDS.values() if each.__module__ == mistakes.__name__]
)
def test_wrong_client_is_a_right_one_with_one_method_replaced(wrong: type[TextbookClient]) -> None:
    replaced = [name for name, value in vars(wrong).items() if inspect.isfunction(value)]
    # The last word on where the master is, and who may say it, are two methods.
    assert len(replaced) == (2 if issubclass(wrong, ListeningClient) else 1)
    assert all(hasattr(base, name) for base in wrong.__bases__ for name in replaced)
    assert "Left out:" in (wrong.__doc__ or "")
    assert "[CLT-1-" in (wrong.__doc__ or "")


def test_every_client_has_an_account_that_tells_its_kind() -> None:
    assert sorted(story("freeze")) == sorted(CLIENT_KINDS)
