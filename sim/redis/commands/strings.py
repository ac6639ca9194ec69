"""Strings and counters.

Write ids, by which the trace names a write: ``key=value`` for SET and its relatives,
``key+by=result`` for counters (``key-by=result`` downwards), ``append key text``. A counter's write
that was refused has no result: ``key+by``.
"""

from __future__ import annotations

from minisentinel.replies import NOT_AN_INTEGER, OK, Command, Error, Reply
from minisentinel.wire import MAX_INT64, MIN_INT64
from sim.redis.clients import Client
from sim.redis.commands.arguments import integer, is_integer
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec, wrong_arity
from sim.redis.refused import Refused
from sim.redis.server import Server

__all__ = ["COMMANDS"]

FILLS = Allow.WRITE | Allow.MEMORY


def get(server: Server, client: Client, command: Command) -> Reply:
    """The value of a key, null without one."""
    return server.keyspace.string(command[1])


def set_string(server: Server, client: Client, command: Command) -> Reply:
    """``SET key value [NX|XX] [GET] [EX|PX|EXAT|PXAT time | KEEPTTL]``."""
    if len(command) == 3:
        server.keyspace.put(command[1], command[2], f"{command[1]}={command[2]}")
        return OK
    _, key, value, *words = command
    options: list[str] = []
    expiry: tuple[str, str] | None = None
    while words:
        option = words.pop(0).lower()
        if option in EXPIRY_UNITS and words and expiry is None and "keepttl" not in options:
            expiry = option, words.pop(0)
        elif option in ("nx", "xx", "get") or (option == "keepttl" and expiry is None):
            options.append(option)
        else:
            return SYNTAX_ERROR
    if "nx" in options and "xx" in options:
        return SYNTAX_ERROR
    expires_at = _moment(server, *expiry, "set") if expiry is not None else None
    keyspace = server.keyspace
    old = keyspace.string(key) if "get" in options else keyspace.get(key)
    refused = ("nx" in options and old is not None) or ("xx" in options and old is None)
    if not refused:
        keyspace.put(key, value, f"{key}={value}", keep_ttl="keepttl" in options)
        if expires_at is not None:
            keyspace.set_expiry(key, expires_at)
            keyspace.replicate_as(("SET", key, value, "PXAT", str(expires_at)))
        elif "get" in options:
            kept = (word for word in command if word.lower() != "get" or word in (key, value))
            keyspace.replicate_as(tuple(kept))
    if "get" in options:
        return old if isinstance(old, str) else None
    return None if refused else OK


EXPIRY_UNITS = {"ex": 1000, "px": 1, "exat": 1000, "pxat": 1}


def _moment(server: Server, option: str, text: str, name: str) -> int:
    """The time, in milliseconds since 1970, that an option such as ``EX 10`` means."""
    amount = integer(text)
    if amount <= 0 or amount > MAX_INT64 // 1000:
        raise Refused(Error(f"ERR invalid expire time in '{name}' command"))
    moment = amount * EXPIRY_UNITS[option]
    return moment if option.endswith("at") else server.environment.unix_ms() + moment


def setex(server: Server, client: Client, command: Command) -> Reply:
    """``SETEX key seconds value``, ``PSETEX key milliseconds value``."""
    name = command[0].lower()
    _, key, amount, value = command
    when_ms = _moment(server, "ex" if name == "setex" else "px", amount, name)
    server.keyspace.put(key, value, f"{key}={value}")
    server.keyspace.set_expiry(key, when_ms)
    server.keyspace.replicate_as(("SET", key, value, "PXAT", str(when_ms)))
    return OK


def setnx(server: Server, client: Client, command: Command) -> Reply:
    """Set a key that does not exist: 1 if it was set."""
    _, key, value = command
    if server.keyspace.get(key) is not None:
        return 0
    server.keyspace.put(key, value, f"{key}={value}")
    return 1


def getset(server: Server, client: Client, command: Command) -> Reply:
    """Set, and return the old value."""
    _, key, value = command
    old = server.keyspace.string(key)
    server.keyspace.put(key, value, f"{key}={value}")
    server.keyspace.replicate_as(("SET", key, value))
    return old


def getdel(server: Server, client: Client, command: Command) -> Reply:
    """Delete, and return the old value."""
    key = command[1]
    old = server.keyspace.string(key)
    server.keyspace.remove(key, f"del {key}")
    server.keyspace.replicate_as(("DEL", key)) if old is not None else None
    return old


def mget(server: Server, client: Client, command: Command) -> Reply:
    """The values of several keys; null for what is missing or no string."""
    found = (server.keyspace.get(key) for key in command[1:])
    return tuple(value if isinstance(value, str) else None for value in found)


def mset(server: Server, client: Client, command: Command) -> Reply:
    """Set several keys at once."""
    if len(command) % 2 == 0:
        return wrong_arity("mset")
    for key, value in zip(command[1::2], command[2::2], strict=True):
        server.keyspace.put(key, value, f"{key}={value}")
    return OK


def append(server: Server, client: Client, command: Command) -> Reply:
    """Append to a string; returns its length."""
    _, key, text = command
    value = (server.keyspace.string(key) or "") + text
    server.keyspace.put(key, value, f"append {key} {text}", keep_ttl=True)
    return len(value)


def strlen(server: Server, client: Client, command: Command) -> Reply:
    """The length of a string, 0 without one."""
    return len(server.keyspace.string(command[1]) or "")


def _add(server: Server, key: str, amount: int, shown: str) -> Reply:
    text = server.keyspace.string(key)
    if text is not None and not is_integer(text):
        return NOT_AN_INTEGER
    result = int(text or 0) + amount
    if not MIN_INT64 <= result <= MAX_INT64:
        return Error("ERR increment or decrement would overflow")
    server.keyspace.put(key, str(result), f"{key}{shown}={result}", keep_ttl=True)
    return result


def incr(server: Server, client: Client, command: Command) -> Reply:
    """Add one to a counter; a missing key counts as 0."""
    return _add(server, command[1], 1, "+1")


def decr(server: Server, client: Client, command: Command) -> Reply:
    """Subtract one from a counter."""
    return _add(server, command[1], -1, "-1")


def incrby(server: Server, client: Client, command: Command) -> Reply:
    """Add any integer to a counter."""
    return _add(server, command[1], integer(command[2]), f"+{command[2]}")


def decrby(server: Server, client: Client, command: Command) -> Reply:
    """Subtract any integer from a counter."""
    amount = integer(command[2])
    if amount == MIN_INT64:
        return Error("ERR decrement would overflow")
    return _add(server, command[1], -amount, f"-{command[2]}")


def _assigned(words: Command) -> str:
    return f"{words[1]}={words[-1]}"


COMMANDS = (
    CommandSpec("get", get, 2),
    CommandSpec("set", set_string, -3, FILLS, lambda words: f"{words[1]}={words[2]}"),
    CommandSpec("setex", setex, 4, FILLS, _assigned),
    CommandSpec("psetex", setex, 4, FILLS, _assigned),
    CommandSpec("setnx", setnx, 3, FILLS, _assigned),
    CommandSpec("getset", getset, 3, FILLS, _assigned),
    CommandSpec("getdel", getdel, 2, Allow.WRITE, lambda words: f"del {words[1]}"),
    CommandSpec("mget", mget, -2),
    CommandSpec("mset", mset, -3, FILLS, lambda words: f"{words[1]}={words[2]}"),
    CommandSpec("append", append, 3, FILLS, lambda words: f"append {words[1]} {words[2]}"),
    CommandSpec("strlen", strlen, 2),
    CommandSpec("incr", incr, 2, FILLS, lambda words: f"{words[1]}+1"),
    CommandSpec("decr", decr, 2, FILLS, lambda words: f"{words[1]}-1"),
    CommandSpec("incrby", incrby, 3, FILLS, lambda words: f"{words[1]}+{words[2]}"),
    CommandSpec("decrby", decrby, 3, FILLS, lambda words: f"{words[1]}-{words[2]}"),
)
