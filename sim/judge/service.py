"""The service that clients had: outages, how long, and how soon after a failover they went on.

An **outage** begins with the first operation that was begun after a success, and ends with the end
of the next success. It counts if it lasted longer than the client's own period (the mean time from
one batch of operations to the next), so that it kept the client below its rate. The rest that a
client takes between two operations is not part of it. Without a further success it lasts until the
end of the client's last operation; one that is still going on when the run ends ends with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.clients import ClientHistory, ClientOperation, Downtime, find_clients
from sim.judge.failovers import Failover, find_failovers
from sim.judge.reads import StaleRead, find_stale_reads
from sim.judge.writes import Writes, account_for_writes
from sim.trace import ClientStarted

__all__ = ["ClientAccount", "Recovery", "account_for_clients", "accounts_table", "find_outages"]


@dataclass(frozen=True, slots=True)
class Recovery:
    """One client after one failover: its first success at the new master, None if it had none.

    Times count from `since_us`: what took the old master down, or else the beginning of the
    failover.
    """

    failover: Failover
    since_us: int
    first_success_us: int | None

    @property
    def duration_us(self) -> int | None:
        """How long the client was without the new master, in microseconds."""
        return None if self.first_success_us is None else self.first_success_us - self.since_us


@dataclass(frozen=True, slots=True)
class ClientAccount:
    """What one client lived through. `kind` is its kind, numbers are of operations.

    `lost` are writes acknowledged to it and not there at the end, `found` those of unknown outcome
    that are; both None if that cannot be known. `split_brain` are writes of its that a master out
    of office accepted. `outages` in order of time.
    """

    client: str
    kind: str
    succeeded: int
    failed: int
    unknown: int
    acknowledged: int
    lost: int | None
    found: int | None
    split_brain: int
    stale_reads: tuple[StaleRead, ...]
    outages: tuple[Downtime, ...]
    recoveries: tuple[Recovery, ...]

    @property
    def downtime_us(self) -> int:
        """All outages together, in microseconds."""
        return sum(outage.duration_us for outage in self.outages)

    @property
    def longest_outage_us(self) -> int:
        """The longest outage, in microseconds; 0 without one."""
        return max((outage.duration_us for outage in self.outages), default=0)

    @property
    def works_at_the_end(self) -> bool:
        """Whether it succeeded once, and its last outage is over."""
        return self.succeeded > 0 and all(outage.recovered for outage in self.outages)


def account_for_clients(trace: Trace, writes: Writes | None = None) -> tuple[ClientAccount, ...]:
    """The account of every client, in the order in which they started.

    `writes` saves time if they have been accounted for already.
    """
    writes = account_for_writes(trace) if writes is None else writes
    reads = find_stale_reads(trace)
    failovers = [each for each in find_failovers(trace) if each.new is not None]
    said = {entry.node: data for entry, data in trace.of(ClientStarted)}
    return tuple(
        _account(client, said.get(client.name, ClientStarted()), writes, reads, failovers)
        for client in find_clients(trace)
    )


def _account(
    client: ClientHistory,
    said: ClientStarted,
    writes: Writes,
    reads: tuple[StaleRead, ...],
    failovers: list[Failover],
) -> ClientAccount:
    own = writes.clients or {}
    outcomes = [each.outcome for each in client.operations]

    def count(found: tuple[str, ...] | None) -> int | None:
        return None if found is None else sum(own.get(each) == client.name for each in found)

    lost = None if writes.lost is None else tuple(each.write for each in writes.lost)
    return ClientAccount(
        client=client.name,
        kind=said.client,
        succeeded=outcomes.count("ok"),
        failed=outcomes.count("failed"),
        unknown=outcomes.count("unknown"),
        acknowledged=count(writes.acknowledged) or 0,
        lost=count(lost),
        found=count(writes.found),
        split_brain=count(tuple(each.write for each in writes.split_brain)) or 0,
        stale_reads=tuple(each for each in reads if each.client == client.name),
        outages=find_outages(client.operations, said.period_us),
        recoveries=tuple(_recovery(client, failover) for failover in failovers),
    )


def find_outages(operations: tuple[ClientOperation, ...], period_us: int) -> tuple[Downtime, ...]:
    """The outages of a client whose `operations` stand in order of their end."""
    outages: list[Downtime] = []
    success_us = 0
    begun: int | None = None
    for operation in operations:
        start = max(operation.started_us, success_us)
        begun = start if begun is None else min(begun, start)
        if operation.outcome == "ok":
            outages.append(Downtime(begun, operation.ended_us, True))
            success_us, begun = operation.ended_us, None
    if begun is not None:
        outages.append(Downtime(begun, operations[-1].ended_us, False))
    return tuple(each for each in outages if each.duration_us > period_us)


def _recovery(client: ClientHistory, failover: Failover) -> Recovery:
    """When `client` first succeeded at the master that `failover` promoted."""
    since = failover.start_us if failover.cause_us is None else failover.cause_us
    host, port = failover.new or ("", 0)
    promoted = failover.winner.commanded_us if failover.winner else None
    first = next(
        (
            each.ended_us
            for each in client.operations
            if each.outcome == "ok" and each.write and each.target == f"{host}:{port}"
            if each.ended_us >= (promoted or since)
        ),
        None,
    )
    return Recovery(failover, since, first)


def accounts_table(accounts: tuple[ClientAccount, ...]) -> tuple[str, ...]:
    """The accounts as the lines of a table, the head first; ``?`` is what cannot be known."""
    head = ("client", "kind", "ok", "failed", "unknown", "found", "lost", "split", "stale")
    rows: list[tuple[str, ...]] = [(*head, "longest", "downtime")]
    # client-2 before client-10.
    for each in sorted(accounts, key=lambda account: (len(account.client), account.client)):
        numbers = (
            each.succeeded,
            each.failed,
            each.unknown,
            each.found,
            each.lost,
            each.split_brain,
            len(each.stale_reads),
        )
        end = "" if each.works_at_the_end else "+"
        rows.append(
            (
                *(each.client, each.kind),
                *("?" if number is None else str(number) for number in numbers),
                f"{each.longest_outage_us / 1e6:.2f} s",
                f"{each.downtime_us / 1e6:.2f} s{end}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return tuple(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
