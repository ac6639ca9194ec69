"""Same seed, same digest: in any process, with any hashes, on any Python, in any order."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.scenarios import find_scenario, run_scenario
from sim.scenarios.catalogue import shipped_names
from sim.search import KINDS, Dice, play
from sim.world import Deployment, World
from tests.determinism.digests import BACKWARDS, digests, digests_of
from tests.support.golden import DIRECTORY, Golden
from tests.support.pythons import Version, interpreters

ROOT = Path(__file__).resolve().parents[2]
SEEDS = (1, 2, 3)
HASH_SEEDS = ("0", "4711", "random")
VERSIONS = tuple(interpreters())
HERE: Version = (sys.implementation.name, *sys.version_info[:2])
ALL_OF_THEM = "DETERMINISM_ALL"


def digests_elsewhere(python: str, hash_seed: str, *arguments: str) -> list[str]:
    """The lines that another process comes to."""
    environment = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed, "PATH": ""}
    done = subprocess.run(
        [python, "-m", "tests.determinism.digests", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def reviewed(names: list[str]) -> list[str]:
    """The lines of the golden files."""
    texts = ((DIRECTORY / f"digests/{name}.txt").read_text(encoding="utf-8") for name in names)
    return [line for text in texts for line in text.splitlines()]


@functools.cache
def digests_here() -> list[str]:
    return digests(SEEDS)


@pytest.mark.parametrize("name", shipped_names())
def test_digests_of_shipped_scenarios_are_those_that_were_reviewed(
    name: str, golden: Golden
) -> None:
    """They change whenever behaviour does; then `--rewrite-golden` after a look at the trace."""
    lines = [f"{line}\n" for line in digests_of([name])]
    golden(f"digests/{name}.txt", "".join(lines))


def test_there_is_no_golden_digest_of_a_scenario_that_is_gone() -> None:
    files = (DIRECTORY / "digests").glob("*.txt")
    assert sorted(path.stem for path in files) == shipped_names()


def share(version: Version) -> list[str]:
    """The scenarios that a version is tried with: all of them if asked to.

    Else those are shared out among all others than the version that runs the tests, so that each
    scenario is run by one of them; that one itself has every eighth to do, in another process.
    """
    names = shipped_names()
    if os.environ.get(ALL_OF_THEM):
        return names
    if version == HERE:
        return names[::8]
    others = [each for each in VERSIONS if each != HERE]
    return names[others.index(version) :: len(others)]


@pytest.mark.real_io
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: "{}-{}.{}".format(*version))
def test_every_python_comes_to_the_same_digests_with_other_hashes_and_in_another_order(
    version: Version,
) -> None:
    """In another process, the last scenario first; ``make determinism`` asks for all on each."""
    names = share(version)
    hash_seed = HASH_SEEDS[VERSIONS.index(version) % len(HASH_SEEDS)]
    found = digests_elsewhere(interpreters()[version], hash_seed, BACKWARDS, *names)
    assert sorted(found) == sorted(reviewed(names))


def test_with_other_pythons_every_scenario_is_run_by_one_of_them() -> None:
    others = [each for each in VERSIONS if each != HERE]
    if others:
        assert {name for each in others for name in share(each)} == set(shipped_names())


@pytest.mark.real_io
@pytest.mark.parametrize("hash_seed", HASH_SEEDS)
def test_another_process_with_other_hashes_comes_to_the_same_digests(hash_seed: str) -> None:
    found = digests_elsewhere(sys.executable, hash_seed, "kill-master", "split-vote")
    assert found == reviewed(["kill-master", "split-vote"])


def test_there_are_several_pythons_to_compare() -> None:
    if len(VERSIONS) == 1:
        pytest.skip("no other Python from 3.11 on, neither on PATH nor under pyenv")
    assert HERE in VERSIONS


def test_seeds_give_different_runs() -> None:
    assert len(set(digests_here())) == len(SEEDS)


def test_order_of_runs_in_a_process_does_not_matter() -> None:
    assert digests(SEEDS[::-1]) == digests_here()[::-1]


@pytest.mark.parametrize("kind", KINDS)
def test_random_stories_give_the_same_trace_twice(kind: str) -> None:
    """They use every verb of the world, and most of what a deployment can have."""
    stories = [KINDS[kind](Dice(number)) for number in range(6)]
    first = [play(story).digest() for story in stories]
    assert [play(story).digest() for story in reversed(stories)] == first[::-1]


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
