"""Named random streams."""

from __future__ import annotations

from sim.kernel import Streams


def test_the_same_seed_and_name_give_the_same_draws() -> None:
    first, second = (Streams(7).get("network") for _ in range(2))
    assert [first.random() for _ in range(5)] == [second.random() for _ in range(5)]


def test_a_name_always_means_the_same_generator() -> None:
    streams = Streams(7)
    assert streams.get("client-1") is streams.get("client-1")


def test_other_components_do_not_shift_the_draws_of_one() -> None:
    alone, crowded = Streams(7), Streams(7)
    for name in ("redis-4", "sentinel-4", "a"):
        crowded.get(name).random()
    assert alone.get("redis-1").random() == crowded.get("redis-1").random()


def test_names_and_seeds_give_different_streams() -> None:
    draws = {Streams(seed).get(name).random() for seed in (1, 2, 11) for name in ("a", "b", "1/a")}
    assert len(draws) == 9


def test_draws_are_those_of_every_python_and_hash_seed() -> None:
    assert Streams(42).get("network").getrandbits(64) == 11_021_998_102_237_397_384
