"""The failover machine: every state, every way out, and what is told to whom."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Announce, Exit, Note, Save
from minisentinel.core.failover import force_hello
from minisentinel.core.reconfiguration import follow
from minisentinel.core.state import FailoverState, Purpose
from minisentinel.replies import Error, Status
from minisentinel.trace import FailoverStateChanged, ReplicaSelection
from tests.core.bench import Bench, commands, conf, events, logged, saves
from tests.support.facts import FakeFacts

TRANSACTION = [
    ("MULTI",),
    ("SLAVEOF", "NO", "ONE"),
    ("CONFIG", "REWRITE"),
    ("CLIENT", "KILL", "TYPE", "normal"),
    ("CLIENT", "KILL", "TYPE", "pubsub"),
    ("EXEC",),
]


def leading(*lines: str, replicas: tuple[int, ...] = (2, 3), tracing: bool = False) -> Bench:
    """A bench whose peer votes for it, whose redis-2 is best, and whose master has just died."""
    bench = Bench(conf(*lines, replicas=replicas), tracing=tracing)
    for number in replicas:
        bench.servers[f"redis-{number}"].up = True
    bench.run(12_000)
    bench.peers["sentinel-2"].down, bench.peers["sentinel-2"].vote = True, "asker"
    bench.servers["redis-2"].offset = 10
    bench.run(10_000)
    bench.kill("redis-1")
    return bench


def until(bench: Bench, state: FailoverState) -> list[str]:
    """Run until the machine is in `state`; the events on the way."""
    before = len(bench.done)
    for _ in range(600):
        if bench.master().failover_state is state:
            return events(bench.done[before:])
        bench.run(100)
    raise AssertionError(f"never in {state}")


def test_one_state_a_tick_and_every_change_is_timed_and_traced() -> None:
    """[FAI-2-1] [FAI-2-2] [FAI-2-7] [GEN-6-1] [GEN-6-2] [GEN-6-3] [GEN-6-4] [GEN-6-5] [GEN-6-6]
    [GEN-6-7]"""
    bench = leading(tracing=True)
    changes: list[FailoverStateChanged] = []
    for _ in range(80):
        effects = bench.run(100)
        found = [
            e.data
            for e in effects
            if isinstance(e, Note) and isinstance(e.data, FailoverStateChanged)
        ]
        assert len(found) <= 1 or found[-1].after in ("update_config", "none")
        if found:
            assert bench.master().failover_state_change_time in (bench.now, 0)
        changes += found
    assert [change.after for change in changes] == [
        "wait_start",
        "select_slave",
        "send_slaveof_noone",
        "wait_promotion",
        "reconf_slaves",
        "update_config",
        "none",
    ]
    assert [change.before for change in changes[1:]] == [change.after for change in changes[:-1]]


def test_the_transaction_has_six_commands_whose_answers_do_not_matter() -> None:
    """[FAI-5-1] [FAI-5-2] [FAI-5-3] [FAI-5-4] [FAI-5-5] [FAI-5-6] [FAI-5-7] [FAI-4.3-2]"""
    bench = leading()
    until(bench, FailoverState.SEND_SLAVEOF_NOONE)
    effects = bench.tick()
    sent = [words for words in commands(effects) if words[0] not in ("PING", "INFO", "PUBLISH")]
    assert sent == TRANSACTION
    for _ in range(6):
        bench.reply("redis-2", Error("EXECABORT"))
    assert bench.master().failover_state is FailoverState.WAIT_PROMOTION


def test_a_transaction_that_cannot_be_queued_is_not_done() -> None:
    """[FAI-5-8]"""
    bench = leading()
    bench.lose_all("redis-2")
    ctx = bench.ctx
    assert not follow(ctx, bench.replica("redis-2"), bench.replica("redis-3").address)
    assert not ctx.out


def test_the_best_of_the_eligible_is_selected_and_the_choice_is_traced() -> None:
    """[FAI-4.2-2] [EVT-3-31] [EVT-3-32] [GEN-5-10]"""
    bench = leading(tracing=True)
    bench.servers["redis-2"].priority = 0
    bench.run(900)
    until(bench, FailoverState.SEND_SLAVEOF_NOONE)
    choice = next(
        e.data for e in bench.done if isinstance(e, Note) and isinstance(e.data, ReplicaSelection)
    )
    assert choice.host in ("10.0.0.2", "10.0.0.3")
    assert bench.master().promoted_replica == f"{choice.host}:6379"
    assert bench.master().replicas[bench.master().promoted_replica].promoted


def test_the_promotion_makes_the_configuration_durable_before_it_is_told() -> None:
    """[FAI-4.4-1] [FAI-4.4-2] [FAI-4.4-3] [FAI-4.4-4] [FAI-4.4-5] [FAI-4.4-7] [FAI-4.4-10]
    [CFG-5-7] [EVT-3-35] [EVT-3-36] [ELE-9-4] [GOS-2.1-1]"""
    bench = leading()
    until(bench, FailoverState.WAIT_PROMOTION)
    before = len(bench.done)
    until(bench, FailoverState.RECONF_REPLICAS)
    effects = bench.done[before:]
    names = [
        "Save" if isinstance(e, Save) else e.event.name
        for e in effects
        if isinstance(e, Save | Announce)
    ]
    assert names == ["-role-change", "Save", "+promoted-slave", "+failover-state-reconf-slaves"]
    saved = saves(effects)[0].masters[0]
    assert (saved.host, saved.config_epoch) == ("10.0.0.2", 1)
    assert ("10.0.0.1", 6379) in saved.replicas
    assert bench.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster") == ("10.0.0.2", "6379")
    assert bench.master().address.ip == "10.0.0.1"


def test_a_replica_that_is_a_master_already_is_accepted_at_its_next_info() -> None:
    """[FAI-4.4-10] [MON-9.6-1]"""
    bench = leading()
    bench.servers["redis-2"].role, bench.servers["redis-2"].follows = "master", ""
    bench.servers["redis-2"].obedient = False
    seen = until(bench, FailoverState.RECONF_REPLICAS)
    assert any(line.startswith("+promoted-slave") for line in seen)


def test_promotion_makes_everybody_due_for_a_hello() -> None:
    """[FAI-4.4-9] [GOS-3-3]"""
    bench = leading()
    until(bench, FailoverState.RECONF_REPLICAS)
    hellos = [words[2] for words in commands(bench.tick()) if words[0] == "PUBLISH"]
    assert len(hellos) == 4  # two replicas, two peers; the master's link is down
    assert all(text.endswith("mymaster,10.0.0.2,6379,1") for text in hellos)


def test_forcing_a_hello_sets_back_only_what_is_large_enough() -> None:
    """[GOS-3-3]"""
    bench = Bench()
    bench.replica("redis-2").last_pub_time = 5
    before = bench.master().last_pub_time
    force_hello(bench.ctx, bench.master())
    assert bench.master().last_pub_time == before - 2001
    assert bench.replica("redis-2").last_pub_time == 5


def test_an_aborted_attempt_leaves_no_flags_and_keeps_its_start_time() -> None:
    """[FAI-7-1] [FAI-2-4] [EVT-3-34] [GEN-5-9]"""
    bench = leading()
    bench.servers["redis-2"].obedient = False
    until(bench, FailoverState.WAIT_PROMOTION)
    started, entered = bench.master().failover_start_time, bench.now
    seen = until(bench, FailoverState.NONE)
    assert any(line.startswith("-failover-abort-slave-timeout master mymaster") for line in seen)
    master = bench.master()
    assert bench.now == entered + 10_100
    assert master.failover_start_time == started
    assert not master.failover_in_progress
    assert master.promoted_replica == ""
    assert not bench.replica("redis-2").promoted


@pytest.mark.parametrize("how", ["hello", "reset", "remove"])
def test_an_attempt_is_ended_silently_by_newer_configuration_reset_or_removal(how: str) -> None:
    """[FAI-7-2]"""
    bench = leading()
    until(bench, FailoverState.WAIT_PROMOTION)
    before = len(bench.done)
    if how == "hello":
        bench.hello("sentinel-3", epoch=5, config_epoch=5, master="redis-3")
    elif how == "reset":
        bench.command("SENTINEL", "RESET", "my*")
    else:
        bench.command("SENTINEL", "REMOVE", "mymaster")
    assert not [line for line in events(bench.done[before:]) if "abort" in line]
    if how != "remove":
        assert bench.master().failover_state is FailoverState.NONE
        assert not bench.master().failover_in_progress


def test_reconfiguration_stays_while_the_new_master_is_down_even_beyond_the_timeout() -> None:
    """[FAI-4.6-1]"""
    bench = leading()
    bench.servers["redis-3"].link_up = False
    until(bench, FailoverState.RECONF_REPLICAS)
    bench.kill("redis-2")
    bench.run(15_000)
    assert bench.master().failover_state is FailoverState.RECONF_REPLICAS
    bench.servers["redis-2"].up = True
    assert "+failover-end-for-timeout master mymaster 10.0.0.1 6379" in events(bench.run(3000))


def test_without_another_replica_the_end_comes_in_the_first_tick() -> None:
    """[FAI-4.6-2] [FAI-4.6-4]"""
    bench = Bench(conf(replicas=(2,)))
    bench.servers["redis-3"].up = False
    bench.run(12_000)
    bench.peers["sentinel-2"].down, bench.peers["sentinel-2"].vote = True, "asker"
    bench.kill("redis-1")
    until(bench, FailoverState.RECONF_REPLICAS)
    assert [line.split()[0] for line in events(bench.tick())] == [
        "+failover-end",
        "+switch-master",
        "+slave",
    ]


def test_a_replica_that_is_down_is_not_waited_for() -> None:
    """[FAI-4.6-2] [FAI-4.5-6]"""
    bench = leading()
    bench.kill("redis-3")
    bench.run(2500)
    seen = events(bench.run(3000))
    assert "+failover-end master mymaster 10.0.0.1 6379" in seen
    assert not [line for line in seen if line.startswith("+slave-reconf")]


def test_no_replica_is_reconfigured_with_parallel_syncs_zero() -> None:
    """[FAI-4.5-11]"""
    bench = leading("sentinel parallel-syncs mymaster 0")
    until(bench, FailoverState.RECONF_REPLICAS)
    seen = events(bench.run(11_000))
    assert not [line for line in seen if line.startswith("+slave-reconf-sent ")]
    assert [line for line in seen if line.startswith("+slave-reconf-sent-be")]


def test_with_parallel_syncs_one_a_stuck_replica_never_times_out_by_itself() -> None:
    """[FAI-4.5-8]"""
    bench = leading("sentinel failover-timeout mymaster 60000")
    bench.servers["redis-3"].obedient = False
    until(bench, FailoverState.RECONF_REPLICAS)
    assert not events(bench.run(40_000), "-slave-reconf-sent-timeout", "+failover-end")


def test_a_stuck_replica_is_called_done_and_told_again() -> None:
    """[FAI-4.5-3] [FAI-4.5-4] [FAI-4.5-5] [FAI-4.5-7] [FAI-4.5-10] [EVT-3-40] [GEN-5-13]"""
    bench = leading(
        "sentinel failover-timeout mymaster 60000",
        "sentinel parallel-syncs mymaster 2",
        replicas=(2, 3, 4),
    )
    bench.servers["redis-3"].obedient = False
    bench.servers["redis-4"].link_up = False
    until(bench, FailoverState.RECONF_REPLICAS)
    # redis-4 is in progress for ever, and with it two: the stuck one is not even looked at.
    assert not events(bench.run(15_000), "-slave-reconf-sent-timeout")
    bench.servers["redis-4"].link_up = True
    bench.servers["redis-4"].obedient = False
    effects = bench.run(1500)
    assert events(effects, "-slave-reconf-sent-timeout")


def test_the_forced_end_tells_those_who_are_left() -> None:
    """[FAI-4.6-3] [FAI-4.6-5] [FAI-4.6-6] [EVT-3-41] [EVT-3-42] [EVT-3-43]"""
    bench = leading("sentinel parallel-syncs mymaster 1", replicas=(2, 3, 4))
    for name in ("redis-3", "redis-4"):
        bench.servers[name].obedient = False
    until(bench, FailoverState.RECONF_REPLICAS)
    sent = events(bench.run(9500), "+slave-reconf-sent")
    assert len(sent) == 1
    seen = events(bench.run(1000))
    assert [line.split()[0] for line in seen] == [
        "+failover-end-for-timeout",
        "+failover-end",
        "+slave-reconf-sent-be",
        "+switch-master",
        "+slave",
        "+slave",
        "+slave",
    ]


# --- manual ---


def test_a_forced_failover_is_refused_for_three_reasons() -> None:
    """[FAI-8-1] [FAI-8-2] [FAI-8-3] [FAI-8-4]"""
    bench = Bench()
    assert bench.command("SENTINEL", "FAILOVER", "x") == Error("ERR No such master with that name")
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == Error(
        "NOGOODSLAVE No suitable replica to promote"
    )
    bench.run(1000)
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == Status("OK")
    assert logged(bench.done)[-1] == "Executing user requested FAILOVER of 'mymaster'"
    assert bench.master().force_failover
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == Error(
        "INPROG Failover already in progress"
    )


def test_a_forced_failover_selects_again_and_may_abort() -> None:
    """[FAI-8-4] [FAI-4.2-1] [EVT-3-30] [ELE-8-4] [GEN-5-14]"""
    bench = Bench()
    bench.run(1000)
    bench.command("SENTINEL", "FAILOVER", "mymaster")
    bench.kill("redis-2")
    bench.kill("redis-3")
    seen = events(bench.run(300))
    assert [line.split()[0] for line in seen] == [
        "+vote-for-leader",
        "+elected-leader",
        "+failover-state-select-slave",
        "-failover-abort-no-good-slave",
    ]
    assert not bench.master().force_failover


# --- simulated crashes ---


@pytest.mark.parametrize(
    ("when", "last"),
    [("crash-after-election", "+elected-leader"), ("crash-after-promotion", "+promoted-slave")],
)
def test_a_simulated_crash_ends_the_process_at_its_moment(when: str, last: str) -> None:
    """[FAI-10-1] [FAI-4.4-6] [MON-1.1-8] [CMD-13-1]"""
    bench = leading()
    bench.command("SENTINEL", "SIMULATE-FAILURE", when)
    bench.run(6000)
    assert bench.exited == 99
    assert bench.done[-1] == Exit(99)
    assert logged(bench.done)[-1] == "Sentinel CRASH because of SENTINEL simulate-failure"
    assert events(bench.done)[-1].split()[0] == last


# --- names ---


def test_a_switch_to_a_name_that_lost_its_meaning_is_tried_again_every_tick() -> None:
    """[FAI-6.1-3] [FAI-6.1-1]"""
    names = {"one": "10.0.0.1", "two": "10.0.0.2"}
    facts = FakeFacts(dict(names))
    bench = Bench(
        "sentinel resolve-hostnames yes\nsentinel monitor mymaster one 6379 1\n"
        "sentinel down-after-milliseconds mymaster 2000\n"
        "sentinel known-replica mymaster two 6379\n",
        facts=facts,
    )
    bench.servers["redis-3"].up = False
    bench.run(12_000)
    bench.kill("redis-1")
    while bench.master().failover_state is not FailoverState.RECONF_REPLICAS:
        bench.run(100)
    facts.names.clear()
    for _ in range(3):
        assert events(bench.tick(), "+switch-master") == [
            "+switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379"
        ]
    assert bench.master().failover_state is FailoverState.UPDATE_CONFIG
    facts.names.update(names)
    bench.tick()
    assert bench.master().failover_state is FailoverState.NONE
    assert (bench.master().address.hostname, bench.master().address.ip) == ("two", "10.0.0.2")


def test_only_the_last_of_several_masters_switches_in_a_tick() -> None:
    """[MON-2-6] [MON-2-7] [FAI-6.1-3]"""
    bench = Bench(
        conf(
            "sentinel monitor other 10.0.0.4 6379 1",
            "sentinel known-replica other 10.0.0.5 6379",
            "sentinel down-after-milliseconds other 2000",
            replicas=(2,),
            peers=(),
            quorum=1,
        )
    )
    bench.servers["redis-3"].up = False
    bench.servers["redis-4"].up = bench.servers["redis-5"].up = True
    bench.servers["redis-4"].role, bench.servers["redis-4"].follows = "master", ""
    bench.servers["redis-5"].follows = "redis-4"
    bench.run(1000)
    for name in ("mymaster", "other"):
        assert bench.command("SENTINEL", "FAILOVER", name) == Status("OK")
    before = len(bench.done)
    switched: list[int] = []
    while len(switched) < 2:
        effects = bench.run(100)
        switched += [bench.now] * len(events(effects, "+switch-master"))
    assert switched[0] < switched[1]
    assert len(events(bench.done[before:], "+failover-end")) == 2


def test_the_killed_pubsub_connection_is_reopened() -> None:
    """[FAI-5-8]"""
    bench = leading()
    until(bench, FailoverState.RECONF_REPLICAS)
    bench.run(2600)
    assert bench.connection("redis-2", Purpose.PUBSUB)
