"""Lists, and waiting for an element. Write ids are the effects: ``rpush key x``, ``lpop key=x``."""

from __future__ import annotations

from minisentinel.replies import NULL_ARRAY, OK, Command, Error, Reply
from sim.redis.blocking import Blocked
from sim.redis.clients import NO_REPLY, Client, Replies
from sim.redis.commands.arguments import as_written, count, integer, number, span
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec
from sim.redis.refused import Refused
from sim.redis.server import Server
from sim.redis.values import ListValue

__all__ = ["COMMANDS"]

FILLS = Allow.WRITE | Allow.MEMORY
BLOCKS = Allow.WRITE | Allow.NO_SCRIPT
NO_KEY = Error("ERR no such key")
OUT_OF_RANGE = Error("ERR index out of range")


def _items(server: Server, key: str) -> ListValue | None:
    return server.keyspace.container(key, ListValue)


# -- pushing and popping


def push(server: Server, client: Client, command: Command) -> Reply:
    """LPUSH, RPUSH, and LPUSHX, RPUSHX for lists that exist; returns the length."""
    name, key, *items = command
    name = name.lower()
    if name.endswith("x") and _items(server, key) is None:
        return 0
    with server.keyspace.editing(key, ListValue) as found:
        for item in items:
            _push(server, key, found, item, left=name.startswith("l"))
    server.keyspace.pushed(key)
    return len(found)


def _push(server: Server, key: str, found: ListValue, item: str, *, left: bool) -> None:
    position = found.push(item, left=left)
    side = "lpush" if left else "rpush"
    server.keyspace.note(f"{side} {key} {item}", key, str(position), item)


def _pop(server: Server, key: str, found: ListValue, *, left: bool) -> str:
    position, item = found.pop(left=left)
    side = "lpop" if left else "rpop"
    server.keyspace.note(f"{side} {key}={item}", key, str(position), None)
    return item


def pop(server: Server, client: Client, command: Command) -> Reply:
    """``LPOP key [count]`` and RPOP: one element, or an array of several."""
    if len(command) > 3:
        return Error(f"ERR wrong number of arguments for '{command[0].lower()}' command")
    key, left = command[1], command[0].lower() == "lpop"
    amount = count(command[2]) if len(command) == 3 else None
    found = _items(server, key)
    if found is None:
        return None if amount is None else NULL_ARRAY
    with server.keyspace.editing(key, ListValue) as found:
        popped = tuple(
            _pop(server, key, found, left=left)
            for _ in range(min(len(found), 1 if amount is None else amount))
        )
    return popped[0] if amount is None else popped


def move(server: Server, client: Client, command: Command) -> Reply:
    """``RPOPLPUSH source target`` and ``LMOVE source target LEFT|RIGHT LEFT|RIGHT``."""
    source, target, *sides = command[1:]
    if any(side.lower() not in ("left", "right") for side in sides):
        return SYNTAX_ERROR
    from_left, to_left = (side.lower() == "left" for side in sides) if sides else (False, True)
    if _items(server, source) is None:
        return None
    _items(server, target)
    with server.keyspace.editing(source, ListValue) as found:
        item = _pop(server, source, found, left=from_left)
        if source == target:
            _push(server, source, found, item, left=to_left)
    if source != target:
        with server.keyspace.editing(target, ListValue) as found:
            _push(server, target, found, item, left=to_left)
    server.keyspace.pushed(target)
    return item


def blocking_pop(server: Server, client: Client, command: Command) -> Reply | Replies:
    """``BLPOP key ... timeout`` and BRPOP: the first list that has something, or wait for it."""
    left = command[0].lower() == "blpop"
    timeout_ms = _timeout_ms(command[-1])
    keys = command[1:-1]
    for key in keys:
        if _items(server, key) is not None:
            with server.keyspace.editing(key, ListValue) as found:
                item = _pop(server, key, found, left=left)
            server.keyspace.replicate_as(("LPOP" if left else "RPOP", key))
            return (key, item)
    if client.connection is None or client.is_atomic:
        return NULL_ARRAY
    server.blocked.add(Blocked(client, lambda: NULL_ARRAY, keys, command), timeout_ms)
    return NO_REPLY


def _timeout_ms(text: str) -> int:
    seconds = number(text, Error("ERR timeout is not a float or out of range"))
    if seconds < 0:
        raise Refused(Error("ERR timeout is negative"))
    return int(seconds * 1000)


# -- looking


def length(server: Server, client: Client, command: Command) -> Reply:
    """How many elements there are."""
    found = _items(server, command[1])
    return len(found) if found is not None else 0


def lrange(server: Server, client: Client, command: Command) -> Reply:
    """The elements between two indexes, both included."""
    start, stop = integer(command[2]), integer(command[3])
    found = _items(server, command[1])
    if found is None:
        return ()
    items = list(found.items)
    return tuple(items[index] for index in span(start, stop, len(items)))


def lindex(server: Server, client: Client, command: Command) -> Reply:
    """The element at an index, null beyond the ends."""
    found = _items(server, command[1])
    if found is None:
        return None
    index = integer(command[2])
    return found.items[index] if -len(found) <= index < len(found) else None


# -- changing in the middle


def lset(server: Server, client: Client, command: Command) -> Reply:
    """Replace the element at an index."""
    key, item = command[1], command[3]
    found = _items(server, key)
    if found is None:
        return NO_KEY
    index = integer(command[2])
    if not -len(found) <= index < len(found):
        return OUT_OF_RANGE
    with server.keyspace.editing(key, ListValue) as found:
        index %= len(found)
        found.size += len(item) - len(found.items[index])
        found.items[index] = item
        server.keyspace.note(as_written(command), key, str(found.first + index), item)
    return OK


def lrem(server: Server, client: Client, command: Command) -> Reply:
    """Remove elements equal to one: `count` of them from the left, or right if negative; 0: all."""
    key, unwanted = command[1], command[3]
    limit = integer(command[2])
    if _items(server, key) is None:
        return 0
    with server.keyspace.editing(key, ListValue) as found:
        items = list(found.items)
        places = [place for place, item in enumerate(items) if item == unwanted]
        if limit < 0:
            places.reverse()
        chosen = places[: abs(limit)] if limit else places
        if chosen:
            gone = set(chosen)
            found.replace([item for place, item in enumerate(items) if place not in gone])
            server.keyspace.note_all(f"lrem {key} {unwanted}", key, found)
    return len(chosen)


def ltrim(server: Server, client: Client, command: Command) -> Reply:
    """Keep what is between two indexes, both included."""
    key, start, stop = command[1], integer(command[2]), integer(command[3])
    if _items(server, key) is None:
        return OK
    with server.keyspace.editing(key, ListValue) as found:
        items = list(found.items)
        kept = [items[index] for index in span(start, stop, len(items))]
        if len(kept) < len(items):
            found.replace(kept)
            server.keyspace.note_all(f"ltrim {key} {start} {stop}", key, found)
    return OK


def _length(server: Server, command: Command) -> int:
    value = server.keyspace.get(command[1])
    return len(value) if isinstance(value, ListValue) else 0


COMMANDS = (
    *(CommandSpec(name, push, -3, FILLS, as_written) for name in ("lpush", "rpush")),
    *(CommandSpec(name, push, -3, FILLS, as_written) for name in ("lpushx", "rpushx")),
    *(
        CommandSpec(name, pop, -2, Allow.WRITE, lambda words: f"{words[0].lower()} {words[1]}")
        for name in ("lpop", "rpop")
    ),
    CommandSpec("rpoplpush", move, 3, FILLS, as_written),
    CommandSpec("lmove", move, 5, FILLS, as_written),
    *(CommandSpec(name, blocking_pop, -3, BLOCKS, as_written) for name in ("blpop", "brpop")),
    CommandSpec("llen", length, 2),
    CommandSpec("lrange", lrange, 4, looks_at=_length),
    CommandSpec("lindex", lindex, 3),
    CommandSpec("lset", lset, 4, FILLS, as_written),
    CommandSpec("lrem", lrem, 4, Allow.WRITE, as_written, looks_at=_length),
    CommandSpec("ltrim", ltrim, 4, Allow.WRITE, as_written, looks_at=_length),
)
