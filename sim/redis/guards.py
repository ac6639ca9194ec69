"""Refusals that need a special state of the server: password, memory, disk.

The dispatcher asks only while `Server.is_guarded`, so that others do not pay for it.
"""

from __future__ import annotations

from minisentinel.replies import Error
from sim.redis.clients import Client, Transaction
from sim.redis.commands.spec import CommandSpec
from sim.redis.server import Server

__all__ = ["NOAUTH", "OOM", "special_refusal"]

NOAUTH = Error("NOAUTH Authentication required.")
OOM = Error("OOM command not allowed when used memory > 'maxmemory'.")


def special_refusal(
    server: Server, client: Client, spec: CommandSpec, asked: CommandSpec | Transaction
) -> Error | None:
    """Why a command may not run: `asked` is the command, or for EXEC what was queued."""
    if spec.needs_password and not client.authenticated:
        return NOAUTH
    if not server.free_memory() and asked.needs_memory:
        return OOM
    if asked.writes or spec.name == "ping":
        trouble = server.persistence.trouble
        if trouble:
            return Error(trouble)
    return None
