"""Between a client and the core: commands, arity and errors, subscriptions. Sans I/O too.

Clients are known by the driver's numbers. Spec: commands §1 to §3, gossip §5, events §5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minisentinel.core import hello
from minisentinel.core.effects import Announce, Answer, Effect
from minisentinel.core.sentinel import Sentinel
from minisentinel.core.timing import HELLO_CHANNEL
from minisentinel.replies import OK, PONG, Command, Error, Reply
from minisentinel.service.info import info_text
from minisentinel.service.sentinel_commands import SAVE_FAILED, SUBCOMMANDS
from minisentinel.service.session import Session

__all__ = ["Service"]


class _Entry(NamedTuple):
    arity: int
    run: Callable[[Service, Session, Command], list[Reply]]
    in_subscription: bool = False


class Service:
    """The face that a Sentinel shows to clients and to the other Sentinels."""

    def __init__(self, sentinel: Sentinel) -> None:
        self.sentinel = sentinel
        self._sessions: dict[int, Session] = {}

    def client_connected(self, client: int) -> None:
        """A client came; `client` is the driver's number for it, never used twice."""
        self._sessions[client] = Session(client)

    def client_left(self, client: int) -> None:
        """A client's connection is gone."""
        self._sessions.pop(client, None)

    def command(self, now_ms: int, client: int, words: Command) -> list[Effect]:
        """Carry out a client's command; the effects end with the reply (or replies) to it."""
        session = self._sessions[client]
        self.sentinel.context.client_name = session.name
        with self.sentinel.step(now_ms) as out:
            if words and words[0].lower() == "sentinel":
                self._sentinel(session, words, out)
            else:
                out += [Answer(client, reply) for reply in self._plain(session, words)]
        return out

    def messages(self, announce: Announce) -> list[Answer]:
        """What subscribers get for an event; events of level debug are not published."""
        event = announce.event
        if event.level == "debug":
            return []
        return [
            Answer(session.id, message)
            for session in self._sessions.values()
            if session.is_subscriber
            for message in session.deliveries(event.name, event.payload)
        ]

    def _sentinel(self, session: Session, words: Command, out: list[Effect]) -> None:
        context = self.sentinel.context
        if len(words) < 2:
            out.append(Answer(session.id, _wrong_arity("sentinel")))
            return
        name = words[1].lower()
        subcommand = SUBCOMMANDS.get(name)
        refused = _not_in_subscription(session, f"sentinel|{name}")
        if subcommand is None:
            out.append(Answer(session.id, _unknown_subcommand(words[1], "SENTINEL")))
        elif not _arity_fits(subcommand.arity, words):
            out.append(Answer(session.id, _wrong_arity(f"sentinel|{name}")))
        elif refused is not None:
            out.append(Answer(session.id, refused))
        else:
            reply = subcommand.run(context, words)
            failed = SAVE_FAILED if subcommand.saves and not isinstance(reply, Error) else None
            out.append(Answer(session.id, reply, failed))

    def _plain(self, session: Session, words: Command) -> list[Reply]:
        name = words[0].lower() if words else ""
        entry = _COMMANDS.get(name)
        if name == "client":
            if len(words) < 2:
                return [_wrong_arity(name)]
            entry = _CLIENT.get(words[1].lower())
            if entry is None:
                return [_unknown_subcommand(words[1], "CLIENT")]
            name = f"client|{words[1].lower()}"
        if entry is None:
            return [_unknown_command(words)]
        if not _arity_fits(entry.arity, words):
            return [_wrong_arity(name)]
        if not entry.in_subscription:
            refused = _not_in_subscription(session, name)
            if refused is not None:
                return [refused]
        return entry.run(self, session, words)

    def _ping(self, session: Session, words: Command) -> list[Reply]:
        if len(words) > 2:
            return [_wrong_arity("ping")]
        if session.is_subscriber:
            return [("pong", words[1] if len(words) == 2 else "")]
        return [words[1] if len(words) == 2 else PONG]

    def _publish(self, session: Session, words: Command) -> list[Reply]:
        """A hello from another Sentinel; nothing else may be published (spec: gossip §5)."""
        if words[1] != HELLO_CHANNEL:
            return [Error("ERR Only HELLO messages are accepted by Sentinel instances.")]
        hello.receive(self.sentinel.context, words[2])
        return [1]

    def _subscribe(self, session: Session, words: Command) -> list[Reply]:
        table = session.patterns if words[0].lower() == "psubscribe" else session.channels
        replies: list[Reply] = []
        for channel in words[1:]:
            table[channel] = None
            replies.append((words[0].lower(), channel, session.subscriptions))
        return replies

    def _unsubscribe(self, session: Session, words: Command) -> list[Reply]:
        table = session.patterns if words[0].lower() == "punsubscribe" else session.channels
        replies: list[Reply] = []
        for channel in words[1:] or tuple(table):
            table.pop(channel, None)
            replies.append((words[0].lower(), channel, session.subscriptions))
        return replies or [(words[0].lower(), None, session.subscriptions)]

    def _role(self, session: Session, words: Command) -> list[Reply]:
        return [("sentinel", tuple(self.sentinel.state.masters))]

    def _info(self, session: Session, words: Command) -> list[Reply]:
        return [info_text(self.sentinel.context, words[1:])]

    def _client_setname(self, session: Session, words: Command) -> list[Reply]:
        name = words[2]
        if any(not "!" <= letter <= "~" for letter in name):
            return [
                Error("ERR Client names cannot contain spaces, newlines or special characters.")
            ]
        session.name = name
        return [OK]

    def _client_getname(self, session: Session, words: Command) -> list[Reply]:
        return [session.name or None]

    def _client_id(self, session: Session, words: Command) -> list[Reply]:
        return [session.id]


_CLIENT: dict[str, _Entry] = {
    "getname": _Entry(2, Service._client_getname),
    "id": _Entry(2, Service._client_id),
    "setname": _Entry(3, Service._client_setname),
}

_COMMANDS: dict[str, _Entry] = {
    "info": _Entry(-1, Service._info),
    "ping": _Entry(-1, Service._ping, in_subscription=True),
    "psubscribe": _Entry(-2, Service._subscribe, in_subscription=True),
    "publish": _Entry(3, Service._publish),
    "punsubscribe": _Entry(-1, Service._unsubscribe, in_subscription=True),
    "role": _Entry(1, Service._role),
    "subscribe": _Entry(-2, Service._subscribe, in_subscription=True),
    "unsubscribe": _Entry(-1, Service._unsubscribe, in_subscription=True),
}


def _arity_fits(arity: int, words: Command) -> bool:
    return len(words) == arity if arity > 0 else len(words) >= -arity


def _wrong_arity(full_name: str) -> Error:
    return Error(f"ERR wrong number of arguments for '{full_name}' command")


def _unknown_subcommand(name: str, container: str) -> Error:
    return Error(f"ERR unknown subcommand '{_one_line(name)}'. Try {container} HELP.")


def _unknown_command(words: Command) -> Error:
    name = words[0] if words else ""
    arguments = ""
    for word in words[1:]:
        if len(arguments) >= 128:
            break
        arguments += f"'{word[: 128 - len(arguments)]}' "
    text = f"ERR unknown command '{name[:128]}', with args beginning with: {arguments}"
    return Error(_one_line(text))


def _not_in_subscription(session: Session, full_name: str) -> Error | None:
    if not session.is_subscriber:
        return None
    return Error(
        f"ERR Can't execute '{full_name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT "
        "/ RESET are allowed in this context"
    )


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")
