"""The same random commands to a simulated server and to a real one: the same replies.

Skipped where there is no real server. Left out is what chance decides (SPOP, RANDOMKEY, ...), and
what passes with time is only looked at when it is far off or over.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from minisentinel.replies import Error, NullArray, Reply, Status, Unordered
from minisentinel.wire import format_double
from tests.live.ports import free_port
from tests.live.processes import Process
from tests.live.resp import Connection, Tree
from tests.live.servers import RealServer, each_real_server
from tests.live.waiting import eventually
from tests.redis.worlds import MS, Line, RedisWorld

Words = tuple[str, ...]

pytestmark = pytest.mark.real_io

KINDS: dict[str, SearchStrategy[str]] = {
    "k": st.sampled_from(["a", "b", "c"]),
    "v": st.sampled_from(["", "x", "hello", "10", "-3", "3.5", "9223372036854775807", "two words"]),
    "m": st.sampled_from(["m", "n", "o", "1", "2", ""]),
    "i": st.sampled_from(["0", "1", "-1", "2", "-2", "5", "-100", "x", "", "01", "1.0"])
    | st.sampled_from(["9223372036854775807", "-9223372036854775808", "9223372036854775808"]),
    "n": st.sampled_from(["0", "1", "2", "-1", "-2", "10", "x"]),
    "f": st.sampled_from(["0", "1", "-1.5", "2", "1e3", "inf", "-inf", "nan", "x", "0.1", "1e21"]),
    "b": st.sampled_from(["-inf", "+inf", "0", "1", "(1", "(0", "-1.5", "x", "(", "", "2"]),
    "t": st.sampled_from(["0", "1", "-5", "4102444800", "4102444800000", "x"]),
    "d": st.sampled_from(["100000", "200000", "0", "-1", "x", "9223372036854775807"]),
}
"""Keys, values, members, integers, indexes, floats, bounds, moments, durations."""

MOMENTS = (4102444800, 4102444800000)
"""In the year 2100: as a moment, that is the same for everybody."""

TEMPLATES = """
GET k | SET k v | SET k v NX | SET k v XX | SET k v GET | SET k v KEEPTTL | SET k v EX d
SET k v PX d NX | SET k v EXAT t | SET k v PXAT t GET | SET k v NX GET | SETNX k v | SETEX k d v
PSETEX k d v | GETSET k v | GETDEL k | MGET k k k | MSET k v k v | APPEND k v | STRLEN k
INCR k | DECR k | INCRBY k i | DECRBY k i
DEL k k | UNLINK k | EXISTS k k a | TYPE k | RENAME k k | RENAMENX k k | DBSIZE | KEYS * | KEYS [ab]
EXPIRE k d | EXPIRE k d NX | EXPIREAT k t GT | PEXPIRE k d XX | EXPIREAT k t | PEXPIREAT k t LT
EXPIRETIME k | PEXPIRETIME k | TTL k | PTTL k | PERSIST k
LPUSH k v | LPUSH k v v v | RPUSH k v v | LPUSHX k v | RPUSHX k v v | LPOP k | RPOP k | LPOP k n
RPOP k n | LLEN k | LRANGE k n n | LINDEX k n | LSET k n v | LREM k n v | LTRIM k n n
RPOPLPUSH k k | LMOVE k k LEFT RIGHT | LMOVE k k RIGHT RIGHT | LMOVE k k UP LEFT
SADD k m | SADD k m m m | SREM k m m | SMEMBERS k | SISMEMBER k m | SMISMEMBER k m m | SCARD k
SMOVE k k m | SINTER k k | SUNION k k | SDIFF k k
ZADD k f m | ZADD k f m f m | ZADD k NX f m | ZADD k XX CH f m | ZADD k GT CH f m f m
ZADD k INCR f m | ZADD k NX INCR f m | ZADD k NX XX f m | ZINCRBY k f m | ZREM k m m | ZSCORE k m
ZCARD k | ZCOUNT k b b | ZRANK k m | ZREVRANK k m | ZRANGE k n n | ZRANGE k n n WITHSCORES
ZREVRANGE k n n WITHSCORES | ZRANGEBYSCORE k b b | ZRANGEBYSCORE k b b WITHSCORES LIMIT n n
ZREVRANGEBYSCORE k b b LIMIT n n | ZRANGE k b b BYSCORE | ZRANGE k b b BYSCORE REV LIMIT n n
ZRANGE k n n REV | ZPOPMIN k | ZPOPMAX k n | ZREMRANGEBYRANK k n n | ZREMRANGEBYSCORE k b b
HSET k m v | HSET k m v m v | HMSET k m v | HSETNX k m v | HINCRBY k m i | HDEL k m m | HGET k m
HMGET k m m | HGETALL k | HKEYS k | HVALS k | HLEN k | HEXISTS k m
MULTI | MULTI | EXEC | EXEC | EXEC | DISCARD | WATCH k | UNWATCH | PING | PING v | ECHO v
NOSUCH k | FLUSHALL | FLUSHDB
"""


def filled(template: str) -> SearchStrategy[Words]:
    """The commands of a template: what is in small letters is replaced by one of its kind."""
    parts = [KINDS.get(word, st.just(word)) for word in template.split()]
    return st.tuples(*parts)


COMMANDS = st.one_of(
    [filled(each) for line in TEMPLATES.strip().splitlines() for each in line.split(" | ")]
)


@st.composite
def spoiled(draw: st.DrawFn) -> Words:
    """A command with a word too few or too many."""
    words = draw(COMMANDS)
    if len(words) > 1 and draw(st.booleans()):
        return words[:-1]
    return (*words, draw(KINDS["v"]))


SHORT = ("", "PEXPIRE")
"""Stands for PEXPIRE of one millisecond, and waiting until that is over."""

STORIES = st.lists(
    st.one_of(
        COMMANDS, COMMANDS, COMMANDS, COMMANDS, spoiled(), KINDS["k"].map(lambda key: (*SHORT, key))
    ),
    max_size=40,
)


SAID_ELSEWHERE = {
    "ERR Command 'multi' not allowed inside a transaction": "ERR MULTI calls can not be nested",
    "ERR Command 'watch' not allowed inside a transaction": "ERR WATCH inside MULTI is not allowed",
}
"""Errors for which other versions than 7.4 have other words."""


class Real:
    """A real server, one for all stories."""

    def __init__(self, server: RealServer, directory: Path) -> None:
        port = free_port()
        argv = [server.path, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        self._process = Process(str(server), argv, directory)
        self._process.start()

        def is_up() -> bool:
            with Connection(port) as connection:
                return bool(connection.call("PING") == "PONG")

        eventually(f"{server} answers", is_up)
        self.connection = Connection(port)

    def close(self) -> None:
        """End the process."""
        self.connection.close()
        self._process.kill()


def ours(reply: Reply) -> object:
    """A reply in the form that both are compared in; errors by their whole text."""
    match reply:
        case Status(text):
            return ("status", text)
        case Error(text):
            return ("error", text)
        case NullArray():
            return "null array"
        case None:
            return "null"
        case bool():
            return int(reply)
        case float():
            return format_double(reply)
        case dict():
            return [ours(part) for pair in reply.items() for part in pair]
        case Unordered():
            return sorted(map(str, map(ours, reply)))
        case tuple():
            return [ours(part) for part in reply]
        case _:
            return reply


def theirs(tree: Tree, like: Reply) -> object:
    """The same of a real server; without order where ours has none."""
    match tree.sign:
        case "+":
            return ("status", tree.text)
        case "-":
            return ("error", SAID_ELSEWHERE.get(tree.text or "", tree.text))
        case ":":
            return int(tree.text or "")
        case "$":
            return "null" if tree.text is None else _shortest(tree.text)
    assert tree.sign == "*", tree
    if tree.text is None:
        return "null array"
    if isinstance(like, Unordered):
        return sorted(str(theirs(child, None)) for child in tree.children)
    likes = like if isinstance(like, tuple) and len(like) == len(tree.children) else ()
    return [
        theirs(child, likes[index] if likes else None) for index, child in enumerate(tree.children)
    ]


def _shortest(text: str) -> str:
    """A score with all its 17 digits, as servers before 7.2 write them, in its shortest form."""
    return format_double(float(text)) if re.fullmatch(r"-?\d+\.\d{15,}", text) else text


def comparable(words: Words, reply: object) -> object:
    """Without what differs anyhow: how long something lives yet, and the order of KEYS."""
    name, is_positive = words[0], isinstance(reply, int) and reply > 0
    if name in ("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME") and is_positive:
        return reply if reply in MOMENTS else "lives"
    return sorted(reply) if name == "KEYS" and isinstance(reply, list) else reply


class Pair:
    """Both servers, empty, and one connection to each."""

    def __init__(self, real: Real) -> None:
        self._real = real.connection
        self._real.call("RESET")
        self._real.call("FLUSHALL")
        self._world = RedisWorld()
        self._line: Line = self._world.line(self._world.node("m"))
        self._queued: list[Words] | None = None
        self.told: list[str] = []

    def tell(self, words: Words) -> None:
        """Send a command to both, and compare."""
        if words[:2] == SHORT:
            if self._queued is None:
                self.tell(("PEXPIRE", words[2], "1"))
                time.sleep(0.01)
                self._world.run(10 * MS)
            return
        reply = self._line.call(*words)
        answer = self._real.ask(*words)
        here, there = ours(reply), theirs(answer, reply)
        if words[0] == "EXEC" and isinstance(here, list) and isinstance(there, list):
            queued = self._queued or []
            here = [comparable(*pair) for pair in zip(queued, here, strict=True)]
            there = [comparable(*pair) for pair in zip(queued, there, strict=True)]
        here, there = comparable(words, here), comparable(words, there)
        if words == ("MULTI",) and self._queued is None:
            self._queued = []
        elif reply == Status("QUEUED"):
            assert self._queued is not None
            self._queued.append(words)
        elif words[0] in ("EXEC", "DISCARD") and len(words) == 1:
            self._queued = None
        self.told.append(f"{' '.join(map(repr, words))} -> {there!r}")
        assert here == there, "\n".join(["", *self.told, f"simulated: {here!r}"])


@each_real_server
def test_prop_replies_are_those_of_a_real_server(
    server: RealServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    real = Real(server, tmp_path_factory.mktemp("real"))

    @settings(max_examples=max(150, settings().max_examples))
    @given(STORIES)
    def replies_agree(story: list[Words]) -> None:
        pair = Pair(real)
        for words in story:
            pair.tell(words)

    try:
        replies_agree()
    finally:
        real.close()
