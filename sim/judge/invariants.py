"""What must be true of every run, judged from its trace.

A claim about something that never happened in the trace (no election at all) is true; a claim about
somebody of whom the trace has no record at all (no Sentinel) is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from minisentinel.trace import (
    ConfigurationSaved,
    Entry,
    SentinelEvent,
    Trace,
    VoteGranted,
)
from sim.judge.nodes import Nodes, find_nodes, trace_end_us
from sim.judge.opinions import Naming, find_namings
from sim.judge.states import Health, NodeHistory, node_histories
from sim.judge.verdicts import Invariant, Verdict, holds, is_broken, is_unknown

__all__ = [
    "EPOCHS_NEVER_GO_BACK",
    "INVARIANTS",
    "ONE_LEADER_PER_EPOCH",
    "ONE_MASTER_AT_THE_END",
    "ONE_VOTE_PER_EPOCH",
    "judge_all",
]


def _one_leader_per_epoch(trace: Trace) -> Verdict:
    epochs: dict[str, str] = {}
    attempted: dict[tuple[str, str], str] = {}
    leaders: dict[tuple[str, str], Entry] = {}
    witnesses = False
    for entry in trace.entries:
        data = entry.data
        if not isinstance(data, SentinelEvent):
            continue
        witnesses = True
        if data.name == "+new-epoch":
            epochs[entry.node] = data.payload
        elif data.name == "+try-failover":
            attempted[entry.node, data.master] = epochs.get(entry.node, "")
        elif data.name == "+elected-leader":
            epoch = attempted.get((entry.node, data.master), "")
            if not epoch:
                return is_unknown(
                    f"the epoch in which {entry.node} was elected is not in the trace"
                )
            other = leaders.setdefault((data.master, epoch), entry)
            if other is not entry:
                who = entry.node if other.node != entry.node else f"{entry.node} again"
                return is_broken(
                    f"{other.node} and {who} were elected for {data.master} in epoch {epoch}",
                    other,
                    entry,
                )
    if not witnesses:
        return is_unknown("no Sentinel left a record")
    return holds(f"{len(leaders)} elected, each in an epoch of its own")


def _one_vote_per_epoch(trace: Trace) -> Verdict:
    votes: dict[tuple[str, str, int], Entry] = {}
    witnesses = False
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, VoteGranted):
            other = votes.setdefault((entry.node, data.master, data.epoch), entry)
            if other is not entry:
                return is_broken(
                    f"{entry.node} voted twice for a leader of {data.master} in epoch {data.epoch}",
                    other,
                    entry,
                )
        elif isinstance(data, SentinelEvent):
            witnesses = True
            if data.name == "-monitor":
                # Who is told to forget a master forgets its votes; that is no fault of its own.
                for key in [key for key in votes if key[:2] == (entry.node, data.master)]:
                    del votes[key]
    if not (witnesses or votes):
        return is_unknown("no Sentinel left a record")
    return holds(f"{len(votes)} votes, no Sentinel twice in an epoch")


def _epochs_never_go_back(trace: Trace) -> Verdict:
    latest: dict[str, tuple[int, Entry]] = {}
    for entry in trace.entries:
        data = entry.data
        if isinstance(data, ConfigurationSaved):
            epoch = data.current_epoch
        elif isinstance(data, VoteGranted):
            epoch = data.epoch
        elif (
            isinstance(data, SentinelEvent) and data.name == "+new-epoch" and data.payload.isdigit()
        ):
            epoch = int(data.payload)
        else:
            continue
        before, witness = latest.get(entry.node, (epoch, entry))
        if epoch < before:
            return is_broken(
                f"{entry.node} was in epoch {before} and went back to {epoch}", witness, entry
            )
        latest[entry.node] = (epoch, entry)
    if not latest:
        if find_nodes(trace).of_type("sentinel"):
            return holds("no epoch was opened")
        return is_unknown("no Sentinel recorded an epoch")
    highest = max(epoch for epoch, _ in latest.values())
    return holds(f"{len(latest)} Sentinels, up to epoch {highest}")


def _one_master_at_the_end(trace: Trace) -> Verdict:
    nodes = find_nodes(trace)
    histories = node_histories(trace)
    end_us = trace_end_us(trace)
    namings = find_namings(trace)
    if not namings:
        return is_unknown("no Sentinel named a master")
    masters: dict[str, str] = {}
    for name, said in namings.items():
        running = [naming for naming in said if _is_up(histories, naming.sentinel, end_us)]
        if not running:
            return is_unknown(f"no Sentinel that monitors {name} is running at the end")
        for naming in running[1:]:
            if naming.address != running[0].address:
                return _disagreement(nodes, running[0], naming)
        node = nodes.by_address.get(running[0].address)
        if node is None:
            return is_unknown(f"nothing is known of the master of {name} at {running[0].address}")
        masters[name] = node.name
    for name, master in masters.items():
        if not _is_up(histories, master, end_us):
            return is_broken(
                f"{master}, the master of {name}, is not running", *_last(trace, master)
            )
        role = histories[master].role_at(end_us)
        if role is None or role.name != "master":
            what = role.name if role else "of unknown role"
            return is_broken(f"{master}, the master of {name}, is {what}", *_last(trace, master))
    return _everyone_follows(trace, nodes, histories, masters, end_us)


def _everyone_follows(
    trace: Trace,
    nodes: Nodes,
    histories: dict[str, NodeHistory],
    masters: dict[str, str],
    end_us: int,
) -> Verdict:
    """Every running server is one of the masters, or follows one over a link that is up."""
    followers = 0
    for node in nodes.of_type("redis"):
        history = histories[node.name]
        if node.name in masters.values() or not _is_up(histories, node.name, end_us):
            continue
        role = history.role_at(end_us)
        if role is None:
            return is_unknown(f"the role of {node.name} is not in the trace")
        if role.master is None:
            return is_broken(f"{node.name} is a master too", *_last(trace, node.name))
        followed = nodes.name_at(role.master)
        if followed not in masters.values():
            return is_broken(f"{node.name} follows {followed}", *_last(trace, node.name))
        link = history.link_up[-1] if history.link_up else None
        if link is not None and link.end_us > end_us and not link.value:
            return is_broken(
                f"the link of {node.name} to {followed} is down", *_last(trace, node.name)
            )
        followers += 1
    named = ", ".join(masters.values())
    return holds(f"all Sentinels name {named}; {followers} replicas follow")


def _is_up(histories: dict[str, NodeHistory], node: str, end_us: int) -> bool:
    """Whether `node` runs at the end; who is not in the list of nodes is taken to."""
    history = histories.get(node)
    return history is None or history.health_at(end_us) is Health.UP


def _disagreement(nodes: Nodes, one: Naming, other: Naming) -> Verdict:
    return is_broken(
        f"{one.sentinel} names {nodes.name_at(one.address)}, "
        f"{other.sentinel} names {nodes.name_at(other.address)}",
        one.entry,
        other.entry,
    )


def _last(trace: Trace, node: str) -> Sequence[Entry]:
    """The last entry that tells of the role, link or process of `node`."""
    kinds = ("role", "replica-link", "process", "node-started")
    return [entry for entry in trace.entries if entry.node == node and entry.data.kind in kinds][
        -1:
    ]


ONE_LEADER_PER_EPOCH = Invariant(
    "one-leader-per-epoch",
    "In one epoch at most one Sentinel is elected to fail a master over.",
    _one_leader_per_epoch,
)
ONE_VOTE_PER_EPOCH = Invariant(
    "one-vote-per-epoch",
    "A Sentinel votes at most once per master in an epoch, restarts included.",
    _one_vote_per_epoch,
)
EPOCHS_NEVER_GO_BACK = Invariant(
    "epochs-never-go-back",
    "The current epoch of a Sentinel never decreases, restarts included.",
    _epochs_never_go_back,
)
ONE_MASTER_AT_THE_END = Invariant(
    "one-master-at-the-end",
    "At the end all running Sentinels name the same master, it is one, and all others follow it.",
    _one_master_at_the_end,
)

INVARIANTS = (
    ONE_LEADER_PER_EPOCH,
    ONE_VOTE_PER_EPOCH,
    EPOCHS_NEVER_GO_BACK,
    ONE_MASTER_AT_THE_END,
)
"""All of them. The last one is about runs that were left alone long enough to become calm."""


def judge_all(
    trace: Trace, invariants: Sequence[Invariant] = INVARIANTS
) -> tuple[tuple[Invariant, Verdict], ...]:
    """Every invariant with its verdict on `trace`, in the given order."""
    return tuple((invariant, invariant.judge(trace)) for invariant in invariants)
