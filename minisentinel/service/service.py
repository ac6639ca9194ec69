"""Between a client and the core: sessions, the checks before a command, subscriptions, pauses.

Sans I/O too. Clients are known by the driver's numbers. Spec: commands §1, events §5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from minisentinel.config.server import ServerSettings
from minisentinel.core.effects import Announce, Answer, Dismiss, Effect
from minisentinel.core.sentinel import Sentinel
from minisentinel.core.text import cut
from minisentinel.replies import Command, Error, Push, Reply
from minisentinel.service.access import NO_FILES, AccessControl, AclFiles
from minisentinel.service.acl_command import acl
from minisentinel.service.call import Call, Desk, Handler, Replies
from minisentinel.service.catalogue import CATALOGUE, CommandFacts, canonical, find
from minisentinel.service.catalogue.names import commands_by_name
from minisentinel.service.client_command import CLIENT_SUBCOMMANDS
from minisentinel.service.client_list import description
from minisentinel.service.command_command import COMMAND_SUBCOMMANDS, command
from minisentinel.service.connection import auth, hello, ping
from minisentinel.service.host import FixedHost, Host
from minisentinel.service.process_commands import info, role, shutdown
from minisentinel.service.pubsub import publish, subscribe, unsubscribe
from minisentinel.service.sentinel import SAVE_FAILED, SUBCOMMANDS
from minisentinel.service.session import NO_BUFFERS, Buffers, Session
from minisentinel.service.statistics import Statistics

__all__ = ["Service"]

DEFAULTS = ServerSettings()

LOG_IN_FIRST = Error("NOAUTH Authentication required.")
LONGEST_ECHO = 128
HTTP_WORDS = ("post", "host:")
HTTP_LOG_PERIOD_MS = 60_000
IN_SUBSCRIPTION = frozenset({"ping", "subscribe", "unsubscribe", "psubscribe", "punsubscribe"})


class Service:
    """The face that a Sentinel shows to clients and to the other Sentinels.

    Raises `AccessRefused` if the users in `settings` make no sense. `files` reads and writes the
    ACL file, if there is one.
    """

    def __init__(
        self,
        sentinel: Sentinel,
        *,
        settings: ServerSettings = DEFAULTS,
        host: Host | None = None,
        files: AclFiles = NO_FILES,
    ) -> None:
        host = host or FixedHost()
        access = AccessControl(settings, host, files)
        self.sentinel = sentinel
        commands = commands_by_name(settings.renamed_commands)
        self._desk = Desk(sentinel, settings, host, access, commands)
        self._http_logged_ms: int | None = None

    @property
    def statistics(self) -> Statistics:
        """The counters of INFO; whoever moves bytes counts them here."""
        return self._desk.statistics

    @property
    def access(self) -> AccessControl:
        """The users, and what each may do."""
        return self._desk.access

    # --- clients ---

    def client_connected(
        self,
        client: int,
        *,
        now_ms: int = 0,
        address: str = "",
        local_address: str = "",
        descriptor: int = -1,
        buffers: Buffers = NO_BUFFERS,
    ) -> None:
        """A client came; `client` is the driver's number for it, never used twice.

        It is its number for everybody (CLIENT ID). Addresses are like ``127.0.0.1:1234`` or
        ``[::1]:1234``; they, `descriptor` (the socket's number) and `buffers` are what CLIENT LIST
        shows.
        """
        desk = self._desk
        desk.statistics.connections_received += 1
        desk.sessions[client] = Session(
            client,
            address=address,
            local_address=local_address,
            descriptor=descriptor,
            connected_ms=now_ms,
            active_ms=now_ms,
            authenticated=desk.access.fresh_user() is not None,
            buffers=buffers,
        )

    def client_left(self, client: int) -> None:
        """A client's connection is gone."""
        self._desk.sessions.pop(client, None)

    def protocol_of(self, client: int) -> int:
        """The version of RESP that replies to a client are to be written in: 2 or 3."""
        session = self._desk.sessions.get(client)
        return 2 if session is None else session.protocol

    def authenticated(self, client: int) -> bool:
        """Whether the client has logged in, or need not."""
        session = self._desk.sessions.get(client)
        return session is not None and self._desk.may_speak(session)

    def is_subscriber(self, client: int) -> bool:
        """Whether the client listens to any channel or pattern."""
        session = self._desk.sessions.get(client)
        return session is not None and session.is_subscriber

    @property
    def is_paused(self) -> bool:
        """Whether CLIENT PAUSE holds commands back, until `tick` finds that it is over."""
        return self._desk.pause.until_ms > 0

    def waits(self, client: int) -> bool:
        """Whether a pause holds back commands of the client; it need not be read meanwhile."""
        session = self._desk.sessions.get(client)
        return session is not None and bool(session.waiting)

    def messages(self, announce: Announce) -> list[Answer]:
        """What subscribers get for an event; events of level debug are not published. [EVT-5-1]"""
        event = announce.event
        if event.level == "debug":
            return []
        return [
            Answer(session.id, message)
            for session in self._desk.sessions.values()
            if session.is_subscriber and not session.closing
            for message in session.deliveries(event.name, event.payload)
        ]

    # --- commands ---

    def command(self, now_ms: int, client: int, words: Command) -> list[Effect]:
        """Carry out a client's command; the effects end with the reply (or replies) to it.

        Nothing comes of it if the client was dismissed, or if a pause lets it wait.
        """
        done = self.tick(now_ms)
        session = self._desk.sessions.get(client)
        if session is None or session.closing:
            return done
        session.active_ms = now_ms
        if session.waiting:
            session.waiting.append(words)
            return done
        return done + self._carry_out(now_ms, session, words)

    def tick(self, now_ms: int) -> list[Effect]:
        """Carry out what had to wait if a pause is over by now; drivers call this regularly.

        [CMD-2-13]
        """
        pause = self._desk.pause
        if not pause.until_ms or now_ms < pause.until_ms:
            return []
        pause.until_ms = 0
        return self._release(now_ms)

    def _release(self, now_ms: int) -> list[Effect]:
        done: list[Effect] = []
        for session in tuple(self._desk.sessions.values()):
            held, session.waiting = session.waiting, deque()
            for words in held:
                if session.waiting:
                    session.waiting.append(words)  # Another pause began meanwhile.
                elif not session.closing:
                    done += self._carry_out(now_ms, session, words)
        return done

    def _carry_out(self, now_ms: int, session: Session, words: Command) -> list[Effect]:
        """The checks in their order [CMD-1-1], then the command."""
        desk, pause = self._desk, self._desk.pause
        self.sentinel.context.client_name = session.name
        out = self.sentinel.step(now_ms)
        facts = find(words, desk.commands)
        session.last_command = "" if facts is None else facts.name
        if facts is None:
            if words and canonical(words[0]) in HTTP_WORDS:
                self._turn_away(now_ms, session, out)
                return out
            self._answer(session, _unknown(words, desk.commands), out)
            return out
        call = Call(desk, session, facts, words, now_ms, out)
        refusal = self._refusal(call)
        if refusal is not None:
            self._answer(session, refusal, out)
            return out
        if pause.until_ms and pause.holds(facts):
            session.waiting.append(words)
            return out
        was_paused = pause.until_ms > 0
        result = _handler(facts)(call)
        desk.statistics.command_processed(now_ms)
        self._answer(session, result, out, call.if_save_failed)
        if session.closing:
            out.append(Dismiss(session.id, after_replies=True))
        if was_paused and not pause.until_ms:
            out += self._release(now_ms)
        return out

    def _refusal(self, call: Call) -> Error | None:
        """Why a command that exists is not carried out: arity, login, permission, subscription."""
        session, facts, words = call.session, call.facts, call.words
        if not facts.accepts(len(words)):
            return Error(f"ERR wrong number of arguments for '{facts.name}' command")  # [CMD-1-5]
        before_login = "no_auth" in facts.flags
        if not before_login and not self._desk.may_speak(session):
            return LOG_IN_FIRST  # [CMD-1-6]
        denial = self._desk.access.denial(session.user, facts, words)
        if denial is not None:
            statistics = self._desk.statistics
            if denial.reason == "channel":
                statistics.acl_denied_channel += 1
            else:
                statistics.acl_denied_command += 1
            about = description(session, call.now_ms)
            self._desk.access.note_denial(call.now_ms, denial, about)
            return Error(denial.error)  # [CMD-1-7]
        if session.may_only_subscribe and facts.name not in IN_SUBSCRIPTION:
            return Error(  # [CMD-1-8]
                f"ERR Can't execute '{facts.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING "
                "/ QUIT / RESET are allowed in this context"
            )
        return None

    def _answer(
        self,
        session: Session,
        result: Reply | Replies,
        out: list[Effect],
        if_save_failed: Reply = None,
    ) -> None:
        """Send the replies, unless the client wanted none; pushed ones it gets all the same."""
        for reply in result if isinstance(result, Replies) else (result,):
            if isinstance(reply, Error):
                self._desk.statistics.error_replies += 1
                reply = _one_line(reply)
            if isinstance(reply, Push) or not (session.mute or session.skip):
                out.append(Answer(session.id, reply, if_save_failed))
        session.skip, session.skip_next = session.skip_next, False
        if session.tracking is not None and not session.last_command.startswith("client|"):
            session.tracking.caching = False

    def _turn_away(self, now_ms: int, session: Session, out: list[Effect]) -> None:
        """Close a client that speaks HTTP: perhaps a browser that was tricked. [CMD-1-2]

        Whoever does that does it often, so the log tells it once a minute at most.
        """
        last_ms = self._http_logged_ms
        if last_ms is None or abs(now_ms - last_ms) > HTTP_LOG_PERIOD_MS:
            self._http_logged_ms = now_ms
            self.sentinel.context.log(
                "warning",
                f"Closed the connection from {session.address or 'a client'}: it speaks HTTP, "
                "perhaps because a browser was tricked into attacking this Sentinel",
            )
        session.closing = True
        out.append(Dismiss(session.id, after_replies=False))


def _sentinel(call: Call) -> Reply | Replies:
    """[CMD-4-22]"""
    subcommand = SUBCOMMANDS[call.facts.name.partition("|")[2]]
    reply = subcommand.run(call.context, call.words)
    if subcommand.saves and not isinstance(reply, Error):
        call.if_save_failed = SAVE_FAILED
    return reply


_HANDLERS: dict[str, Handler] = {
    "auth": auth,
    "command": command,
    "hello": hello,
    "info": info,
    "ping": ping,
    "psubscribe": subscribe,
    "publish": publish,
    "punsubscribe": unsubscribe,
    "role": role,
    "shutdown": shutdown,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    **{f"client|{name}": run for name, run in CLIENT_SUBCOMMANDS.items()},
    **{f"command|{name}": run for name, run in COMMAND_SUBCOMMANDS.items()},
    **dict.fromkeys((each.name for each in CATALOGUE["acl"].subcommands.values()), acl),
    **dict.fromkeys((each.name for each in CATALOGUE["sentinel"].subcommands.values()), _sentinel),
}
"""What carries out each row of the catalogue; ACL, CLIENT and SENTINEL alone fail on arity."""


def _handler(facts: CommandFacts) -> Handler:
    return _HANDLERS[facts.name]


def _unknown(words: Command, commands: Mapping[str, CommandFacts]) -> Error:
    """The error for a command or subcommand that does not exist. [CMD-1-3] [CMD-1-4]"""
    name = words[0] if words else ""
    container = commands.get(canonical(name))
    if container is not None:
        return Error(
            f"ERR unknown subcommand '{cut(words[1], LONGEST_ECHO)}'. "
            f"Try {container.name.upper()} HELP."
        )
    shown = ""
    for word in words[1:]:
        room = LONGEST_ECHO - _size(shown)
        if room <= 0:
            break
        shown += f"'{cut(word, room)}' "
    return Error(
        f"ERR unknown command '{cut(name, LONGEST_ECHO)}', with args beginning with: {shown}"
    )


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _one_line(error: Error) -> Error:
    """An error without line breaks: they would end it on the wire. [CMD-1-9]"""
    if "\r" in error.text or "\n" in error.text:
        return Error(error.text.replace("\r", " ").replace("\n", " "))
    return error
