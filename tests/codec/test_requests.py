r"""What a server understands, and how it complains.

The bytes and the answers were learned from Sentinels of Redis 7.0.15 and 8.2.3, which agree on all
of them. Valkey 9.1 differs in three things: it wants ``\r\n`` wherever it belongs, refuses a NUL in
a count at once, and takes ``"a"b`` for one word.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minisentinel.codec import ProtocolError, RequestDecoder, encode_command
from minisentinel.replies import Command
from tests.codec.reference import decoded_requests, obvious_requests
from tests.codec.strategies import COMMANDS, cuts, noise

PING: Command = ("PING",)
PING_BYTES = b"*1\r\n$4\r\nPING\r\n"
LIMIT = 64 * 1024


@pytest.mark.parametrize(
    ("data", "commands"),
    [
        (PING_BYTES, [PING]),
        (PING_BYTES * 3, [PING] * 3),
        (b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [("ECHO", "")]),
        (b"*1\r\n$0\r\n\r\n", [("",)]),
        (b"*1\r\n$4\r\na\r\nb\r\n", [("a\r\nb",)]),
        (b"*1\r\n$3\r\n\xff\x00\xc3\r\n", [("\udcff\0\udcc3",)]),
        (b"*1\r\n$2\r\n\xc3\xa9\r\n", [("é",)]),
        # Nothing asked, nothing answered.
        (b"*0\r\n" + PING_BYTES, [PING]),
        (b"*-1\r\n" + PING_BYTES, [PING]),
        (b"*-9223372036854775808\r\n" + PING_BYTES, [PING]),
        (b"\r\n\n \t\r\nPING\r\n", [PING]),
        # What follows a carriage return or a text is counted, not looked at.
        (b"*1\rX$4\rYPINGab" + PING_BYTES, [PING, PING]),
        # Inline.
        (b"PING\r\n", [PING]),
        (b"PING\n", [PING]),
        (b"  PING \t a  \r\n", [("PING", "a")]),
        (b"PING a\r\r\n", [("PING", "a")]),
        (b"PING a\rb\r\n", [("PING", "a", "b")]),
        (b"\fPING a\r\n", [("PING", "a")]),
        (b"PING\va\r\n", [("PING\va",)]),
        (b"$4\r\nPING\r\n", [("$4",), PING]),
        (b'PING "\\x41\\n\\"b"\r\n', [("PING", 'A\n"b')]),
        (b"PING 'a\\'b\\n'\r\n", [("PING", "a'b\\n")]),
        (b'PING a"b c"\r\n', [("PING", "ab c")]),
        (b'PING ""\r\n', [("PING", "")]),
        (b'"" a\r\n', [("", "a")]),
        (b'PING "\xc3"\r\n', [("PING", "\udcc3")]),
        (b"\xc3\xa9 \xff\n", [("é", "\udcff")]),
        # Both kinds on one connection.
        (b"PING\r\n" + PING_BYTES + b"PING\n", [PING] * 3),
    ],
)
def test_requests_are_understood_however_they_are_cut(data: bytes, commands: list[Command]) -> None:
    """[CMD-1-1]"""
    for size in (1, 2, 3, 5, len(data)):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert decoded_requests(pieces) == (commands, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PING",
        b"PING\r",
        b"*1\n$4\nPING\n",
        b"*1\r",
        b"*2147483647\r\n",
        b"*1\r\n$536870912\r\n",
        b"*1\r\n$4\r\nPING",
        b"*1\r\n$4\r\nPING\r",
        b"*1\r\nxyz",
        # Nobody finds the end of a line behind a NUL.
        b"PI\0NG\r\n" + PING_BYTES,
        b"*1\0\r\n" + PING_BYTES,
        b"*1\r\n$4\0\r\nPING\r\n",
        b"*1\r\n\x004\r\nPING\r\n",
        b"\0\r\nPING\r\n",
        b"*" + b"1" * (LIMIT - 1),
        b"*1\r\n$" + b"1" * (LIMIT - 1),
        b"x" * LIMIT,
    ],
)
def test_more_is_waited_for(data: bytes) -> None:
    decoder = RequestDecoder()
    decoder.feed(data)
    assert decoder.next() is None
    assert decoder.buffered == len(data)


INVALID_COUNTS = [b"", b"+1", b" 1", b"1 ", b"01", b"00", b"-0", b"1x", b"?", b"-"]
BEYOND_64_BITS = [b"9223372036854775808", b"-9223372036854775809", b"1" * (LIMIT - 1)]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        *((b"*%b\r\n" % count, "invalid multibulk length") for count in INVALID_COUNTS),
        *((b"*%b\r\n" % count, "invalid multibulk length") for count in BEYOND_64_BITS),
        (b"*2147483648\r\n", "invalid multibulk length"),
        *((b"*1\r\n$%b\r\n" % size, "invalid bulk length") for size in INVALID_COUNTS),
        *((b"*1\r\n$%b\r\n" % size, "invalid bulk length") for size in BEYOND_64_BITS),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*2\r\n$4\r\nPING\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\nx\r\n", "expected '$', got 'x'"),
        (b"*1\r\n*1\r\n" + PING_BYTES, "expected '$', got '*'"),
        (b"*1\r\n%4\r\n", "expected '$', got '%'"),
        (b"*1\r\n'4\r\n", "expected '$', got '''"),
        (b"*1\r\n\t4\r\n", "expected '$', got '\t'"),
        (b"*1\r\n\r\n", "expected '$', got ' '"),
        (b"*1\r\n\n4\r\n", "expected '$', got ' '"),
        (b"*1\r\n\xff4\r\n", "expected '$', got '\udcff'"),
        (b"*1\r\n\xc3\xa9\r\n", "expected '$', got '\udcc3'"),
        (b"*" + b"1" * LIMIT, "too big mbulk count string"),
        (b"*1\0\r\n" + b"x" * LIMIT, "too big mbulk count string"),
        (b"*1\r\n$" + b"1" * LIMIT, "too big bulk count string"),
        (b"*1\r\n$4\0\r\n" + b"x" * LIMIT, "too big bulk count string"),
        (b"x" * (LIMIT + 1), "too big inline request"),
        (b"\0\n" + b"x" * LIMIT, "too big inline request"),
        (b'PING "a\r\n', "unbalanced quotes in request"),
        (b"PING 'a\r\n", "unbalanced quotes in request"),
        (b'PING "a"b\r\n', "unbalanced quotes in request"),
    ],
)
def test_a_protocol_error_has_the_text_of_a_real_server(data: bytes, text: str) -> None:
    assert decoded_requests([data]) == ([], text)
    assert decoded_requests([PING_BYTES + data + PING_BYTES]) == ([PING], text)
    middle = len(data) // 2
    assert decoded_requests([data[:middle], data[middle:]]) == ([], text)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"*10\r\n", None),
        (b"*11\r\n", "unauthenticated multibulk length"),
        (b"*2147483647\r\n", "unauthenticated multibulk length"),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*1\r\n$16384\r\n", None),
        (b"*1\r\n$16385\r\n", "unauthenticated bulk length"),
        (b"*1\r\n$536870912\r\n", "unauthenticated bulk length"),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"x" * LIMIT, None),
    ],
)
def test_who_owes_a_password_may_send_small_requests_only(data: bytes, text: str | None) -> None:
    assert decoded_requests([data], authenticated=False) == ([], text)


def test_an_array_of_more_arguments_than_allowed_is_refused_before_they_come() -> None:
    decoder = RequestDecoder(most_arguments=3)
    decoder.feed(b"*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n*4\r\n")
    assert decoder.next() == ("a", "b", "c")
    with pytest.raises(ProtocolError, match="invalid multibulk length"):
        decoder.next()


def test_a_line_of_more_words_than_allowed_is_refused() -> None:
    decoder = RequestDecoder(most_arguments=3)
    decoder.feed(b"a b c\r\na b c d\r\n")
    assert decoder.next() == ("a", "b", "c")
    with pytest.raises(ProtocolError, match="too big inline request"):
        decoder.next()


def test_a_password_counts_at_once_for_what_was_sent_behind_it() -> None:
    decoder = RequestDecoder(authenticated=False)
    many: Command = ("a",) * 11
    decoder.feed(encode_command(("AUTH", "secret")) + encode_command(many))
    assert decoder.next() == ("AUTH", "secret")
    decoder.authenticated = True
    assert decoder.next() == many


def test_the_longest_inline_request_is_64_kib() -> None:
    """Wherever it is cut; a real server lets a longer one pass if its end comes in one read."""
    line = b"PING " + b"x" * (LIMIT - 5)
    assert decoded_requests([line, b"\n"]) == ([("PING", "x" * (LIMIT - 5))], None)
    assert decoded_requests([line, b"x\n"]) == ([], "too big inline request")


def test_after_a_protocol_error_there_is_nothing_else() -> None:
    decoder = RequestDecoder()
    decoder.feed(b"*x\r\n")
    for _ in range(2):
        with pytest.raises(ProtocolError) as caught:
            decoder.next()
        assert caught.value.text == "invalid multibulk length"
        decoder.feed(PING_BYTES)
        assert decoder.buffered == 0


def test_bytes_of_an_unfinished_request_are_buffered_and_no_others() -> None:
    decoder = RequestDecoder()
    decoder.feed(PING_BYTES + PING_BYTES[:10])
    assert decoder.buffered == 24
    assert decoder.next() == PING
    assert decoder.next() is None
    assert decoder.buffered == 10
    decoder.feed(PING_BYTES[10:])
    assert decoder.next() == PING
    assert decoder.buffered == 0
    decoder.feed(b"*0\r\n" * 1000)
    assert decoder.next() is None
    assert decoder.buffered == 0


@given(st.lists(COMMANDS, max_size=4), st.data())
def test_commands_survive_the_wire_however_they_are_cut(
    commands: list[Command], data: st.DataObject
) -> None:
    pieces = data.draw(cuts(b"".join(map(encode_command, commands))))
    assert decoded_requests(pieces) == (commands, None)


FRAGMENTS = [
    *(b"*1\r\n", b"*2\r\n", b"$1\r\n", b"$2\r\n", b"$0\r\n", b"*0\r\n", b"*-1\r\n", b"$-1\r\n"),
    *(b"*11\r\n", b"$16385\r\n", b"a\r\n", b"\r\n", b"\r", b"\n", b"\0", b"*", b"$", b"'", b'"'),
    *(b" ", b"\\", b"PING\r\n", PING_BYTES, b"\xff", b"1", b"\\x4"),
]


@given(noise(FRAGMENTS), st.booleans(), st.data())
@example(b"*1\r\n$1\r\n\n\r\n*", True, None)
def test_any_bytes_mean_what_an_obvious_decoder_says(
    sent: bytes, authenticated: bool, data: st.DataObject | None
) -> None:
    pieces = data.draw(cuts(sent)) if data else [sent]
    expected = obvious_requests(sent, authenticated=authenticated)
    assert decoded_requests(pieces, authenticated=authenticated) == expected
