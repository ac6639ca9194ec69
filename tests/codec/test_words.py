"""Words of configuration lines and of inline requests (spec: config §1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.words import UnbalancedQuotes, quoted, split_words, written


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b  c\td", ("a", "b", "c", "d")),
        ('logfile ""', ("logfile", "")),
        ("x ''", ("x", "")),
        (r'x "a b\n\r\t\b\a\\\""', ("x", 'a b\n\r\t\b\a\\"')),
        (r'x "\x41\x0a\q"', ("x", "A\nq")),
        (r'x "\x4" "\xzz"', ("x", "x4", "xzz")),
        (r'x "\xc3\xa9\xff"', ("x", "é\udcff")),
        (r"x 'a \n \' b'", ("x", r"a \n ' b")),
        ("x pre'fix and rest'", ("x", "prefix and rest")),
        ('x a"b c"', ("x", "ab c")),
        (r"x a\nb", ("x", r"a\nb")),
        ("x a\fb \v", ("x", "a\fb")),
        ("a # b", ("a", "#", "b")),
    ],
)
def test_words_are_split_at_blanks_outside_of_quotes(line: str, words: tuple[str, ...]) -> None:
    """[CFG-1-2]"""
    assert split_words(line) == words


@pytest.mark.parametrize(
    "line", ['"', "'", '"open', "x 'open", '"a"b', "'a'b", 'x "a\\', r'x "a\"', r"x 'a\'", '"a""b"']
)
def test_unbalanced_quotes_are_an_error(line: str) -> None:
    """[CFG-1-2]"""
    with pytest.raises(UnbalancedQuotes):
        split_words(line)


def test_a_word_is_quoted_only_where_it_must_be() -> None:
    assert [written(word) for word in ("a", "a b", "", 'q"q"', "é", "a\nb", "#x")] == [
        "a",
        '"a b"',
        '""',
        r'"q\"q\""',
        "é",
        r'"a\nb"',
        "#x",
    ]


@given(st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_any_bytes_survive_being_quoted(word: str) -> None:
    assert split_words(quoted(word)) == (word,)
    assert quoted(word).isascii()
    assert "\n" not in quoted(word)


@given(st.text())
def test_any_text_survives_being_written_among_others(word: str) -> None:
    assert split_words(f"a {written(word)} b") == ("a", word, "b")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\"'")))
def test_lines_without_quotes_are_split_like_those_with_quotes(line: str) -> None:
    assert split_words(line + ' ""') == (*split_words(line), "")
