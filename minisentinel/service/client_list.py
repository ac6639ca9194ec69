"""CLIENT LIST, INFO and KILL: which clients there are, and sending some away.

Spec: commands §2. The fields and their order are those of Redis 7.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from minisentinel.core.text import strict_integer
from minisentinel.replies import OK, Error, Reply, Verbatim
from minisentinel.service.call import SYNTAX_ERROR, Call, Replies
from minisentinel.service.catalogue import canonical
from minisentinel.service.session import Session

__all__ = ["client_info", "client_kill", "client_list", "description"]

NO_SUCH_CLIENT = Error("ERR No such client")
BAD_CLIENT_ID = Error("ERR Invalid client ID")
BAD_ID_TO_KILL = Error("ERR client-id should be greater than 0")
BAD_AGE = Error("ERR maxage is not an integer or out of range")
AGE_TOO_SMALL = Error("ERR maxage should be greater than 0")

NORMAL, PUBSUB = "normal", "pubsub"
TYPES = {NORMAL: NORMAL, PUBSUB: PUBSUB, "master": "master", "slave": "slave", "replica": "slave"}
"""Types of clients by name; those of replication never connect to a Sentinel."""


def client_list(call: Call) -> Reply | Replies:
    """All clients, those of one type, or those with these numbers. [CMD-2-13]"""
    words, sessions = call.words, call.desk.sessions
    wanted: Iterable[Session]
    if len(words) == 2:
        wanted = sessions.values()
    elif len(words) == 4 and canonical(words[2]) == "type":
        kind = TYPES.get(canonical(words[3]))
        if kind is None:
            return _unknown_type(words[3])
        wanted = [each for each in sessions.values() if _type_of(each) == kind]
    elif len(words) > 3 and canonical(words[2]) == "id":
        numbers = [strict_integer(word) for word in words[3:]]
        if None in numbers:
            return BAD_CLIENT_ID
        wanted = [sessions[number] for number in numbers if number in sessions]
    else:
        return SYNTAX_ERROR
    return Verbatim("".join(description(each, call.now_ms) + "\n" for each in wanted))


def client_info(call: Call) -> Reply | Replies:
    """The line of CLIENT LIST about the client itself. [CMD-2-13]"""
    return Verbatim(description(call.session, call.now_ms) + "\n")


def description(session: Session, now_ms: int) -> str:
    """The fields that tell of a client.

    Of its memory only what waits to be carried out (``qbuf``) or to be read (``omem``) is known.
    """
    waiting, unread = session.buffers.undone_bytes, session.buffers.unread_bytes
    fields = {
        "id": session.id,
        "addr": session.address,
        "laddr": session.local_address,
        "fd": session.descriptor,
        "name": session.name,
        "age": _seconds_between(session.connected_ms, now_ms),
        "idle": _seconds_between(session.active_ms, now_ms),
        "flags": _flags(session),
        "db": 0,
        "sub": len(session.channels),
        "psub": len(session.patterns),
        "ssub": 0,
        "multi": -1,
        "watch": 0,
        "qbuf": waiting,
        "qbuf-free": 0,
        "argv-mem": 0,
        "multi-mem": 0,
        "rbs": 0,
        "rbp": 0,
        "obl": 0,
        "oll": 1 if unread else 0,
        "omem": unread,
        "tot-mem": waiting + unread,
        "events": "r",
        "cmd": session.last_command or "NULL",
        "user": session.user,
        "redir": session.tracking.redirect if session.tracking else -1,
        "resp": session.protocol,
        "lib-name": session.library_name,
        "lib-ver": session.library_version,
    }
    return " ".join(f"{name}={value}" for name, value in fields.items())


def _flags(session: Session) -> str:
    tracking = session.tracking
    shown = (
        ("P", session.is_subscriber),
        ("b", bool(session.waiting)),
        ("t", tracking is not None),
        ("B", tracking is not None and tracking.broadcast),
        ("c", session.closing),
        ("e", session.no_evict),
    )
    return "".join(letter for letter, present in shown if present) or "N"


def _seconds_between(then_ms: int, now_ms: int) -> int:
    """Whole seconds as servers count them: of the clock's seconds, not of the time between."""
    return now_ms // 1000 - then_ms // 1000


def _type_of(session: Session) -> str:
    return PUBSUB if session.is_subscriber else NORMAL


def _unknown_type(name: str) -> Error:
    return Error(f"ERR Unknown client type '{name}'")


def client_kill(call: Call) -> Reply | Replies:
    """Send away the client with an address, or all that fit every filter. [CMD-2-13]

    Only the second form can spare the client that asks, and does so unless told otherwise.
    """
    words = call.words
    if len(words) == 3:
        found = [each for each in call.desk.sessions.values() if each.address == words[2]]
        if not found:
            return NO_SUCH_CLIENT
        call.dismiss(found[0])
        return OK
    chosen = _Filters()
    for at in range(2, len(words), 2):
        if at + 1 == len(words):
            return SYNTAX_ERROR
        error = chosen.add(call, canonical(words[at]), words[at + 1])
        if error is not None:
            return error
    found = [each for each in call.desk.sessions.values() if chosen.fit(each, call)]
    for each in found:
        call.dismiss(each)
    return len(found)


@dataclass(slots=True)
class _Filters:
    """Which clients CLIENT KILL means; a filter that was not given is None."""

    id: int | None = None
    type: str | None = None
    user: str | None = None
    address: str | None = None
    local_address: str | None = None
    max_age_seconds: int | None = None
    skip_me: bool = True

    def add(self, call: Call, option: str, value: str) -> Error | None:
        """Take one pair of words; of a filter given twice, the last counts."""
        match option:
            case "id":
                self.id = strict_integer(value)
                return BAD_ID_TO_KILL if self.id is None or self.id < 1 else None
            case "type":
                self.type = TYPES.get(canonical(value))
                return _unknown_type(value) if self.type is None else None
            case "user":
                self.user = value
                if value not in call.desk.access.users:
                    return Error(f"ERR No such user '{value}'")
            case "addr":
                self.address = value
            case "laddr":
                self.local_address = value
            case "maxage":
                self.max_age_seconds = strict_integer(value)
                if self.max_age_seconds is None:
                    return BAD_AGE
                return AGE_TOO_SMALL if self.max_age_seconds < 1 else None
            case "skipme" if canonical(value) in ("yes", "no"):
                self.skip_me = canonical(value) == "yes"
            case _:
                return SYNTAX_ERROR
        return None

    def fit(self, session: Session, call: Call) -> bool:
        """Whether a client is meant."""
        age = _seconds_between(session.connected_ms, call.now_ms)
        return (
            self.id in (None, session.id)
            and self.type in (None, _type_of(session))
            and self.user in (None, session.user)
            and self.address in (None, session.address)
            and self.local_address in (None, session.local_address)
            and (self.max_age_seconds is None or age >= self.max_age_seconds)
            and not (self.skip_me and session is call.session)
        )
