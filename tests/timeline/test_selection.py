"""What is shown of a run, and what is left out."""

from __future__ import annotations

from functools import cache

import pytest
from matplotlib.text import Text

from sim.timeline import GROUPS, PARTS, timeline
from sim.timeline.moments import moments
from sim.timeline.scene import read_scene
from tests.judge.stories import failover_story

STORY = failover_story()


@cache
def words(only: str = "", hide: str = "") -> frozenset[str]:
    """Every text of the picture with these words, which stand apart by blanks."""
    figure = timeline(STORY, only=only.split(), hide=hide.split())
    return frozenset(text.get_text() for text in figure.findobj(Text) if isinstance(text, Text))


LANES = {"client-1", "client-2"}
LANES |= {f"{kind}-{number}" for kind in ("sentinel", "redis") for number in (1, 2, 3)}


@pytest.mark.parametrize(
    ("only", "hide", "lanes"),
    [
        ("", "", LANES),
        ("sentinels", "", {"sentinel-1", "sentinel-2", "sentinel-3"}),
        ("", "clients servers", {"sentinel-1", "sentinel-2", "sentinel-3"}),
        ("redis-* client-2", "redis-3", {"redis-1", "redis-2", "client-2"}),
        ("phases", "", LANES),
    ],
)
def test_lanes_are_those_that_only_names_without_those_that_hide_names(
    only: str, hide: str, lanes: set[str]
) -> None:
    figure = timeline(STORY, only=only.split(), hide=hide.split())
    labels = [each for each in figure.findobj(Text) if isinstance(each, Text)]
    assert {each.get_text() for each in labels if each.get_fontweight() == "bold"} & LANES == lanes


@pytest.mark.parametrize(
    ("part", "telling"),
    [
        ("story", "no failover was attempted"),
        ("phases", "detection"),
        ("faults", "kill redis-1"),
        ("votes", "votes for the candidate"),
        ("commands", "makes a replica the master"),
        ("lag", "replication lag"),
        ("legend", "elected leader"),
    ],
)
def test_each_part_can_be_hidden_alone(part: str, telling: str) -> None:
    if part == "story":
        telling = next(word for word in words() if word.startswith("writes: "))
    assert telling in words()
    assert telling not in words(hide=part)
    others = {other for other in PARTS if other != part}
    assert telling not in words(only=" ".join(others))
    assert "sentinel-1" in words(hide=part)


def test_zero_stays_at_the_first_fault_when_faults_are_hidden() -> None:
    assert "seconds since the first fault (10 s into the run)" in words(hide="faults")


def test_hidden_lanes_take_no_room_on_the_time_axis() -> None:
    """When redis-3 was told to follow is of no interest if nobody sees redis-3 or the Sentinels."""
    everything, fewer = moments(read_scene(STORY)), moments(read_scene(STORY, only=["clients"]))
    assert set(fewer) < set(everything)
    (link,) = [each for each in read_scene(STORY).histories["redis-3"].role if each.start_us]
    assert link.start_us in everything
    assert link.start_us not in fewer


def test_a_word_that_names_nothing_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="nothing is called 'redis-9'") as raised:
        timeline(STORY, hide=["redis-9"])
    for word in (*PARTS, *GROUPS, "redis-1"):
        assert word in str(raised.value)


def test_a_picture_without_any_lane_is_refused() -> None:
    with pytest.raises(ValueError, match="no lane would be left"):
        timeline(STORY, only=["clients"], hide=["client-*"])


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is between 5 s and 5 s"):
        timeline(STORY, start=5, end=5)
