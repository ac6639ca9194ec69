"""Lines of a configuration file (spec: config §1)."""

from __future__ import annotations

from minisentinel.config.lexer import source_lines


def test_lines_are_numbered_from_one_and_trimmed() -> None:
    """[CFG-1-1]"""
    lines = list(source_lines("port 1\r\n\n \t bind ::1 \t\n"))
    assert [tuple(line) for line in lines] == [(1, "port 1"), (2, ""), (3, "bind ::1"), (4, "")]


def test_comments_and_empty_lines_say_nothing_wherever_they_start() -> None:
    """[CFG-1-1]"""
    lines = source_lines("# one\n   # two\n\n  \nport 1 # three\n")
    assert [line.says_nothing for line in lines] == [True, True, True, True, False, True]
