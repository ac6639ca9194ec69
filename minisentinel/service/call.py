"""One command while it is carried out, and what all commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from minisentinel.config.server import ServerSettings
from minisentinel.core.context import Context
from minisentinel.core.effects import Dismiss, Effect
from minisentinel.core.sentinel import Sentinel
from minisentinel.replies import Command, Error, Reply
from minisentinel.service.access import AccessControl
from minisentinel.service.catalogue import CommandFacts
from minisentinel.service.host import Host
from minisentinel.service.session import Session
from minisentinel.service.statistics import Statistics

__all__ = [
    "SYNTAX_ERROR",
    "Call",
    "Desk",
    "Handler",
    "Pause",
    "Replies",
]

SYNTAX_ERROR = Error("ERR syntax error")


@dataclass(slots=True)
class Pause:
    """CLIENT PAUSE: until when (wall clock ms, 0: no pause), and whether only writes wait."""

    until_ms: int = 0
    only_writes: bool = False

    def holds(self, facts: CommandFacts) -> bool:
        """Whether a command has to wait; PUBLISH counts as a write."""
        return self.until_ms > 0 and (not self.only_writes or facts.name == "publish")


@dataclass(slots=True)
class Desk:
    """What all commands of all clients share; `sessions` are in the order of their connecting.

    `commands` are by the names that call them.
    """

    sentinel: Sentinel
    settings: ServerSettings
    host: Host
    access: AccessControl
    commands: Mapping[str, CommandFacts]
    statistics: Statistics = field(default_factory=Statistics)
    sessions: dict[int, Session] = field(default_factory=dict)
    pause: Pause = field(default_factory=Pause)

    def may_speak(self, session: Session) -> bool:
        """Whether a client has logged in, or need not."""
        return session.authenticated or self.access.fresh_user() is not None


@dataclass(slots=True)
class Call:
    """A client's command at `now_ms`; what is to be done besides the reply goes to `out`.

    `if_save_failed` takes the place of the reply if the configuration could not be saved.
    """

    desk: Desk
    session: Session
    facts: CommandFacts
    words: Command
    now_ms: int
    out: list[Effect]
    if_save_failed: Reply = None

    @property
    def context(self) -> Context:
        """The core's context in this step."""
        return self.desk.sentinel.context

    def dismiss(self, session: Session) -> None:
        """Close a client: others at once, the one who calls when it has its reply."""
        session.closing = True
        if session is not self.session:
            del self.desk.sessions[session.id]
            self.out.append(Dismiss(session.id, after_replies=False))


class Replies(list[Reply]):
    """What a handler returns that has not exactly one reply."""


Handler: TypeAlias = Callable[[Call], "Reply | Replies"]
