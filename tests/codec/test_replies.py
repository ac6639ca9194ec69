"""What a client understands of a server's bytes, in RESP2 and RESP3 [CMD-1-10]."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.codec import NOT_YET, ProtocolError, ReplyDecoder, encode_reply
from minisentinel.replies import (
    NULL_ARRAY,
    OK,
    PONG,
    Error,
    Push,
    Reply,
    Status,
    Unordered,
    Verbatim,
)
from tests.codec.reference import decoded_replies, typed
from tests.codec.strategies import REPLIES, cuts, noise

UNDERSTOOD: list[tuple[bytes, list[Reply]]] = [
    (b"+PONG\r\n", [PONG]),
    (b"+\r\n", [Status("")]),
    (b"-MASTERDOWN Link\r\n", [Error("MASTERDOWN Link")]),
    (b":0\r\n:-1\r\n:9223372036854775807\r\n", [0, -1, 2**63 - 1]),
    (b":-9223372036854775808\r\n", [-(2**63)]),
    (b"$0\r\n\r\n$4\r\na\r\nb\r\n", ["", "a\r\nb"]),
    (b"$3\r\n\xff\xc3\xa9\r\n", ["\udcffé"]),
    (b"$-1\r\n*-1\r\n_\r\n", [None, NULL_ARRAY, None]),
    (b"*0\r\n", [()]),
    (b"*3\r\n:1\r\n$1\r\n*\r\n:0\r\n", [(1, "*", 0)]),
    (b"*2\r\n*1\r\n+a\r\n*0\r\n+OK\r\n", [((Status("a"),), ()), OK]),
    (b"#t\r\n#f\r\n", [True, False]),
    (b",1.5\r\n,-3\r\n,1e-7\r\n,.5\r\n,2.\r\n", [1.5, -3.0, 1e-7, 0.5, 2.0]),
    (b",inf\r\n,-inf\r\n,nan\r\n,-nan\r\n", [math.inf, -math.inf, math.nan, math.nan]),
    (b",-0\r\n", [-0.0]),
    (
        b"(1234567999999999999999999999999999999\r\n(-5\r\n",
        [1234567999999999999999999999999999999, -5],
    ),
    (b"=8\r\ntxt:\r\nab\r\n=4\r\nmkd:\r\n", [Verbatim("\r\nab"), Verbatim("")]),
    (b"!9\r\nERR a\r\nb.\r\n", [Error("ERR a\r\nb.")]),
    (b"~2\r\n+a\r\n:1\r\n~0\r\n", [Unordered((Status("a"), 1)), Unordered()]),
    (b">2\r\n$1\r\na\r\n:42\r\n$1\r\nb\r\n", [Push(("a", 42)), "b"]),
    (b"%2\r\n$1\r\na\r\n%0\r\n+b\r\n*1\r\n:1\r\n", [{"a": {}, "b": (1,)}]),
    # DEBUG PROTOCOL map and attrib, as Redis 7.0, 8.2 and Valkey 9.1 answer them.
    (b"%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n", [{"0": False, "1": True, "2": False}]),
    (b"|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$1\r\nx\r\n", ["x"]),
    (b"*2\r\n:1\r\n|0\r\n|1\r\n+ttl\r\n:3\r\n:2\r\n", [(1, 2)]),
    (
        b"%1\r\n|1\r\n+a\r\n+b\r\n+key\r\n|1\r\n+a\r\n*1\r\n+b\r\n+value\r\n",
        [{"key": Status("value")}],
    ),
]


@pytest.mark.parametrize(("data", "replies"), UNDERSTOOD)
def test_replies_are_understood_however_they_are_cut(data: bytes, replies: list[Reply]) -> None:
    for size in (1, 2, 3, 5, len(data)):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        decoded, error = decoded_replies(pieces)
        assert error is None
        assert list(map(typed, decoded)) == list(map(typed, replies))


@pytest.mark.parametrize(
    "data",
    [
        *(b":+1\r\n", b":01\r\n", b": 1\r\n", b":\r\n", b":-0\r\n", b":1\0\r\n", b":1_0\r\n"),
        *(b":9223372036854775808\r\n", b":1\n:2\r\n", b":" + b"1" * 1000 + b"\r\n"),
        *(b"$-2\r\n", b"$+1\r\na\r\n", b"$01\r\na\r\n", b"$536870913\r\n", b"$\r\n"),
        *(b"$3\r\nabcXY", b"$1\r\nabc\r\n"),
        *(b"*-2\r\n", b"*4294967296\r\n", b"*x\r\n", b"%-2\r\n", b"|-2\r\n"),
        *(b"$?\r\n;3\r\nabc\r\n;0\r\n", b"*?\r\n:1\r\n.\r\n", b";3\r\n", b".\r\n"),
        *(b"+a\nb\r\n", b"+a\rb\r\n", b"-a\nb\r\n"),
        *(b",1_0\r\n", b", 1\r\n", b",0x10\r\n", b",infinity\r\n", b",\r\n", b",.\r\n", b",e5\r\n"),
        *(b"#x\r\n", b"#tt\r\n", b"#\r\n", b"_x\r\n"),
        *(b"(abc\r\n", b"(\r\n", b"(-\r\n", b"(+1\r\n", b"(" + b"9" * 4301 + b"\r\n"),
        *(b"=3\r\nabc\r\n", b"=6\r\ntxtxab\r\n", b"=0\r\n\r\n"),
        *(b"%1\r\n*1\r\n:1\r\n:2\r\n", b"%1\r\n_\r\n:2\r\n"),
        *(b"?foo\r\n", b"\r\n", b"PONG\r\n", b"\xff\r\n", b"\0\r\n"),
        *(b"+" + b"x" * (64 * 1024 + 1), b"+" + b"x" * (64 * 1024) + b"\r\n"),
    ],
)
def test_what_no_server_sends_is_a_protocol_error(data: bytes) -> None:
    replies, error = decoded_replies([b"+OK\r\n" + data + b"+OK\r\n"])
    assert replies == [OK]
    assert error
    bytewise = [data[at : at + 1] for at in range(len(data))] if len(data) < 10000 else [data]
    assert decoded_replies(bytewise) == ([], error)


def test_replies_may_be_128_deep_and_no_deeper() -> None:
    """COMMAND DOCS of a real Sentinel is 12 deep."""
    (deepest,), error = decoded_replies([b"*1\r\n" * 128 + b":1\r\n"])
    assert error is None
    for _ in range(128):
        assert isinstance(deepest, tuple)
        deepest = deepest[0]
    assert deepest == 1
    assert decoded_replies([b"*1\r\n" * 129])[1] == "more than 128 arrays in one another"
    assert (
        decoded_replies([b"*1\r\n" * 128 + b"|0\r\n"])[1] == "more than 128 arrays in one another"
    )


def test_a_null_is_told_from_nothing_yet() -> None:
    decoder = ReplyDecoder()
    assert decoder.next() is NOT_YET
    decoder.feed(b"$-1\r\n*1\r\n_\r")
    assert decoder.next() is None
    assert decoder.next() is NOT_YET
    assert decoder.buffered == 6
    decoder.feed(b"\n")
    assert decoder.next() == (None,)
    assert decoder.next() is NOT_YET
    assert decoder.buffered == 0


def test_after_a_protocol_error_there_is_nothing_else() -> None:
    decoder = ReplyDecoder()
    decoder.feed(b"?\r\n+OK\r\n")
    for _ in range(2):
        with pytest.raises(ProtocolError, match=r"unexpected '\?'"):
            decoder.next()
        decoder.feed(b"+OK\r\n")
        assert decoder.buffered == 0


def as_resp3(reply: Reply) -> Reply:
    """What is left of `reply` in RESP3: one null only."""
    match reply:
        case dict():
            return {key: as_resp3(value) for key, value in reply.items()}
        case tuple():
            return type(reply)(map(as_resp3, reply))
    return None if reply is NULL_ARRAY else reply


def as_resp2(reply: Reply) -> Reply:
    """What is left of `reply` in RESP2: no maps, sets, pushes, booleans, doubles, big numbers."""
    match reply:
        case dict():
            return tuple(item for key, value in reply.items() for item in (key, as_resp2(value)))
        case tuple():
            return tuple(map(as_resp2, reply))
        case bool():
            return int(reply)
        case int() if not -(2**63) <= reply < 2**63:
            return str(reply)
        case float():
            return encode_reply(reply, 3)[1:-2].decode()
        case str():
            return str(reply)
    return reply


@given(st.lists(REPLIES, max_size=3), st.sampled_from([2, 3]), st.data())
def test_replies_survive_the_wire_as_far_as_the_protocol_can_say_them(
    replies: list[Reply], protocol: int, data: st.DataObject
) -> None:
    pieces = data.draw(cuts(b"".join(encode_reply(reply, protocol) for reply in replies)))
    decoded, error = decoded_replies(pieces)
    expected = map(as_resp2 if protocol == 2 else as_resp3, replies)
    assert error is None
    assert list(map(typed, decoded)) == list(map(typed, expected))


FRAGMENTS = [
    *(bytes([kind]) for kind in b"+-:,_#(*%~>|$=!?;.\r\n\0 1230tf"),
    *(b"\r\n", b":1\r\n", b"+a\r\n", b"$1\r\na\r\n", b"$-1\r\n", b"_\r\n", b"#t\r\n", b",1\r\n"),
    *(b"*1\r\n", b"*2\r\n", b"%1\r\n", b"~1\r\n", b">1\r\n", b"|1\r\n", b"|0\r\n", b"*0\r\n"),
    *(b"$?\r\n", b"*?\r\n", b"=5\r\ntxt:a\r\n", b"!1\r\na\r\n", b"(12\r\n", b"\xff"),
]


@given(noise(FRAGMENTS), st.data())
def test_any_bytes_mean_the_same_however_they_are_cut(sent: bytes, data: st.DataObject) -> None:
    replies, error = decoded_replies([sent])
    cut_replies, cut_error = decoded_replies(data.draw(cuts(sent)))
    assert (list(map(typed, cut_replies)), cut_error) == (list(map(typed, replies)), error)
    # What was understood can be said again.
    again, error = decoded_replies([b"".join(encode_reply(reply, 3) for reply in replies)])
    assert error is None
    assert len(again) == len(replies)
