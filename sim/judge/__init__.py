"""Judging a run: views and measurements, all computed from its trace and nothing else.

- `nodes`, `states`, `faults`: who took part, in what state when, and what was done to them.
- `flags`, `tilt`, `opinions`, `ballots`: what the Sentinels thought, named and voted.
- `snapshots`: all of that at one moment.
- `acquaintances`: whom they count.
- `attempts`, `steps`, `failovers`: what they did about it, cut into phases.
- `fates`: what became of a group whose master was lost.
- `groups`, `datasets`, `writes`, `reads`, `replication`: what it meant for the data.
- `clients`, `service`: what it meant for those who wanted something.
- `summary`, `log`, `answers`: the numbers of a run in a few lines, and the Sentinels' logs.
"""

from __future__ import annotations

from sim.judge.acquaintances import Acquaintance, find_acquaintances, voters_table
from sim.judge.answers import answers_table
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
    follow_groups,
)
from sim.judge.failovers import Failover, Phase, Switch, find_failovers
from sim.judge.fates import Ending, Fate, find_fate
from sim.judge.faults import Fault, find_faults
from sim.judge.flags import DownSpan, down_episodes, down_spans
from sim.judge.groups import Group, find_groups
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
from sim.judge.snapshots import (
    Belief,
    Moments,
    SentinelView,
    ServerView,
    Snapshot,
    snapshot_at,
)
from sim.judge.spans import Span, span_at
from sim.judge.states import Health, NodeHistory, Role, node_histories
from sim.judge.steps import steps_table
from sim.judge.summary import Summary, summarize
from sim.judge.tilt import TiltSpan, find_tilts
from sim.judge.writes import LostWrite, Writes, account_for_writes

__all__ = [
    "Accepted",
    "Acquaintance",
    "Address",
    "Attempt",
    "Ballot",
    "Belief",
    "Cause",
    "ClientAccount",
    "ClientHistory",
    "ClientOperation",
    "Correction",
    "DataSets",
    "DownSpan",
    "Downtime",
    "Dropped",
    "Ending",
    "Failover",
    "Fate",
    "Fault",
    "Group",
    "Health",
    "LagPoint",
    "LagSeries",
    "LostWrite",
    "Moments",
    "Naming",
    "Node",
    "NodeHistory",
    "Nodes",
    "Phase",
    "Reconfiguration",
    "Recovery",
    "Reign",
    "Role",
    "SentinelView",
    "ServerView",
    "Snapshot",
    "Span",
    "StaleRead",
    "Summary",
    "Switch",
    "TiltSpan",
    "Writes",
    "account_for_clients",
    "account_for_writes",
    "accounts_table",
    "answers_table",
    "down_episodes",
    "down_spans",
    "find_acquaintances",
    "find_attempts",
    "find_ballots",
    "find_clients",
    "find_corrections",
    "find_failovers",
    "find_fate",
    "find_faults",
    "find_final_master",
    "find_groups",
    "find_namings",
    "find_nodes",
    "find_outages",
    "find_stale_reads",
    "find_tilts",
    "follow_data_sets",
    "follow_groups",
    "log_lines",
    "node_histories",
    "replication_lag",
    "snapshot_at",
    "span_at",
    "steps_table",
    "summarize",
    "trace_end_us",
    "voters_table",
]
