"""Hashes. Write ids are the effects: ``hset key field value``, ``hdel key field``."""

from __future__ import annotations

from minisentinel.replies import OK, Command, Error, Reply
from minisentinel.wire import MAX_INT64, MIN_INT64
from sim.redis.clients import Client
from sim.redis.commands.arguments import as_written, integer, is_integer
from sim.redis.commands.spec import Allow, CommandSpec, wrong_arity
from sim.redis.server import Server
from sim.redis.values import HashValue

__all__ = ["COMMANDS"]

FILLS = Allow.WRITE | Allow.MEMORY


def _fields(server: Server, key: str) -> dict[str, str]:
    found = server.keyspace.container(key, HashValue)
    return found.fields if found is not None else {}


def _put(server: Server, key: str, fields: dict[str, str], name: str = "hset") -> int:
    added = 0
    with server.keyspace.editing(key, HashValue) as found:
        for field, value in fields.items():
            added += found.put(field, value)
            server.keyspace.note(f"{name} {key} {field} {value}", key, field, value)
    return added


def hset(server: Server, client: Client, command: Command) -> Reply:
    """Set fields: HSET returns how many are new, HMSET answers OK."""
    name = command[0].lower()
    if len(command) % 2:
        return wrong_arity(name)
    added = _put(server, command[1], dict(zip(command[2::2], command[3::2], strict=True)))
    return added if name == "hset" else OK


def hsetnx(server: Server, client: Client, command: Command) -> Reply:
    """Set a field that does not exist: 1 if it was set."""
    _, key, field, value = command
    if field in _fields(server, key):
        return 0
    return _put(server, key, {field: value})


def hincrby(server: Server, client: Client, command: Command) -> Reply:
    """Add an integer to a field."""
    _, key, field, amount = command
    by = integer(amount)
    old = _fields(server, key).get(field, "0")
    if not is_integer(old):
        return Error("ERR hash value is not an integer")
    result = int(old) + by
    if not MIN_INT64 <= result <= MAX_INT64:
        return Error("ERR increment or decrement would overflow")
    _put(server, key, {field: str(result)}, "hincrby")
    return result


def hdel(server: Server, client: Client, command: Command) -> Reply:
    """Delete fields; returns how many there were."""
    return server.keyspace.remove_elements(command[1], HashValue, command[2:], "hdel")


def hget(server: Server, client: Client, command: Command) -> Reply:
    """The value of a field, null without one."""
    return _fields(server, command[1]).get(command[2])


def hmget(server: Server, client: Client, command: Command) -> Reply:
    """The values of several fields."""
    fields = _fields(server, command[1])
    return tuple(fields.get(field) for field in command[2:])


def hgetall(server: Server, client: Client, command: Command) -> Reply:
    """All fields and values."""
    return dict(_fields(server, command[1]))


def hkeys(server: Server, client: Client, command: Command) -> Reply:
    """All fields."""
    return tuple(_fields(server, command[1]))


def hvals(server: Server, client: Client, command: Command) -> Reply:
    """All values."""
    return tuple(_fields(server, command[1]).values())


def hlen(server: Server, client: Client, command: Command) -> Reply:
    """How many fields there are."""
    return len(_fields(server, command[1]))


def hexists(server: Server, client: Client, command: Command) -> Reply:
    """1 if a field is there."""
    return int(command[2] in _fields(server, command[1]))


def _size(server: Server, command: Command) -> int:
    value = server.keyspace.get(command[1])
    return len(value) if isinstance(value, HashValue) else 0


COMMANDS = (
    CommandSpec("hset", hset, -4, FILLS, as_written),
    CommandSpec("hmset", hset, -4, FILLS, as_written),
    CommandSpec("hsetnx", hsetnx, 4, FILLS, as_written),
    CommandSpec("hincrby", hincrby, 4, FILLS, as_written),
    CommandSpec("hdel", hdel, -3, Allow.WRITE, as_written),
    CommandSpec("hget", hget, 3),
    CommandSpec("hmget", hmget, -3),
    CommandSpec("hgetall", hgetall, 2, looks_at=_size),
    CommandSpec("hkeys", hkeys, 2, looks_at=_size),
    CommandSpec("hvals", hvals, 2, looks_at=_size),
    CommandSpec("hlen", hlen, 2),
    CommandSpec("hexists", hexists, 3),
)
