"""What the service counts, and the host that it is told of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from minisentinel.core.dice import Dice
from minisentinel.service.host import FixedHost, Host
from minisentinel.service.session import Session, Tracking
from minisentinel.service.statistics import Census, Rate, Statistics


def test_a_rate_is_the_mean_of_the_latest_one_and_a_half_seconds() -> None:
    rate = Rate()
    for tenth in range(32):
        rate.add(1_000_000 + 100 * tenth, 8)
    assert rate.per_second(1_003_100) == 80
    assert rate.per_second(1_003_900) == 40
    assert rate.per_second(1_004_699) == 5  # one tenth of the sixteen is left
    assert rate.per_second(1_004_700) == 0


def test_a_clock_that_goes_back_forgets() -> None:
    rate = Rate()
    rate.add(5_000, 100)
    assert rate.per_second(4_000) == 0
    assert rate.per_second(5_000) == 0


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 9)), max_size=30))
def test_a_rate_counts_each_amount_while_it_is_young_enough(
    steps: list[tuple[int, int]],
) -> None:
    rate, now, seen = Rate(), 1_700_000_000_000, []
    for passed, amount in steps:
        now += passed
        rate.add(now, amount)
        seen.append((now // 100, amount))
        young = sum(each for slot, each in seen if now // 100 - slot < 16)
        assert rate.per_second(now) == young / 1.6


def test_bytes_and_pieces_are_counted() -> None:
    statistics = Statistics()
    statistics.read(0, 10)
    statistics.read(0, 5)
    statistics.wrote(0, 7)
    assert (statistics.bytes_read, statistics.reads) == (15, 2)
    assert (statistics.bytes_written, statistics.writes) == (7, 1)


def test_a_census_counts_each_channel_once() -> None:
    """[CMD-3-9]"""
    sessions = [Session(1), Session(2), Session(3), Session(4)]
    sessions[0].channels = {"a": None, "b": None}
    sessions[1].channels = {"a": None}
    sessions[1].patterns = {"a": None}
    sessions[2].tracking = Tracking()
    sessions[3].waiting.append(("PING",))
    assert Census.of(sessions) == Census(
        clients=4, subscribers=2, channels=2, patterns=1, blocked=1, tracking=1
    )


def test_a_made_up_host_is_the_same_in_every_run() -> None:
    def draws(host: Host) -> tuple[bytes, bytes, int]:
        return host.random_bytes(5), host.random_bytes(32), host.clock_us()

    assert draws(FixedHost()) == draws(FixedHost())
    assert draws(FixedHost()) != draws(FixedHost(dice=Dice(1)))
    assert [len(draw) for draw in draws(FixedHost())[:2]] == [5, 32]
