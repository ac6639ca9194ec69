"""Same seed, same digest: in any process, with any hashes, on any Python, in any order."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import pytest

from sim.scenarios import find_scenario, run_scenario
from sim.world import Deployment, World
from tests.determinism.digests import digests
from tests.support.golden import Golden
from tests.support.pythons import interpreters

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (1, 2, 3, 4, 5)


def digests_elsewhere(python: str, seeds: tuple[int, ...], hash_seed: str) -> list[str]:
    """The digests that another process comes to."""
    environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed, "PATH": ""}
    done = subprocess.run(
        [python, "-m", "tests.determinism.digests", *map(str, seeds)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@functools.cache
def digests_here() -> list[str]:
    return digests(SEEDS)


def test_digests_are_those_that_were_reviewed(golden: Golden) -> None:
    """They change whenever behaviour does; then `--rewrite-golden` after a look at the trace."""
    lines = [f"seed {seed}: {digest}\n" for seed, digest in zip(SEEDS, digests_here(), strict=True)]
    golden("scenarios/kill-master.digests.txt", "".join(lines))


def test_seeds_give_different_runs() -> None:
    assert len(set(digests_here())) == len(SEEDS)


@pytest.mark.real_io
@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_another_process_with_other_hashes_comes_to_the_same_digests(hash_seed: str) -> None:
    assert digests_elsewhere(sys.executable, SEEDS[:3], hash_seed) == digests_here()[:3]


@pytest.mark.real_io
def test_other_pythons_come_to_the_same_digests() -> None:
    others = {v: path for v, path in interpreters().items() if v != sys.version_info[:2]}
    if not others:
        pytest.skip("no other Python from 3.11 on, neither on PATH nor under pyenv")
    found = {version: digests_elsewhere(path, SEEDS[:2], "1") for version, path in others.items()}
    assert found == dict.fromkeys(others, digests_here()[:2])


def test_order_of_runs_in_a_process_does_not_matter() -> None:
    assert digests(SEEDS[2::-1]) == digests_here()[2::-1]


def test_two_worlds_side_by_side_do_not_disturb_each_other() -> None:
    alone = World(Deployment(), seed=7)
    alone.run(8.0)
    one, other = World(Deployment(), seed=7), World(Deployment(sentinels=5), seed=8)
    for _ in range(80):
        one.run(0.1)
        other.run(0.1)
    assert one.trace.digest() == alone.trace.digest()


@pytest.mark.parametrize("duration", [None, 17.3])
def test_somebody_who_watches_changes_nothing(duration: float | None) -> None:
    seen: list[float] = []
    scenario = find_scenario("kill-master")
    watched = run_scenario(scenario, seed=3, duration=duration, progress=seen.append)
    alone = run_scenario(scenario, seed=3, duration=duration)
    assert watched.trace.digest() == alone.trace.digest()
    assert len(seen) > 10
    assert seen == sorted(seen)


def test_header_is_not_part_of_the_digest() -> None:
    scenario = find_scenario("kill-master")
    one = run_scenario(scenario, seed=3, duration=1.0)
    other = run_scenario(scenario, seed=3, duration=1.0, settings={"conf": "sentinel.conf"})
    assert one.trace.header != other.trace.header
    assert one.trace.digest() == other.trace.digest()


def test_another_node_does_not_shift_the_draws_of_those_that_are_there() -> None:
    """One named stream per component: identities, disks and timers of the others stay the same."""

    def ids(deployment: Deployment) -> list[str]:
        world = World(deployment, seed=5)
        return [place.myid for place in world.plan.sentinels]

    three, five = ids(Deployment()), ids(Deployment(sentinels=5, replicas=4, clients=0))
    assert five[:3] == three
