"""Real Sentinels are replaced by ours and back, one at a time, while a client writes.

The other program takes over the configuration file and the port as they are. So each reads what the
other has written, and the ensemble remains the same three Sentinels to all who know them.
"""

from __future__ import annotations

import contextlib
import itertools
import shlex
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import pytest

from tests.live.agreement import must_agree
from tests.live.ensemble import MASTER, OURS, DataNode, Ensemble, SentinelNode
from tests.live.processes import Process
from tests.live.resp import Connection
from tests.live.servers import RealServer, some_real_server
from tests.live.waiting import Refusal

pytestmark = pytest.mark.real_io

ONE_AFTER_ANOTHER_MS = (1900, 1700, 1500)
"""Not all at once, so that votes are not split; the one replaced last notices first.

Long enough that a busy machine is not taken for a dead master while Sentinels are replaced.
"""

FAILOVER_TIMEOUT_MS = 2500
PAUSE_SECONDS = 0.01
"""Between two writes."""


class Writer:
    """A client in a thread: asks the Sentinels before every write, and notes what came of it."""

    def __init__(self, sentinels: Sequence[SentinelNode]) -> None:
        self.kept: list[str] = []
        """Keys that the master and both of its replicas have confirmed."""
        self.written: list[tuple[str, int]] = []
        """Keys that a master has confirmed, and its port."""
        self.failures: list[str] = []
        self.silences = 0
        """How often no Sentinel answered."""
        self.named: set[int] = set()
        """Every port that a Sentinel has named as the master's."""
        self._ports = [sentinel.port for sentinel in sentinels]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        for number in itertools.count():
            if self._stop.wait(PAUSE_SECONDS):
                return
            ports = [port for asked in self._ports if (port := self._master_by(asked)) is not None]
            if not ports:
                self.silences += 1
                continue
            self.named.update(ports)
            self._write(f"key-{number}", ports[0])

    def _master_by(self, sentinel_port: int) -> int | None:
        try:
            with Connection(sentinel_port) as connection:
                reply = connection.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
        except OSError:
            return None
        return int(reply[1]) if isinstance(reply, list) else None

    def _write(self, key: str, port: int) -> None:
        try:
            with Connection(port) as connection:
                reply = connection.call("SET", key, key)
                if reply != "OK":
                    self.failures.append(f"{key} at {port}: {reply}")
                    return
                self.written.append((key, port))
                if connection.call("WAIT", "2", "1000") == 2:
                    self.kept.append(key)
        except OSError as error:
            self.failures.append(f"{key} at {port}: {error!r}")


@contextlib.contextmanager
def writing(sentinels: Sequence[SentinelNode]) -> Iterator[Writer]:
    writer = Writer(sentinels)
    writer.start()
    try:
        yield writer
    finally:
        writer.stop()


def test_real_sentinels_are_replaced_by_ours_and_back_under_a_writing_client(
    ensemble: Callable[[RealServer], Ensemble],
) -> None:
    kinds = [some_real_server(number) for number in range(3)]
    these = ensemble(kinds[0])
    these.start_data(replicas=2)
    these.start_sentinels(
        kinds,
        quorum=2,
        down_after_ms=ONE_AFTER_ANOTHER_MS,
        failover_timeout_ms=FAILOVER_TIMEOUT_MS,
    )
    these.wait_until_all_know_all()
    old = these.data[0]
    last = these.sentinels[-1]
    with writing(these.sentinels) as writer:
        for sentinel in these.sentinels:
            replace(these, sentinel, OURS, writer)
        these.wait("all of ours agree", lambda: must_agree(these.sentinels))
        for sentinel, kind in zip(these.sentinels[:-1], kinds, strict=False):
            replace(these, sentinel, kind, writer)
        these.wait("real ones and ours agree", lambda: must_agree(these.sentinels))
        assert writer.failures == []
        assert writer.named == {old.port}

        kept = list(writer.kept)
        assert kept
        new = fail_over(these, old, writer)
        assert these.said("+vote-for-leader", last), f"{last} of ours did not vote"
        assert missing(new, kept) == []
        assert writer.named == {old.port, new.port}

        replace(these, last, kinds[-1], writer)
        these.wait("all real ones agree", lambda: must_agree(these.sentinels))
    assert writer.silences == 0
    assert {sentinel.master_port() for sentinel in these.sentinels} == {new.port}
    # What both replicas of the old master had confirmed, and all that the new one has.
    assert missing(new, writer.kept) == []
    assert missing(new, (key for key, port in writer.written if port == new.port)) == []


def replace(
    these: Ensemble, sentinel: SentinelNode, kind: RealServer | str, writer: Writer
) -> None:
    """End one Sentinel and start the other program on its file; it is the same as before to all."""
    runid, epoch = sentinel.runid, sentinel.master()["config-epoch"]
    these.listen()
    assert sentinel.terminate() == 0
    sentinel.kill()  # Ends the subscription of the test, too.
    before = sentinel_lines(sentinel)

    program = (
        [kind.path, str(sentinel.conf), "--sentinel"]
        if isinstance(kind, RealServer)
        else [sys.executable, "-m", "minisentinel", str(sentinel.conf)]
    )
    sentinel.kind = str(kind)
    sentinel.process = Process(sentinel.name, program, sentinel.conf.parent)
    sentinel.start()

    assert sentinel.runid == runid
    assert sentinel.master()["config-epoch"] == epoch
    these.wait_until_all_know_all()
    for each in these.sentinels:
        these.wait(f"{each} finds the quorum", partial(has_quorum, each))
    assert sentinel_lines(sentinel) == before
    count = len(writer.kept)
    these.wait("the client writes on", lambda: len(writer.kept) > count)


def sentinel_lines(sentinel: SentinelNode) -> list[list[str]]:
    """What the file says of the masters, the replicas and the others; the order means nothing."""
    lines = [shlex.split(line) for line in sentinel.conf.read_text(encoding="utf-8").splitlines()]
    return sorted(words for words in lines if words[:1] == ["sentinel"])


def has_quorum(sentinel: SentinelNode) -> bool:
    reply = sentinel.call("SENTINEL", "CKQUORUM", MASTER)
    if not isinstance(reply, str):
        raise Refusal(str(reply))
    return reply.startswith("OK 3 usable Sentinels")


def fail_over(these: Ensemble, old: DataNode, writer: Writer) -> DataNode:
    """Kill the master; the writer finds the new one, and the old one comes back as its replica."""
    these.listen()
    these.events.clear()
    old.kill()
    new = these.wait_for_new_master(old)
    these.wait("the client writes to the new one", lambda: writer.written[-1][1] == new.port)
    old.start()
    for node in these.data:
        if node is not new:
            these.wait(f"{node} follows {new}", partial(node.is_synchronised_replica_of, new))
    these.wait_until_all_know_all()
    return new


def missing(node: DataNode, keys: Iterable[str]) -> list[str]:
    with Connection(node.port) as connection:
        return [key for key in keys if connection.call("GET", key) != key]
