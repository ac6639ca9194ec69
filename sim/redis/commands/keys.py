"""Commands about keys of any type: deleting, expiring, renaming, listing."""

from __future__ import annotations

from minisentinel.patterns import glob_matches
from minisentinel.replies import OK, Command, Error, Reply, Status
from minisentinel.wire import MAX_INT64
from sim.redis.clients import Client
from sim.redis.commands.arguments import integer
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec
from sim.redis.keyspace import Expiry
from sim.redis.refused import Refused
from sim.redis.server import Server
from sim.redis.values import type_of

__all__ = ["COMMANDS"]

NO_KEY, NO_EXPIRY = -2, -1


def delete(server: Server, client: Client, command: Command) -> Reply:
    """Delete keys; returns how many there were."""
    return sum(server.keyspace.remove(key, f"del {key}") for key in command[1:])


def exists(server: Server, client: Client, command: Command) -> Reply:
    """How many of the keys exist; one named twice counts twice."""
    return sum(server.keyspace.get(key) is not None for key in command[1:])


def dbsize(server: Server, client: Client, command: Command) -> Reply:
    """The number of keys."""
    return len(server.keyspace)


def key_type(server: Server, client: Client, command: Command) -> Reply:
    """What stands at a key."""
    value = server.keyspace.get(command[1])
    return Status("none" if value is None else type_of(value))


# -- times to live


def expire(server: Server, client: Client, command: Command) -> Reply:
    """EXPIRE and its relatives: 1 if the key will end then. In the past: it is deleted.

    Replicas are told the moment, never the duration (they would begin to count later).
    """
    name = command[0].lower()
    key, amount, *words = command[1:]
    condition = _condition(words)
    when_ms = _moment(server, name, integer(amount))
    keyspace = server.keyspace
    if keyspace.get(key) is None:
        return 0
    now = keyspace.expires_at(key)
    if not all(_holds(option, now, when_ms) for option in condition):
        return 0
    if when_ms <= server.environment.unix_ms() and keyspace.expiry is Expiry.ACTIVE:
        keyspace.remove(key, f"del {key}")
        keyspace.replicate_as(("DEL", key))
        return 1
    keyspace.set_expiry(key, when_ms)
    keyspace.replicate_as(("PEXPIREAT", key, str(when_ms)))
    return 1


def _moment(server: Server, name: str, amount: int) -> int:
    unit = 1 if name.startswith("p") else 1000
    moment = amount * unit
    if abs(moment) > MAX_INT64 // 2:
        raise Refused(Error(f"ERR invalid expire time in '{name}' command"))
    return moment if name.endswith("at") else server.environment.unix_ms() + moment


def _condition(words: list[str]) -> list[str]:
    options = [word.lower() for word in words]
    for word, option in zip(words, options, strict=True):
        if option not in ("nx", "xx", "gt", "lt"):
            raise Refused(Error(f"ERR Unsupported option {word}"))
    if "nx" in options and len(set(options)) > 1:
        raise Refused(Error("ERR NX and XX, GT or LT options at the same time are not compatible"))
    if "gt" in options and "lt" in options:
        raise Refused(Error("ERR GT and LT options at the same time are not compatible"))
    return options


def _holds(option: str, now: int | None, when_ms: int) -> bool:
    if option == "nx":
        return now is None
    if option == "xx":
        return now is not None
    if option == "gt":
        return now is not None and when_ms > now
    return now is None or when_ms < now


def ttl(server: Server, client: Client, command: Command) -> Reply:
    """TTL, PTTL, EXPIRETIME, PEXPIRETIME: what is left, or when it is over."""
    name = command[0].lower()
    if server.keyspace.get(command[1]) is None:
        return NO_KEY
    when_ms = server.keyspace.expires_at(command[1])
    if when_ms is None:
        return NO_EXPIRY
    if not name.endswith("expiretime"):
        when_ms = max(0, when_ms - server.environment.unix_ms())
    if name.startswith("p"):
        return when_ms
    return when_ms // 1000 if name == "expiretime" else (when_ms + 500) // 1000


def persist(server: Server, client: Client, command: Command) -> Reply:
    """Let a key live for ever: 1 if it was to end."""
    key = command[1]
    if server.keyspace.get(key) is None or server.keyspace.expires_at(key) is None:
        return 0
    server.keyspace.set_expiry(key, None)
    return 1


# -- listing


def keys(server: Server, client: Client, command: Command) -> Reply:
    """All keys that match a pattern; the server does nothing else meanwhile."""
    pattern = command[1]
    return tuple(key for key in server.keyspace.living_keys() if glob_matches(pattern, key))


def scan(server: Server, client: Client, command: Command) -> Reply:
    """``SCAN cursor [MATCH pattern] [COUNT n] [TYPE t]``: some keys, and where to go on."""
    if not (command[1].isascii() and command[1].isdigit()):
        return Error("ERR invalid cursor")
    cursor, limit, pattern, wanted = int(command[1]), 10, "*", ""
    if len(command) % 2:
        return SYNTAX_ERROR
    for option, value in zip(command[2::2], command[3::2], strict=True):
        match option.lower():
            case "match":
                pattern = value
            case "count":
                limit = integer(value)
                if limit < 1:
                    return SYNTAX_ERROR
            case "type":
                wanted = value.lower()
            case _:
                return SYNTAX_ERROR
    known = server.keyspace.living_keys()
    part = known[cursor : cursor + limit]
    following = cursor + limit if cursor + limit < len(known) else 0
    found = tuple(
        key
        for key in part
        if glob_matches(pattern, key) and (not wanted or _is_of_type(server, key, wanted))
    )
    return (str(following), found)


def _is_of_type(server: Server, key: str, wanted: str) -> bool:
    value = server.keyspace.get(key)
    return value is not None and type_of(value) == wanted


def random_key(server: Server, client: Client, command: Command) -> Reply:
    """Any key, null if there is none."""
    known = server.keyspace.living_keys()
    return known[server.environment.random.randrange(len(known))] if known else None


# -- many at once


def rename(server: Server, client: Client, command: Command) -> Reply:
    """RENAME and RENAMENX: move a value and its time to live to another key."""
    name, source, target = command[0].lower(), command[1], command[2]
    keyspace = server.keyspace
    value = keyspace.get(source)
    if value is None:
        return Error("ERR no such key")
    if name == "renamenx" and keyspace.get(target) is not None:
        return 0
    if source != target:
        when_ms = keyspace.expires_at(source)
        write = f"{name} {source} {target}"
        keyspace.remove(source, write)
        if isinstance(value, str):
            keyspace.put(target, value, write)
        else:
            keyspace.put_container(target, value, write)
            keyspace.pushed(target)
        if when_ms is not None:
            keyspace.set_expiry(target, when_ms)
    return 1 if name == "renamenx" else OK


def flush(server: Server, client: Client, command: Command) -> Reply:
    """FLUSHALL and FLUSHDB ``[ASYNC|SYNC]``: delete everything; replicated in any case."""
    if len(command) > 2 or (len(command) == 2 and command[1].lower() not in ("async", "sync")):
        return SYNTAX_ERROR
    keyspace = server.keyspace
    if len(command) == 1 or command[1].lower() == "sync":
        server.environment.charge(_time_of_all(server))
    for key in keyspace.all_keys():
        keyspace.remove(key, command[0].lower())
    keyspace.replicate_as(command)
    keyspace.modified += 1
    return OK


def _time_of_all(server: Server) -> int:
    return server.machine.look_us(_all_keys(server, ()))


def _all_keys(server: Server, command: Command) -> int:
    return len(server.keyspace) + server.machine.other_keys


def _deleted(words: Command) -> str:
    return f"del {words[1]}"


def _as_named(words: Command) -> str:
    return " ".join((words[0].lower(), *words[1:3]))


COMMANDS = (
    CommandSpec("del", delete, -2, Allow.WRITE, _deleted),
    CommandSpec("unlink", delete, -2, Allow.WRITE, _deleted),
    CommandSpec("exists", exists, -2),
    CommandSpec("dbsize", dbsize, 1),
    CommandSpec("type", key_type, 2),
    *(
        CommandSpec(name, expire, -3, Allow.WRITE, _as_named)
        for name in ("expire", "pexpire", "expireat", "pexpireat")
    ),
    *(CommandSpec(name, ttl, 2) for name in ("ttl", "pttl", "expiretime", "pexpiretime")),
    CommandSpec("persist", persist, 2, Allow.WRITE, lambda words: f"persist {words[1]}"),
    CommandSpec("keys", keys, 2, looks_at=_all_keys),
    CommandSpec("scan", scan, -2),
    CommandSpec("randomkey", random_key, 1),
    CommandSpec("rename", rename, 3, Allow.WRITE, _as_named),
    CommandSpec("renamenx", rename, 3, Allow.WRITE, _as_named),
    CommandSpec("flushall", flush, -1, Allow.WRITE, lambda words: "flushall"),
    CommandSpec("flushdb", flush, -1, Allow.WRITE, lambda words: "flushdb"),
)
