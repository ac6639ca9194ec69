"""Judging a run: views, measurements and verdicts, all computed from its trace and nothing else.

- `nodes`, `states`, `faults`: who took part, in what state when, and what was done to them.
- `flags`, `opinions`, `ballots`: what the Sentinels thought, named and voted.
- `attempts`, `failovers`: what they did about it, cut into phases.
- `datasets`, `writes`, `reads`, `replication`: what it meant for the data.
- `clients`, `service`: what it meant for those who wanted something.
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
from sim.judge.datasets import (
    Accepted,
    Cause,
    DataSets,
    Dropped,
    Reign,
    follow_data_sets,
)
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
from sim.judge.reads import StaleRead, find_stale_reads
from sim.judge.replication import LagPoint, LagSeries, replication_lag
from sim.judge.service import (
    ClientAccount,
    Recovery,
    account_for_clients,
    accounts_table,
    find_outages,
)
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
    "Accepted",
    "Address",
    "Attempt",
    "Ballot",
    "Cause",
    "ClientAccount",
    "ClientHistory",
    "ClientOperation",
    "Correction",
    "DataSets",
    "DownSpan",
    "Downtime",
    "Dropped",
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
    "Recovery",
    "Reign",
    "Role",
    "Span",
    "StaleRead",
    "Summary",
    "Switch",
    "Truth",
    "Verdict",
    "Writes",
    "account_for_clients",
    "account_for_writes",
    "accounts_table",
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
    "find_outages",
    "find_stale_reads",
    "follow_data_sets",
    "judge_all",
    "log_lines",
    "node_histories",
    "replication_lag",
    "span_at",
    "summarize",
    "trace_end_us",
]
