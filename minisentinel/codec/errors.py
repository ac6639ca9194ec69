"""What a decoder raises."""

from __future__ import annotations

__all__ = ["ProtocolError"]


class ProtocolError(Exception):
    """The bytes of a connection are no RESP; what follows on it cannot be understood either.

    A server answers ``-ERR Protocol error: `` and `text`, then closes; a client just closes, and
    `text` is the reason for its log.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
