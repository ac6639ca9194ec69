"""PING, AUTH and HELLO: what a client says first (spec: commands §2)."""

from __future__ import annotations

from minisentinel.core.text import strict_integer
from minisentinel.identity import CLAIMED_VERSION, SERVER_NAME
from minisentinel.replies import OK, PONG, Error, Reply
from minisentinel.service.call import SYNTAX_ERROR, Call, Replies
from minisentinel.service.catalogue import canonical
from minisentinel.service.client_list import description
from minisentinel.service.session import DEFAULT_USER

__all__ = ["BAD_NAME", "auth", "hello", "is_plain", "ping"]

BAD_NAME = Error("ERR Client names cannot contain spaces, newlines or special characters.")
WRONG_PASSWORD = Error("WRONGPASS invalid username-password pair or user is disabled.")
NO_PASSWORD_NEEDED = Error(
    "ERR AUTH <password> called without any password configured for the default user. Are you "
    "sure your configuration is correct?"
)
LOG_IN_FIRST = Error(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
    "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
    "protocol version at the same time"
)


def is_plain(text: str) -> bool:
    """Whether `text` is printable ASCII without blanks, as what CLIENT LIST shows must be."""
    return all("!" <= letter <= "~" for letter in text)


def ping(call: Call) -> Reply | Replies:
    """[CMD-2-1]"""
    words = call.words
    if len(words) > 2:
        return Error("ERR wrong number of arguments for 'ping' command")
    if call.session.may_only_subscribe:
        return ("pong", words[1] if len(words) == 2 else "")
    return words[1] if len(words) == 2 else PONG


def auth(call: Call) -> Reply | Replies:
    """Log in by password, or by user and password. [CMD-2-2]"""
    words = call.words
    if len(words) > 3:
        return SYNTAX_ERROR
    if len(words) == 3:
        return OK if _logs_in(call, words[1], words[2]) else WRONG_PASSWORD
    if call.desk.access.default_user_needs_no_password():
        return NO_PASSWORD_NEEDED
    return OK if _logs_in(call, DEFAULT_USER, words[1]) else WRONG_PASSWORD


def hello(call: Call) -> Reply | Replies:
    """Choose the protocol, log in, take a name; nothing is done if anything is wrong. [CMD-2-3]

    The reply is in the protocol that was chosen, and tells no role in a Sentinel.
    """
    session, words = call.session, call.words
    protocol = session.protocol
    if len(words) > 1:
        version = strict_integer(words[1])
        if version is None:
            return Error("ERR Protocol version is not an integer or out of range")
        if version not in (2, 3):
            return Error("NOPROTO unsupported protocol version")
        protocol = version
    name: str | None = None
    login: tuple[str, str] | None = None
    at = 2
    while at < len(words):
        match canonical(words[at]), len(words) - at - 1:
            case "auth", left if left >= 2:
                login = words[at + 1], words[at + 2]
                at += 3
            case "setname", left if left >= 1:
                name = words[at + 1]
                if not is_plain(name):
                    return BAD_NAME
                at += 2
            case _:
                return Error(f"ERR Syntax error in HELLO option '{words[at]}'")
    if login is not None and not _logs_in(call, *login):
        return WRONG_PASSWORD
    if not call.desk.may_speak(session):
        return LOG_IN_FIRST
    if name is not None:
        session.name = name
    session.protocol = protocol
    return {
        "server": SERVER_NAME,
        "version": CLAIMED_VERSION,
        "proto": protocol,
        "id": session.id,
        "mode": "sentinel",
        "modules": (),
    }


def _logs_in(call: Call, username: str, password: str) -> bool:
    """Whether the credentials are right; if not, the client stays who it was."""
    desk = call.desk
    if not desk.access.authenticate(username, password):
        desk.statistics.acl_denied_auth += 1
        about = description(call.session, call.now_ms)
        desk.access.note_failed_login(call.now_ms, username, call.words[0], about)
        return False
    call.session.user = username
    call.session.authenticated = True
    return True
