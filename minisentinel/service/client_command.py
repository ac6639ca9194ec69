"""CLIENT: what concerns connections, a function per subcommand (spec: commands §2)."""

from __future__ import annotations

from minisentinel.core.text import strict_integer
from minisentinel.replies import NOT_AN_INTEGER, OK, Error, Reply
from minisentinel.service.call import SYNTAX_ERROR, Call, Handler, Replies
from minisentinel.service.catalogue import CATALOGUE, canonical
from minisentinel.service.client_list import client_info, client_kill, client_list
from minisentinel.service.client_tracking import (
    client_caching,
    client_getredir,
    client_tracking,
    client_trackinginfo,
)
from minisentinel.service.connection import BAD_NAME, is_plain
from minisentinel.service.help_text import help_text

__all__ = ["CLIENT_SUBCOMMANDS"]

BAD_PAUSE_MODE = Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
BAD_TIMEOUT = Error("ERR timeout is not an integer or out of range")
NEGATIVE_TIMEOUT = Error("ERR timeout is negative")
TIMEOUT_TOO_FAR = Error("ERR timeout is out of range")
BAD_REASON = Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")


def _caller_misuses(call: Call) -> Error:
    return Error(
        f"ERR unknown subcommand or wrong number of arguments for '{call.words[1]}'. "
        "Try CLIENT HELP."
    )


def _setname(call: Call) -> Reply | Replies:
    if not is_plain(call.words[2]):
        return BAD_NAME
    call.session.name = call.words[2]
    return OK


def _getname(call: Call) -> Reply | Replies:
    return call.session.name or None


def _id(call: Call) -> Reply | Replies:
    return call.session.id


def _setinfo(call: Call) -> Reply | Replies:
    attribute, value = call.words[2:]
    kind = canonical(attribute)
    if kind not in ("lib-name", "lib-ver"):
        return Error(f"ERR Unrecognized option '{attribute}'")
    if not is_plain(value):
        return Error(f"ERR {attribute} cannot contain spaces, newlines or special characters.")
    if kind == "lib-name":
        call.session.library_name = value
    else:
        call.session.library_version = value
    return OK


def _reply(call: Call) -> Reply | Replies:
    """Silence for good, for the next command, or no longer; the first two get no reply."""
    session = call.session
    match canonical(call.words[2]):
        case "on":
            session.mute = session.skip = False
            return OK
        case "off":
            session.mute = True
        case "skip":
            session.skip_next = not session.mute
        case _:
            return SYNTAX_ERROR
    return Replies()


def _no_evict(call: Call) -> Reply | Replies:
    wish = canonical(call.words[2])
    if wish not in ("on", "off"):
        return SYNTAX_ERROR
    call.session.no_evict = wish == "on"
    return OK


def _pause(call: Call) -> Reply | Replies:
    """Let commands wait; of two pauses the longer and the stricter counts."""
    words, pause = call.words, call.desk.pause
    if len(words) > 4:
        return _caller_misuses(call)
    mode = canonical(words[3]) if len(words) == 4 else "all"
    if mode not in ("all", "write"):
        return BAD_PAUSE_MODE
    timeout_ms = strict_integer(words[2])
    if timeout_ms is None:
        return BAD_TIMEOUT
    if timeout_ms < 0:
        return NEGATIVE_TIMEOUT
    until_ms = call.now_ms + timeout_ms
    if until_ms >= 2**63:
        return TIMEOUT_TOO_FAR
    pause.only_writes = mode == "write" and (pause.only_writes or not pause.until_ms)
    pause.until_ms = max(pause.until_ms, until_ms)
    return OK


def _unpause(call: Call) -> Reply | Replies:
    call.desk.pause.until_ms = 0
    return OK


def _unblock(call: Call) -> Reply | Replies:
    """Nothing that a Sentinel does blocks, so there is never anybody to unblock."""
    words = call.words
    if len(words) > 4:
        return _caller_misuses(call)
    if len(words) == 4 and canonical(words[3]) not in ("timeout", "error"):
        return BAD_REASON
    return NOT_AN_INTEGER if strict_integer(words[2]) is None else 0


def _help(call: Call) -> Reply | Replies:
    rows = CATALOGUE["client"].subcommands
    return help_text(
        "CLIENT", ((syntax, rows[name].summary, *more) for syntax, name, *more in HELP)
    )


HELP = (
    ("CACHING (YES|NO)", "caching"),
    ("GETREDIR", "getredir"),
    ("GETNAME", "getname"),
    ("ID", "id"),
    ("INFO", "info"),
    ("KILL <ip:port>", "kill"),
    (
        "KILL <option> <value> [<option> <value> [...]]",
        "kill",
        "* ADDR (<ip:port>|<unixsocket>:0)",
        "* LADDR (<ip:port>|<unixsocket>:0)",
        "* TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "* USER <username>",
        "* SKIPME (YES|NO)",
        "* ID <client-id>",
        "* MAXAGE <maxage>",
    ),
    ("LIST [options ...]", "list", "* TYPE (NORMAL|MASTER|REPLICA|PUBSUB)", "* ID <client-id> ..."),
    ("UNPAUSE", "unpause"),
    ("PAUSE <timeout> [WRITE|ALL]", "pause"),
    ("REPLY (ON|OFF|SKIP)", "reply"),
    ("SETNAME <name>", "setname"),
    ("SETINFO (LIB-NAME|LIB-VER) <value>", "setinfo"),
    ("UNBLOCK <clientid> [TIMEOUT|ERROR]", "unblock"),
    (
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] "
        "[NOLOOP]",
        "tracking",
    ),
    ("TRACKINGINFO", "trackinginfo"),
    ("NO-EVICT (ON|OFF)", "no-evict"),
)

CLIENT_SUBCOMMANDS: dict[str, Handler] = {
    "caching": client_caching,
    "getname": _getname,
    "getredir": client_getredir,
    "help": _help,
    "id": _id,
    "info": client_info,
    "kill": client_kill,
    "list": client_list,
    "no-evict": _no_evict,
    "pause": _pause,
    "reply": _reply,
    "setinfo": _setinfo,
    "setname": _setname,
    "tracking": client_tracking,
    "trackinginfo": client_trackinginfo,
    "unblock": _unblock,
    "unpause": _unpause,
}
