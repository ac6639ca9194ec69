"""Outages, recoveries and the accounts of clients."""

from __future__ import annotations

from sim.judge import account_for_clients, accounts_table, find_clients, find_outages
from sim.trace import ClientStarted, WriteAccepted
from tests.judge.stories import FAULT_MS, deployment, failover_story

PERIOD_US = 100_000


def outages(*operations: tuple[float, float, str]) -> list[tuple[float, float, bool]]:
    """The outages of a client with these operations: start, end (ms), recovered."""
    pen = deployment(clients=1)
    for start, end, outcome in operations:
        pen.operation(start, end, "client-1", outcome, f"k={start}")
    (history,) = find_clients(pen.trace())
    return [
        (each.start_us / 1000, each.end_us / 1000, each.recovered)
        for each in find_outages(history.operations, PERIOD_US)
    ]


def test_operations_that_keep_the_rate_are_no_outage() -> None:
    assert outages((100, 102, "ok"), (200, 205, "ok"), (900, 1000, "ok")) == []


def test_outage_reaches_from_the_first_operation_after_a_success_to_the_end_of_the_next() -> None:
    found = outages((100, 102, "ok"), (200, 201, "failed"), (300, 301, "failed"), (900, 902, "ok"))
    assert found == [(200, 902, True)]


def test_success_that_took_longer_than_the_period_is_an_outage_too() -> None:
    assert outages((100, 102, "ok"), (200, 1700, "ok"), (1800, 1802, "ok")) == [(200, 1700, True)]


def test_failure_that_was_made_up_for_within_the_period_is_none() -> None:
    assert outages((100, 102, "ok"), (200, 201, "failed"), (230, 232, "ok")) == []


def test_outage_that_does_not_end_lasts_until_the_last_operation() -> None:
    failed = [(100 * number, 100 * number + 1, "failed") for number in range(2, 5)]
    assert outages((100, 102, "ok"), *failed) == [(200, 401, False)]
    assert outages((200, 900, "unknown")) == [(200, 900, False)]


def test_operation_that_hangs_is_no_outage_while_others_succeed_beside_it() -> None:
    quick = [(100 * number, 100 * number + 2, "ok") for number in range(1, 12)]
    assert outages(*quick, (150, 1150, "unknown"), (1200, 1202, "ok")) == []


def test_first_success_after_a_failover_counts_from_the_fault() -> None:
    trace = failover_story(clients=2)
    for account in account_for_clients(trace):
        (recovery,) = account.recoveries
        assert recovery.since_us == FAULT_MS * 1000
        assert recovery.duration_us == account.longest_outage_us + _rest_before(account.client)
        assert account.works_at_the_end


def _rest_before(client: str) -> int:
    """From the fault to the first operation that failed, in microseconds (negative: it ran)."""
    (history,) = [each for each in find_clients(failover_story(clients=2)) if each.name == client]
    first = next(each for each in history.operations if each.outcome != "ok")
    return first.started_us - FAULT_MS * 1000


def test_client_that_never_comes_to_the_new_master_has_no_recovery() -> None:
    pen = deployment(clients=1, sentinels=1)
    pen.event(5000, "sentinel-1", "+try-failover", "master:redis-1")
    pen.event(5100, "sentinel-1", "+elected-leader", "master:redis-1")
    pen.event(5200, "sentinel-1", "+selected-slave", "slave:redis-2")
    pen.event(5300, "sentinel-1", "+failover-state-wait-promotion", "slave:redis-2")
    pen.role(5301, "redis-2", "master")
    pen.event(5400, "sentinel-1", "+promoted-slave", "slave:redis-2")
    pen.switch(5500, "sentinel-1", "redis-1", "redis-2")
    pen.operation(6000, 6001, "client-1", "ok", "k=1", "redis-1")
    (account,) = account_for_clients(pen.trace())
    assert [each.first_success_us for each in account.recoveries] == [None]


def test_account_counts_what_belongs_to_its_client() -> None:
    pen = deployment(clients=2)
    pen.at(41, "client-1", ClientStarted(client="sticky", rate=5.0, period_us=200_000))
    pen.role(1000, "redis-2", "master")
    for number in (1, 2, 3):
        pen.switch(1001, f"sentinel-{number}", "redis-1", "redis-2")
    for client, server, outcome in (
        ("client-1", "redis-1", "ok"),
        ("client-1", "redis-1", "unknown"),
        ("client-1", "redis-2", "unknown"),
        ("client-2", "redis-2", "ok"),
    ):
        write = f"{client}:{len(pen.entries)}=1"
        pen.at(2000, server, WriteAccepted(write=write, offset=1))
        pen.operation(1999, 2001, client, outcome, write, server)
    one, two = account_for_clients(pen.trace())
    assert (one.kind, one.succeeded, one.unknown, one.failed) == ("sticky", 1, 2, 0)
    assert (one.acknowledged, one.lost, one.found, one.split_brain) == (1, 1, 1, 2)
    assert (two.kind, two.acknowledged, two.lost, two.split_brain) == ("textbook", 1, 0, 0)


def test_table_has_a_line_for_each_client_and_says_what_it_cannot_know() -> None:
    pen = deployment(clients=11)
    pen.operation(1000, 1001, "client-2", "ok", "a=1", "redis-1")
    pen.switch(2000, "sentinel-1", "redis-1", "redis-2")
    lines = accounts_table(account_for_clients(pen.trace()))
    assert lines[0].split() == [
        *("client", "kind", "ok", "failed", "unknown", "found", "lost", "split", "stale"),
        *("longest", "downtime"),
    ]
    assert [line.split()[0] for line in lines[1:]] == [f"client-{n}" for n in range(1, 12)]
    assert lines[2].split()[1:] == [
        *("textbook", "1", "0", "0", "?", "?", "0", "0", "0.00", "s", "0.00", "s"),
    ]
