"""The world of the adversary: what each move does."""

from __future__ import annotations

import pytest

from minisentinel.trace import SentinelEvent, VoteGranted
from sim.adversary.aftermath import aftermath, agreement
from sim.adversary.moves import BadMove, Key, Move, parse_move, parse_moves
from sim.adversary.plan import Limits, Plan
from sim.adversary.runs import Run, replay
from sim.adversary.settling import crisis, settled
from sim.adversary.world import END, Situation, World


def the_crisis(plan: Plan | None = None) -> tuple[World, Situation]:
    world = World(plan or Plan())
    return world, crisis(world)


def play(world: World, start: Situation, text: str) -> Run:
    return replay(world, start, parse_moves(text.replace(" · ", "\n")))


def events(run: Run, node: str = "") -> list[str]:
    return [
        entry.data.name
        for entries in run.by_move
        for entry in entries
        if isinstance(entry.data, SentinelEvent) and node in ("", entry.node)
    ]


def test_everybody_meets_everybody_by_the_protocol_alone() -> None:
    world = World(Plan(sentinels=4, masters=2, replicas=2))
    situation = settled(world)
    for mind in situation.minds:
        for master in world.minds.memory(mind).masters.values():
            assert len(master.peers) == 3
            assert len(master.replicas) == 2
            assert not master.subjectively_down


def test_crisis_is_one_tick_before_the_first_attempt() -> None:
    world, start = the_crisis()
    assert [str(move) for move in world.moves(start)] == ["tick s1", "tick s2", "tick s3"]
    run = play(world, start, "tick s2")
    assert events(run) == ["+odown", "+new-epoch", "+try-failover", "+vote-for-leader"]


def test_election_by_hand() -> None:
    world, start = the_crisis()
    run = play(world, start, "tick s1 · deliver s1>s3 · deliver s1<s3 · tick s1")
    assert events(run, "s1")[-2:] == ["+elected-leader", "+failover-state-select-slave"]
    assert run.breaches == ()


def test_packets_of_one_connection_arrive_in_order() -> None:
    world, start = the_crisis(Plan(masters=2))
    run = play(world, start, "tick s1 · tick s1 +1001")
    (wire,) = (w for n in run.situation.wires if (w := world.wires[n]).key == Key("s1", "s3"))
    epochs = [command[4] for packet in wire.out for command in packet]
    assert epochs == ["1", "2", "2", "2"]
    after = play(world, start, "tick s1 · tick s1 +1001 · deliver s1>s3")
    granted = [e.data for e in after.by_move[-1] if isinstance(e.data, VoteGranted)]
    assert [(vote.master, vote.epoch) for vote in granted] == [("alpha", 1), ("beta", 2)]


def test_killed_sentinel_comes_back_with_what_is_on_its_disk() -> None:
    world, start = the_crisis()
    run = play(world, start, "tick s1 · deliver s1>s2 · crash s2")
    state = world.minds.memory(run.situation.minds[1])
    assert state.current_epoch == 1
    assert state.masters["alpha"].leader_epoch == 1
    assert state.masters["alpha"].leader == ""
    assert len(state.masters["alpha"].peers) == 2


def test_process_that_dies_between_two_saves_keeps_the_first() -> None:
    world, start = the_crisis()
    run = play(world, start, "tick s1 · deliver s1>s2 !1")
    state = world.minds.memory(run.situation.minds[1])
    assert (state.current_epoch, state.masters["alpha"].leader_epoch) == (1, 0)
    assert all(world.wires[n].back in ((), (END,)) for n in run.situation.wires)
    run = play(world, start, "tick s1 · deliver s1>s2 !2")
    state = world.minds.memory(run.situation.minds[1])
    assert (state.current_epoch, state.masters["alpha"].leader_epoch) == (1, 1)


def test_bytes_of_a_killed_process_still_arrive() -> None:
    world, start = the_crisis()
    run = play(world, start, "tick s1 · crash s1 · deliver s1>s2")
    assert "+vote-for-leader" in events(run, "s2")
    assert all(world.wires[n].key != Key("s1", "s2") for n in run.situation.wires)


def test_connection_opened_again_beside_an_old_one_has_a_number() -> None:
    world, start = the_crisis()
    run = play(world, start, "tick s1 · crash s1 · tick s1")
    keys = [world.wires[n].key.text() for n in run.situation.wires]
    assert {"s1>s2", "s1>s2#2"} <= set(keys)


def test_dropped_connection_loses_what_was_in_it() -> None:
    world, start = the_crisis()
    run = play(world, start, "tick s1 · drop s1>s2")
    with pytest.raises(BadMove, match="no such connection"):
        world.apply(run.situation, parse_move("deliver s1>s2"))


def test_limits_bound_the_moves_and_not_the_replay() -> None:
    world, start = the_crisis(Plan(limits=Limits(crashes=1)))
    assert Move("crash", "s1") in world.moves(start)
    run = play(world, start, "crash s1")
    assert not any(move.verb == "crash" for move in world.moves(run.situation))
    play(world, start, "crash s1 · crash s1")


def test_equal_ways_lead_to_equal_situations() -> None:
    world, start = the_crisis()
    one = play(world, start, "tick s1 · tick s2 · deliver s1>s3").situation
    other = play(world, start, "tick s2 · tick s1 · deliver s1>s3").situation
    assert one == other
    assert hash(one) == hash(other)
    assert one != play(world, start, "tick s2 · tick s1 · deliver s2>s3").situation


def test_same_moves_give_the_same_trace_in_another_world() -> None:
    plan = Plan(lucky=False)
    text = "tick s1 · tick s2 · crash s1 · deliver s2>s3 · deliver s2<s3 · tick s2"
    one, other = (play(world, start, text) for world, start in map(the_crisis, (plan, plan)))
    assert one.trace.entries == other.trace.entries


def test_left_alone_the_world_fails_over_and_agrees() -> None:
    world, start = the_crisis(Plan(replicas=2, only_votes=False, lucky=False))
    ahead = play(world, start, "tick s1 · deliver s1>s2 · deliver s1>s3").situation
    situation, lines = aftermath(world, ahead, 6)
    named = set(agreement(world, situation, "alpha").values())
    assert len(named) == 1
    assert named.pop()[1] in ("alpha-2", "alpha-3")
    assert any("+switch-master" in line for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        "deliver s1>s2",
        "deliver s1<s2#3",
        "deliver s1>s2 !2",
        "drop s1>alpha-1/pubsub",
        "tick s3",
        "tick s3 +1001",
        "crash s2",
        "cut s1 alpha-2",
        "kill alpha-1",
    ],
)
def test_moves_are_read_as_they_are_written(line: str) -> None:
    assert str(parse_move(line)) == line


@pytest.mark.parametrize("line", ["", "dance s1", "deliver s1", "tick", "tick s1>s2 now"])
def test_what_is_no_move_is_refused(line: str) -> None:
    with pytest.raises(BadMove):
        parse_move(line)


@pytest.mark.parametrize("line", ["tick s9", "cut s1 gamma-1", "deliver s1>s2", "answer s1"])
def test_move_that_makes_no_sense_here_is_refused(line: str) -> None:
    world, start = the_crisis()
    with pytest.raises(BadMove):
        play(world, start, line)
