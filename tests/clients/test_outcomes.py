"""Whatever happens and whoever the client is, what it writes down is true."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.clients import CLIENT_KINDS, ClientGroup, Workload
from sim.judge import account_for_writes
from sim.scenarios import run_scenario
from sim.search import Dice, any_story
from sim.trace import Operation, WriteAccepted

BUSY = Workload(rate=20, pipeline=2, connections=2, reads=0.2)


@pytest.mark.parametrize(
    ("seed", "workload"),
    [(3, BUSY), (8, Workload()), (17, Workload()), (21, BUSY)],
    ids=["3-busy", "8-default", "17-default", "21-busy"],
)
def test_no_outcome_is_a_lie_whatever_happens(seed: int, workload: Workload) -> None:
    """Ok means that a server accepted it before; failed means that none ever did."""
    accepted: set[str] = set()
    operations: list[Operation] = []
    story = any_story(Dice(seed)).scenario
    groups = [ClientGroup(kind=kind, workload=workload) for kind in CLIENT_KINDS]
    where = replace(story.deployment, clients=0).with_groups(groups)
    trace = run_scenario(story.with_deployment(where), seed=seed).trace
    for entry in trace.entries:
        if isinstance(entry.data, WriteAccepted):
            accepted.add(entry.data.write)
        elif isinstance(entry.data, Operation) and entry.data.write:
            operations.append(entry.data)
            assert entry.data.outcome != "ok" or entry.data.write in accepted
    failed = {each.write for each in operations if each.outcome == "failed"}
    assert len(failed) >= 5
    assert not failed & accepted
    assert len({each.write for each in operations}) == len(operations), "each is told once"
    told = {each.write for each in operations}
    assert accepted <= told, "nobody did what nobody asked for"
    writes = account_for_writes(trace)
    assert all(each.cause is not None for each in writes.lost or ()), "each loss has a cause"
    assert not writes.resurrected
