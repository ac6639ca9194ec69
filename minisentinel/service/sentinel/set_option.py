"""SENTINEL SET: the settings of one master (spec: commands §8).

Differs on purpose: a value with a control character is refused, as by the newest Valkey, because
it could add a line to the configuration file; and so is a number of more than 31 bits, which a real
server accepts, but reads back from its file as another number, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from minisentinel.core import links
from minisentinel.core.context import Context
from minisentinel.core.due import forget_dues
from minisentinel.core.state import Master
from minisentinel.replies import OK, Command, Error, Reply
from minisentinel.service.sentinel.handler import NO_SUCH_MASTER, refuse_control_characters
from minisentinel.service.sentinel.numbers import number

__all__ = ["set_options"]

SCRIPTS_DENIED = (
    "ERR Reconfiguration of scripts path is denied for security reasons. Check the "
    "deny-scripts-reconfig configuration directive in your Sentinel configuration"
)
HIDDEN = "******"


class _InvalidValue(Exception):
    """The word that an option cannot take."""


class _Refused(Exception):
    """What ends the command, with the error that the client gets."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.reply = Error(text)


class _Option(NamedTuple):
    """Takes `values` words and applies them; raises `_InvalidValue` or `_Refused` before that.

    A secret's value is not shown in the event.
    """

    apply: Callable[[Context, Master, Command], None]
    values: int = 1
    secret: bool = False


def set_options(ctx: Context, words: Command) -> Reply:
    """Apply options one by one; an error ends that, and what was applied stays and is saved.

    [CMD-4-14] [CMD-8-1] [CMD-8-12] [CFG-5-11]
    """
    master = ctx.state.masters.get(words[2])
    if master is None:
        return NO_SUCH_MASTER
    unsafe = refuse_control_characters(words, 3, "SET")
    if unsafe is not None:
        return unsafe
    at = 3
    reply: Reply = OK
    try:
        while at < len(words):
            at += _set_one(ctx, master, words[at], words[at + 1 :])
    except _Refused as refused:
        reply = refused.reply
    if at > 3:
        # Periods may have changed, and with them when a tick has something to do.
        forget_dues(ctx.state)
        ctx.save()
        if ctx.tracing:
            ctx.note_settings(master)
    return reply


def _set_one(ctx: Context, master: Master, name: str, rest: Command) -> int:
    """Apply the option `name`, whose values `rest` begins with; returns how many words that took.

    Raises `_Refused`, and then has changed nothing. [CMD-8-13] [CMD-8-14] [CMD-8-17]
    """
    option = _OPTIONS.get(name.lower())
    if option is None or len(rest) < option.values:
        raise _Refused(f"ERR Unknown option or number of arguments for SENTINEL SET '{name}'")
    values = rest[: option.values]
    try:
        option.apply(ctx, master, values)
    except _InvalidValue as invalid:
        raise _Refused(f"ERR Invalid argument '{invalid}' for SENTINEL SET '{name}'") from None
    shown = HIDDEN if option.secret else " ".join(values)
    ctx.emit("warning", "+set", master, f"%@ {name} {shown}")
    return 1 + option.values


def _number(text: str, least: int) -> int:
    """[CMD-8-18]"""
    value = number(text, least)
    if value is None:
        raise _InvalidValue(text)
    return value


def _down_after(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-2]"""
    master.down_after = _number(values[0], 1)
    for instance in (*master.replicas.values(), *master.peers.values()):
        instance.down_after = master.down_after


def _failover_timeout(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-3]"""
    master.failover_timeout = _number(values[0], 1)


def _parallel_syncs(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-4]"""
    master.parallel_syncs = _number(values[0], 1)


def _quorum(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-5]"""
    master.quorum = _number(values[0], 1)


def _reboot_down_after(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-11] [CMD-8-11a]"""
    master.reboot_down_after = _number(values[0], 0)


def _script(ctx: Context, path: str, what: str) -> str:
    """The path, if it may be set and can be run; an empty one means no script.

    [CMD-8-15] [CMD-8-16] [CFG-8-1]
    """
    if ctx.state.deny_scripts_reconfig:
        raise _Refused(SCRIPTS_DENIED)
    if path and not ctx.facts.is_executable(path):
        raise _Refused(f"ERR {what} script seems non existing or non executable")
    return path


def _notification_script(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-6]"""
    master.notification_script = _script(ctx, values[0], "Notification")


def _client_reconfig_script(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-7]"""
    master.client_reconfig_script = _script(ctx, values[0], "Client reconfiguration")


def _auth_pass(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-8]"""
    master.auth_pass = values[0]
    _reconnect(ctx, master)


def _auth_user(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-9]"""
    master.auth_user = values[0]
    _reconnect(ctx, master)


def _reconnect(ctx: Context, master: Master) -> None:
    """Close the connections to a master and its replicas, the same credentials or not."""
    for instance in (master, *master.replicas.values()):
        links.close_all(ctx, instance.link)


def _rename_command(ctx: Context, master: Master, values: Command) -> None:
    """[CMD-8-10]"""
    for value in values:
        if not value:
            raise _InvalidValue(value)
    old, new = values
    master.renamed_commands.pop(old.lower(), None)
    if old.lower() != new.lower():
        master.renamed_commands[old.lower()] = (old, new)


_OPTIONS: dict[str, _Option] = {
    "auth-pass": _Option(_auth_pass, secret=True),
    "auth-user": _Option(_auth_user),
    "client-reconfig-script": _Option(_client_reconfig_script),
    "down-after-milliseconds": _Option(_down_after),
    "failover-timeout": _Option(_failover_timeout),
    "master-reboot-down-after-period": _Option(_reboot_down_after),
    "notification-script": _Option(_notification_script),
    "parallel-syncs": _Option(_parallel_syncs),
    # The spelling of Valkey.
    "primary-reboot-down-after-period": _Option(_reboot_down_after),
    "quorum": _Option(_quorum),
    "rename-command": _Option(_rename_command, values=2),
}
