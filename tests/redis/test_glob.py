"""Redis' glob patterns."""

from __future__ import annotations

import pytest

from sim.redis.glob import matches


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("*", "any\nthing", True),
        ("h?llo", "hello", True),
        ("h?llo", "hllo", False),
        ("h*llo", "heeello", True),
        ("h[ae]llo", "hallo", True),
        ("h[ae]llo", "hillo", False),
        ("h[^e]llo", "hallo", True),
        ("h[^e]llo", "hello", False),
        ("h[a-c]llo", "hbllo", True),
        ("h[c-a]llo", "hbllo", True),
        ("h[a-c]llo", "hdllo", False),
        (r"h\*llo", "h*llo", True),
        (r"h\*llo", "hello", False),
        (r"[\]]", "]", True),
        ("a.c", "abc", False),
        ("+switch-*", "+switch-master", True),
        ("[", "[", False),
    ],
)
def test_pattern_matches_as_in_redis(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_case_counts_unless_told_otherwise() -> None:
    assert not matches("PORT", "port")
    assert matches("PORT", "port", ignore_case=True)
