"""RESP, the protocol of Redis: bytes to commands and replies, and back. Pure, incremental, bounded.

A server feeds a `RequestDecoder`, a client a `ReplyDecoder`, each with whatever bytes came::

    decoder.feed(data)
    while (command := decoder.next()) is not None:
        ...

Text is `str` on this side and bytes on the other; bytes that are no UTF-8 survive as surrogate
escapes. Spec: commands §1.
"""

from __future__ import annotations

from minisentinel.codec.decode_replies import NOT_YET, NotYet, ReplyDecoder
from minisentinel.codec.decode_requests import RequestDecoder
from minisentinel.codec.encode import encode_command, encode_reply
from minisentinel.codec.errors import ProtocolError

__all__ = [
    "NOT_YET",
    "NotYet",
    "ProtocolError",
    "ReplyDecoder",
    "RequestDecoder",
    "encode_command",
    "encode_reply",
]
