"""Turns: nobody has the whole round, and everybody comes to be next."""

from __future__ import annotations

import pytest

from minisentinel.server import turns as module
from minisentinel.server.turns import Turns


class Worker:
    """Has so many pieces of work, each of which takes 4 ms."""

    def __init__(self, name: str, pieces: int) -> None:
        self.name = name
        self.pieces = pieces
        self.waits = False


class Room:
    """Workers who take turns by a clock of the test's own."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.rounds_wanted = 0
        self.now_us = 0
        self.turns = Turns[Worker](self.work, self.want_round)

    def want_round(self) -> None:
        self.rounds_wanted += 1

    def work(self, who: Worker) -> None:
        turn = self.turns.begin()
        while who.pieces:
            if self.turns.is_over(turn):
                self.turns.put_off(who)
                break
            self.now_us += 4000
            who.pieces -= 1
            self.done.append(who.name)
        self.turns.end(turn)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room()
    monkeypatch.setattr(module, "monotonic_us", lambda: room.now_us)
    return room


def test_who_has_little_to_do_does_it_at_once(room: Room) -> None:
    room.work(Worker("a", 2))
    assert room.done == ["a", "a"]
    assert not room.rounds_wanted


def test_who_has_much_to_do_waits_for_the_next_round_behind_the_others(room: Room) -> None:
    one, two = Worker("a", 7), Worker("b", 2)
    room.work(one)
    assert one.waits
    room.work(two)  # The round is over already.
    assert room.done == ["a"] * 3
    assert room.rounds_wanted == 2
    room.turns.next_round()
    assert room.done == ["a"] * 6
    room.turns.next_round()
    assert room.done[6:] == ["b", "b", "a"]
    assert not one.waits
    assert not two.waits


@pytest.mark.parametrize(("round_us", "done"), [(None, 3), (7_000, 2), (100_000, 26)])
def test_a_round_is_as_long_as_was_said(room: Room, round_us: int | None, done: int) -> None:
    room.turns = Turns[Worker](room.work, room.want_round, round_us)
    room.work(Worker("a", 100))
    assert len(room.done) == done
    room.turns.next_round()
    assert len(room.done) == 2 * done


def test_a_round_without_work_wants_no_other(room: Room) -> None:
    room.turns.next_round()
    assert not room.rounds_wanted
