"""Space-time diagrams: every message an arrow, and nothing drawn before what it depends on."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from minisentinel.trace import SentinelEvent, Trace
from sim import World
from sim.exports import Slice
from sim.figures import draw_messages
from sim.figures.spacetime import _events, _Layout, sort_of_message
from sim.judge.messages import NoMessages, find_messages
from sim.timeline.figure import new_canvas

SENTINELS = ("sentinel-1", "sentinel-2", "sentinel-3")


def _texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.fixture(scope="module")
def election(failover: Trace) -> tuple[float, float]:
    """The moments around the election, in seconds."""
    told = [
        entry.time_us / 1e6
        for entry in failover.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name in ("+sdown", "+try-failover")
    ]
    return told[0] - 0.01, told[-1] + 0.05


def test_questions_and_answers_are_told_in_words(
    failover: Trace, election: tuple[float, float]
) -> None:
    told = _texts(draw_messages(failover, *election, nodes=SENTINELS))
    assert "is redis-1 down?" in told
    assert any(text.startswith("vote for sentinel-") for text in told)
    assert any("my vote of 1: sentinel-" in text for text in told)
    assert {"question", "answer, or news"} <= set(told)
    # The only master of the run needs no name.
    assert "+sdown redis-1" in told


def test_hidden_sorts_are_left_out_with_their_answers(failover: Trace) -> None:
    some = ("data", "replication", "asking")
    everything = _texts(draw_messages(failover, 10, 11.5, nodes=SENTINELS, hide=some))
    assert "PING" in everything
    assert "+PONG" in everything
    assert "hello" in everything
    without = _texts(
        draw_messages(failover, 10, 12.1, nodes=("redis-1", "sentinel-1"), hide=("ping", "hello"))
    )
    assert not {"PING", "+PONG", "hello"} & set(without)
    assert any(text.startswith("INFO") for text in without)
    # The beginning of a message hides it too.
    told = _texts(draw_messages(failover, 10, 11.5, nodes=SENTINELS, hide=(*some, "PUBL")))
    assert "hello" not in told
    assert "PING" in told


def test_messages_are_sorted_by_what_they_say() -> None:
    for text, sort in (
        ("PING", "ping"),
        ("+PONG", "ping"),
        ("INFO", "info"),
        ("# Server redis_version:7.4.1", "info"),
        (":3", "hello"),
        (":1 * :0", "vote"),
        ("SENTINEL is-master-down-by-addr 10.0.0.1 6379 0 *", "vote"),
        ("SLAVEOF NO ONE", "orders"),
        ("SENTINEL get-master-addr-by-name mymaster", "asking"),
        ("10.0.0.1 6379", "asking"),
        ("SET key value", "data"),
    ):
        assert sort_of_message(text) == sort, text


def test_a_message_that_nobody_reads_is_told_as_lost(failover: Trace) -> None:
    lost = next(
        each
        for each in find_messages(failover)
        if each.receiver is None and each.sent_us > 13e6 and each.sender in SENTINELS
    )
    at = lost.sent_us / 1e6
    told = _texts(draw_messages(failover, at, at + 0.001, nodes=(lost.sender,), hide=()))
    assert "✕" in told
    assert "never read" in told
    assert "question" not in told


def test_all_words_are_within_the_figure(failover: Trace, election: tuple[float, float]) -> None:
    tried = next(
        entry.time_us / 1e6
        for entry in failover.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name == "+try-failover"
    )
    for until in (election[1], *(tried + step / 1000 for step in range(2, 40, 3))):
        figure = draw_messages(failover, election[0], until, nodes=SENTINELS)
        width = figure.get_figwidth() * 72
        figure.draw_without_rendering()
        for text in figure.axes[0].texts:
            box = text.get_window_extent().transformed(figure.axes[0].transData.inverted())
            assert box.x0 >= 0, text.get_text()
            assert box.x1 <= width, text.get_text()


def test_times_on_the_axis_can_be_told_apart(
    failover: Trace, election: tuple[float, float]
) -> None:
    told = [
        text for text in _texts(draw_messages(failover, *election)) if re.match(r"\d+\.\d", text)
    ]
    assert len(told) == len(set(told)) > 3


def test_one_name_may_stand_for_several(failover: Trace) -> None:
    one = _texts(draw_messages(failover, 12.1, 16, nodes="sentinel-1", hide="hello"))
    assert one == _texts(draw_messages(failover, 12.1, 16, nodes=("sentinel-1",), hide=("hello",)))


def test_nothing_is_drawn_before_what_led_to_it(
    failover: Trace, election: tuple[float, float]
) -> None:
    part = Slice(*election, nodes=SENTINELS)
    shown = [
        each
        for each in find_messages(failover)
        if part.has_moment(each.sent_us) and part.has_node(each.sender)
        if each.receiver in SENTINELS
    ]
    canvas = new_canvas(10)
    events = _events(failover, part)
    layout = _Layout(canvas, shown, events)
    assert len(shown) > 8
    for message in shown:
        assert message.received_us is not None
        left = layout.leaves(message.sender, message.sent_us)
        assert layout.places[message.received_us] > left
    places = list(layout.places.values())
    assert places == sorted(places)
    # No box reaches into the next one on its line.
    for name in SENTINELS:
        boxes = [each for each in events if each.node == name]
        for one, other in pairwise(boxes):
            assert layout.leaves(name, one.time_us) < layout.places[other.time_us]


def test_what_cannot_be_drawn_is_said(failover: Trace) -> None:
    with pytest.raises(ValueError, match="no messages between 3 s and 3 s"):
        draw_messages(failover, 3, 3)
    with pytest.raises(ValueError, match="expected at most 120: choose a shorter time"):
        draw_messages(failover, 5, 15, hide=())
    with pytest.raises(ValueError, match="no node is called 'sentinel-9'; expected one of: client"):
        draw_messages(failover, 5, 15, nodes="sentinel-9")
    world = World()
    world.run(2)
    with pytest.raises(NoMessages):
        draw_messages(world.trace, 0, 2)
