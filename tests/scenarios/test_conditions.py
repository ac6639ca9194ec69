"""Conditions, repetition, roles and the verbs that need the world's API only."""

from __future__ import annotations

from itertools import pairwise

import pytest

from minisentinel.trace import SentinelEvent, Trace
from sim.invariants import Truth
from sim.scenarios import Result, read_scenario, run_scenario
from sim.trace import CommandAnswered, FaultInjected

HEAD = """\
title = "x"

[deployment]
sentinels = 3
replicas = 2
clients = 0

[settings]
down-after-milliseconds = 1000
failover-timeout = 5000

[[faults]]
at = 15
do = "kill"
node = "master"
as = "old"
"""


def run(text: str, *, head: str = HEAD, seed: int = 1, duration: float | None = None) -> Result:
    return run_scenario(
        read_scenario(head + text, name="story", path="story.toml"), seed=seed, duration=duration
    )


def faults_of(trace: Trace, verb: str = "") -> list[tuple[float, str]]:
    return [
        (entry.time_us / 1e6, entry.node)
        for entry in trace.entries
        if isinstance(entry.data, FaultInjected) and entry.data.verb == (verb or entry.data.verb)
    ]


def said(trace: Trace, name: str) -> list[tuple[float, str]]:
    return [
        (entry.time_us / 1e6, entry.node)
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name == name
    ]


def test_fault_waits_for_a_certain_sentinel() -> None:
    text = '[[faults]]\nwhen = "+sdown"\nby = "sentinel-2"\nat-once = true\ndo = "heal"\nas = "x"\n'
    text += '[[faults]]\nafter = 0\ndo = "block"\nnode = "speaker"\nseconds = 0.01\n'
    trace = run(text, duration=4.0).trace
    (at, node) = faults_of(trace, "block")[0]
    first = next(time for time, who in said(trace, "+sdown") if who == "sentinel-2")
    assert node == "sentinel-2"
    assert first <= at < first + 0.0005, "at once"


def test_fault_waits_for_the_third_time() -> None:
    text = '[[faults]]\nwhen = "+sdown"\nabout = "old"\nnth = 3\ndo = "block"\n'
    text += 'node = "speaker"\nseconds = 0.01\n'
    trace = run(text, duration=4.0).trace
    times = said(trace, "+sdown")
    (at, node) = faults_of(trace, "block")[0]
    assert node == times[2][1]
    assert times[2][0] <= at <= times[2][0] + 0.11


def test_subject_is_the_node_that_was_spoken_of() -> None:
    text = '[[faults]]\nwhen = "+switch-master"\nafter = 1\ndo = "restart"\nnode = "old"\n'
    text += (
        '[[faults]]\nwhen = "+convert-to-slave"\ndo = "block"\nnode = "subject"\nseconds = 0.1\n'
    )
    trace = run(text).trace
    assert faults_of(trace, "block")[0][1] == "redis-1"


def test_fault_may_wait_for_calm() -> None:
    text = '[[faults]]\nwhen = "calm"\ndo = "restart"\nnode = "old"\n[run]\ncalm-for = 2\n'
    trace = run(text).trace
    switched = max(time for time, _ in said(trace, "+switch-master"))
    assert faults_of(trace, "restart")[0][0] >= switched + 2


def test_groups_are_hit_one_and_all() -> None:
    text = '[[faults]]\nafter = 1\ndo = "pause"\nnode = "sentinels"\n'
    text += '[[faults]]\nafter = 1\ndo = "resume"\nnodes = ["sentinel-1", "sentinel-3"]\n'
    trace = run(text, duration=3.0).trace
    assert [node for _, node in faults_of(trace, "pause")] == [f"sentinel-{n}" for n in (1, 2, 3)]
    assert [node for _, node in faults_of(trace, "resume")] == ["sentinel-1", "sentinel-3"]


EVERY = """\
title = "x"

[deployment]
clients = 0

[[faults]]
at = 5
do = "block"
node = "redis-2"
seconds = 0.001
every = 2
"""


def times_of(more: str, seed: int = 1, duration: float | None = 60.0) -> list[float]:
    trace = run(more, head=EVERY, seed=seed, duration=duration).trace
    return [time for time, _ in faults_of(trace, "block")]


def test_fault_is_repeated_as_often_as_it_says() -> None:
    assert times_of("times = 4\n") == [5.0, 7.0, 9.0, 11.0]


def test_fault_is_repeated_until_its_end() -> None:
    assert times_of("until = 10\n") == [5.0, 7.0, 9.0]


def test_run_is_not_calm_while_something_is_to_be_repeated() -> None:
    assert times_of("times = 12\n", duration=None)[-1] == 27.0


def test_jitter_is_within_its_bounds_and_drawn_from_the_seed() -> None:
    times = times_of("times = 20\njitter = 1.5\n")
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert all(0.5 <= pause <= 3.5 for pause in pauses)
    assert max(pauses) - min(pauses) > 1
    assert times == times_of("times = 20\njitter = 1.5\n")
    assert times != times_of("times = 20\njitter = 1.5\n", seed=2)


def test_exponential_pauses_have_the_mean_that_is_given() -> None:
    often = EVERY.replace("every = 2", "every = 0.2")
    more = 'times = 400\nspread = "exponential"\n'
    trace = run(more, head=often, duration=200.0).trace
    times = [time for time, _ in faults_of(trace, "block")]
    assert len(times) == 400
    assert 0.17 < (times[-1] - times[0]) / 399 < 0.23


def test_repetition_does_not_hold_up_what_follows() -> None:
    more = 'times = 5\n[[faults]]\nafter = 3\ndo = "kill"\nnode = "redis-3"\n'
    trace = run(more, head=EVERY, duration=20.0).trace
    assert faults_of(trace, "kill") == [(8.0, "redis-3")]
    assert len(faults_of(trace, "block")) == 5


# Verbs


def calm(text: str) -> str:
    return f'title = "x"\n[deployment]\nclients = 0\n[settings]\nfailover-timeout = 5000\n{text}'


def test_command_is_answered_on_the_trace() -> None:
    text = '[[faults]]\nat = 15\ndo = "command"\nnode = "sentinel-2"\nwords = "SENTINEL CKQUORUM '
    trace = run(f'{text}mymaster"\n', head=calm(""), duration=1.0).trace
    (answer,) = [e for e in trace.entries if isinstance(e.data, CommandAnswered)]
    assert answer.node == "sentinel-2"
    assert isinstance(answer.data, CommandAnswered)
    assert answer.data.reply.startswith("OK 3 usable Sentinels")
    assert not answer.data.failed
    assert "operator" not in {entry.node for entry in trace.entries}


@pytest.mark.parametrize(
    ("before", "words", "reply"),
    [
        ("", "SENTINEL DANCE", "ERR"),
        (
            '[[faults]]\nat = 14\ndo = "kill"\nnode = "sentinel-2"\n',
            "PING",
            "no connection: refused",
        ),
    ],
)
def test_error_and_silence_are_answers_too(before: str, words: str, reply: str) -> None:
    text = f'[[faults]]\nat = 15\ndo = "command"\nnode = "sentinel-2"\nwords = "{words}"\n'
    trace = run(before + text, head=calm(""), duration=5.0).trace
    (answer,) = [e.data for e in trace.entries if isinstance(e.data, CommandAnswered)]
    assert answer.failed
    assert answer.reply.startswith(reply)


def test_sentinel_with_a_broken_disk_forgets_what_it_could_not_write() -> None:
    broken = '[[faults]]\nat = 14\ndo = "break_disk"\nnode = "sentinel-1"\n'
    text = '[[faults]]\nwhen = "+failover-end"\nafter = 5\ndo = "kill"\nnode = "sentinel-1"\n'
    text += '[[faults]]\nafter = 1\ndo = "restart"\nnode = "sentinel-1"\n'
    head = HEAD.replace("[[faults]]", f"{broken}[[faults]]")
    trace = run(text, head=head, duration=30.0).trace
    monitored = [
        entry.data.payload
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent)
        and (entry.node, entry.data.name) == ("sentinel-1", "+monitor")
    ]
    assert len(monitored) == 2
    assert monitored[1] == monitored[0], "the old master again"


def test_disk_that_is_repaired_remembers() -> None:
    text = '[[faults]]\nat = 14\ndo = "break_disk"\nnode = "sentinel-1"\n'
    text += '[[faults]]\nat = 16\ndo = "repair_disk"\nnode = "sentinel-1"\n'
    text += (
        '[[faults]]\nat = 20\ndo = "command"\nnode = "sentinel-1"\nwords = "SENTINEL FLUSHCONFIG"\n'
    )
    trace = run(text, head=calm(""), duration=7.0).trace
    saves = [e.data.error for e in trace.of_kind("configuration-saved") if e.node == "sentinel-1"]  # type: ignore[attr-defined]
    assert saves[-1] == ""
    assert [verb for _, verb in faults_of(trace, "break_disk")] == ["sentinel-1"]


def test_sentinel_that_is_added_gets_to_know_the_others() -> None:
    text = '[[faults]]\nat = 15\ndo = "add"\nnode = "sentinel-4"\n'
    text += (
        '[[faults]]\nafter = 8\ndo = "command"\nnode = "sentinel-1"\nwords = "SENTINEL CKQUORUM '
    )
    trace = run(f'{text}mymaster"\n', head=calm(""), duration=10.0).trace
    (answer,) = [e.data for e in trace.entries if isinstance(e.data, CommandAnswered)]
    assert answer.reply.startswith("OK 4 usable Sentinels")


def test_node_that_is_added_in_a_partition_is_on_the_side_of_its_neighbour() -> None:
    text = '[[faults]]\nat = 15\ndo = "partition"\ngroups = [["redis-1", "sentinel-1"]]\n'
    text += '[[faults]]\nat = 16\ndo = "add"\nnode = "sentinel-4"\nto = "sentinel-1"\n'
    trace = run(text, head=calm(""), duration=6.0).trace
    found = {
        entry.data.host
        for entry in trace.entries
        if isinstance(entry.data, SentinelEvent)
        and (entry.node, entry.data.name) == ("sentinel-4", "+sentinel")
    }
    assert found == {"10.0.1.1"}


def test_supervisor_starts_a_process_again_after_each_death() -> None:
    text = '[[faults]]\nat = 10\ndo = "supervise"\nnode = "redis-2"\nseconds = 1.5\n'
    text += '[[faults]]\nat = 15\ndo = "kill"\nnode = "redis-2"\nevery = 5\ntimes = 2\n'
    trace = run(text, head=calm(""), duration=20.0).trace
    assert [time for time, _ in faults_of(trace, "restart")] == pytest.approx(
        [16.5, 21.5], abs=0.02
    )


def test_what_is_held_back_arrives_when_it_is_released() -> None:
    text = '[[faults]]\nat = 6\ndo = "hold"\nnode = "redis-2"\nto = "sentinel-1"\n'
    text += '[[faults]]\nat = 9\ndo = "release"\nnode = "redis-2"\nto = "sentinel-1"\n'
    head = calm("down-after-milliseconds = 1500\n")
    result = run(text + "[run]\ncalm-for = 1\n", head=head)
    downs = said(result.trace, "+sdown")
    assert {node for _, node in downs} == {"sentinel-1"}
    assert 9 <= said(result.trace, "-sdown")[0][0] < 9.5


def test_delay_makes_a_part_of_the_network_slow_for_a_while() -> None:
    text = '[[faults]]\nat = 15\ndo = "delay"\ngroups = [["redis-1"]]\nmilliseconds = [900, 950]\n'
    head = calm("down-after-milliseconds = 1500\n")
    trace = run(text + "seconds = 8\n[run]\ncalm-for = 1\n", head=head).trace
    assert {node for _, node in said(trace, "+sdown")} == {f"sentinel-{n}" for n in (1, 2, 3)}
    assert [time for time, _ in faults_of(trace, "repair")] == [23.0]


def test_one_way_partition_is_one_way() -> None:
    text = '[[faults]]\nat = 15\ndo = "partition"\ngroups = [["redis-2"], ["sentinel-1"]]\n'
    trace = run(text + "one-way = true\n", head=calm(""), duration=8.0).trace
    assert {node for _, node in said(trace, "+sdown")} == {"sentinel-1"}


def test_box_loses_its_power_as_a_whole_and_shares_an_address() -> None:
    text = '[boxes]\nbox = ["redis-2", "sentinel-2"]\n'
    text += '[[faults]]\nat = 15\ndo = "power_off"\nnode = "box"\n'
    result = run(text, head=calm(""), duration=3.0)
    nodes = result.summary.nodes.by_name
    assert nodes["redis-2"].address[0] == nodes["sentinel-2"].address[0]
    dead = {
        entry.node
        for entry in result.trace.of_kind("process")
        if entry.data.is_end  # type: ignore[attr-defined]
    }
    assert dead == {"redis-2", "sentinel-2"}


def test_run_is_watched_for_as_long_as_the_file_says() -> None:
    result = run("[run]\nwatch-for = 7.5\n")
    assert result.trace.entries[-1].time_us == 22_500_000


def test_claim_counted_from_what_never_happened_is_unknown_and_fails() -> None:
    text = '[[expect.eventually]]\nevent = "+sdown"\nsince = "+tilt"\n'
    result = run(text, duration=3.0)
    assert result.verdicts[-1][1].truth is Truth.UNKNOWN
    assert not result.passed
