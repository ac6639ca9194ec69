"""Conversations with a real server (7.0.15), word for word: see ``facts/``.

A line ``> command`` is sent, the line ``< reply`` below it is what the real server answered: a
status after ``+``, an error after ``-``, an integer in parentheses, text in quotes, an array in
brackets. Where the order of an array means nothing it is sorted. Newer servers (8.2) give the same
answers, except that doubles are written as since 7.2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from minisentinel.replies import Error, NullArray, Reply, Status
from minisentinel.words import split_words
from sim.redis.commands import COMMANDS, Allow
from tests.redis.worlds import RedisWorld

FACTS = Path(__file__).parent / "facts"
UNORDERED = {"smembers", "sinter", "sunion", "sdiff", "keys"}


def shown(reply: Reply) -> str:
    """A reply as the files of facts write it."""
    match reply:
        case None:
            return "nil"
        case NullArray():
            return "nil array"
        case Status(text):
            return f"+{text}"
        case Error(text):
            return f"-{text}"
        case str():
            return json.dumps(reply)
        case int():
            return f"({reply})"
        case dict():
            return shown(tuple(part for pair in reply.items() for part in pair))
        case tuple():
            return f"[{', '.join(map(shown, reply))}]"
    raise AssertionError(f"no reply of RESP2: {reply!r}")


def conversation(path: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Commands and the answers that they got."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for asked, answered in zip(lines[::2], lines[1::2], strict=True):
        yield split_words(asked.removeprefix("> ")), answered.removeprefix("< ")


@pytest.mark.parametrize("name", sorted(path.stem for path in FACTS.glob("*.txt")))
def test_every_answer_is_that_of_a_real_server(name: str) -> None:
    world = RedisWorld()
    line = world.line(world.node("m"))
    differences = []
    for words, expected in conversation(FACTS / f"{name}.txt"):
        line.received.clear()
        line.send(*words)
        world.run(1_000_000 if words[0].lower() == "blpop" else 5_000)
        (reply,) = line.received
        if words[0].lower() in UNORDERED and isinstance(reply, tuple):
            reply = tuple(sorted(reply))
        if shown(reply) != expected:
            differences.append(f"{' '.join(words)}\n  here: {shown(reply)}\n  real: {expected}")
    assert not differences, "\n".join(differences)


FLAGS = {
    "write": Allow.WRITE,
    "denyoom": Allow.MEMORY,
    "loading": Allow.LOADING,
    "stale": Allow.STALE,
    "noscript": Allow.NO_SCRIPT,
    "allow_busy": Allow.BUSY,
    "no_auth": Allow.UNKNOWN,
    "no_multi": Allow.NO_TRANSACTION,
}
KNOWN_DIFFERENCES = {
    "client|setinfo": "newer than 7.0",
    "eval": "what the table allows with stale data, the script itself is refused",
    "evalsha": "the same",
    "config": "the flags of a container mean nothing: those of its subcommands count",
    "debug": "the same",
    "debug|sleep": "the same, the other way round",
    "client": "the same",
    "script": "the same",
    "pubsub": "the same",
}


def test_arity_and_flags_of_every_command_are_those_of_a_real_server() -> None:
    rows = (FACTS / "commands.table").read_text(encoding="utf-8").splitlines()
    facts = {name: (int(arity), set(flags)) for name, arity, *flags in map(str.split, rows)}
    ours = {}
    for spec in COMMANDS.values():
        for each in (spec, *spec.subcommands.values()):
            flags = {name for name, flag in FLAGS.items() if flag in each.allow}
            ours[each.name] = (each.arity, flags)
    for name in KNOWN_DIFFERENCES:
        ours.pop(name)
        facts.pop(name, None)
    assert ours == facts


def test_every_command_adds_to_the_stream_what_it_adds_on_a_real_server() -> None:
    """How a write is told to replicas shows in its length: EXPIRE as PEXPIREAT, SPOP as SREM.

    A time to live is a moment here and there, of the same number of digits. [RED-4-6]
    """
    world = RedisWorld()
    master, _ = world.group(1)
    line = world.line(master)
    differences = []
    for row in (FACTS / "stream.table").read_text(encoding="utf-8").splitlines():
        expected, command = int(row[:4]), row[5:]
        before = master.server.history.offset
        if command.startswith("("):
            world.run(500_000)
        else:
            line.send(*split_words(command))
            world.run(5_000)
        added = master.server.history.offset - before
        if added != expected:
            differences.append(f"{command}: here {added}, real {expected}")
    assert not differences, "\n".join(differences)
