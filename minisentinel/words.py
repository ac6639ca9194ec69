r"""Words of a line of text, and how a word is written back.

Lines of a configuration file and inline requests are split alike: a line is a list of words
between blanks. A word that starts with a double quote may hold blanks and the escapes
``\n \r \t \b \a \xHH``; in single quotes only ``\'`` is special. Spec: config §1, commands §1.
"""

from __future__ import annotations

import re

__all__ = ["UnbalancedQuotes", "quoted", "split_words", "written"]

_BLANKS = " \t\n\v\f\r"
"""What C calls white space: skipped between words, and allowed after a closing quote."""

_WORD_ENDS = " \t\r\n"
"""Narrower than `_BLANKS`: a form feed inside a bare word belongs to the word."""

_BARE_WORD = re.compile(r"[^ \t\n\v\f\r][^ \t\r\n]*")
"""A word of a line that holds no quotes."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_HEX = frozenset("0123456789abcdefABCDEF")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_ESCAPED = {"\\": "\\\\", '"': '\\"', **{char: f"\\{name}" for name, char in _ESCAPES.items()}}


class UnbalancedQuotes(ValueError):
    """A quote that is never closed, or closed in the middle of a word."""


def split_words(line: str) -> tuple[str, ...]:
    """The words of `line`; raises `UnbalancedQuotes`.

    Text is `str` with undecodable bytes as surrogate escapes, as everywhere. [CFG-1-2]
    """
    if '"' not in line and "'" not in line:
        return tuple(_BARE_WORD.findall(line))
    words: list[str] = []
    at = 0
    while True:
        while at < len(line) and line[at] in _BLANKS:
            at += 1
        if at == len(line):
            return tuple(words)
        word, at = _word(line, at)
        words.append(word)


def _word(line: str, at: int) -> tuple[str, int]:
    """The word that starts at `at`, and where the rest of the line begins."""
    bare = ""
    while at < len(line) and line[at] not in _WORD_ENDS:
        if line[at] == '"':
            # A quote may open in the middle of a word; its end is always the end of the word.
            rest, at = _double_quoted(line, at + 1)
            return _joined_bytes(bare + rest), at
        if line[at] == "'":
            rest, at = _single_quoted(line, at + 1)
            return bare + rest, at
        bare += line[at]
        at += 1
    return bare, at


def _double_quoted(line: str, at: int) -> tuple[str, int]:
    word = ""
    while at < len(line):
        char = line[at]
        if char == '"':
            return word, _after_quote(line, at + 1)
        if char != "\\" or at + 1 == len(line):
            word += char
            at += 1
            continue
        digits = line[at + 2 : at + 4]
        if line[at + 1] == "x" and len(digits) == 2 and set(digits) <= _HEX:
            byte = int(digits, 16)
            word += chr(byte) if byte < 0x80 else chr(0xDC00 + byte)
            at += 4
        else:
            word += _ESCAPES.get(line[at + 1], line[at + 1])
            at += 2
    raise UnbalancedQuotes(line)


def _single_quoted(line: str, at: int) -> tuple[str, int]:
    word = ""
    while at < len(line):
        if line.startswith("\\'", at):
            word += "'"
            at += 2
        elif line[at] == "'":
            return word, _after_quote(line, at + 1)
        else:
            word += line[at]
            at += 1
    raise UnbalancedQuotes(line)


def _after_quote(line: str, at: int) -> int:
    if at < len(line) and line[at] not in _BLANKS:
        raise UnbalancedQuotes(line)
    return at


def _joined_bytes(word: str) -> str:
    r"""`word` with bytes given as ``\xHH`` joined to characters where they are UTF-8."""
    if word.isascii():
        return word
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def quoted(word: str) -> str:
    r"""`word` in double quotes, so that `split_words` gives it back; bytes become ``\xHH``.

    Raises `UnicodeEncodeError` for text that no bytes stand for.
    """
    text = ""
    for byte in word.encode("utf-8", "surrogateescape"):
        char = chr(byte)
        if char in _ESCAPED:
            text += _ESCAPED[char]
        else:
            text += char if 0x20 <= byte < 0x7F else f"\\x{byte:02x}"
    return f'"{text}"'


def written(word: str) -> str:
    """`word` bare if it can be read back so, else in double quotes.

    Control characters are never bare: a zero byte would end the line for a C program.
    """
    try:
        bare = split_words(word) == (word,) and not _CONTROL.search(word)
    except UnbalancedQuotes:
        bare = False
    return word if bare else quoted(word)
