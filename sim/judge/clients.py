"""What clients went through: every operation, and how long each had to do without."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.nodes import find_nodes
from sim.trace import Operation

__all__ = ["ClientHistory", "ClientOperation", "Downtime", "find_clients"]


@dataclass(frozen=True, slots=True)
class ClientOperation:
    """One operation: `outcome` is ok, failed (definitely not done) or unknown."""

    started_us: int
    ended_us: int
    name: str
    write: str
    target: str
    outcome: str
    error: str


@dataclass(frozen=True, slots=True)
class Downtime:
    """A time without success, from `start_us` to `end_us`; `recovered` if a success ended it."""

    start_us: int
    end_us: int
    recovered: bool

    @property
    def duration_us(self) -> int:
        """How long it lasted, in microseconds."""
        return self.end_us - self.start_us


@dataclass(frozen=True, slots=True)
class ClientHistory:
    """The operations of one client in order of their end, and the times without success.

    A gap lies between the ends of two successes that follow each other. The start of the first
    operation and the end of the last count as borders, so that a client that never succeeded, or
    never again, has one. `longest_gap` is the longest of all; `gaps` are those in which something
    failed (or has an unknown outcome). `failure_windows` are the times of trouble within them: from
    the start of the first operation that was not ok to the end of the next that was.
    """

    name: str
    operations: tuple[ClientOperation, ...]
    longest_gap: Downtime | None
    gaps: tuple[Downtime, ...]
    failure_windows: tuple[Downtime, ...]


def find_clients(trace: Trace) -> tuple[ClientHistory, ...]:
    """The history of every client, in the order in which they started."""
    operations: dict[str, list[ClientOperation]] = {
        node.name: [] for node in find_nodes(trace).of_type("client")
    }
    for entry, data in trace.of(Operation):
        operations.setdefault(entry.node, []).append(
            ClientOperation(
                data.started_us,
                entry.time_us,
                data.name,
                data.write,
                data.target,
                data.outcome,
                data.error,
            )
        )
    return tuple(_history(name, done) for name, done in operations.items())


def _history(name: str, operations: list[ClientOperation]) -> ClientHistory:
    gaps: list[Downtime] = []
    troubled: list[Downtime] = []
    since = min((operation.started_us for operation in operations), default=0)
    failures = 0
    for operation in operations:
        if operation.outcome != "ok":
            failures += 1
            continue
        gaps.append(Downtime(since, operation.ended_us, True))
        troubled += gaps[-1:] if failures else []
        since, failures = operation.ended_us, 0
    if failures:
        gaps.append(Downtime(since, operations[-1].ended_us, False))
        troubled += gaps[-1:]
    longest = max(gaps, key=lambda gap: gap.duration_us, default=None)
    return ClientHistory(
        name, tuple(operations), longest, tuple(troubled), _failure_windows(operations)
    )


def _failure_windows(operations: list[ClientOperation]) -> tuple[Downtime, ...]:
    windows = []
    since: int | None = None
    for operation in operations:
        if operation.outcome != "ok":
            start = operation.started_us
            since = start if since is None else min(since, start)
        elif since is not None:
            windows.append(Downtime(since, operation.ended_us, True))
            since = None
    if since is not None:
        windows.append(Downtime(since, operations[-1].ended_us, False))
    return tuple(windows)
