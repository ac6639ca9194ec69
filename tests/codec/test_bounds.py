"""What a decoder costs is bounded by what was sent, not by what was announced."""

from __future__ import annotations

import tracemalloc

import pytest

from minisentinel.codec import NOT_YET, ReplyDecoder, RequestDecoder, encode_command
from minisentinel.replies import Status


class Watched(bytearray):
    """Counts how many bytes are searched."""

    searched = 0

    def find(self, *args: object) -> int:
        _, start, *rest = args
        assert isinstance(start, int)
        end = super().find(*args)  # type: ignore[arg-type]
        last = rest[0] if rest else len(self)
        assert isinstance(last, int)
        self.searched += (end if end >= 0 else last) - start
        return end


@pytest.mark.parametrize("kind", [RequestDecoder, ReplyDecoder])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_no_byte_is_searched_over_and_over(
    kind: type[RequestDecoder | ReplyDecoder], size: int
) -> None:
    decoder = kind()
    data = decoder._data = Watched()
    line = b"+" + b"x" * 60_000 + b"\r\n"
    for at in range(0, len(line), size):
        assert decoder.next() in (None, NOT_YET)
        decoder.feed(line[at : at + size])
    assert decoder.next() in (("+" + "x" * 60_000,), Status("x" * 60_000))
    assert len(line) <= data.searched <= 4 * len(line)


@pytest.mark.parametrize(
    ("kind", "announcement"),
    [
        (RequestDecoder, b"*2147483647\r\n$536870912\r\n"),
        (RequestDecoder, b"*2147483647\r\n$1\r\na\r\n"),
        (ReplyDecoder, b"*4294967295\r\n$536870912\r\n"),
        (ReplyDecoder, b"%4294967295\r\n:1\r\n"),
    ],
)
def test_an_announcement_costs_nothing(
    kind: type[RequestDecoder | ReplyDecoder], announcement: bytes
) -> None:
    decoder = kind()
    tracemalloc.start()
    try:
        decoder.feed(announcement)
        decoder.next()
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024
    finally:
        tracemalloc.stop()


def test_what_was_understood_is_given_back() -> None:
    command = encode_command(("SET", "key", "x" * 10_000))
    decoder = RequestDecoder()
    tracemalloc.start()
    try:
        for _ in range(200):
            decoder.feed(command + command[:50])
            assert decoder.next() is not None
            assert decoder.next() is None
            decoder.feed(command[50:])
            assert decoder.next() is not None
            assert decoder.next() is None
        assert tracemalloc.get_traced_memory()[0] < 64 * 1024
    finally:
        tracemalloc.stop()
