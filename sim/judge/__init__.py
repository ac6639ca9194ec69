"""Judging a run: views, measurements and verdicts, all computed from its trace and nothing else.

- `nodes`, `states`, `faults`: who took part, in what state when, and what was done to them.
- `flags`, `opinions`, `ballots`: what the Sentinels thought, named and voted.
- `attempts`, `failovers`: what they did about it, cut into phases.
- `clients`, `writes`, `replication`: what it meant for clients and for the data.
- `summary`, `log`: the numbers of a run in a few lines, and the Sentinels' logs.
- `verdicts`, `invariants`: what must be true of every run, and whether it was.
"""

from __future__ import annotations

from sim.judge.attempts import (
    Attempt,
    Correction,
    Reconfiguration,
    find_attempts,
    find_corrections,
)
from sim.judge.ballots import Ballot, find_ballots
from sim.judge.clients import ClientHistory, ClientOperation, Downtime, find_clients
from sim.judge.failovers import Failover, Phase, Switch, find_failovers
from sim.judge.faults import Fault, find_faults
from sim.judge.flags import DownSpan, down_episodes, down_spans
from sim.judge.invariants import (
    EPOCHS_NEVER_GO_BACK,
    INVARIANTS,
    ONE_LEADER_PER_EPOCH,
    ONE_MASTER_AT_THE_END,
    ONE_VOTE_PER_EPOCH,
    judge_all,
)
from sim.judge.log import log_lines
from sim.judge.nodes import Address, Node, Nodes, find_nodes, trace_end_us
from sim.judge.opinions import Naming, find_final_master, find_namings
from sim.judge.replication import LagPoint, LagSeries, replication_lag
from sim.judge.spans import Span, span_at
from sim.judge.states import Health, NodeHistory, Role, node_histories
from sim.judge.summary import Summary, summarize
from sim.judge.verdicts import Invariant, Truth, Verdict
from sim.judge.writes import LostWrite, Writes, account_for_writes

__all__ = [
    "EPOCHS_NEVER_GO_BACK",
    "INVARIANTS",
    "ONE_LEADER_PER_EPOCH",
    "ONE_MASTER_AT_THE_END",
    "ONE_VOTE_PER_EPOCH",
    "Address",
    "Attempt",
    "Ballot",
    "ClientHistory",
    "ClientOperation",
    "Correction",
    "DownSpan",
    "Downtime",
    "Failover",
    "Fault",
    "Health",
    "Invariant",
    "LagPoint",
    "LagSeries",
    "LostWrite",
    "Naming",
    "Node",
    "NodeHistory",
    "Nodes",
    "Phase",
    "Reconfiguration",
    "Role",
    "Span",
    "Summary",
    "Switch",
    "Truth",
    "Verdict",
    "Writes",
    "account_for_writes",
    "down_episodes",
    "down_spans",
    "find_attempts",
    "find_ballots",
    "find_clients",
    "find_corrections",
    "find_failovers",
    "find_faults",
    "find_final_master",
    "find_namings",
    "find_nodes",
    "judge_all",
    "log_lines",
    "node_histories",
    "replication_lag",
    "span_at",
    "summarize",
    "trace_end_us",
]
