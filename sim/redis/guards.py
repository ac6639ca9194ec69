"""Refusals that need a special state of the server: password, memory, disk.

The dispatcher asks only while `Server.is_guarded`, so that others do not pay for it.
"""

from __future__ import annotations

from minisentinel.replies import Error
from sim.redis.clients import Client, Transaction
from sim.redis.commands import find
from sim.redis.commands.spec import CommandSpec
from sim.redis.replication.messages import Unit
from sim.redis.server import Server

__all__ = ["ABORTED_STATUS", "NOAUTH", "OOM", "must_end", "special_refusal"]

NOAUTH = Error("NOAUTH Authentication required.")
OOM = Error("OOM command not allowed when used memory > 'maxmemory'.")
ABORTED_STATUS = 134
"""As a shell tells SIGABRT, with which a server ends that finds its own state impossible."""


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


def must_end(server: Server, unit: Unit) -> bool:
    """Whether a replica ends rather than write what its disk does not keep.

    Nobody can be told that the write is refused, so since Redis 7.0 the server ends, unless
    ``repl-ignore-disk-write-error`` is set. PING in the stream is no write.
    """
    if not server.persistence.trouble or server.settings.repl_ignore_disk_write_error:
        return False
    specs = [find(command) for command in unit.commands]
    return any(isinstance(spec, CommandSpec) and spec.writes for spec in specs)
