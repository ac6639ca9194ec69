"""Subcommands that change whom this Sentinel watches (spec: commands §4 and §7)."""

from __future__ import annotations

from dataclasses import replace

from minisentinel.core.address import AddressError
from minisentinel.core.context import Context
from minisentinel.core.instances import DuplicateInstance, create_master, destroy_master
from minisentinel.core.reconfiguration import reset_master
from minisentinel.core.state import Master
from minisentinel.core.text import strict_integer
from minisentinel.patterns import glob_matches
from minisentinel.replies import OK, Command, Error, Reply
from minisentinel.service.sentinel.handler import refuse_control_characters
from minisentinel.service.sentinel.numbers import INT_MAX

__all__ = ["monitor", "remove", "reset"]


def monitor(ctx: Context, words: Command) -> Reply:
    """Watch a new master (spec: commands §7).

    Differs on purpose: control characters are refused, and so are numbers of more than 31 bits,
    which a real server cuts to a C ``int`` and may then not be able to load again.
    [CMD-4-12] [CMD-7-1] to [CMD-7-3], [CFG-5-9]
    """
    unsafe = refuse_control_characters(words, 2, "MONITOR")
    if unsafe is not None:
        return unsafe
    name, host = words[2], words[3]
    quorum, port = strict_integer(words[5]), strict_integer(words[4])
    if quorum is None or quorum > INT_MAX:
        return Error("ERR Invalid quorum")
    if port is None:
        return Error("ERR Invalid port")
    if quorum <= 0:
        return Error("ERR Quorum must be 1 or greater.")
    try:
        # The host is judged first, whatever the port; a master must be reachable from the start.
        address = ctx.address(host, 0, allow_unresolved=False)
    except AddressError:
        return Error("ERR Invalid IP address or hostname specified")
    if not 0 <= port <= 65535:
        return Error("ERR Invalid port number.")
    try:
        master = create_master(ctx.state, name, replace(address, port=port), quorum, ctx.now)
    except DuplicateInstance:
        return Error("ERR Duplicate master name.")
    ctx.save()
    if ctx.tracing:
        ctx.note_settings(master)
        ctx.note_configuration(master, "monitor", before=master.config_epoch)
    ctx.emit("warning", "+monitor", master, f"%@ quorum {master.quorum}")
    return OK


def remove(ctx: Context, master: Master) -> Reply:
    """Watch a master no longer. [CMD-4-13] [CFG-5-10]"""
    ctx.emit("warning", "-monitor", master)
    ctx.close(destroy_master(ctx.state, master))
    ctx.save()
    return OK


def reset(ctx: Context, words: Command) -> Reply:
    """Forget all that is known of the masters whose name matches, and of their other Sentinels.

    [CMD-4-11] [FAI-6.3-10] [CFG-5-13]
    """
    count = 0
    for master in ctx.state.masters.values():
        if glob_matches(words[2], master.name):
            count += 1
            reset_master(ctx, master, keep_peers=False)
            ctx.emit("warning", "+reset-master", master)
    return count
