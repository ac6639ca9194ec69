"""Disks in scenario files: full ones and slow ones, and what Sentinel makes of them."""

from __future__ import annotations

import pytest

from minisentinel.trace import SentinelEvent, Trace
from sim.scenarios import Result, find_scenario, read_scenario, run_scenario
from sim.trace import CommandAnswered, SaveEnded, WriteRefused

HEAD = """
title = "x"
[deployment]
clients = 1
[settings]
down-after-milliseconds = 5000
failover-timeout = 20000
"""
SAVES = """
[servers]
save = "5 1"
"""
BREAK = """
[[faults]]
at = 20
do = "break_disk"
node = "{node}"
as = "full"
"""
ASK = """
[[faults]]
at = 28
do = "command"
node = "full"
words = "PING"
"""
REPAIR = """
[[faults]]
at = 60
do = "repair_disk"
node = "full"
"""
WRITES_TO_DISK = """
[servers]
fsync-milliseconds = {fsync}
appendonly = true
appendfsync = "{when}"
[[faults]]
at = 20
do = "slow_disk"
node = "master"
factor = {factor}
[[faults]]
at = 25
do = "slow_disk"
node = "master"
factor = 1
[run]
watch-for = 10
[expect]
downtime = "{downtime}"
"""


def run(*tables: str) -> Result:
    return run_scenario(read_scenario("".join((HEAD, *tables)), name="x", path="x.toml"), seed=1)


def said(trace: Trace, name: str) -> list[str]:
    return [data.host for _, data in trace.of(SentinelEvent) if data.name == name]


def test_master_that_cannot_save_answers_misconf_and_is_failed_over() -> None:
    """[RED-1-17]: PING gets the error as well, and to a Sentinel that is no answer."""
    trace = run(SAVES, BREAK.format(node="redis-1"), ASK, REPAIR).trace
    (answer,) = [data for _, data in trace.of(CommandAnswered)]
    assert answer.failed
    assert answer.reply.startswith("MISCONF Redis is configured to save RDB snapshots")
    refused = {(entry.node, data.reason) for entry, data in trace.of(WriteRefused)}
    assert ("redis-1", "MISCONF") in refused
    failed = [entry for entry, data in trace.of(SaveEnded) if not data.ok]
    assert {entry.node for entry in failed} == {"redis-1"}
    assert "10.0.0.1" in said(trace, "+odown")
    assert len(said(trace, "+switch-master")) == 3
    # Repaired, it takes its full resynchronisation, and is a replica in good order.
    back = [entry.time_us for entry, data in trace.of(SentinelEvent) if data.name == "-sdown"]
    assert len(back) >= 3
    assert min(back) > 60_000_000


@pytest.mark.parametrize("tables", [(SAVES,), (BREAK.format(node="redis-1"), ASK)])
def test_neither_save_points_nor_a_full_disk_alone_are_a_reason(tables: tuple[str, ...]) -> None:
    rest = () if ASK in tables else ('[[faults]]\nat = 40\ndo = "heal"\n',)
    trace = run(*tables, *rest, "[run]\nwatch-for = 20\n").trace
    assert said(trace, "+sdown") == []
    assert not any(data.failed for _, data in trace.of(CommandAnswered))


def test_replica_that_cannot_save_ends_with_the_next_write() -> None:
    trace = run(SAVES, BREAK.format(node="redis-2"), "[run]\nwatch-for = 30\n").trace
    assert set(said(trace, "+sdown")) == {"10.0.0.2"}
    assert said(trace, "+odown") == []


@pytest.mark.parametrize(
    ("when", "fsync", "factor", "downtime"),
    [
        ("everysec", 2, 2000, "1 to 2.5"),  # 4 s, and writes wait for it after two
        ("always", 2, 2600, "5 to 6.5"),  # 5.2 s, for the first write
        ("everysec", 4, 1000, "1 to 2.5"),
        ("no", 2, 2000, "< 0.2"),
        ("everysec", 2, 900, "< 0.2"),  # 1.8 s
    ],
)
def test_stall_of_an_fsync_is_what_the_policy_makes_of_it(
    when: str, fsync: int, factor: int, downtime: str
) -> None:
    story = WRITES_TO_DISK.format(when=when, fsync=fsync, factor=factor, downtime=downtime)
    (verdict,) = [each for name, each in run(story).verdicts if name.startswith("downtime")]
    assert verdict, verdict.reason


@pytest.mark.parametrize("variant", ["lua", "fsync", "fsync-always"])
def test_blocked_loop_expects_the_stall_itself(variant: str) -> None:
    """Without what makes the server stand still, the variant fails."""
    changes = {"disk": "1"} if variant != "lua" else {"command": "EVAL 'return 1' 0"}
    scenario = find_scenario("blocked-loop", variant=variant, changes=changes)
    assert any("downtime" in str(each) for each in run_scenario(scenario, seed=1).failures)
