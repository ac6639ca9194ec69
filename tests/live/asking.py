"""Two Sentinels, a real one and ours, each with a world of its own, asked the same things."""

from __future__ import annotations

import difflib
import shlex
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.live.ensemble import DataNode, Ensemble, SentinelNode, as_dict
from tests.live.pace import pace
from tests.live.ports import free_port
from tests.live.resp import Connection, Tree, encode
from tests.live.rules import comparable
from tests.live.sequences import Line, Section, Sequence
from tests.live.servers import RealServer
from tests.live.waiting import Refusal

__all__ = ["Exchange", "Side", "compare"]

_CALM_MS = 60_000
"""A `down-after-milliseconds` at which nothing is down unless a sequence wants it."""

_SOON_MS = 500
"""One at which what is paused is down soon, at the pace of the moment."""

_LASTING_SCRIPT = "#!/bin/sh\nwhile kill -0 $PPID 2>/dev/null; do sleep 1; done\n"
"""Runs for as long as the Sentinel that started it."""


class Side:
    """A Sentinel that is asked, with a master, a replica and a peer that are all real."""

    def __init__(self, ensemble: Ensemble, kind: RealServer | str, config: list[str]) -> None:
        self.ensemble = ensemble
        ensemble.start_data(replicas=1)
        ensemble.start_sentinels(
            [ensemble.server, kind], quorum=2, down_after_ms=_CALM_MS, more_lines=config
        )
        self.script = ensemble.directory / "script.sh"
        self.script.write_text(_LASTING_SCRIPT, encoding="ascii")
        self.script.chmod(self.script.stat().st_mode | stat.S_IXUSR)
        self.unused_port = free_port()
        self.well()
        self.names = self._names()
        """Names for all that differs between the sides: ports, run ids, paths."""

    @property
    def peer(self) -> SentinelNode:
        return self.ensemble.sentinels[0]

    @property
    def asked(self) -> SentinelNode:
        return self.ensemble.sentinels[1]

    @property
    def master(self) -> DataNode:
        return self.ensemble.node_at(self.asked.master_port())

    @property
    def replica(self) -> DataNode:
        return next(node for node in self.ensemble.data if node is not self.master)

    def well(self) -> None:
        self.ensemble.wait_until_all_know_all()

    def meanings(self) -> dict[str, str]:
        """What words with a dollar stand for on this side."""
        return {
            "MASTER_PORT": str(self.master.port),
            "REPLICA_PORT": str(self.replica.port),
            "UNUSED_PORT": str(self.unused_port),
            "SOON_MS": str(_SOON_MS * pace()),
            "SCRIPT": str(self.script),
            "DIRECTORY": str(self.ensemble.directory),
        }

    def _names(self) -> dict[str, str]:
        nodes = {str(node.port): f"<{node.name}.port>" for node in self.ensemble.nodes}
        sentinels = {node.runid: f"<{node.name}.id>" for node in self.ensemble.sentinels}
        runids = {
            str(node.call("INFO", "server")).partition("run_id:")[2][:40]: f"<{node.name}.id>"
            for node in self.ensemble.data
        }
        own = {
            str(self.ensemble.directory): "<directory>",
            str(self.unused_port): "<unused port>",
        }
        return {**nodes, **sentinels, **runids, **own}

    def file(self) -> list[str]:
        """The `sentinel` lines of the configuration file, sorted.

        Their order depends on what was discovered first; needless quotes mean nothing.
        """
        words = [shlex.split(line) for line in self.asked.conf.read_text().splitlines()]
        lines = sorted(shlex.join(line) for line in words if line[:1] == ["sentinel"])
        return [
            text for line in lines for text in comparable(Tree("+", line), (), self.names).lines()
        ]

    # --- what the lines with @ of a sequence do -------------------------------------------------

    def perform(self, directive: str) -> None:
        """Do what a line with @ says."""
        _DIRECTIVES[directive](self)

    def wait(self, claim: str, probe: Callable[[], bool]) -> None:
        self.ensemble.wait(f"{claim} ({self.asked})", probe)

    def wait_for_flag(self, flag: str, entries: Callable[[], list[dict[str, str]]]) -> None:
        def flagged() -> bool:
            flags = [entry["flags"] for entry in entries()]
            if not any(flag in entry.split(",") for entry in flags):
                raise Refusal(f"flags {flags}")
            return True

        self.wait(f"something is flagged {flag}", flagged)

    def hide(self) -> None:
        self.asked.conf.parent.rename(self._hidden)

    def show(self) -> None:
        self._hidden.rename(self.asked.conf.parent)

    @property
    def _hidden(self) -> Path:
        return self.ensemble.directory / "hidden"


_DIRECTIVES: dict[str, Callable[[Side], None]] = {
    "wait all is well": Side.well,
    "wait all scripts are running": lambda side: side.wait(
        "all scripts in the queue are running",
        lambda: (
            {as_dict(job)["flags"] for job in side.asked.call("SENTINEL", "PENDING-SCRIPTS")}
            == {"running"}
        ),
    ),
    "wait the failover is over": lambda side: side.wait(
        "the failover is over", lambda: bool(side.ensemble.said("+switch-master", side.asked))
    ),
    "wait the master is down": lambda side: side.wait_for_flag("s_down", side.asked.masters),
    "wait the peer is down": lambda side: side.wait_for_flag("s_down", side.asked.sentinels),
    "pause the master": lambda side: side.master.pause(),
    "resume the master": lambda side: side.master.resume(),
    "pause the peer": lambda side: side.peer.pause(),
    "resume the peer": lambda side: side.peer.resume(),
    "wait it exits with status 99": lambda side: side.wait(
        "it exits with status 99", lambda: side.asked.process.status == 99
    ),
    "hide the directory": Side.hide,
    "show the directory": Side.show,
}


@dataclass(frozen=True)
class Exchange:
    """A line of a sequence, and what the two answered."""

    protocol: int
    section: str
    line: Line
    real: list[str]
    ours: list[str]

    @property
    def is_equal(self) -> bool:
        return self.real == self.ours

    def __str__(self) -> str:
        head = f"line {self.line.number}, RESP{self.protocol}: {self.line.text}"
        if self.is_equal:
            return "\n".join([head, *(f"      {line}" for line in self.real)])
        changes = difflib.unified_diff(self.real, self.ours, n=2, lineterm="")
        kept = [f"    {line}" for line in changes if not line.startswith(("---", "+++", "@@"))]
        return "\n".join([head, *kept])


def compare(sequence: Sequence, real: Side, ours: Side) -> Iterator[Exchange]:
    """Put the sequence to both, in RESP2 and in RESP3: one after the other, or line by line."""
    sections = [section for section in sequence.sections if not section.is_last]
    last = [section for section in sequence.sections if section.is_last]
    if sequence.is_interleaved:
        passes: list[tuple[tuple[int, ...], list[Section]]] = [((2, 3), sections + last)]
    else:
        passes = [((2,), sections), ((3,), sections + last)]
    for protocols, these in passes:
        for section in these:
            yield from _compare_section(section, protocols, (real, ours))


def _compare_section(
    section: Section, protocols: tuple[int, ...], sides: tuple[Side, Side]
) -> Iterator[Exchange]:
    with ExitStack() as stack:
        connections = {
            protocol: [stack.enter_context(_connected(side, protocol)) for side in sides]
            for protocol in protocols
        }
        for line in section.lines:
            if line.directive not in (None, "read", "file"):
                for side in sides:
                    side.perform(line.directive or "")
                continue
            for protocol, pair in connections.items():
                answers = [
                    _ask(line, side, connection)
                    for side, connection in zip(sides, pair, strict=True)
                ]
                yield Exchange(protocol, section.title, line, *answers)


def _connected(side: Side, protocol: int) -> Connection:
    connection = Connection(side.asked.port)
    if protocol != 2:
        connection.ask("HELLO", str(protocol))
    return connection


def _ask(line: Line, side: Side, connection: Connection) -> list[str]:
    """The replies to a line, made comparable, to read line by line."""
    if line.directive == "file":
        return side.file()
    if line.is_raw:
        connection.send(line.raw())
    elif line.directive is None:
        connection.send(encode(line.words(_only_if_needed(line, side))))
    replies = [connection.read() for _ in range(line.replies)]
    trees = [comparable(reply, line.rules, side.names) for reply in replies]
    if "sorted" in line.rules:
        trees.sort(key=lambda tree: list(tree.lines()))
    return [text for tree in trees for text in tree.lines()]


def _only_if_needed(line: Line, side: Side) -> dict[str, str]:
    return side.meanings() if "$" in line.text else {}
