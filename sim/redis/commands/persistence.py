"""SAVE, BGSAVE, BGREWRITEAOF and LASTSAVE."""

from __future__ import annotations

from minisentinel.replies import OK, Command, Error, Reply, Status
from sim.redis.clients import Client
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec
from sim.redis.server import Server

__all__ = ["COMMANDS"]


def save(server: Server, client: Client, command: Command) -> Reply:
    """Write a dump, the server standing still meanwhile."""
    if server.persistence.is_saving:
        return Error("ERR Background save already in progress")
    return OK if server.persistence.save_now() else Error("ERR")


def bgsave(server: Server, client: Client, command: Command) -> Reply:
    """``BGSAVE [SCHEDULE]``: have a child write a dump."""
    if len(command) > 2 or (len(command) == 2 and command[1].lower() != "schedule"):
        return SYNTAX_ERROR
    if server.persistence.is_saving:
        return Error("ERR Background save already in progress")
    if server.forks.purpose is not None:
        if len(command) == 2:
            server.persistence.save_asked = True
            return Status("Background saving scheduled")
        return Error(
            "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE "
            "SCHEDULE in order to schedule a BGSAVE whenever possible."
        )
    server.persistence.begin_save()
    return Status("Background saving started")


def bgrewriteaof(server: Server, client: Client, command: Command) -> Reply:
    """Have a child write the append-only file anew, now or when there is no other child."""
    appending = server.persistence.appending
    if appending.is_rewriting:
        return Error("ERR Background append only file rewriting already in progress")
    if server.forks.purpose is not None:
        appending.rewrite_asked = appending.is_on
        return Status("Background append only file rewriting scheduled")
    if appending.is_on:  # else the real server writes one that nobody will read
        appending.begin_rewrite()
    return Status("Background append only file rewriting started")


def lastsave(server: Server, client: Client, command: Command) -> Reply:
    """When the last dump was finished, in seconds since 1970."""
    return server.persistence.last_save_seconds


COMMANDS = (
    CommandSpec("save", save, 1, Allow.NO_SCRIPT | Allow.NO_TRANSACTION),
    CommandSpec("bgsave", bgsave, -1, Allow.NO_SCRIPT),
    CommandSpec("bgrewriteaof", bgrewriteaof, 1, Allow.NO_SCRIPT),
    CommandSpec("lastsave", lastsave, 1, Allow.LOADING | Allow.STALE),
)
