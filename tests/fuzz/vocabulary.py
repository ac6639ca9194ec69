"""Command lines for a Sentinel, drawn from its own catalogue: right, nearly right, and wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields

from minisentinel.core.timing import Timing
from minisentinel.replies import Command
from minisentinel.service.catalogue import CATEGORIES, rows
from minisentinel.service.catalogue.facts import Argument
from tests.fuzz.conf import access_rule
from tests.fuzz.drawing import IDS, MASTERS, address, maybe, nasty, number, some, word

__all__ = ["command_line", "hello", "info"]

_ROWS = tuple(rows())


def _tokens(arguments: tuple[Argument, ...]) -> Iterator[str]:
    for argument in arguments:
        if argument.token:
            yield argument.token
        yield from _tokens(argument.arguments)


_TOKENS = tuple(dict.fromkeys(token for row in _ROWS for token in _tokens(row.arguments)))
_OPTIONS = (
    *("quorum", "down-after-milliseconds", "failover-timeout", "parallel-syncs", "auth-pass"),
    *("auth-user", "notification-script", "client-reconfig-script", "rename-command"),
    *("master-reboot-down-after-period", "primary-reboot-down-after-period"),
    *("announce-ip", "announce-port", "sentinel-user", "sentinel-pass", "resolve-hostnames"),
    *("announce-hostnames", "loglevel", "default-down-after", *(f.name for f in fields(Timing))),
)
_MORE = (
    *("+sdown", "-sdown", "+switch-master", "__sentinel__:hello", "*", "+*", "normal", "pubsub"),
    *("master", "replica", "sentinel", "everything", "all", "default", "server", "stats", "alice"),
    *("bob", "default", "3", "2", "4", "crash-after-election", "crash-after-promotion", "help"),
    *("NX", "XX", "GET", "SET", "ping", "sentinel|masters", "client|kill", *CATEGORIES),
)
_NAMES = tuple(
    "abcdef0123456789" + text for text in ("", "-cmd", "-pubsub")
)  # As Sentinels name their connections.


def _argument(rng: random.Random) -> str:
    match rng.randrange(9):
        case 0 | 1:
            return rng.choice(MASTERS[:2]) if not maybe(rng, 3) else some(rng, MASTERS)
        case 2:
            return address(rng)
        case 3:
            return number(rng)
        case 4:
            return some(rng, _OPTIONS).replace("_", "-")
        case 5:
            return some(rng, _TOKENS)
        case 6:
            return some(rng, _MORE)
        case 7:
            return rng.choice(IDS) if maybe(rng, 2) else access_rule(rng)
    return word(rng)


def command_line(rng: random.Random) -> Command:
    """A command that mostly exists, with about as many words as it takes."""
    if maybe(rng, 25):
        return tuple(word(rng) for _ in range(rng.randrange(5)))
    if maybe(rng, 4):
        return _likely(rng)
    row = rng.choice(_ROWS)
    words = [some(rng, (each,)) for each in row.name.split("|")]
    missing = max(abs(row.arity) - len(words), 0)
    extra = rng.choice((0, 0, 0, 1, 2, 5)) if row.arity < 0 else rng.choice((0, 0, 0, 0, 1))
    words += [_argument(rng) for _ in range(max(missing + extra - maybe(rng, 12), 0))]
    return tuple(words)


def _likely(rng: random.Random) -> Command:
    """Commands that change most, in the form that they should have."""
    master = rng.choice(MASTERS[:2]) if not maybe(rng, 5) else some(rng, MASTERS)
    option = some(rng, _OPTIONS).replace("_", "-")
    value = _argument(rng)
    epoch = str(rng.randrange(40))
    match rng.randrange(12):
        case 0:
            return "SENTINEL", "SET", master, option, value
        case 1:
            return "SENTINEL", "CONFIG", "SET", option, value
        case 2:
            return "SENTINEL", "MONITOR", master, address(rng), "6379", "2"
        case 3:
            return "SENTINEL", rng.choice(("REMOVE", "RESET", "FAILOVER")), master
        case 4:
            asked = rng.choice((*IDS, "*", nasty(rng)))
            where = rng.choice(("10.0.0.1", address(rng)))
            return "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", where, "6379", epoch, asked
        case 5:
            return "PUBLISH", "__sentinel__:hello", hello(rng)
        case 6:
            rules = tuple(access_rule(rng) for _ in range(rng.randrange(6)))
            return "ACL", "SETUSER", rng.choice(("alice", "default", "a b", nasty(rng))), *rules
        case 7:
            return "AUTH", rng.choice(("secret", "alice")), "secret"
        case 8:
            return "HELLO", rng.choice(("2", "3", "4")), "AUTH", "alice", "secret"
        case 9:
            return "SENTINEL", "DEBUG", option, number(rng)
        case 10:
            return rng.choice(("SUBSCRIBE", "PSUBSCRIBE")), value
    return "CLIENT", "TRACKING", "ON", some(rng, _TOKENS), value


def hello(rng: random.Random) -> str:
    """What Sentinels say of themselves; forged, now and then."""
    if maybe(rng, 12):
        return word(rng)
    fields_ = [
        rng.choice(("10.0.1.2", "10.0.1.3", address(rng))),
        rng.choice(("26379", "26380", number(rng))),
        rng.choice((*IDS, word(rng))),
        rng.choice((str(rng.randrange(40)), number(rng))),
        rng.choice(MASTERS[:2]) if not maybe(rng, 6) else some(rng, MASTERS),
        rng.choice(("10.0.0.1", "10.0.0.2", address(rng))),
        rng.choice(("6379", "6379", number(rng))),
        rng.choice((str(rng.randrange(40)), number(rng))),
    ]
    if maybe(rng, 10):
        fields_.insert(rng.randrange(9), word(rng))
    return ",".join(fields_)


def info(rng: random.Random) -> str:
    """What servers say of themselves; of any role, and of no sense now and then."""
    role = rng.choice(("master", "slave", "slave", word(rng)))
    lines = [f"run_id:{rng.choice(IDS)}", f"role:{role}"]
    for place in range(rng.randrange(4)):
        host, port = address(rng), rng.choice(("6379", number(rng)))
        lines.append(
            rng.choice(
                (
                    f"slave{place}:ip={host},port={port},state=online,offset=1,lag=0",
                    f"slave{place}:{host},{port},online",
                    f"slave{word(rng)}:ip={host}",
                )
            )
        )
    values = (
        f"master_host:{address(rng)}",
        f"master_port:{number(rng)}",
        f"master_link_status:{rng.choice(('up', 'down', word(rng)))}",
        f"master_link_down_since_seconds:{number(rng)}",
        f"slave_priority:{number(rng)}",
        f"slave_repl_offset:{number(rng)}",
        f"replica_announced:{number(rng)}",
    )
    lines += [value for value in values if not maybe(rng, 3)]
    if maybe(rng, 8):
        lines.insert(rng.randrange(len(lines) + 1), nasty(rng))
    if maybe(rng, 6):
        rng.shuffle(lines)
    return rng.choice(("\r\n", "\r\n", "\r\n", "\n")).join(lines)
