"""What an operator was told: the answers to commands that somebody typed during a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minisentinel.trace import Data, record

__all__ = ["CommandAnswered"]


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered(Data):
    """This node was sent `command` by an operator, and `reply` is the answer, as text.

    `failed` tells that the answer was an error, or that there was none: then `reply` says why.
    """

    kind: ClassVar[str] = "command-answered"
    command: str
    reply: str
    failed: bool
