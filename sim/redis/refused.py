"""How a command's handler gives up: it raises the error that the client is to read."""

from __future__ import annotations

from typing import Final

from minisentinel.replies import Error

__all__ = ["NOT_A_FLOAT", "SYNTAX_ERROR", "WRONG_TYPE", "Refused"]

NOT_A_FLOAT: Final = Error("ERR value is not a valid float")
SYNTAX_ERROR: Final = Error("ERR syntax error")
WRONG_TYPE: Final = Error("WRONGTYPE Operation against a key holding the wrong kind of value")


class Refused(Exception):
    """The command cannot be done; nothing has been changed by it. `error` is the reply."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.text)
        self.error = error
