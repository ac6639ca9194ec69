"""Latency distributions and the streams they draw from."""

from __future__ import annotations

from random import Random

import pytest

from sim.network import Constant, Empirical, Latency, LogNormal, Uniform
from tests.network.worlds import MS, PORT, SECOND, World


def test_constant_takes_no_draw() -> None:
    random = Random(1)
    before = random.getstate()
    assert Constant(250).draw(random) == 250
    assert random.getstate() == before


def test_uniform_reaches_both_ends_and_nothing_beyond() -> None:
    random = Random(1)
    draws = {Uniform(10, 13).draw(random) for _ in range(200)}
    assert draws == {10, 11, 12, 13}


def test_log_normal_has_its_median_and_its_floor() -> None:
    random = Random(1)
    draws = sorted(LogNormal(200, 0.5, floor_us=50).draw(random) for _ in range(4001))
    assert draws[0] >= 50
    assert 240 < draws[2000] < 260
    # One standard deviation of the logarithm above the median lies at 84 %.
    assert 50 + 310 < draws[3365] < 50 + 350


def test_empirical_has_the_extremes_and_the_quartiles_of_what_was_measured() -> None:
    random = Random(1)
    measured = Empirical([400, 100, 110, 120, 1000])
    draws = sorted(measured.draw(random) for _ in range(4001))
    assert 100 <= draws[0] < 102
    assert 990 < draws[-1] <= 1000
    assert 108 < draws[1000] < 112
    assert 119 < draws[2000] < 135
    assert 385 < draws[3000] < 425


def test_empirical_does_not_mind_the_order_of_the_measurements() -> None:
    assert Empirical([3, 1, 2]) == Empirical([1, 2, 3])


def test_one_measurement_is_a_constant() -> None:
    assert {Empirical([70]).draw(Random(1)) for _ in range(50)} == {70}


@pytest.mark.parametrize(
    "latency", [Uniform(5, 9), LogNormal(100, 0.3), Constant(5), Empirical([9, 1, 5])]
)
def test_every_distribution_takes_at_most_one_draw_per_segment(latency: Latency) -> None:
    random, reference = Random(7), Random(7)
    for _ in range(100):
        latency.draw(random)
    for _ in range(0 if isinstance(latency, Constant) else 100):
        reference.random()
    assert random.random() == reference.random()


@pytest.mark.parametrize(
    "latency", [Uniform(5, 900), LogNormal(100, 0.3), Constant(5), Empirical([9, 1, 500])]
)
def test_sampler_of_a_path_draws_what_the_distribution_draws(latency: Latency) -> None:
    random = Random(7)
    sample = latency.sampler(Random(7))
    assert [sample() for _ in range(50)] == [latency.draw(random) for _ in range(50)]


def test_impossible_distributions_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Constant(-1)
    with pytest.raises(ValueError, match="range"):
        Uniform(9, 5)
    with pytest.raises(ValueError, match="negative"):
        LogNormal(100, -0.5)
    for samples in ([], [5, -1]):
        with pytest.raises(ValueError, match="measured"):
            Empirical(samples)


def test_each_direction_of_each_pair_has_a_latency_of_its_own() -> None:
    world = World(Constant(MS))
    client, server, near, far = world.pair()
    world.network.set_latency("client", "server", Constant(5 * MS), one_way=True)
    start = world.now
    near.send("there", 1)
    far.send("back", 1)
    world.run(SECOND)
    assert server.log == [(start + 5 * MS, "message", "there")]
    assert client.log == [(start + MS, "message", "back")]
    world.network.set_latency("client", "server", Constant(2 * MS))
    start = world.now
    far.send("back", 1)
    world.run(SECOND)
    assert client.log[-1] == (start + 2 * MS, "message", "back")


def test_programs_on_one_host_talk_over_the_loopback() -> None:
    world = World(Constant(MS))
    server = world.program("server", listens=True)
    other = type(server)("other", server.host, world.network)
    other.start()
    other.connect(server.host.address, PORT)
    world.run(MS)
    assert other.log == [(20, "open")]


def test_adding_a_host_does_not_shift_the_draws_of_others() -> None:
    def times(*, crowd: bool) -> list[int]:
        world = World(Uniform(50, 5000), seed=3)
        _, server, near, _ = world.pair()
        others = [near]
        if crowd:
            others.insert(0, world.program("third").connect(server.host.address, PORT))
        for _ in range(20):
            for endpoint in others:
                endpoint.send("near" if endpoint is near else "third", 1)
            world.run(10 * MS)
        return [entry[0] for entry in server.log if entry[1:] == ("message", "near")]

    alone = times(crowd=False)
    assert len(alone) == 20
    assert len({time % (10 * MS) for time in alone}) > 10
    assert times(crowd=True) == alone


def test_segments_of_one_direction_keep_their_order_whatever_they_draw() -> None:
    world = World(Uniform(0, 100 * MS))
    _, server, near, _ = world.pair()
    world.run(SECOND)
    for number in range(200):
        near.send(number, 1)
        world.run(MS)
    world.run(SECOND)
    assert server.messages == list(range(200))


def test_connections_are_independent_of_each_other() -> None:
    world = World(Uniform(0, 100 * MS))
    _, server, near, _ = world.pair()
    client = near.owner
    second = client.connect(server.host.address, PORT)  # type: ignore[attr-defined]
    world.run(SECOND)
    server.log.clear()
    for number in range(50):
        near.send(("first", number), 1)
        world.run(MS)
        second.send(("second", number), 1)
        world.run(MS)
    world.run(SECOND)
    for name in ("first", "second"):
        assert [n for which, n in server.messages if which == name] == list(range(50))
    in_turn = [(name, n) for n in range(50) for name in ("first", "second")]
    assert server.messages != in_turn, "no later message ever overtook one of the other connection"
