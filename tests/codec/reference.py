"""A decoder of requests that is slow and obvious: it has all bytes, and forgets nothing.

Also what tests of both decoders need: feeding in pieces, and comparing replies with their types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from minisentinel.codec import NOT_YET, ProtocolError, ReplyDecoder, RequestDecoder
from minisentinel.replies import Command, Reply
from minisentinel.words import UnbalancedQuotes, split_words

Requests = tuple[list[Command], str | None]
"""The commands, and the text of the error that came after them."""


class Incomplete(Exception):
    pass


def obvious_requests(data: bytes, *, authenticated: bool = True) -> Requests:
    commands: list[Command] = []
    while True:
        try:
            words, data = one_request(data, authenticated)
        except Incomplete:
            return commands, None
        except ProtocolError as error:
            return commands, error.text
        if words:
            commands.append(words)


def one_request(data: bytes, authenticated: bool) -> tuple[Command, bytes]:
    """The first request of `data`, and what follows it."""
    if not data.startswith(b"*"):
        line = up_to(b"\n", data, "too big inline request")
        try:
            words = split_words(text_of(line.removesuffix(b"\r")))
        except UnbalancedQuotes:
            raise ProtocolError("unbalanced quotes in request") from None
        return words, data[len(line) + 1 :]
    count, data = head(data, "too big mbulk count string", "invalid multibulk length", 2**31 - 1)
    if count > 10 and not authenticated:
        raise ProtocolError("unauthenticated multibulk length")
    arguments: Command = ()
    for _ in range(count):
        line = up_to(b"\r", data, "too big bulk count string")
        if len(data) < len(line) + 2:
            raise Incomplete
        if not data.startswith(b"$"):
            got = text_of(data[:1].replace(b"\r", b" ").replace(b"\n", b" "))
            raise ProtocolError(f"expected '$', got '{got}'")
        if line.startswith(b"$-"):
            raise ProtocolError("invalid bulk length")
        size, data = head(data, "", "invalid bulk length", 512 * 1024 * 1024)
        if size > 16384 and not authenticated:
            raise ProtocolError("unauthenticated bulk length")
        if len(data) < size + 2:
            raise Incomplete
        arguments += (text_of(data[:size]),)
        data = data[size + 2 :]
    return arguments, data


def up_to(mark: bytes, data: bytes, too_long: str) -> bytes:
    line, found, _ = data.partition(mark)
    if found and len(line) <= 65536 and b"\0" not in line:
        return line
    if len(data) > 65536:
        raise ProtocolError(too_long)
    raise Incomplete


def head(data: bytes, too_long: str, invalid: str, limit: int) -> tuple[int, bytes]:
    line = up_to(b"\r", data, too_long)
    if len(data) < len(line) + 2:
        raise Incomplete
    if not re.fullmatch(rb"0|-?[1-9][0-9]{0,18}", line[1:]):
        raise ProtocolError(invalid)
    number = int(line[1:])
    if not -(2**63) <= number <= limit:
        raise ProtocolError(invalid)
    return number, data[len(line) + 2 :]


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def decoded_requests(pieces: Iterable[bytes], *, authenticated: bool = True) -> Requests:
    decoder = RequestDecoder(authenticated=authenticated)
    commands = []
    for piece in pieces:
        decoder.feed(piece)
        try:
            while (command := decoder.next()) is not None:
                commands.append(command)
        except ProtocolError as error:
            return commands, error.text
    return commands, None


def decoded_replies(pieces: Iterable[bytes]) -> tuple[list[Reply], str | None]:
    decoder = ReplyDecoder()
    replies: list[Reply] = []
    for piece in pieces:
        decoder.feed(piece)
        try:
            while (reply := decoder.next()) is not NOT_YET:
                replies.append(reply)
        except ProtocolError as error:
            return replies, error.text
    return replies, None


def typed(reply: Reply) -> object:
    """`reply` in a form that tells 1 from True, a set from an array, and knows nan."""
    if isinstance(reply, tuple):
        return type(reply), [typed(item) for item in reply]
    if isinstance(reply, dict):
        return dict, [(key, typed(value)) for key, value in reply.items()]
    if isinstance(reply, float):
        return "nan" if math.isnan(reply) else (float, reply, math.copysign(1, reply))
    return type(reply), reply
