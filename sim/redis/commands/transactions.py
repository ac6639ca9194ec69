"""MULTI, EXEC and DISCARD. Queueing itself is the dispatcher's."""

from __future__ import annotations

from minisentinel.replies import OK, Command, Error, Reply
from sim.redis.clients import Client, Replies, Transaction
from sim.redis.commands.spec import Allow, CommandSpec
from sim.redis.server import Server

__all__ = ["COMMANDS"]

FLAGS = Allow.LOADING | Allow.STALE | Allow.AT_ONCE


def multi(server: Server, client: Client, command: Command) -> Reply:
    """Queue what follows until EXEC."""
    if client.transaction is not None:
        return Error("ERR MULTI calls can not be nested")
    client.transaction = Transaction()
    return OK


def execute(server: Server, client: Client, command: Command) -> Reply:
    """Run what was queued; an error of one command does not stop the others."""
    transaction = client.transaction
    client.transaction = None
    if transaction is None:
        return Error("ERR EXEC without MULTI")
    if transaction.aborted:
        return Error("EXECABORT Transaction discarded because of previous errors.")
    replies: list[Reply] = []
    for queued in transaction.commands:
        reply = server.call(client, queued)
        if isinstance(reply, Replies):
            replies.extend(reply.items)
        else:
            replies.append(reply)
    return tuple(replies)


def discard(server: Server, client: Client, command: Command) -> Reply:
    """Forget what was queued."""
    if client.transaction is None:
        return Error("ERR DISCARD without MULTI")
    client.transaction = None
    return OK


COMMANDS = (
    CommandSpec("multi", multi, 1, FLAGS),
    CommandSpec("exec", execute, 1, FLAGS),
    CommandSpec("discard", discard, 1, FLAGS),
)
