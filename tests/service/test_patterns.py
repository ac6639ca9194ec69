"""Glob patterns of Redis: stars, classes, escapes; and no pattern takes long.

`patterns.json` tells which of its texts a Redis 8.2.3 found for each pattern (PUBSUB CHANNELS).
`tests/server/test_patterns_beside_real.py` asks whatever server is here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.patterns import glob_matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", False),
        ("*", "anything", True),
        ("a*", "a", True),
        ("*a", "ba", True),
        ("*a", "ab", False),
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "aXcYb", False),
        ("?", "a", True),
        ("?", "", False),
        ("a?c", "abc", True),
        ("[abc]", "b", True),
        ("[abc]", "d", False),
        ("[^abc]", "d", True),
        ("[^abc]", "b", False),
        ("[a-c]", "b", True),
        ("[c-a]", "b", True),
        ("[a-c]", "-", False),
        ("h[ae]llo", "hello", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("a\\", "a\\", True),
        ("[\\]]", "]", True),
        ("[abc", "b", True),
        ("+s*", "+sdown", True),
        ("A", "a", False),
        ("!", "!", True),
        ("[!a]", "!", True),
        ("*\n*", "a\nb", True),
    ],
)
def test_patterns(pattern: str, text: str, matches: bool) -> None:
    """[CMD-4-11] [CMD-2-4]"""
    assert glob_matches(pattern, text) is matches


@given(
    st.lists(st.sampled_from(["*", "?", "a", "b", "ab"]), max_size=8),
    st.text("ab", max_size=10),
)
def test_stars_and_question_marks_mean_what_a_regular_expression_says(
    items: list[str], text: str
) -> None:
    translated = "".join({"*": ".*", "?": "."}.get(item, item) for item in items)
    # The one exception: a star takes nothing, but there must be a text to take it from.
    expected = bool(re.fullmatch(translated, text)) and bool(text or not items)
    assert glob_matches("".join(items), text) is expected


def test_what_a_real_server_found() -> None:
    recorded = json.loads(Path(__file__).with_name("patterns.json").read_text("utf-8"))
    texts = recorded["texts"]
    for pattern, found in recorded["found"].items():
        ours = [text for text in texts if glob_matches(pattern, text)]
        assert ours == found, pattern


@pytest.mark.parametrize("stars", [999, 1000, 1001])
def test_a_thousand_stars_are_the_most(stars: int) -> None:
    for end in ("", "*"):
        assert glob_matches("*a" * stars + end, "a" * 1500) is (stars <= 1000)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("\\P", "p", True),
        ("[\\P]", "p", False),
        ("[P]", "p", True),
        ("[O-Q]", "p", True),
        ("[a-Q]", "b", False),
        ("[Z-a]", "b", False),
        ("[^O-Q]", "p", False),
        ("É", "é", False),
    ],
)
def test_case_that_does_not_count(pattern: str, text: str, matches: bool) -> None:
    assert glob_matches(pattern, text, ignore_case=True) is matches


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a*" * 200 + "b", "a" * 2000),
        ("*" + "a" * 20_000 + "b", "a" * 40_000),
        ("*" + "?a" * 10_000, "a" * 40_000),
        ("*" + "[^b]" * 15_000 + "b", "a" * 40_000),
        ("[" + "a-z" * 20_000 + "]b", "x"),
    ],
)
def test_no_pattern_takes_long(pattern: str, text: str) -> None:
    # Whoever tries one way after the other does not come to an end here.
    assert glob_matches(pattern, text) is (pattern == "*" + "?a" * 10_000)


@pytest.mark.parametrize(
    ("pattern", "text"), [("a" * 65_537, "a" * 65_537), ("?" * 60_000, "a" * 60_000)]
)
def test_what_would_take_long_matches_nothing(pattern: str, text: str) -> None:
    assert not glob_matches(pattern, text)


@given(st.text(max_size=20), st.text(max_size=10))
def test_any_pattern_has_an_answer(pattern: str, text: str) -> None:
    assert glob_matches(pattern, text) in (True, False)


def test_case_counts_unless_told_otherwise() -> None:
    assert not glob_matches("PORT", "port")
    assert glob_matches("PORT", "port", ignore_case=True)
