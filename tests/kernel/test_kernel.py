"""The queue of plain callables: order, cancelling, running, limits."""

from __future__ import annotations

import pytest

from sim.kernel import (
    AlreadyRunningError,
    EventLimitError,
    Kernel,
    PastTimeError,
    QueueEmptyError,
    TimeLimitError,
)


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


def test_calls_run_by_time_and_then_in_the_order_of_scheduling(kernel: Kernel) -> None:
    log: list[tuple[int, str]] = []

    def note(what: str) -> None:
        log.append((kernel.now, what))

    kernel.call_at(20, note, "late")
    kernel.call_at(10, note, "first at 10")
    kernel.call_after(10, note, "second at 10")
    kernel.call_soon(note, "now")
    kernel.run_until_idle()
    assert log == [(0, "now"), (10, "first at 10"), (10, "second at 10"), (20, "late")]


def test_a_call_made_now_does_not_overtake_one_that_is_due_now(kernel: Kernel) -> None:
    log: list[str] = []

    def first(_: object) -> None:
        log.append("first")
        kernel.call_soon(log.append, "made now")
        kernel.call_at(5, log.append, "made now, with its time")

    kernel.call_at(5, first)
    kernel.call_at(5, log.append, "scheduled before")
    kernel.run_until_idle()
    assert log == ["first", "scheduled before", "made now", "made now, with its time"]


def test_the_past_is_refused(kernel: Kernel) -> None:
    kernel.run_until(100)
    with pytest.raises(PastTimeError, match="cannot call at 99 µs: it is 100 µs already"):
        kernel.call_at(99, print)
    with pytest.raises(PastTimeError, match="cannot call 1 µs ago"):
        kernel.call_after(-1, print)
    with pytest.raises(PastTimeError):
        kernel.run_until(99)
    with pytest.raises(PastTimeError):
        kernel.run_until_true(lambda: False, max_time=99)
    assert kernel.pending == 0


def test_times_are_whole_microseconds(kernel: Kernel) -> None:
    with pytest.raises(TypeError):
        kernel.call_after(0.5, print)  # type: ignore[arg-type]
    assert kernel.pending == 0


@pytest.mark.parametrize("delay", [0, 7])
def test_a_cancelled_call_does_not_run(kernel: Kernel, delay: int) -> None:
    log: list[str] = []
    ticket = kernel.call_after(delay, log.append, "cancelled")
    kernel.call_after(delay, log.append, "kept")
    assert kernel.cancel(ticket) is True
    assert kernel.cancel(ticket) is False
    assert kernel.pending == 1
    kernel.run_until_idle()
    assert log == ["kept"]


def test_cancelling_what_has_run_or_runs_says_false(kernel: Kernel) -> None:
    answers: list[bool] = []
    ticket = kernel.call_after(5, lambda _: answers.append(kernel.cancel(ticket)))
    kernel.run_until_idle()
    answers.append(kernel.cancel(ticket))
    assert answers == [False, False]


def test_a_call_can_cancel_its_successor_at_the_same_instant(kernel: Kernel) -> None:
    log: list[str] = []
    kernel.call_at(5, lambda _: kernel.cancel(victim))
    victim = kernel.call_at(5, log.append, "victim")
    kernel.call_at(5, log.append, "bystander")
    kernel.run_until_idle()
    assert log == ["bystander"]


def test_cancelled_calls_do_not_fill_the_memory(kernel: Kernel) -> None:
    kernel.call_at(10**9, print)
    for timeout in range(20_000):
        kernel.cancel(kernel.call_after(1_000_000 + timeout, print))
    assert kernel.pending == 1
    assert len(kernel._heap) < 200


def test_rebuilding_the_queue_keeps_what_is_due_at_this_instant(kernel: Kernel) -> None:
    log: list[str] = []

    def cancel_many(_: object) -> None:
        kernel.call_soon(log.append, "made now")
        for ticket in [kernel.call_after(9, print) for _ in range(1_000)]:
            kernel.cancel(ticket)

    kernel.call_at(5, cancel_many)
    kernel.call_at(5, log.append, "scheduled before")
    kernel.call_at(6, log.append, "later")
    kernel.run_until_idle()
    assert log == ["scheduled before", "made now", "later"]


def test_pending_and_next_time_leave_cancelled_calls_out(kernel: Kernel) -> None:
    seen = [(kernel.pending, kernel.next_time)]
    soon = kernel.call_soon(print)
    first = kernel.call_at(3, print)
    kernel.call_at(8, print)
    seen.append((kernel.pending, kernel.next_time))
    for ticket in (soon, first):
        kernel.cancel(ticket)
        seen.append((kernel.pending, kernel.next_time))
    assert seen == [(0, None), (3, 0), (2, 3), (1, 8)]


def test_step_runs_exactly_one_call(kernel: Kernel) -> None:
    log: list[int] = []
    kernel.cancel(kernel.call_soon(log.append, 0))
    kernel.cancel(kernel.call_at(1, log.append, 1))
    kernel.call_at(2, log.append, 2)
    kernel.call_at(3, log.append, 3)
    assert kernel.step() is True
    assert (log, kernel.now) == ([2], 2)
    assert kernel.step() is True
    assert kernel.step() is False
    assert (log, kernel.now) == ([2, 3], 3)


def test_run_until_includes_its_time_and_leaves_the_clock_there(kernel: Kernel) -> None:
    log: list[int] = []
    for when in (5, 10, 11):
        kernel.call_at(when, log.append, when)
    kernel.run_until(10)
    assert (log, kernel.now, kernel.pending) == ([5, 10], 10, 1)
    kernel.run_until(10)
    kernel.run_until(12)
    assert (log, kernel.now) == ([5, 10, 11], 12)


def test_run_until_true_stops_right_after_the_call_that_made_it_true(kernel: Kernel) -> None:
    log: list[int] = []
    for number in range(5):
        kernel.call_at(10, log.append, number)
    kernel.run_until_true(lambda: len(log) == 2)
    assert (log, kernel.now, kernel.pending) == ([0, 1], 10, 3)
    kernel.run_until_true(lambda: True)
    assert kernel.pending == 3


def test_run_until_true_says_when_nothing_can_make_it_true(kernel: Kernel) -> None:
    kernel.call_at(10, print)
    with pytest.raises(QueueEmptyError, match="nothing is scheduled any more at 10 µs"):
        kernel.run_until_true(lambda: False)


def test_run_until_true_respects_its_limit_of_time(kernel: Kernel) -> None:
    log: list[int] = []

    def every_second(_: object) -> None:
        log.append(kernel.now)
        kernel.call_after(1_000_000, every_second)

    kernel.call_soon(every_second)
    with pytest.raises(TimeLimitError, match="not done at 2500000 µs"):
        kernel.run_until_true(lambda: False, max_time=2_500_000)
    assert log == [0, 1_000_000, 2_000_000]
    assert kernel.now == 2_500_000


def test_a_run_that_spins_at_one_instant_ends_in_an_error(kernel: Kernel) -> None:
    def spin(_: object) -> None:
        kernel.call_soon(spin)

    kernel.call_at(7, spin)
    with pytest.raises(EventLimitError, match="1000 calls have run from 0 µs to 7 µs"):
        kernel.run_until(10, max_events=1_000)
    with pytest.raises(EventLimitError):
        kernel.run_until_true(lambda: False, max_events=1_000)
    with pytest.raises(EventLimitError):
        kernel.run_until_idle(max_events=1_000)


def test_as_many_calls_as_allowed_are_no_error(kernel: Kernel) -> None:
    for when in range(10):
        kernel.call_at(when, int, "1")
    kernel.cancel(kernel.call_at(3, print))
    kernel.run_until(9, max_events=10)
    assert kernel.pending == 0


def test_a_callback_cannot_run_the_kernel_that_runs_it(kernel: Kernel) -> None:
    kernel.call_soon(lambda _: kernel.run_until(10))
    kernel.call_at(5, int, "1")
    with pytest.raises(AlreadyRunningError):
        kernel.run_until(20)
    kernel.run_until(20)  # and it can be run again


def test_an_exception_of_a_callback_reaches_the_caller_and_the_queue_goes_on(
    kernel: Kernel,
) -> None:
    log: list[str] = []
    kernel.call_at(5, lambda _: 1 // 0)
    kernel.call_at(5, log.append, "same instant")
    kernel.call_at(6, log.append, "later")
    with pytest.raises(ZeroDivisionError):
        kernel.run_until(10)
    assert (kernel.now, kernel.pending, log) == (5, 2, [])
    kernel.run_until(10)
    assert log == ["same instant", "later"]


def test_forgotten_callbacks_do_not_run(kernel: Kernel) -> None:
    log: list[str] = []
    for delay in (0, 5):
        kernel.call_after(delay, log.append, "kept")
        kernel.call_after(delay, print, "forgotten")
    kernel.forget([print])
    assert kernel.pending == 2
    kernel.run_until_idle()
    assert log == ["kept", "kept"]
