"""The proxy passes everything on, in order, and keeps back what it is told to."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.live.proxy import Frames, Message, Network, Rule, Way
from tests.live.resp import CLOSED, Connection, encode, read_tree
from tests.live.waiting import eventually

pytestmark = pytest.mark.real_io

S1 = "a1" * 20

A_WHILE = 0.5
"""For so many seconds what is held back must not come."""


class _Echo(socketserver.StreamRequestHandler):
    """Answers every request with the words of it."""

    def handle(self) -> None:
        with self.connection:
            while True:
                try:
                    words = read_tree(self.rfile).value  # type: ignore[arg-type]
                except (EOFError, OSError):
                    return
                self.wfile.write(encode(tuple(words)))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def a_network() -> Iterator[tuple[Network, int]]:
    """A proxy before a server called ``echo``, and the port of its door."""
    with _Server(("127.0.0.1", 0), _Echo) as server, Network() as network:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        network.names[S1[:8]] = "s1"
        door = network.open_door("echo")
        network.lead("echo", server.server_address[1])
        try:
            yield network, door
        finally:
            server.shutdown()


def named(door: int, name: str = f"sentinel-{S1[:8]}-cmd") -> Connection:
    connection = Connection(door)
    answer = connection.call("CLIENT", "SETNAME", name)
    if answer != ["CLIENT", "SETNAME", name]:
        connection.close()
        raise AssertionError(f"the proxy answers {answer}")
    return connection


def test_requests_and_replies_pass_in_order() -> None:
    with a_network() as (_, door), Connection(door) as connection:
        connection.send(encode(("ONE",)) + encode(("TWO", "x" * 200_000)))
        assert connection.read().value == ["ONE"]
        assert connection.read().value == ["TWO", "x" * 200_000]


def test_held_request_and_all_behind_it_wait_until_the_rule_is_lifted() -> None:
    with a_network() as (network, door), named(door) as connection:
        rule = network.hold("s1", "echo", what=lambda message: message.words == ("SECOND",))
        connection.send(encode(("FIRST",)) + encode(("SECOND",)) + encode(("THIRD",)))
        assert connection.read().value == ["FIRST"]
        assert connection.is_silent_for(A_WHILE)
        rule.lift()
    with a_network() as (network, door), named(door) as connection:
        rule = network.hold("s1", "echo", what=lambda message: message.words == ("SECOND",))
        connection.send(encode(("SECOND",)) + encode(("THIRD",)))
        lifting = threading.Timer(0.1, rule.lift)
        lifting.start()
        assert [connection.read().value for _ in range(2)] == [["SECOND"], ["THIRD"]]
        lifting.join()


def test_rule_about_one_who_connects_leaves_others_alone() -> None:
    with a_network() as (network, door), named(door) as one, Connection(door) as other:
        network.hold("s1", "echo")
        one.send(encode(("PING",)))
        assert other.call("PING") == ["PING"]
        assert one.is_silent_for(A_WHILE)


def test_replies_can_be_held_while_requests_pass() -> None:
    with a_network() as (network, door), named(door) as connection:
        network.hold("s1", way=Way.REPLY)
        connection.send(encode(("SENTINEL", "is-master-down-by-addr", "ip", "1", "2", "*")))
        assert connection.is_silent_for(A_WHILE)
        eventually("the answer has come to the proxy", lambda: len(network.seen) == 2)
        (question, answer) = network.seen
        assert question.is_question
        assert not question.is_vote_request
        eventually("the question has passed", lambda: question.passed_at is not None)
        assert (answer.asked, answer.passed_at) == (question.words, None)


def test_cut_resets_connections_and_new_ones_may_be_opened() -> None:
    with a_network() as (network, door), named(door) as connection:
        network.cut("s1", "echo")
        assert connection.read() == CLOSED
        named(door).close()


def test_partition_keeps_back_both_ways_and_lifting_all_ends_it() -> None:
    with a_network() as (network, door), named(door) as connection:
        network.partition(["s1"], ["echo"])
        connection.send(encode(("LATE",)))
        assert connection.is_silent_for(A_WHILE)
        network.lift_all()
    with a_network() as (network, door), named(door) as connection:
        network.partition(["s1"], ["echo"])
        connection.send(encode(("LATE",)))
        network.lift_all()
        assert connection.read().value == ["LATE"]


def test_delay_holds_a_message_for_so_long_only() -> None:
    message = Message("s1", "s2", "cmd", Way.REQUEST, ("PING",), at=time.monotonic())
    assert Rule("s1", "s2", seconds=86_400).holds(message)
    message.at -= 86_401
    assert not Rule("s1", "s2", seconds=86_400).holds(message)
    assert Rule("s1", "s2").holds(message)
    assert not Rule("s2", "s1").holds(message)


def test_nobody_behind_the_door_closes_the_connection() -> None:
    with Network() as network, Connection(network.open_door("nobody")) as connection:
        assert connection.call("PING") == CLOSED.value


def test_frames_are_cut_wherever_the_stream_is_torn_and_end_with_resp() -> None:
    stream = encode(("PING",)) + b"+OK\r\n" + encode(("A", "B"))
    frames = Frames()
    found = [frame for byte in stream for frame in frames.feed(bytes([byte]))]
    assert [words for _, words in found] == [("PING",), ("OK",), ("A", "B")]
    assert b"".join(data for data, _ in found) == stream
    assert list(frames.feed(b"\n")) == [(b"\n", ())]
    assert frames.is_raw
