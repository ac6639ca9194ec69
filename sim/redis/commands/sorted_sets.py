"""Sorted sets. Write ids are the effects: ``zadd key score member``, ``zrem key member``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from minisentinel.replies import Command, Error, Reply
from minisentinel.wire import format_double
from sim.redis.clients import Client
from sim.redis.commands.arguments import as_written, count, integer, number, span
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec
from sim.redis.refused import Refused
from sim.redis.server import Server
from sim.redis.values import SortedSetValue

__all__ = ["COMMANDS"]

FILLS = Allow.WRITE | Allow.MEMORY
BAD_BOUND = Error("ERR min or max is not a float")
NOT_A_NUMBER = Error("ERR resulting score is not a number (NaN)")

Ranked = Sequence[tuple[float, str]]


def _found(server: Server, key: str) -> SortedSetValue:
    found = server.keyspace.container(key, SortedSetValue)
    return found if found is not None else SortedSetValue()


# -- changing


def zadd(server: Server, client: Client, command: Command) -> Reply:
    """``ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member ...``: how many are new (CH: changed)."""
    key, words = command[1], list(command[2:])
    options: list[str] = []
    while words and words[0].lower() in ("nx", "xx", "gt", "lt", "ch", "incr"):
        options.append(words.pop(0).lower())
    if not words or len(words) % 2:
        return SYNTAX_ERROR
    _check_options(options, len(words) // 2)
    scores = [
        (number(score), member) for score, member in zip(words[::2], words[1::2], strict=True)
    ]
    added = changed = 0
    result: float | None = None
    with server.keyspace.editing(key, SortedSetValue) as found:
        for score, member in scores:
            old = found.scores.get(member)
            new = _sum(old or 0.0, score) if "incr" in options else score
            if not _may_set(options, old, new):
                continue
            result = new
            added += old is None
            if old != new:
                changed += 1
                _put(server, key, found, member, new)
    if "incr" in options:
        return None if result is None else format_double(result)
    return changed if "ch" in options else added


def _check_options(options: list[str], pairs: int) -> None:
    if "nx" in options and "xx" in options:
        raise Refused(Error("ERR XX and NX options at the same time are not compatible"))
    if sum(option in options for option in ("gt", "lt", "nx")) > 1:
        raise Refused(Error("ERR GT, LT, and/or NX options at the same time are not compatible"))
    if "incr" in options and pairs > 1:
        raise Refused(Error("ERR INCR option supports a single increment-element pair"))


def _may_set(options: list[str], old: float | None, new: float) -> bool:
    if old is None:
        return "xx" not in options
    if "nx" in options:
        return False
    return not ("gt" in options and new <= old) and not ("lt" in options and new >= old)


def _sum(old: float, amount: float) -> float:
    result = old + amount
    if math.isnan(result):
        raise Refused(NOT_A_NUMBER)
    return result


def _put(server: Server, key: str, found: SortedSetValue, member: str, score: float) -> None:
    found.put(member, score)
    text = format_double(score)
    server.keyspace.note(f"zadd {key} {text} {member}", key, member, text)


def zincrby(server: Server, client: Client, command: Command) -> Reply:
    """Add to the score of a member; returns the new one."""
    key, member = command[1], command[3]
    amount = number(command[2])
    score = _sum(_found(server, key).scores.get(member, 0.0), amount)
    with server.keyspace.editing(key, SortedSetValue) as found:
        _put(server, key, found, member, score)
    return format_double(score)


def zrem(server: Server, client: Client, command: Command) -> Reply:
    """Remove members; returns how many there were."""
    return _remove(server, command[1], command[2:])


def _remove(server: Server, key: str, members: Iterable[str]) -> int:
    return server.keyspace.remove_elements(key, SortedSetValue, members, "zrem")


def zpop(server: Server, client: Client, command: Command) -> Reply:
    """``ZPOPMIN key [count]`` and ZPOPMAX: take members and scores from one end."""
    if len(command) > 3:
        return SYNTAX_ERROR
    amount = count(command[2]) if len(command) == 3 else 1
    ranked = _found(server, command[1]).ranked
    chosen = ranked[:amount] if command[0].lower() == "zpopmin" else ranked[::-1][:amount]
    if chosen:
        _remove(server, command[1], [member for _, member in chosen])
    return _flat(chosen, True)


def zremrange(server: Server, client: Client, command: Command) -> Reply:
    """ZREMRANGEBYRANK and ZREMRANGEBYSCORE; returns how many there were."""
    if command[0].lower() == "zremrangebyrank":
        start, stop = integer(command[2]), integer(command[3])
        ranked = _found(server, command[1]).ranked
        chosen: Ranked = [ranked[index] for index in span(start, stop, len(ranked))]
    else:
        chosen = _between(server, command[1], command[2], command[3])
    return _remove(server, command[1], [member for _, member in chosen])


# -- looking


def zscore(server: Server, client: Client, command: Command) -> Reply:
    """The score of a member, null without one."""
    score = _found(server, command[1]).scores.get(command[2])
    return None if score is None else format_double(score)


def zcard(server: Server, client: Client, command: Command) -> Reply:
    """How many members there are."""
    return len(_found(server, command[1]))


def zrank(server: Server, client: Client, command: Command) -> Reply:
    """ZRANK, ZREVRANK: how many members come before this one; null if it is not there."""
    found = _found(server, command[1])
    rank = found.rank(command[2])
    if rank is None or command[0].lower() == "zrank":
        return rank
    return len(found) - 1 - rank


def zcount(server: Server, client: Client, command: Command) -> Reply:
    """How many members have a score between two bounds."""
    return len(_between(server, command[1], command[2], command[3]))


def zrange(server: Server, client: Client, command: Command) -> Reply:
    """``ZRANGE key start stop [BYSCORE] [REV] [LIMIT offset count] [WITHSCORES]``.

    ZREVRANGE, ZRANGEBYSCORE and ZREVRANGEBYSCORE are older names of its forms.
    """
    name = command[0].lower()
    options = [word.lower() for word in command[4:]]
    by_score, backwards = name.endswith("byscore"), name.startswith("zrev")
    with_scores, limit = False, None
    while options:
        option = options.pop(0)
        if option == "withscores":
            with_scores = True
        elif option == "limit" and len(options) > 1:
            limit = integer(options.pop(0)), integer(options.pop(0))
        elif name == "zrange" and option in ("byscore", "rev"):
            by_score |= option == "byscore"
            backwards |= option == "rev"
        else:
            return SYNTAX_ERROR
    if limit is not None and not by_score:
        return Error(
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
        )
    return _flat(_chosen(server, command, by_score, backwards, limit), with_scores)


def _chosen(
    server: Server,
    command: Command,
    by_score: bool,
    backwards: bool,
    limit: tuple[int, int] | None,
) -> Ranked:
    _, key, first, last, *_ = command
    if not by_score:
        start, stop = integer(first), integer(last)
        ranked = _found(server, key).ranked
        if backwards:
            ranked = ranked[::-1]
        return [ranked[index] for index in span(start, stop, len(ranked))]
    low, high = (last, first) if backwards else (first, last)
    found = _between(server, key, low, high)
    if backwards:
        found = found[::-1]
    if limit is None:
        return found
    offset, amount = limit
    if offset < 0:
        return []
    return found[offset:] if amount < 0 else found[offset : offset + amount]


def _between(server: Server, key: str, low: str, high: str) -> Ranked:
    least, least_open = _bound(low)
    most, most_open = _bound(high)
    return [
        (score, member)
        for score, member in _found(server, key).ranked
        if (score > least or (score == least and not least_open))
        and (score < most or (score == most and not most_open))
    ]


def _bound(text: str) -> tuple[float, bool]:
    """A score, and whether it is excluded. No text at all is 0."""
    is_open = text.startswith("(")
    score = text[1:] if is_open else text
    return number(score or "0", BAD_BOUND), is_open


def _flat(ranked: Ranked, with_scores: bool) -> Reply:
    if not with_scores:
        return tuple(member for _, member in ranked)
    return tuple(text for score, member in ranked for text in (member, format_double(score)))


def _size(server: Server, command: Command) -> int:
    value = server.keyspace.get(command[1])
    return len(value) if isinstance(value, SortedSetValue) else 0


COMMANDS = (
    CommandSpec("zadd", zadd, -4, FILLS, as_written),
    CommandSpec("zincrby", zincrby, 4, FILLS, as_written),
    CommandSpec("zrem", zrem, -3, Allow.WRITE, as_written),
    *(CommandSpec(name, zpop, -2, Allow.WRITE, as_written) for name in ("zpopmin", "zpopmax")),
    *(
        CommandSpec(name, zremrange, 4, Allow.WRITE, as_written)
        for name in ("zremrangebyrank", "zremrangebyscore")
    ),
    CommandSpec("zscore", zscore, 3),
    CommandSpec("zcard", zcard, 2),
    CommandSpec("zcount", zcount, 4),
    *(CommandSpec(name, zrank, 3) for name in ("zrank", "zrevrank")),
    *(
        CommandSpec(name, zrange, -4, looks_at=_size)
        for name in ("zrange", "zrevrange", "zrangebyscore", "zrevrangebyscore")
    ),
)
