"""What a Sentinel has to go by: its own opinion, and answers of a known age."""

from __future__ import annotations

from sim.judge.evidence import FORGOTTEN_AFTER_US, evidence_at, opinions_table
from sim.world import Deployment, World


def two_blind(quorum: int) -> World:
    """Two of five Sentinels have lost sight of a healthy master at 10 s."""
    world = World(Deployment(sentinels=5, quorum=quorum, clients=0), seed=1, messages=True)
    world.run(10)
    world.partition(["sentinel-1", "sentinel-2"], ["redis-1"])
    world.run(8)
    return world


def test_own_opinion_and_what_was_told_make_the_count() -> None:
    found = {each.sentinel: each for each in evidence_at(two_blind(3).trace, 18)}
    for one, other in (("sentinel-1", "sentinel-2"), ("sentinel-2", "sentinel-1")):
        assert found[one].down_since_us is not None
        assert [peer for peer, down, _ in found[one].heard if down] == [other]
        assert len(found[one].heard) == 4
        assert found[one].count == 2
        assert not found[one].objectively_down
        # It asks once a second.
        assert all(18e6 - at_us < 1.2e6 for _, _, at_us in found[one].heard)
    assert found["sentinel-3"].count == 0
    assert found["sentinel-3"].heard == ()


def test_opinions_are_forgotten_and_the_dead_have_none() -> None:
    world = two_blind(3)
    world.kill("sentinel-2")
    at_death = world.now
    world.run(7)
    soon = {each.sentinel: each for each in evidence_at(world.trace, at_death + 2)}
    assert "sentinel-2" not in soon
    assert soon["sentinel-1"].count == 2
    late = evidence_at(world.trace, at_death + FORGOTTEN_AFTER_US / 1e6 + 0.1)
    assert late[0].sentinel == "sentinel-1"
    assert late[0].count == 1


def test_conclusion_is_gone_with_the_switch() -> None:
    world = two_blind(2)
    odown = [each.sentinel for each in evidence_at(world.trace, 16) if each.objectively_down]
    assert odown
    switched = {each.sentinel: each for each in evidence_at(world.trace, 18)}
    assert switched["sentinel-3"].heard == ()


def test_table_says_who_told_what() -> None:
    table = opinions_table(two_blind(3).trace, 18)
    assert table.column("Sentinel") == tuple(f"sentinel-{n}" for n in range(1, 6))
    assert table.column("counts") == (2, 2, 0, 0, 0)
    (down, *_) = table.column("told it down")
    assert str(down).startswith("sentinel-2 (")
    assert table.column("told it up")[0] == "sentinel-3, sentinel-4, sentinel-5"
    assert table.column("its own opinion")[2] == "up"
