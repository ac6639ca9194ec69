"""SENTINEL CONFIG: the settings of the whole process (spec: commands §9).

Differs on purpose: SET refuses words with a control character, as the newest Valkey does, because
they could add a line to the configuration file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minisentinel.core import links
from minisentinel.core.context import Context
from minisentinel.core.state import State
from minisentinel.logformat import LEVELS
from minisentinel.patterns import glob_matches
from minisentinel.replies import OK, Command, Error, Reply
from minisentinel.service.sentinel.handler import refuse_control_characters
from minisentinel.service.sentinel.numbers import number

__all__ = ["config"]

ONLY_GET_AND_SET = Error(
    "ERR Only SENTINEL CONFIG GET <param> [<param> <param> ...] / SET <param> <value> "
    "[<param> <value> ...] are supported."
)


class _Option(NamedTuple):
    """How an option is shown, which values it takes, and how one is put into the state."""

    read: Callable[[State], str]
    accepts: Callable[[str], bool]
    write: Callable[[State, str], None]


def config(ctx: Context, words: Command) -> Reply:
    """``CONFIG GET`` or ``CONFIG SET``. [CMD-4-15] [CMD-9-1]"""
    match words[2].lower():
        case "get":
            return _get(ctx.state, words[3:])
        case "set" if len(words) >= 5:
            return refuse_control_characters(words, 3, "CONFIG SET") or _set(ctx, words[3:])
        case _:
            return ONLY_GET_AND_SET


def _get(state: State, patterns: Command) -> Reply:
    """[CMD-9-2]"""
    found: dict[str, Reply] = {}
    for pattern in patterns:
        for name, option in _OPTIONS.items():
            if name not in found and glob_matches(pattern, name, ignore_case=True):
                found[name] = option.read(state)
    return found


def _set(ctx: Context, words: Command) -> Reply:
    """Check every pair, then apply them all. [CMD-9-3] to [CMD-9-9], [CFG-5-12]"""
    wanted: dict[str, str] = {}
    for at in range(0, len(words), 2):
        name = words[at].lower()
        if name not in _OPTIONS:
            return Error(f"ERR Invalid argument '{words[at]}' to SENTINEL CONFIG SET")
        if name in wanted:
            return Error(f"ERR Duplicate argument '{words[at]}' to SENTINEL CONFIG SET")
        if at + 1 == len(words):
            return Error(f"ERR Missing argument '{words[at]}' value")
        if not _OPTIONS[name].accepts(words[at + 1]):
            return Error(
                f"ERR Invalid value '{words[at + 1]}' to SENTINEL CONFIG SET '{words[at]}'"
            )
        wanted[name] = words[at + 1]
    for name, value in wanted.items():
        _OPTIONS[name].write(ctx.state, value)
    ctx.save()
    if not wanted.keys().isdisjoint(_CREDENTIALS):
        _reconnect(ctx)
    return OK


def _reconnect(ctx: Context) -> None:
    """Close all connections to other Sentinels; they open again with the new credentials.

    [CMD-9-8]
    """
    for master in ctx.state.masters.values():
        for peer in master.peers.values():
            links.close_all(ctx, peer.link)


def _shown(value: bool) -> str:
    return "yes" if value else "no"


def _is_yes_no(text: str) -> bool:
    return text.lower() in ("yes", "no")


def _is_port(text: str) -> bool:
    return number(text, 0, 65535) is not None


def _is_level(text: str) -> bool:
    return text.lower() in LEVELS


def _anything(text: str) -> bool:
    return True


def _set_resolve_hostnames(state: State, text: str) -> None:
    state.resolve_hostnames = text.lower() == "yes"


def _set_announce_hostnames(state: State, text: str) -> None:
    state.announce_hostnames = text.lower() == "yes"


def _set_announce_ip(state: State, text: str) -> None:
    state.announce_ip = text  # An empty one is set all the same (spec: gossip §8).


def _set_announce_port(state: State, text: str) -> None:
    state.announce_port = int(text)


def _set_sentinel_user(state: State, text: str) -> None:
    state.sentinel_user = text


def _set_sentinel_pass(state: State, text: str) -> None:
    state.sentinel_pass = text


def _set_loglevel(state: State, text: str) -> None:
    state.loglevel = text.lower()


_OPTIONS: dict[str, _Option] = {
    "resolve-hostnames": _Option(
        lambda state: _shown(state.resolve_hostnames), _is_yes_no, _set_resolve_hostnames
    ),
    "announce-hostnames": _Option(
        lambda state: _shown(state.announce_hostnames), _is_yes_no, _set_announce_hostnames
    ),
    "announce-ip": _Option(lambda state: state.announce_ip or "", _anything, _set_announce_ip),
    "announce-port": _Option(lambda state: str(state.announce_port), _is_port, _set_announce_port),
    "sentinel-user": _Option(lambda state: state.sentinel_user, _anything, _set_sentinel_user),
    "sentinel-pass": _Option(lambda state: state.sentinel_pass, _anything, _set_sentinel_pass),
    "loglevel": _Option(lambda state: state.loglevel, _is_level, _set_loglevel),
}
"""In the order in which GET shows them."""

_CREDENTIALS = ("sentinel-user", "sentinel-pass")
