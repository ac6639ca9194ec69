"""MULTI, EXEC, DISCARD, WATCH and UNWATCH. Queueing itself is the dispatcher's."""

from __future__ import annotations

from minisentinel.replies import NULL_ARRAY, OK, Command, Error, Reply
from sim.redis.clients import Client, Replies, Transaction
from sim.redis.commands.spec import Allow, CommandSpec
from sim.redis.server import Server

__all__ = ["COMMANDS"]

FLAGS = Allow.LOADING | Allow.STALE | Allow.AT_ONCE | Allow.NO_SCRIPT


def multi(server: Server, client: Client, command: Command) -> Reply:
    """Queue what follows until EXEC."""
    if client.transaction is not None:
        return Error("ERR MULTI calls can not be nested")
    client.transaction = Transaction()
    return OK


def execute(server: Server, client: Client, command: Command) -> Reply:
    """Run what was queued; an error of one command does not stop the others.

    Nothing runs, and the reply is null, if a watched key has changed since it was watched.
    """
    transaction = client.transaction
    client.transaction = None
    watched, client.watched = client.watched, {}
    if transaction is None:
        return Error("ERR EXEC without MULTI")
    if transaction.aborted:
        return Error("EXECABORT Transaction discarded because of previous errors.")
    if any(server.keyspace.version(key) != version for key, version in watched.items()):
        return NULL_ARRAY
    client.is_atomic = True
    replies: list[Reply] = []
    for queued in transaction.commands:
        reply = server.call(client, queued)
        if isinstance(reply, Replies):
            replies.extend(reply.items)
        else:
            replies.append(reply)
    client.is_atomic = False
    return tuple(replies)


def discard(server: Server, client: Client, command: Command) -> Reply:
    """Forget what was queued."""
    if client.transaction is None:
        return Error("ERR DISCARD without MULTI")
    client.transaction = None
    client.watched.clear()
    return OK


def watch(server: Server, client: Client, command: Command) -> Reply:
    """Let the next EXEC do nothing if one of these keys changes before."""
    if client.transaction is not None:
        return Error("ERR WATCH inside MULTI is not allowed")
    for key in command[1:]:
        client.watched.setdefault(key, server.keyspace.watch(key))
    return OK


def unwatch(server: Server, client: Client, command: Command) -> Reply:
    """Forget what was watched."""
    client.watched.clear()
    return OK


COMMANDS = (
    CommandSpec("multi", multi, 1, FLAGS | Allow.BUSY),
    CommandSpec("exec", execute, 1, FLAGS),
    CommandSpec("discard", discard, 1, FLAGS | Allow.BUSY),
    CommandSpec("watch", watch, -2, FLAGS | Allow.BUSY),
    CommandSpec("unwatch", unwatch, 1, (FLAGS | Allow.BUSY) & ~Allow.AT_ONCE),
)
