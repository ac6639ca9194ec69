"""The codec under fuzz: bytes as a client, and as a server, might send them.

What must hold: only `ProtocolError` is raised; what comes out does not depend on how the bytes were
cut; no more is kept than was sent; and what came out can be said again with the same meaning.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator

from minisentinel.codec import (
    NOT_YET,
    ProtocolError,
    ReplyDecoder,
    RequestDecoder,
    encode_command,
    encode_reply,
)
from minisentinel.replies import NULL_ARRAY, Error, Push, Status, Unordered, Verbatim
from tests.fuzz.drawing import maybe, mutated, number, word
from tests.fuzz.target import Target

__all__ = ["REPLIES", "REQUESTS", "in_bytes", "reply"]

_PIECES = (
    *(
        b"*1\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"$-1\r\n",
        b"$0\r\n\r\n",
        b"$5\r\n",
        b"\r\n",
        b"\n",
        b"\0",
    ),
    *(
        b"*2147483647\r\n",
        b"*2147483648\r\n",
        b"$536870912\r\n",
        b"$536870913\r\n",
        b"*99999999999",
    ),
    *(b"%1\r\n", b"~1\r\n", b">1\r\n", b"|1\r\n", b"_\r\n", b"#t\r\n", b",inf\r\n", b",1e999\r\n"),
    *(b"(123\r\n", b"=5\r\ntxt:a\r\n", b"!3\r\nERR\r\n", b":1\r\n", b"+OK\r\n", b"-ERR\r\n", b"?"),
    *(b"*1\r\n" * 200, b"|1\r\n" * 200, b"%1\r\n" * 200, b"x" * 70_000, b'"', b"'", b"$?\r\n"),
    *(b"(" + b"9" * 5000 + b"\r\n", b"," + b"9" * 400 + b"\r\n", b":" + b"9" * 25 + b"\r\n"),
)


def in_bytes(text: str) -> bytes:
    """Text as the project writes it, in bytes."""
    return text.encode("utf-8", "surrogateescape")


def _bulk(text: str) -> bytes:
    data = in_bytes(text)
    return b"$%d\r\n%b\r\n" % (len(data), data)


def _requests(rng: random.Random) -> bytes:
    out = b""
    for _ in range(rng.randrange(1, 5)):
        words = [word(rng) for _ in range(rng.randrange(5))]
        if maybe(rng, 4):
            out += in_bytes(" ".join(words)) + rng.choice((b"\r\n", b"\n"))
        else:
            out += b"*%d\r\n" % len(words) + b"".join(map(_bulk, words))
    return mutated(rng, out, _PIECES)


def reply(rng: random.Random, depth: int = 0) -> bytes:
    """A reply of any kind, well-formed."""
    text = word(rng).replace("\r", "").replace("\n", "")
    kinds: list[Callable[[], bytes]] = [
        lambda: _bulk(word(rng)),
        lambda: b"+" + in_bytes(text) + b"\r\n",
        lambda: b"-" + in_bytes(text) + b"\r\n",
        lambda: b":" + in_bytes(number(rng)) + b"\r\n",
        lambda: b"," + in_bytes(number(rng)) + b"\r\n",
        lambda: b"(" + in_bytes(number(rng)) + b"\r\n",
        lambda: rng.choice((b"_\r\n", b"$-1\r\n", b"*-1\r\n", b"#t\r\n", b"#f\r\n")),
    ]
    if depth < 4:
        size = rng.randrange(4)
        items = [reply(rng, depth + 1) for _ in range(2 * size)]
        kinds += [
            lambda: (
                rng.choice((b"*%d\r\n", b"~%d\r\n", b">%d\r\n")) % size + b"".join(items[:size])
            ),
            lambda: rng.choice((b"%%%d\r\n", b"|%d\r\n")) % size + b"".join(items),
        ]
    return rng.choice(kinds)()


def _replies(rng: random.Random) -> bytes:
    out = b"".join(reply(rng) for _ in range(rng.randrange(1, 4)))
    return mutated(rng, out, _PIECES)


def _cuts(data: bytes) -> Iterator[bytes]:
    """`data` in chunks that depend on nothing but itself."""
    rng = random.Random(zlib.crc32(data))
    at = 0
    while at < len(data):
        size = rng.choice((1, 2, 3, 17, 4096))
        yield data[at : at + size]
        at += size


def _decoded(
    decoder: RequestDecoder | ReplyDecoder, chunks: Iterator[bytes]
) -> tuple[list[object], str]:
    """All that a decoder finds, and the protocol error at the end, if there is one."""
    found: list[object] = []
    fed = 0
    nothing = None if isinstance(decoder, RequestDecoder) else NOT_YET
    for chunk in chunks:
        decoder.feed(chunk)
        fed += len(chunk)
        while (one := _next(decoder)) is not nothing:
            if isinstance(one, ProtocolError):
                decoder.feed(b"+more\r\n")
                again = _next(decoder)
                assert isinstance(again, ProtocolError)
                assert again.text == one.text
                assert "\n" not in one.text
                return found, one.text
            found.append(one)
        assert 0 <= decoder.buffered <= fed
    return found, ""


def _next(decoder: RequestDecoder | ReplyDecoder) -> object:
    """What is decoded next; a protocol error as a value."""
    try:
        return decoder.next()
    except ProtocolError as error:
        return error


def _check_requests(data: bytes) -> None:
    for authenticated in (True, False):
        whole = _decoded(RequestDecoder(authenticated=authenticated), iter([data]))
        cut = _decoded(RequestDecoder(authenticated=authenticated), _cuts(data))
        assert whole == cut
    commands, _ = _decoded(RequestDecoder(), iter([data]))
    said = b"".join(encode_command(words) for words in commands)  # type: ignore[arg-type]
    assert _decoded(RequestDecoder(), iter([said])) == (commands, "")


def _check_replies(data: bytes) -> None:
    replies, error = _decoded(ReplyDecoder(), iter([data]))
    assert repr((replies, error)) == repr(_decoded(ReplyDecoder(), _cuts(data)))
    for each in replies:
        encode_reply(each, 2)  # type: ignore[arg-type]
        again, _ = _decoded(ReplyDecoder(), iter([encode_reply(each, 3)]))  # type: ignore[arg-type]
        assert [_essence(one) for one in again] == [_essence(each)]


def _essence(reply: object) -> object:
    """What of a reply survives being written once more."""
    match reply:
        case Error(text):
            return "error", text.replace("\r", " ").replace("\n", " ")
        case Status(text):
            return "status", text
        case dict():
            return "map", [(key, _essence(value)) for key, value in reply.items()]
        case tuple():
            kind = next(k for k in (Push, Unordered, tuple) if isinstance(reply, k))
            return kind, [_essence(item) for item in reply]
        case float():
            return "float", repr(reply)
        case Verbatim():
            return "verbatim", str(reply)
        case _ if reply is NULL_ARRAY:
            return None
    return reply


def _by_bytes(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


REQUESTS = Target("requests", "what clients send, as bytes", _requests, _check_requests, _by_bytes)
REPLIES = Target("replies", "what servers answer, as bytes", _replies, _check_replies, _by_bytes)
