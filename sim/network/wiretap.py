"""Who listens in on every connection: each message is written down where it is sent and read.

Listening costs no virtual time and draws no randomness, so a run with a wiretap is the same run
with more records. Without one nothing of this is ever called.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol, cast

from minisentinel.replies import Error, NullArray, Push, Status
from sim.kernel.kernel import Kernel
from sim.network.endpoint import Address, Endpoint, Owner
from sim.network.retransmission import TcpSettings
from sim.network.topology import Path
from sim.trace.messages import MessageReceived, MessageSent
from sim.trace.recorder import Recorder

__all__ = ["LONGEST_TEXT", "TappedEndpoint", "Wiretap", "say"]

LONGEST_TEXT = 120
"""What is longer is cut; INFO alone would fill a trace."""


class _Program(Protocol):
    """What a wiretap needs of a program; `on_message` is what it listens in on."""

    name: str

    @property
    def time_us(self) -> int: ...

    def on_message(self, endpoint: Endpoint, message: Any) -> None: ...


class Wiretap:
    """Writes `MessageSent` and `MessageReceived` for all connections that are made through it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._messages = 0
        self._programs: dict[str, Owner] = {}

    def listen_in(self, owner: Owner) -> None:
        """Note from now on what this program reads."""
        program = cast(_Program, owner)
        if self._programs.get(program.name) is owner:
            return
        self._programs[program.name] = owner
        read = program.on_message

        def noted(endpoint: Endpoint, message: Any) -> None:
            number = cast(TappedEndpoint, endpoint.peer).under_way.popleft()
            self._recorder.overhear(program.name, MessageReceived(message=number), program.time_us)
            read(endpoint, message)

        setattr(program, "on_message", noted)  # noqa: B010 - a method is not assigned to otherwise

    def sent(self, owner: Owner, message: object) -> int:
        """Note that `owner` sends `message`; its number."""
        program = cast(_Program, owner)
        self._messages += 1
        said = MessageSent(message=self._messages, text=say(message))
        self._recorder.overhear(program.name, said, program.time_us)
        return self._messages


class TappedEndpoint(Endpoint):
    """An endpoint that tells the wiretap what it sends.

    A stream keeps its order and what is lost within it is lost with all behind it, so the first
    number that is `under_way` is that of the message which the peer reads next.
    """

    __slots__ = ("_wiretap", "under_way")

    def __init__(
        self,
        serial: int,
        owner: Owner,
        path: Path,
        local: Address,
        remote: Address,
        kernel: Kernel,
        settings: TcpSettings,
        wiretap: Wiretap,
    ) -> None:
        super().__init__(serial, owner, path, local, remote, kernel, settings)
        self.under_way: deque[int] = deque()
        self._wiretap = wiretap
        wiretap.listen_in(owner)

    def send(self, message: object, size: int) -> None:
        """Send as ever, and say so."""
        if self.is_connecting or self.takes_output:
            self.under_way.append(self._wiretap.sent(self.owner, message))
        super().send(message, size)


def say(message: object) -> str:
    """A message on one line: a command as it is typed, a reply nearly as it stands on the wire."""
    text = " ".join(_words(message).split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _words(message: object) -> str:
    match message:
        case Status():
            return f"+{message.text}"
        case Error():
            return f"-{message.text}"
        case Push():
            return " ".join(map(_words, message))
        case tuple():
            return " ".join(map(_words, message)) if message else "(empty)"
        case dict():
            return " ".join(f"{key}={_words(value)}" for key, value in message.items())
        case str():
            return message or '""'
        case None | NullArray():
            return "(nil)"
        case int() | float():
            return f":{message}"
        case _:
            return type(message).__name__
