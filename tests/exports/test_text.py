"""The text view: a line for each event, a lane for each node."""

from __future__ import annotations

import re

import pytest

from minisentinel.trace import Trace
from sim.exports import ExportError, Slice, text_lines
from sim.judge.wording import Weight
from tests.judge.stories import Pen, failover_story

COLOURS = re.compile(r"\033\[\d*m")


def body(lines: list[str]) -> list[str]:
    return [line for line in lines if "┌" not in line]


def test_each_line_has_its_time_its_lane_and_its_node(failover: Trace) -> None:
    lines = list(text_lines(failover, Slice(since=15)))
    heads = [line for line in lines if "┌" in line]
    names = [line.rpartition("┌ ")[2] for line in heads]
    assert names[0] == "world"
    assert names[1:] == sorted(names[1:])
    for line in body(lines):
        time, lanes, rest = line[:12], line[14 : 14 + 2 * len(names)], line[14 + 2 * len(names) :]
        assert float(time) >= 15
        own = lanes[2 * names.index(rest.split()[0])]
        assert own not in "│ "
        others = [lane for lane in lanes[::2] if lane not in "│ "]
        assert others == [own]


def test_the_lane_of_a_dead_node_is_empty() -> None:
    pen = Pen()
    pen.node(0, "redis-1", "redis")
    pen.fault(0, "redis-1", "start", "started")
    pen.node(1, "sentinel-1", "sentinel")
    pen.fault(5, "redis-1", "kill", "killed")
    pen.event(9, "sentinel-1", "+sdown", "master:redis-1")
    line = list(text_lines(pen.trace()))[-1]
    assert line.endswith("  + sentinel-1  +sdown mymaster at redis-1")


def test_a_slice_shows_its_time_its_nodes_and_what_matters_enough(failover: Trace) -> None:
    part = Slice(since=17, until=18, nodes=("sentinel-2",), weight=Weight.TURN)
    lines = body(list(text_lines(failover, part)))
    assert lines
    assert all(17 <= float(line[:12]) <= 18 and " sentinel-2 " in line for line in lines)
    everything = Slice(since=17, until=18, weight=Weight.ROUTINE)
    assert len(list(text_lines(failover, everything))) > 5 * len(lines)


def test_a_node_that_is_not_there_is_an_error_that_names_those_that_are(failover: Trace) -> None:
    with pytest.raises(ExportError, match="no node is called 'sentinel-9'; expected one of: clie"):
        list(text_lines(failover, Slice(nodes=("sentinel-9",))))


def test_a_slice_that_cannot_be_is_an_error_at_once() -> None:
    with pytest.raises(
        ExportError, match=r"weight is 'event'; expected one of: Weight\.ROUTINE, W"
    ):
        Slice(weight="event")  # type: ignore[arg-type]
    with pytest.raises(ExportError, match="nodes is 'redis-1'; expected a tuple of names"):
        Slice(nodes="redis-1")  # type: ignore[arg-type]


def test_no_line_is_wider_than_asked_for(failover: Trace) -> None:
    lines = list(text_lines(failover, width=60))
    assert max(map(len, body(lines))) == 60
    assert any(line.endswith("…") for line in lines)


def test_colours_change_nothing_but_the_colour(failover: Trace) -> None:
    plain = list(text_lines(failover))
    coloured = list(text_lines(failover, colour=True))
    assert coloured != plain
    assert [COLOURS.sub("", line) for line in coloured] == plain


def test_a_story_reads_like_one() -> None:
    words = [line[14:].split("  ", 1)[-1] for line in text_lines(failover_story(clients=0))]
    told = "\n".join(words)
    for expected in ("kill", "+sdown mymaster at ", "votes for sentinel-", "+elected-leader"):
        assert expected in told
