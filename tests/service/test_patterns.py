"""Glob patterns of Redis: stars, classes, escapes; and no pattern takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.patterns import glob_matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
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
    assert glob_matches("".join(items), text) is bool(re.fullmatch(translated, text))


def test_many_stars_are_no_burden() -> None:
    assert not glob_matches("a*" * 200 + "b", "a" * 2000)


@given(st.text(max_size=20), st.text(max_size=10))
def test_any_pattern_has_an_answer(pattern: str, text: str) -> None:
    assert glob_matches(pattern, text) in (True, False)


def test_case_counts_unless_told_otherwise() -> None:
    assert not glob_matches("PORT", "port")
    assert glob_matches("PORT", "port", ignore_case=True)
