"""What clients went through: operations, gaps, windows of failure."""

from __future__ import annotations

from sim.judge import find_clients
from sim.judge.clients import ClientHistory
from tests.judge.stories import deployment


def client(*operations: tuple[float, float, str]) -> ClientHistory:
    pen = deployment(clients=1)
    for start, end, outcome in operations:
        pen.operation(start, end, "client-1", outcome, f"k={start}")
    (history,) = find_clients(pen.trace())
    return history


def test_the_longest_gap_is_between_the_ends_of_two_successes() -> None:
    history = client((100, 110, "ok"), (200, 210, "failed"), (900, 930, "ok"), (1000, 1010, "ok"))
    gap = history.longest_gap
    assert gap is not None
    assert (gap.start_us, gap.end_us, gap.recovered) == (110_000, 930_000, True)


def test_a_client_that_never_succeeds_again_has_a_gap_without_recovery() -> None:
    history = client((100, 110, "ok"), (200, 210, "failed"), (300, 800, "unknown"))
    gap = history.longest_gap
    assert gap is not None
    assert (gap.start_us, gap.end_us, gap.recovered) == (110_000, 800_000, False)


def test_a_client_that_never_succeeded_had_nothing_from_its_first_operation_on() -> None:
    gap = client((100, 110, "failed"), (200, 240, "failed")).longest_gap
    assert gap is not None
    assert (gap.start_us, gap.end_us) == (100_000, 240_000)


def test_failure_windows_reach_from_the_first_failure_to_the_next_success() -> None:
    history = client(
        (100, 110, "ok"),
        (200, 210, "failed"),
        (300, 400, "unknown"),
        (500, 510, "ok"),
        (600, 610, "failed"),
    )
    windows = [(each.start_us, each.end_us, each.recovered) for each in history.failure_windows]
    assert windows == [(200_000, 510_000, True), (600_000, 610_000, False)]


def test_gaps_are_the_times_without_success_in_which_something_failed() -> None:
    history = client(
        (100, 110, "ok"),
        (900, 910, "ok"),
        (1000, 1010, "failed"),
        (1100, 1110, "ok"),
        (1200, 1210, "ok"),
        (1300, 1400, "unknown"),
    )
    gaps = [(gap.start_us // 1000, gap.end_us // 1000, gap.recovered) for gap in history.gaps]
    assert gaps == [(910, 1110, True), (1210, 1400, False)]
    assert history.longest_gap is not None
    assert history.longest_gap.duration_us == 800_000


def test_a_client_without_operations_has_no_gap() -> None:
    assert client().longest_gap is None
