"""The summary of a run: a few numbers, and the lines in which the command line prints them."""

from __future__ import annotations

import html
from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.clients import ClientHistory, find_clients
from sim.judge.failovers import Failover, find_failovers
from sim.judge.nodes import Nodes, find_nodes, trace_end_us
from sim.judge.service import ClientAccount, account_for_clients
from sim.judge.writes import Writes, account_for_writes

__all__ = ["Summary", "summarize"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to. `str()` gives the text, `lines()` its lines."""

    scenario: str
    seed: int
    duration_us: int
    nodes: Nodes
    failovers: tuple[Failover, ...]
    writes: Writes
    clients: tuple[ClientHistory, ...]
    accounts: tuple[ClientAccount, ...]

    def lines(self) -> tuple[str, ...]:
        """The summary for people: one failover after the other, then writes, then clients."""
        failovers = self.failovers or ()
        lines = [line for failover in failovers for line in self._failover_lines(failover)]
        if not failovers:
            lines.append("no failover was attempted")
        lines.append(_writes_line(self.writes))
        lines += [f"  {count} lost: {why}" for why, count in self.writes.causes_of_loss]
        for client, account in zip(self.clients, self.accounts, strict=True):
            if client.operations:
                lines.append(_client_line(client, account))
        return tuple(lines)

    def _failover_lines(self, failover: Failover) -> list[str]:
        old = self.nodes.name_at(failover.old)
        if failover.new is None or failover.winner is None:
            head = f"failover of {failover.master} from {old}: nobody was promoted"
        else:
            new = self.nodes.name_at(failover.new)
            leader, epoch = failover.winner.sentinel, failover.winner.epoch
            head = f"failover of {failover.master} from {old} to {new}"
            head += f", led by {leader} in epoch {epoch}"
            if not failover.completed:
                head += f" ({failover.winner.outcome})"
        lines = [head]
        for phase in failover.phases:
            remark = "" if phase.complete and not phase.detail else f"  ({phase.detail})"
            lines.append(f"  {phase.name:<16}{phase.duration_us / 1000:>10.1f} ms{remark}")
        lines.append(f"  {'total':<16}{failover.duration_us / 1000:>10.1f} ms")
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def summarize(trace: Trace) -> Summary:
    """Measure `trace`; everything in the summary is computed from its entries."""
    header = trace.header
    writes = account_for_writes(trace)
    return Summary(
        scenario=header.scenario,
        seed=header.seed,
        duration_us=trace_end_us(trace),
        nodes=find_nodes(trace),
        failovers=find_failovers(trace),
        writes=writes,
        clients=find_clients(trace),
        accounts=account_for_clients(trace, writes),
    )


def _writes_line(writes: Writes) -> str:
    counts = [f"{len(writes.acknowledged)} acknowledged"]
    counts.append("lost: unknown" if writes.lost is None else f"{len(writes.lost)} lost")
    counts.append(f"{len(writes.refused)} refused")
    unknown = f"{len(writes.unknown)} unknown"
    if writes.found:
        unknown += f" ({len(writes.found)} of them done after all)"
    counts.append(unknown)
    line = "writes: " + ", ".join(counts)
    if writes.lost is None:
        line += f" ({writes.why_unknown})"
    if writes.resurrected:
        line += f"; {len(writes.resurrected)} refused, but done!"
    return line


def _client_line(client: ClientHistory, account: ClientAccount) -> str:
    name = client.name if account.kind == "textbook" else f"{client.name} ({account.kind})"
    gap = client.longest_gap
    told = []
    if gap is None or not client.failure_windows:
        told.append("no operation failed")
    else:
        end = "" if gap.recovered else ", and none after that"
        told.append(f"no success for {gap.duration_us / 1000:.1f} ms at the longest{end}")
    for count, what in (
        (account.lost, "acknowledged writes lost"),
        (account.split_brain, "accepted by a master out of office"),
        (len(account.stale_reads), "stale reads"),
    ):
        if count:
            told.append(f"{count} {what}")
    return f"{name}: {'; '.join(told)}"
