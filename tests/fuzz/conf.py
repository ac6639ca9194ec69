"""Configuration files under fuzz.

What must hold: a text loads or gives one `ConfigError` (or `AccessRefused`, for users); whatever
loads is saved; what was saved loads again and means the same; a second save changes nothing.
"""

from __future__ import annotations

import random

from minisentinel.config import ConfigError, load, rewrite
from minisentinel.config.generic import GENERIC
from minisentinel.config.options import OPTIONS
from minisentinel.config.summary import summary
from minisentinel.core import Dice, SavedConfiguration, Sentinel
from minisentinel.core.saved import snapshot
from minisentinel.server.limits import output_limits, query_limit
from minisentinel.service import Service
from minisentinel.service.access import AccessRefused, check_user_line
from minisentinel.words import written
from tests.fuzz.codec import in_bytes
from tests.fuzz.drawing import IDS, MASTERS, address, maybe, mutated, nasty, number, some, word
from tests.fuzz.target import Target

__all__ = ["CONFIGURATIONS", "NOW_MS", "AnyFacts", "access_rule", "loaded", "meaning"]

NOW_MS = 1_700_000_000_000

_RULES = (
    *(
        "on",
        "off",
        "nopass",
        "resetpass",
        "reset",
        "allkeys",
        "resetkeys",
        "allchannels",
        ">secret",
    ),
    *("resetchannels", "allcommands", "nocommands", "+@all", "-@all", "+@admin", "-@dangerous"),
    *(
        "+sentinel",
        "+sentinel|masters",
        "-sentinel|set",
        "+client|id",
        "+ping",
        "-nothing",
        "+@none",
    ),
    *("<secret", "#" + "a" * 64, "!" + "a" * 64, "#short", "~*", "%R~x", "%RW~x", "&*", "&hello*"),
    *(
        "(+ping)",
        "(+ping ~*",
        "(",
        ")",
        "clearselectors",
        "sanitize-payload",
        "skip-sanitize-payload",
    ),
)
_VALUES = (
    *(
        "yes",
        "no",
        "notice",
        "debug",
        "nothing",
        "16mb",
        "1gb",
        "0",
        "-1",
        "10%",
        "everysec",
        "-::*",
    ),
    *(
        "*",
        "127.0.0.1",
        "/tmp",
        "pubsub 32mb 8mb 60",
        "normal 0 0 0",
        "pubsub 1 2",
        "99999999999gb",
    ),
    *(
        "replica 1 2 3 normal 4 5 6",
        "3600 1",
        "allchannels",
        "resetchannels",
        "777",
        "0o7",
        "systemd",
    ),
)
_PIECES = (
    b"\n",
    b" ",
    b'"',
    b"'",
    b"\\",
    b"#",
    b"\0",
    b"\xff",
    b"\r",
    b"sentinel ",
    b"\t",
    b"\xc3",
)
_OF_MASTER = frozenset(
    name for name, option in OPTIONS.items() if option.arguments.startswith("<master-name>")
)


class AnyFacts:
    """Two names resolve, and every path but one is executable."""

    def resolve(self, name: str) -> str | None:
        return {"a.example": "10.0.0.1", "b.example": "fd00::2"}.get(name.lower())

    def is_executable(self, path: str) -> bool:
        return path != "/absent"


def access_rule(rng: random.Random) -> str:
    """What may stand in a line of a user."""
    return nasty(rng) if maybe(rng, 10) else some(rng, _RULES)


def _value(rng: random.Random) -> str:
    if maybe(rng, 6):
        return rng.choice(IDS)
    return word(rng) if maybe(rng, 2) else some(rng, _VALUES)


def _sentinel_line(rng: random.Random) -> str:
    name = rng.choice(tuple(OPTIONS))
    words: list[str] = []
    for argument in OPTIONS[name].arguments.split():
        match argument:
            case "<master-name>":
                words.append(MASTERS[0] if not maybe(rng, 4) else some(rng, MASTERS))
            case "<host>" | "<ip>":
                words.append(address(rng))
            case "<runid>" | "<id>":
                words.append(rng.choice(IDS) if not maybe(rng, 6) else nasty(rng))
            case "yes|no":
                words.append(some(rng, ("yes", "no", "maybe")))
            case "<password>" | "<username>" | "<path>" | "<command>" | "<new-name>":
                words.append(nasty(rng))
            case _:
                words.append(str(rng.randrange(1, 9)) if not maybe(rng, 3) else number(rng))
    if maybe(rng, 20):
        words.append(word(rng))
    return " ".join(["sentinel", some(rng, (name,)), *map(written, words)])


def _line(rng: random.Random) -> str:
    match rng.randrange(12):
        case 0:
            name = rng.choice(tuple(GENERIC))
            return f"{some(rng, (name,))} {_value(rng)}"
        case 1:
            name = written(some(rng, ("default", "alice", "bob", "a b", nasty(rng))))
            return f"user {name} " + " ".join(access_rule(rng) for _ in range(rng.randrange(6)))
        case 2:
            return rng.choice(("", "# comment", "sentinel", "#", "x.y z", "loglevel debug"))
        case 3:
            return " ".join(word(rng) for _ in range(rng.randrange(4)))
    return _sentinel_line(rng)


def _configuration(rng: random.Random) -> bytes:
    """A text that mostly loads: each line stays only if the text loads with it, but for the last.

    A line that is wrong hides all that follow it. One that breaks the loading is what we look for.
    """
    lines = [f"sentinel myid {IDS[0]}", f"sentinel monitor {MASTERS[0]} 10.0.0.1 6379 2"]
    for _ in range(rng.randrange(12)):
        line = _line(rng)
        try:
            loaded("\n".join([*lines, line]))
        except (ConfigError, AccessRefused):
            continue
        except Exception:
            lines.append(line)
            break
        lines.insert(rng.randrange(len(lines) + 1), line)
    if maybe(rng, 2):
        lines.append(_line(rng))
    text = in_bytes("\n".join(lines) + "\n")
    return mutated(rng, text, _PIECES) if maybe(rng, 2) else text


def loaded(text: str) -> tuple[Sentinel, Service]:
    """A Sentinel and its service as the program makes them of a configuration."""
    found = load(
        text,
        path="sentinel.conf",
        facts=AnyFacts(),
        now_ms=NOW_MS,
        dice=Dice(7),
        check_user=lambda words, every: check_user_line(words, every_channel=every),
    )
    sentinel = Sentinel(found.state, facts=AnyFacts())
    service = Service(sentinel, settings=found.server)
    output_limits(found.server.directives)
    query_limit(found.server.directives)
    assert summary(found, "sentinel.conf")
    return sentinel, service


def meaning(text: str) -> SavedConfiguration:
    """What a configuration would save."""
    return snapshot(loaded(text)[0].state)


def _check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    refusal: ConfigError | AccessRefused | None = None
    try:
        sentinel, _ = loaded(text)
    except (ConfigError, AccessRefused) as error:
        refusal = error
    if isinstance(refusal, ConfigError):
        assert len(str(refusal).splitlines()) == 1
        assert refusal.message
        assert 1 <= refusal.line_number <= text.count("\n") + 1
        in_bytes(refusal.fatal_block("7.4.1"))
        return
    if refusal is not None:
        assert refusal.lines
        return
    sentinel.start(NOW_MS)
    saved = snapshot(sentinel.state)
    written_once = rewrite(text, saved)
    in_bytes(written_once)
    again = meaning(written_once)
    # Lines of known-slave stay where no replica is written (spec: config §6.1).
    assert again == saved or "known-slave" in text.lower()
    assert rewrite(rewrite(written_once, saved), saved) == rewrite(written_once, saved)


def _by_lines(data: bytes) -> list[bytes]:
    return (
        data.splitlines(keepends=True)
        if data.count(b"\n") > 1
        else [data[at : at + 1] for at in range(len(data))]
    )


CONFIGURATIONS = Target("configurations", "configuration files", _configuration, _check, _by_lines)
