"""Write accounting: what was promised to clients, and what of it survived.

What survived is the data set of the final master (`find_final_master`) at the end of the trace,
followed as `sim.judge.datasets` says; with several masters, that of each in its own group. A write
that a later one overwrote is still in that set: it was not lost, it was outdated. A write is
identified by its text (``key=value``), so writers that repeat a value cannot be judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.datasets import Accepted, Cause, DataSets, Dropped, follow_groups
from sim.judge.groups import Group
from sim.judge.nodes import find_nodes
from sim.judge.opinions import find_final_master
from sim.trace import Operation

__all__ = ["LostWrite", "Writes", "account_for_writes"]


@dataclass(frozen=True, slots=True)
class LostWrite:
    """A write that was acknowledged to `client` and is not in the data of the final master.

    `accepted` says who executed it first, and when; `cause` why the line of masters went on without
    it; `dropped` when the server that had it gave it up. None if the trace does not say, or if it
    did not happen: a server that never came back still has the write.
    """

    write: str
    client: str
    acknowledged_us: int
    accepted: Accepted | None
    cause: Cause | None
    dropped: Dropped | None

    @property
    def accepted_by(self) -> str:
        """The server that executed it first; empty if the trace does not say."""
        return self.accepted.server if self.accepted else ""

    def __str__(self) -> str:
        told = f"{self.write} by {self.client}, accepted by {self.accepted_by or 'nobody'}"
        if self.cause:
            told += f": {self.cause}"
        if self.dropped:
            told += f"; given up in a {self.dropped.how} at {self.dropped.time_us / 1e6:.3f} s"
        return told


@dataclass(frozen=True, slots=True)
class Writes:
    """The writes of all clients by their best outcome, each as a tuple in order of time.

    `acknowledged`: some attempt was ok. `unknown`: none was, and for some nobody can tell.
    `refused`: all attempts definitely failed. Then in hindsight: `lost` of the acknowledged;
    `found` of the unknown, which were done after all; `resurrected` of the refused, which must be
    empty. The last three are None if it cannot be known, and `why_unknown` says why.
    `final_masters` are the servers that were asked, one for each group in which that is known.

    `split_brain` are all writes that a server accepted while another one was in office, whatever
    was answered and whatever became of them. `clients` names who attempted each write.
    """

    acknowledged: tuple[str, ...]
    unknown: tuple[str, ...]
    refused: tuple[str, ...]
    lost: tuple[LostWrite, ...] | None
    found: tuple[str, ...] | None
    resurrected: tuple[str, ...] | None
    final_masters: tuple[str, ...] = ()
    why_unknown: str = ""
    split_brain: tuple[Accepted, ...] = ()
    clients: dict[str, str] | None = None

    @property
    def final_master(self) -> str | None:
        """The only final master; None if there is none, or more than one."""
        return self.final_masters[0] if len(self.final_masters) == 1 else None

    @property
    def causes_of_loss(self) -> tuple[tuple[str, int], ...]:
        """Each cause for people, with the number of writes lost by it, the first one first."""
        counts: Counter[str] = Counter()
        for lost in self.lost or ():
            match lost.cause:
                case None:
                    counts["for a reason that the trace does not tell"] += 1
                case Cause("split brain", _, server):
                    counts[f"accepted by {lost.accepted_by} while {server} was in office"] += 1
                case cause:
                    counts[str(cause).replace("without it", "without them")] += 1
        return tuple(counts.items())


def account_for_writes(trace: Trace) -> Writes:
    """Judge every write of the trace that a client attempted."""
    outcomes: dict[str, str] = {}
    clients: dict[str, str] = {}
    acknowledged_at: dict[str, tuple[str, int]] = {}
    for entry, data in trace.of(Operation):
        if not data.write:
            continue
        clients.setdefault(data.write, entry.node)
        if data.outcome == "ok":
            acknowledged_at.setdefault(data.write, (entry.node, entry.time_us))
        outcomes[data.write] = _best(outcomes.get(data.write), data.outcome)
    acknowledged = _with_outcome(outcomes, "ok")
    unknown = _with_outcome(outcomes, "unknown")
    refused = _with_outcome(outcomes, "failed")

    followed = follow_groups(trace)
    accepted: dict[str, Accepted] = {}
    causes: dict[str, Cause] = {}
    dropped: dict[str, Dropped] = {}
    for sets in followed.values():
        accepted |= sets.accepted
        causes |= sets.causes
        dropped |= sets.dropped
    split_brain = sorted(
        (each for sets in followed.values() for each in sets.acceptances if each.is_split_brain),
        key=lambda each: each.time_us,
    )
    survivors, masters, why_unknown = _survivors(trace, followed)
    for sets in followed.values():
        causes = _lost_out_of_office(sets, masters) | causes
    lost = found = resurrected = None
    if survivors is not None:
        lost = tuple(
            LostWrite(
                write,
                *acknowledged_at[write],
                accepted.get(write),
                causes.get(write),
                dropped.get(write),
            )
            for write in acknowledged
            if write not in survivors
        )
        found = tuple(write for write in unknown if write in survivors)
        resurrected = tuple(write for write in refused if write in survivors)
    return Writes(
        acknowledged,
        unknown,
        refused,
        lost,
        found,
        resurrected,
        masters,
        why_unknown,
        tuple(split_brain),
        clients,
    )


def _lost_out_of_office(sets: DataSets, masters: tuple[str, ...]) -> dict[str, Cause]:
    """What a final master lost in a restart though another one was in office.

    That happens where a leader dies between promoting a replica and telling the others: the old
    master, which they go on naming, comes back without its data.
    """
    return {
        write: Cause("restart", dropped.time_us, server)
        for write, dropped in sets.dropped.items()
        if dropped.how == "restart"
        if (server := sets.accepted[write].server) in masters and server != sets.office
    }


_RANK = {"ok": 2, "unknown": 1, "failed": 0}


def _best(before: str | None, outcome: str) -> str:
    return outcome if before is None or _RANK[outcome] > _RANK[before] else before


def _with_outcome(outcomes: dict[str, str], outcome: str) -> tuple[str, ...]:
    return tuple(write for write, found in outcomes.items() if found == outcome)


def _survivors(
    trace: Trace, followed: Mapping[Group, DataSets]
) -> tuple[set[str] | None, tuple[str, ...], str]:
    """The writes that survived, and where; or why that is unknown."""
    survivors: set[str] = set()
    masters: list[str] = []
    problems: list[str] = []
    for group, sets in followed.items():
        is_one_of_many = len(followed) > 1
        if is_one_of_many and not sets.acceptances:
            continue  # Whoever its master is, no promise hangs on it.
        about = f"{', '.join(group.masters)}: " if is_one_of_many else ""
        master = find_final_master(trace, group.masters)
        if master is None:
            problems.append(f"{about}{_why_no_master(trace)}")
            continue
        masters.append(master)
        survivors |= sets.held.get(master, set())
        if master in sets.missing:
            problems.append(
                f"{about}{master} loaded {sets.missing[master]!r}, of which the trace does not tell"
            )
    return None if problems else survivors, tuple(masters), "; ".join(problems)


def _why_no_master(trace: Trace) -> str:
    """Why nobody can say which server was the master at the end."""
    if not find_nodes(trace).of_type("redis"):
        return "the trace does not tell what the servers did"
    return "the Sentinels do not name one master at the end"
