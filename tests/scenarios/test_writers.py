"""``clients-write-at-the-end`` and the state ``clients-write``: writes count, reads do not."""

from __future__ import annotations

from sim.invariants import Truth
from sim.scenarios.expectations import STATES, Cast
from sim.scenarios.expectations.flags import FLAGS
from tests.judge.stories import Pen, deployment

JUDGE = FLAGS["clients-write-at-the-end"].judge


def truth(pen: Pen) -> Truth:
    return JUDGE(pen.trace(), True, Cast()).truth


def story(write_until: int, every: int = 100) -> Pen:
    """One client writes until then, and reads with success until 20 s."""
    pen = deployment(clients=1)
    for at in range(1000, 20_000, every):
        outcome = "ok" if at <= write_until else "failed"
        pen.operation(at, at + 1, "client-1", outcome, f"a={at}", "redis-1")
        pen.operation(at + 10, at + 11, "client-1", "ok", "", "redis-2")
    pen.fault(20_000, "redis-1", "kill")
    return pen


def test_reads_that_succeed_do_not_show_that_writing_works() -> None:
    assert truth(story(20_000)) is Truth.TRUE
    assert truth(story(10_000)) is Truth.FALSE


def test_a_slow_writer_has_the_time_of_three_attempts() -> None:
    assert truth(story(16_000, every=3000)) is Truth.TRUE
    assert truth(story(8_000, every=3000)) is Truth.FALSE


def test_nobody_writes_says_nothing() -> None:
    pen = deployment(clients=1)
    pen.operation(1000, 1001, "client-1", "ok", "", "redis-2")
    assert truth(pen) is Truth.UNKNOWN


def test_the_state_holds_until_two_seconds_after_the_last_write() -> None:
    ((start, end),) = STATES["clients-write"].intervals(story(10_000).trace())
    assert (start, end) == (1_001_000, 12_001_000)
