"""Single messages on the wire, recorded only in runs that are told to (`World(messages=True)`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minisentinel.trace import Data, record

__all__ = ["MessageReceived", "MessageSent"]


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(Data):
    """This node handed message number `message` to a connection; `text` is what it says, cut short.

    Numbers are unique in a run. A message that is never received was lost, or its reader died.
    """

    kind: ClassVar[str] = "message-sent"
    message: int
    text: str


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Data):
    """This node read message number `message`: not when it arrived, but when it was looked at."""

    kind: ClassVar[str] = "message-received"
    message: int
