"""What changes on a path for a while leaves no trace when it ends, in whatever order."""

from __future__ import annotations

from itertools import permutations

import pytest

from sim.network import Constant, Path
from tests.network.worlds import MS, SECOND, World


def state(path: Path) -> tuple[object, float, object]:
    return (path.latency, path.loss, path.pipe)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_changes_end_in_any_order_and_the_last_one_that_goes_on_counts(
    order: tuple[int, ...],
) -> None:
    world = World()
    world.pair()
    path = world.network.path("client", "server")
    usual = state(path)
    delays = [Constant(number * MS) for number in (2, 3, 4)]
    changes = [
        world.network.change([path], latency=delay, loss=0.1 * number, bytes_per_second=1e6)
        for number, delay in enumerate(delays, start=1)
    ]
    left = [0, 1, 2]
    for index in order:
        changes[index].end()
        changes[index].end()
        left.remove(index)
        if left:
            assert path.latency == delays[left[-1]]
            assert path.loss == 0.1 * (left[-1] + 1)
            assert path.pipe is changes[left[-1]].pipe
    assert state(path) == usual
    assert path.clear


def test_what_becomes_usual_meanwhile_holds_when_the_change_ends() -> None:
    world = World()
    world.pair()
    path = world.network.path("client", "server")
    change = world.network.change([path], latency=Constant(9 * MS))
    world.network.set_latency("client", "server", Constant(2 * MS))
    assert path.latency == Constant(9 * MS)
    change.end()
    assert path.latency == Constant(2 * MS)


def test_no_loss_may_be_a_change_too() -> None:
    world = World()
    world.pair()
    world.network.set_loss("client", "server", 0.5)
    path = world.network.path("client", "server")
    change = world.network.change([path], loss=0.0)
    assert (path.loss, path.pipe) == (0.0, None)
    change.end()
    assert path.loss == 0.5
    assert path.pipe is not None


def test_a_container_that_comes_later_finds_the_changes_of_its_machine_and_their_end() -> None:
    world = World()
    world.pair()
    outer = world.network.path("client", "server")
    usual = outer.latency
    change = world.network.change([outer], latency=Constant(7 * MS), loss=0.2)
    world.network.add_host("box", "172.17.0.2", behind="server")
    inner = world.network.path("client", "box")
    assert (inner.latency, inner.loss) == (Constant(7 * MS), 0.2)
    change.end()
    assert (inner.latency, inner.loss, inner.pipe) == (usual, 0.0, None)


def test_what_waits_for_a_narrow_path_goes_on_when_that_ends() -> None:
    world = World()
    _, server, near, _ = world.pair()
    change = world.network.change([near.path], bytes_per_second=1000.0)
    near.send("slow", 100_000)
    near.send("behind it", 10)
    world.run(SECOND)
    assert server.messages == []
    change.end()
    world.run(SECOND)
    assert server.messages == ["slow", "behind it"]


@pytest.mark.parametrize(("loss", "rate"), [(1.0, None), (-0.1, None), (None, 0.0)])
def test_impossible_changes_are_refused(loss: float | None, rate: float | None) -> None:
    world = World()
    world.pair()
    path = world.network.path("client", "server")
    with pytest.raises(ValueError, match="expected"):
        world.network.change([path], loss=loss, bytes_per_second=rate)
