"""Sets. Write ids are the effects: ``sadd key member``, ``srem key member``."""

from __future__ import annotations

from minisentinel.replies import Command, Reply, Unordered
from sim.redis.clients import Client
from sim.redis.commands.arguments import as_written, count, integer
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec
from sim.redis.server import Server
from sim.redis.values import MEMBER, SetValue

__all__ = ["COMMANDS"]

FILLS = Allow.WRITE | Allow.MEMORY


def _members(server: Server, key: str) -> dict[str, None]:
    found = server.keyspace.container(key, SetValue)
    return found.members if found is not None else {}


def sadd(server: Server, client: Client, command: Command) -> Reply:
    """Add members; returns how many are new."""
    key, added = command[1], 0
    with server.keyspace.editing(key, SetValue) as found:
        for member in command[2:]:
            if found.add(member):
                added += 1
                server.keyspace.note(f"sadd {key} {member}", key, member, MEMBER)
    return added


def srem(server: Server, client: Client, command: Command) -> Reply:
    """Remove members; returns how many there were."""
    return server.keyspace.remove_elements(command[1], SetValue, command[2:], "srem")


def spop(server: Server, client: Client, command: Command) -> Reply:
    """``SPOP key [count]``: take members at random; replicas are told which."""
    if len(command) > 3:
        return SYNTAX_ERROR
    key = command[1]
    amount = count(command[2]) if len(command) == 3 else None
    members = _choose(server, list(_members(server, key)), 1 if amount is None else amount)
    if amount is not None and members and amount >= len(_members(server, key)):
        server.keyspace.remove(key, f"del {key}")
        server.keyspace.replicate_as(("DEL", key))
    elif members:
        server.keyspace.remove_elements(key, SetValue, members, "srem")
        server.keyspace.replicate_as(("SREM", key, *members))
    if amount is not None:
        return Unordered(members)
    return members[0] if members else None


def _choose(server: Server, members: list[str], amount: int) -> tuple[str, ...]:
    return tuple(server.environment.random.sample(members, min(amount, len(members))))


def srandmember(server: Server, client: Client, command: Command) -> Reply:
    """``SRANDMEMBER key [count]``: members at random; a negative count may repeat them."""
    if len(command) > 3:
        return SYNTAX_ERROR
    amount = integer(command[2]) if len(command) == 3 else None
    members = list(_members(server, command[1]))
    if amount is None:
        return _choose(server, members, 1)[0] if members else None
    if amount < 0 and members:
        return tuple(server.environment.random.choices(members, k=-amount))
    return _choose(server, members, max(amount, 0))


def smembers(server: Server, client: Client, command: Command) -> Reply:
    """All members."""
    return Unordered(_members(server, command[1]))


def sismember(server: Server, client: Client, command: Command) -> Reply:
    """1 if a member is there."""
    return int(command[2] in _members(server, command[1]))


def smismember(server: Server, client: Client, command: Command) -> Reply:
    """1 or 0 for each of several members."""
    members = _members(server, command[1])
    return tuple(int(member in members) for member in command[2:])


def scard(server: Server, client: Client, command: Command) -> Reply:
    """How many members there are."""
    return len(_members(server, command[1]))


def smove(server: Server, client: Client, command: Command) -> Reply:
    """Move a member from one set to another: 1 if it was there."""
    source, target, member = command[1:]
    if member not in _members(server, source):
        return 0
    others = _members(server, target)
    if source == target:
        return 1
    is_new = member not in others
    server.keyspace.remove_elements(source, SetValue, (member,), "srem")
    if is_new:
        with server.keyspace.editing(target, SetValue) as found:
            found.add(member)
            server.keyspace.note(f"sadd {target} {member}", target, member, MEMBER)
    return 1


def combine(server: Server, client: Client, command: Command) -> Reply:
    """SINTER, SUNION, SDIFF of any number of sets."""
    first, *others = [_members(server, key) for key in command[1:]]
    match command[0].lower():
        case "sinter":
            return Unordered(m for m in first if all(m in other for other in others))
        case "sdiff":
            return Unordered(m for m in first if not any(m in other for other in others))
    union = dict(first)
    for other in others:
        union.update(other)
    return Unordered(union)


def _size(server: Server, command: Command) -> int:
    values = (server.keyspace.get(key) for key in command[1:])
    return sum(len(value) for value in values if isinstance(value, SetValue))


COMMANDS = (
    CommandSpec("sadd", sadd, -3, FILLS, as_written),
    CommandSpec("srem", srem, -3, Allow.WRITE, as_written),
    CommandSpec("spop", spop, -2, Allow.WRITE, lambda words: f"spop {words[1]}"),
    CommandSpec("srandmember", srandmember, -2),
    CommandSpec("smembers", smembers, 2, looks_at=_size),
    CommandSpec("sismember", sismember, 3),
    CommandSpec("smismember", smismember, -3),
    CommandSpec("scard", scard, 2),
    CommandSpec("smove", smove, 4, Allow.WRITE, as_written),
    *(CommandSpec(name, combine, -2, looks_at=_size) for name in ("sinter", "sunion", "sdiff")),
)
