"""Strings and counters, and the commands about keys of any type.

Write ids, by which the trace names a write: ``key=value`` for SET, ``key+by=result`` for counters
(``key-by=result`` downwards), ``del key`` for a deletion. A counter's write that was refused has
no result: ``key+by``.
"""

from __future__ import annotations

import re

from minisentinel.replies import OK, Command, Error, Reply
from sim.redis.clients import Client
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec
from sim.redis.server import Server

__all__ = ["COMMANDS"]

NOT_AN_INTEGER = Error("ERR value is not an integer or out of range")
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1


def get(server: Server, client: Client, command: Command) -> Reply:
    """The value of a key, null without one."""
    return server.keyspace.get(command[1])


def set_string(server: Server, client: Client, command: Command) -> Reply:
    """``SET key value [NX|XX] [GET]``."""
    _, key, value, *words = command
    options = [word.lower() for word in words]
    if any(option not in ("nx", "xx", "get") for option in options):
        return SYNTAX_ERROR
    if "nx" in options and "xx" in options:
        return SYNTAX_ERROR
    old = server.keyspace.get(key)
    refused = ("nx" in options and old is not None) or ("xx" in options and old is None)
    if not refused:
        server.keyspace.put(key, value, f"{key}={value}")
    if "get" in options:
        return old
    return None if refused else OK


def _add(server: Server, key: str, amount: int, shown: str) -> Reply:
    old = _integer(server.keyspace.get(key) or "0")
    if old is None:
        return NOT_AN_INTEGER
    result = old + amount
    if not INTEGER_MIN <= result <= INTEGER_MAX:
        return Error("ERR increment or decrement would overflow")
    server.keyspace.put(key, str(result), f"{key}{shown}={result}")
    return result


def _integer(text: str) -> int | None:
    if not INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if INTEGER_MIN <= number <= INTEGER_MAX else None


def incr(server: Server, client: Client, command: Command) -> Reply:
    """Add one to a counter; a missing key counts as 0."""
    return _add(server, command[1], 1, "+1")


def decr(server: Server, client: Client, command: Command) -> Reply:
    """Subtract one from a counter."""
    return _add(server, command[1], -1, "-1")


def incrby(server: Server, client: Client, command: Command) -> Reply:
    """Add any integer to a counter."""
    amount = _integer(command[2])
    if amount is None:
        return NOT_AN_INTEGER
    return _add(server, command[1], amount, f"+{command[2]}")


def delete(server: Server, client: Client, command: Command) -> Reply:
    """Delete keys; returns how many there were."""
    return sum(server.keyspace.remove(key, f"del {key}") for key in command[1:])


def exists(server: Server, client: Client, command: Command) -> Reply:
    """How many of the keys exist; one named twice counts twice."""
    return sum(server.keyspace.get(key) is not None for key in command[1:])


def dbsize(server: Server, client: Client, command: Command) -> Reply:
    """The number of keys."""
    return len(server.keyspace)


COMMANDS = (
    CommandSpec("get", get, 2),
    CommandSpec("set", set_string, -3, Allow.WRITE, lambda words: f"{words[1]}={words[2]}"),
    CommandSpec("incr", incr, 2, Allow.WRITE, lambda words: f"{words[1]}+1"),
    CommandSpec("decr", decr, 2, Allow.WRITE, lambda words: f"{words[1]}-1"),
    CommandSpec("incrby", incrby, 3, Allow.WRITE, lambda words: f"{words[1]}+{words[2]}"),
    CommandSpec("del", delete, -2, Allow.WRITE, lambda words: f"del {words[1]}"),
    CommandSpec("exists", exists, -2),
    CommandSpec("dbsize", dbsize, 1),
)
