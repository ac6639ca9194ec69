"""Small statistics, mined orders, steps and shares."""

from __future__ import annotations

import pytest

from tools.compare_reference.measures import FAULT, Measure, Step, find_steps, measure
from tools.compare_reference.orders import Order, count_orders, held_orders, varied_orders
from tools.compare_reference.samples import binomial_interval, quartiles
from tools.compare_reference.sequences import Sequence
from tools.compare_reference.shares import Share, mode_of


def follower(*steps: tuple[str, int], run: int = 0) -> Sequence:
    return Sequence(run, "s0", "follower", steps, anchors={})


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (17, 37, 0.2949, 0.6308),
    ],
)
def test_binomial_interval_is_that_of_clopper_and_pearson(
    hits: int, trials: int, low: float, high: float
) -> None:
    assert binomial_interval(hits, trials) == pytest.approx((low, high), abs=1e-4)


def test_quartiles_are_interpolated() -> None:
    assert quartiles([1, 2, 3, 4]) == (1.75, 2.5, 3.25)
    assert quartiles([7]) == (7, 7, 7)


def test_order_that_was_seen_once_the_other_way_is_not_held() -> None:
    usual = [follower(("+a", 1), ("+b", 2), ("+c", 2))] * 20
    counts = count_orders([*usual, follower(("+a", 1), ("+c", 2), ("+b", 2))])
    assert held_orders(counts) == {
        Order("follower", "+a", "+b"): 21,
        Order("follower", "+a", "+c"): 21,
    }
    (varied,) = varied_orders(counts)
    assert (varied.order, varied.times) == (Order("follower", "+b", "+c"), 20)
    assert varied.times_swapped == 1


def test_order_that_was_seen_too_seldom_is_not_held() -> None:
    assert held_orders(count_orders([follower(("+a", 1), ("+b", 2))] * 19)) == {}


def test_steps_lead_from_what_came_last_and_down_after_is_subtracted() -> None:
    recorded = [
        Sequence(
            k, "s0", "leader", (("+sdown master", 2050 + k), ("+x", 2100)), anchors={"[go]": 2090}
        )
        for k in range(3)
    ]
    steps = find_steps(recorded, down_after_ms=2000)
    assert steps == [
        Step("leader", 1, FAULT, "+sdown master", less_ms=2000),
        Step("leader", 1, "[go]", "+x"),
    ]
    assert measure(steps[0], recorded, []).recorded == ((50,), (51,), (52,))


def test_two_events_that_come_either_way_make_no_step() -> None:
    recorded = [follower(("+a", 100), ("+b", when)) for when in (50, 150, 150)]
    assert [each.label for each in find_steps(recorded, 0)] == ["+a"]


@pytest.mark.parametrize(
    ("recorded", "simulated", "agrees"),
    [(100, 129, True), (100, 131, False), (1000, 1149, True), (1000, 1151, False), (0, -29, True)],
)
def test_quartiles_agree_within_thirty_milliseconds_or_fifteen_per_cent(
    recorded: int, simulated: int, agrees: bool
) -> None:
    step = Step("leader", 1, FAULT, "+x")
    assert Measure(step, ((recorded,),), ((simulated,),)).agrees is agrees


def test_chance_is_high_for_a_sample_of_the_same_and_low_for_another() -> None:
    step = Step("leader", 1, FAULT, "+x")
    simulated = tuple((10 * k,) for k in range(100))
    assert Measure(step, ((130,), (480,), (800,)), simulated).chance > 0.1
    assert Measure(step, ((1900,), (2100,), (2000,)), simulated).chance == 0


@pytest.mark.parametrize(
    ("odown", "mode"), [(2180, "at once"), (3100, "a period later"), (None, "never")]
)
def test_mode_of_odown_is_told_by_its_distance_from_the_vote(odown: int | None, mode: str) -> None:
    steps = [("+vote-for-leader (other)", 2100)]
    if odown is not None:
        steps.append(("+odown master", odown))
    assert mode_of(follower(*steps)) == mode


def test_share_agrees_when_it_lies_in_the_interval_of_the_recorded_one() -> None:
    assert Share("x", 5, 10, 60, 100).agrees
    assert not Share("x", 5, 10, 90, 100).agrees
