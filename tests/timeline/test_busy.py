"""Servers that were busy: seen from when they were sent a command, and when they answered it."""

from __future__ import annotations

from matplotlib.text import Text

from sim.judge import find_nodes
from sim.timeline import timeline
from sim.timeline.busy import Busy, find_busy
from sim.timeline.palette import MARKS
from sim.trace import CommandAnswered, DataLoaded, ProcessChanged
from tests.judge.stories import Pen, deployment


def answer(pen: Pen, ms: float, node: str, command: str) -> None:
    pen.at(ms, node, CommandAnswered(command=command, reply="OK", failed=False))


def found(pen: Pen) -> list[Busy]:
    trace = pen.trace()
    return list(find_busy(trace, find_nodes(trace)))


def test_a_server_is_blocked_until_it_answers_the_command() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "command", detail="DEBUG SLEEP 4.8")
    answer(pen, 9800, "redis-1", "DEBUG SLEEP 4.8")
    assert found(pen) == [Busy("redis-1", "blocked", 5_000_000, 9_800_000)]


def test_what_is_answered_soon_or_awaited_without_blocking_is_no_such_time() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "command", detail="INFO replication")
    answer(pen, 5001, "redis-1", "INFO replication")
    pen.fault(6000, "redis-1", "command", detail="WAIT 1 4000")
    answer(pen, 9000, "redis-1", "WAIT 1 4000")
    pen.fault(6000, "sentinel-1", "command", detail="SENTINEL RESET mymaster")
    answer(pen, 9000, "sentinel-1", "SENTINEL RESET mymaster")
    assert found(pen) == []


def test_a_command_without_an_answer_lasts_until_the_process_ends_or_the_trace() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "command", detail="EVAL while true do end 0")
    pen.fault(6000, "redis-2", "command", detail="EVAL while true do end 0")
    pen.at(8000, "redis-1", ProcessChanged(change="killed"))
    pen.event(9000, "sentinel-1", "+sdown", "master:redis-1")
    spans = {each.server: (each.what, each.end_us) for each in found(pen)}
    assert spans["redis-1"] == ("blocked", 8_000_000)
    assert spans["redis-2"][1] >= 9_000_000


def test_a_server_loads_from_its_start_until_it_has_its_data() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "kill", "killed")
    pen.fault(7000, "redis-1", "restart", "started")
    pen.at(9000, "redis-1", DataLoaded(save="redis-1/1", keys=5))
    assert found(pen) == [Busy("redis-1", "loading", 7_000_000, 9_000_000)]


def test_a_busy_server_is_drawn_so_and_its_role_is_named_beside_that_only() -> None:
    pen = deployment()
    pen.fault(5000, "redis-1", "command", detail="KEYS *")
    answer(pen, 9800, "redis-1", "KEYS *")
    figure = timeline(pen.trace(), only=["redis-1"])
    words = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    assert MARKS["paused"].label in {word.get_text() for word in words}
    (blocked,) = [word for word in words if word.get_text() == "blocked"]
    roles = [word.get_position()[0] for word in words if word.get_text() == "master"]
    assert all(abs(place - blocked.get_position()[0]) > 40 for place in roles[:-1])
