"""One line of a log, in every form in which Redis, Valkey and ours write it."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.logformat import format_log_line
from sim.logs import Line, Stamp, parse_line

NOON = int(datetime.datetime(2026, 11, 22, 12, 0, 0, tzinfo=datetime.UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("7:X 22 Nov 2026 12:00:00.007 # +odown x", Stamp(NOON + 7, is_local=True)),
        ("7:X 2026-11-22T12:00:00.007+00:00 # +odown x", Stamp(NOON + 7, is_local=False)),
        ("7:X 2026-11-22T14:00:00.007+02:00 # +odown x", Stamp(NOON + 7, is_local=False)),
        (f"7:X {NOON + 7} # +odown x", Stamp(NOON + 7, is_local=False)),
        (
            'pid=7 role=sentinel timestamp="22 Nov 2026 12:00:00.007" level=warning '
            'message="+odown x"',
            Stamp(NOON + 7, is_local=True),
        ),
        (
            'pid=7 role=sentinel timestamp="2026-11-22T12:00:00.007+00:00" level=warning '
            'message="+odown x"',
            Stamp(NOON + 7, is_local=False),
        ),
    ],
)
def test_every_form_of_a_line_says_the_same(text: str, stamp: Stamp) -> None:
    assert parse_line(text) == Line("", 7, "X", stamp, "warning", "+odown x")


@pytest.mark.parametrize(
    ("sign", "level"), [(".", "debug"), ("-", "verbose"), ("*", "notice"), ("#", "warning")]
)
def test_the_sign_is_the_level(sign: str, level: str) -> None:
    line = parse_line(f"1:X 01 Jan 2027 00:00:00.000 {sign} -role-change x")
    assert line is not None
    assert (line.level, line.text) == (level, "-role-change x")


@pytest.mark.parametrize(
    ("before", "label"),
    [
        ("", ""),
        ("sentinel-1  | ", "sentinel-1"),
        ("\x1b[36msentinel-1  |\x1b[0m ", "sentinel-1"),
        ("2026-11-22T12:00:00.123456789Z ", ""),
        ("Nov 22 12:00:00 host redis-sentinel[7]: ", ""),
    ],
)
def test_what_others_put_before_a_line_is_no_part_of_it(before: str, label: str) -> None:
    line = parse_line(f"{before}7:X 22 Nov 2026 12:00:00.007 * Configuration loaded\r")
    stamp = Stamp(NOON + 7, is_local=True)
    assert line == Line(label, 7, "X", stamp, "notice", "Configuration loaded")


def test_a_signal_handler_says_no_role_and_no_milliseconds() -> None:
    text = "7:signal-handler (1795380989) Received SIGTERM scheduling shutdown..."
    assert parse_line(text) == Line("", 7, "", None, "warning", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "                _._",
        "7:X 22 Foo 2026 12:00:00.007 # +odown x",
        "7:X 31 Feb 2026 12:00:00.007 # +odown x",
        "7:X 22 Nov 2026 12:00:00.007 ? +odown x",
        "7:X 22 Nov 2026 12:00:00.007",
        'pid=7 role=sentinel timestamp="22 Nov 2026 12:00:00.007" level=loud message="x"',
        '{"format":"minisentinel-trace"}',
    ],
)
def test_other_lines_are_none(text: str) -> None:
    assert parse_line(text) is None


def test_the_role_of_a_data_server_is_told() -> None:
    line = parse_line("7:M 22 Nov 2026 12:00:00.007 * Ready to accept connections tcp")
    assert line is not None
    assert line.role == "M"


@given(
    st.integers(1, 10**6),
    st.integers(0, 4_000_000_000_000),
    st.sampled_from(["debug", "verbose", "notice", "warning"]),
    st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"))),
)
def test_what_is_formatted_is_read_back(pid: int, at_ms: int, level: str, text: str) -> None:
    line = parse_line(format_log_line(pid, at_ms, level, text))
    assert line == Line("", pid, "X", Stamp(at_ms, is_local=True), level, text)
