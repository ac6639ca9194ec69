"""User scripts: who queues them, when they run, when they run again, and when they are killed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minisentinel.core import Timing
from minisentinel.core.effects import Announce, Effect, KillScript, RunScript
from minisentinel.core.rules import ScriptRules
from minisentinel.core.state import ScriptJob
from tests.core.bench import Bench, conf, events
from tests.support.facts import FakeFacts

NOTIFY, RECONFIGURE = "/opt/notify", "/opt/reconfigure"
RULES, TIMING = ScriptRules(), Timing()
M = "mymaster 10.0.0.1 6379"


def bench_with(*lines: str, tracing: bool = False) -> Bench:
    return Bench(conf(*lines), facts=FakeFacts(executable=(NOTIFY, RECONFIGURE)), tracing=tracing)


def notifying() -> Bench:
    """A bench with a notification script that nobody has called yet."""
    bench = bench_with(f"sentinel notification-script mymaster {NOTIFY}")
    bench.state.scripts.clear()
    return bench


def reconfiguring() -> Bench:
    return bench_with(f"sentinel client-reconfig-script mymaster {RECONFIGURE}")


def queue(bench: Bench, count: int = 1, path: str = NOTIFY) -> None:
    for number in range(count):
        bench.ctx.queue_script(path, str(number))


def runs(effects: list[Effect]) -> list[tuple[str, ...]]:
    """The words of the scripts started among `effects`."""
    return [e.argv for e in effects if isinstance(e, RunScript)]


def kills(effects: list[Effect]) -> list[int]:
    return [e.pid for e in effects if isinstance(e, KillScript)]


# --- the notification script ---


def test_every_warning_about_the_master_runs_the_notification_script() -> None:
    """[FAI-9.1-1] [EVT-1-4]"""
    bench = bench_with(f"sentinel notification-script mymaster {NOTIFY}")
    assert runs(bench.tick()) == [(NOTIFY, "+monitor", f"master {M} quorum 2")]


@pytest.mark.parametrize("name", ["redis-3", "sentinel-3"])
def test_so_does_a_warning_about_what_belongs_to_it(name: str) -> None:
    """[FAI-9.1-1]"""
    bench = notifying()
    bench.run(12_000)
    bench.kill(name)
    started = runs(bench.run(2500))
    assert [argv[:2] for argv in started] == [(NOTIFY, "+sdown")]
    assert name[-1] in started[0][2]


@pytest.mark.parametrize("level", ["debug", "verbose", "notice"])
def test_lesser_events_run_nothing(level: str) -> None:
    """[FAI-9.1-1]"""
    bench = notifying()
    bench.ctx.emit(level, "+slave", bench.master())
    assert not bench.state.scripts


def test_warnings_about_nobody_run_nothing() -> None:
    """[FAI-9.1-1]"""
    bench = notifying()
    assert "+tilt #tilt mode entered" in events(bench.tick(2001))
    assert not runs(bench.done)
    assert not bench.state.scripts


def test_a_script_that_cannot_be_started_does_not_notify_of_itself() -> None:
    """[FAI-9.1-1]"""
    bench = notifying()
    bench.can_make_processes = False
    queue(bench)
    assert events(bench.tick()) == [f"-script-error {NOTIFY} 99 0"]
    assert len(bench.state.scripts) == 1


def test_the_script_gets_the_payload_as_it_is_published() -> None:
    """[EVT-1-1] [EVT-1-4]"""
    bench = notifying()
    bench.ctx.emit("warning", "+set", bench.master(), "%@ " + "x" * 2000)
    (job,) = bench.state.scripts
    assert job.argv[1] == "+set"
    assert len(job.argv[2]) == 1023


def test_a_master_without_a_script_runs_that_of_no_other() -> None:
    """[FAI-9.1-1]"""
    bench = bench_with(
        "sentinel monitor other 10.0.0.7 6379 1", f"sentinel notification-script other {NOTIFY}"
    )
    assert runs(bench.tick()) == [(NOTIFY, "+monitor", "master other 10.0.0.7 6379 quorum 1")]


def test_a_script_that_was_set_just_now_runs_for_that_very_change() -> None:
    """[FAI-9.1-1] [EVT-3-3]"""
    bench = bench_with()
    bench.master().notification_script = NOTIFY
    bench.ctx.emit("warning", "+set", bench.master(), f"%@ notification-script {NOTIFY}")
    words = ("+set", f"master {M} notification-script {NOTIFY}")
    assert runs(bench.tick()) == [(NOTIFY, *words)]


# --- the client reconfiguration script ---


def test_the_leader_runs_it_when_it_observes_the_promotion() -> None:
    """[FAI-9.2-1] [FAI-9.2-2] [FAI-9.2-4] [FAI-4.4-8]"""
    bench = reconfiguring()
    bench.run(12_000)
    bench.command("SENTINEL", "FAILOVER", "mymaster")
    bench.run(5000)
    assert any(e.startswith("+switch-master") for e in events(bench.done))
    words = ("mymaster", "leader", "start", "10.0.0.1", "6379", "10.0.0.2", "6379")
    assert runs(bench.done) == [(RECONFIGURE, *words)]


def test_an_observer_runs_it_when_it_adopts_another_address() -> None:
    """[FAI-9.2-3] [GOS-6.2-5]"""
    bench = reconfiguring()
    bench.hello("sentinel-2", epoch=1, config_epoch=1, master="redis-2")
    words = ("mymaster", "observer", "start", "10.0.0.1", "6379", "10.0.0.2", "6379")
    assert runs(bench.tick()) == [(RECONFIGURE, *words)]


def test_nobody_runs_it_for_a_new_epoch_of_the_same_address() -> None:
    """[GOS-6.2-1]"""
    bench = reconfiguring()
    bench.hello("sentinel-2", epoch=1, config_epoch=1, master="redis-1")
    assert bench.master().config_epoch == 1
    assert not bench.state.scripts


def test_names_are_told_where_names_are_announced() -> None:
    """[FAI-9.2-4]"""
    facts = FakeFacts(names={"db-1": "10.0.0.1"}, executable=(RECONFIGURE,))
    lines = ("sentinel resolve-hostnames yes", "sentinel announce-hostnames yes")
    text = conf(*lines, f"sentinel client-reconfig-script mymaster {RECONFIGURE}")
    bench = Bench(text.replace("monitor mymaster 10.0.0.1", "monitor mymaster db-1"), facts=facts)
    bench.hello("sentinel-2", epoch=1, config_epoch=1, master="redis-2")
    assert runs(bench.tick())[0][4:] == ("db-1", "6379", "10.0.0.2", "6379")


def test_a_simulated_crash_after_promotion_comes_before_the_script() -> None:
    """[FAI-10-1] [FAI-4.4-6]"""
    bench = reconfiguring()
    bench.state.crash_after_promotion = True
    bench.run(12_000)
    bench.command("SENTINEL", "FAILOVER", "mymaster")
    bench.run(5000)
    assert bench.exited == 99
    assert not runs(bench.done)


# --- the queue ---


def test_a_job_has_at_most_fifteen_arguments() -> None:
    """[FAI-9.3-8]"""
    bench = notifying()
    bench.ctx.queue_script(NOTIFY, *map(str, range(1, 20)))
    assert bench.state.scripts[0].argv == (NOTIFY, *map(str, range(1, 16)))


def test_the_oldest_waiting_job_is_dropped_from_a_queue_of_more_than_256() -> None:
    """[FAI-9.3-1] [GEN-3-29]"""
    bench = notifying()
    queue(bench, 16)
    bench.tick()
    queue(bench, 240)
    assert len(bench.state.scripts) == 256
    waiting = [job.id for job in bench.state.scripts if not job.pid]
    queue(bench)
    assert len(bench.state.scripts) == 256
    assert [job.pid != 0 for job in bench.state.scripts].count(True) == 16
    assert [job.id for job in bench.state.scripts if not job.pid][:239] == waiting[1:]


@pytest.mark.parametrize(("length", "too_long"), [(256, False), (257, True)])
def test_limit_of_the_queue(length: int, too_long: bool) -> None:
    """[FAI-9.3-1]"""
    assert RULES.is_too_long(length) is too_long


def test_sixteen_run_at_once_the_oldest_first() -> None:
    """[FAI-9.3-2] [GEN-3-30]"""
    bench = notifying()
    queue(bench, 20)
    assert runs(bench.tick()) == [(NOTIFY, str(n)) for n in range(16)]
    assert runs(bench.tick()) == []
    bench.end_script(103)
    assert runs(bench.tick()) == []  # Starting comes before looking who has ended.
    assert runs(bench.tick()) == [(NOTIFY, "16")]


def test_starting_counts_the_run_and_notes_the_time() -> None:
    """[FAI-9.3-2] [EVT-3-44]"""
    bench = notifying()
    queue(bench)
    assert events(bench.tick()) == ["+script-child 101"]
    (job,) = bench.state.scripts
    assert (job.runs, job.started_ms, job.pid) == (1, bench.now, 101)
    assert bench.done[-1] != RunScript(job.id, job.argv)  # The event follows the start.


def test_a_process_that_cannot_be_made_is_tried_again_at_the_next_tick() -> None:
    """[FAI-9.3-2] [EVT-3-46]"""
    bench = notifying()
    bench.can_make_processes = False
    queue(bench)
    assert events(bench.tick()) == [f"-script-error {NOTIFY} 99 0"]
    assert (bench.state.scripts[0].runs, bench.state.scripts[0].pid) == (1, 0)
    bench.can_make_processes = True
    assert events(bench.tick()) == ["+script-child 101"]
    assert bench.state.scripts[0].runs == 2


@pytest.mark.parametrize(("after_ms", "starts"), [(-1, False), (0, True), (1, True)])
def test_a_delay_is_over_when_its_time_has_come(after_ms: int, starts: bool) -> None:
    """[FAI-9.3-2]"""
    job = ScriptJob(1, (NOTIFY,), not_before_ms=5000)
    assert RULES.may_start(job, 5000 + after_ms) is starts
    job.pid = 7
    assert not RULES.may_start(job, 5000 + after_ms)


# --- their ends ---


def started(bench: Bench, **job: int) -> ScriptJob:
    """A job whose process has just been started."""
    queue(bench)
    for name, value in job.items():
        setattr(bench.state.scripts[0], name, value)
    bench.tick()
    return bench.state.scripts[0]


def test_the_end_of_a_script_is_seen_by_the_next_tick() -> None:
    """[FAI-9.3-3] [FAI-9.3-4] [EVT-3-45]"""
    bench = notifying()
    job = started(bench)
    assert bench.end_script(job.pid) == []
    assert bench.state.scripts == [job]
    assert events(bench.tick()) == ["-script-child 101 0 0"]
    assert bench.state.scripts == []
    assert events(bench.tick()) == []


@pytest.mark.parametrize("earlier_runs", [0, 8, 9, 10])
@pytest.mark.parametrize(
    ("exit_code", "signal"), [(0, 0), (1, 0), (2, 0), (255, 0), (0, 9), (0, 15)]
)
def test_what_becomes_of_a_job_that_ended(earlier_runs: int, exit_code: int, signal: int) -> None:
    """[FAI-9.3-4] [FAI-9.3-5] [FAI-9.3-6] [GEN-3-31]"""
    bench = notifying()
    job = started(bench, runs=earlier_runs)
    bench.end_script(job.pid, exit_code=exit_code, signal=signal)
    happened = events(bench.tick())
    assert happened[0] == f"-script-child 101 {exit_code} {signal}"
    may_be_tried_again = exit_code == 1 or signal != 0
    # The limit is compared for equality: an eleventh run is beyond it, and does not end the job.
    if may_be_tried_again and earlier_runs + 1 != 10:
        assert bench.state.scripts == [job]
        assert job.pid == 0
        assert happened[1:] == []
    else:
        assert bench.state.scripts == []
        failed = (exit_code, signal) != (0, 0)
        assert happened[1:] == [f"-script-error {NOTIFY} {signal} {exit_code}"] * failed


def test_delays_double_from_half_a_minute_to_two_hours() -> None:
    """[FAI-9.3-8] [GEN-3-13]"""
    bench = notifying()
    queue(bench)
    gaps, last = [], None
    for _ in range(40 * 60 * 24):
        # Too slow a clock for TILT to be left; scripts go on in it.
        if runs(bench.tick(2001)):
            if last is not None:
                gaps.append(bench.now - last)
            last = bench.now
            bench.end_script(bench.state.scripts[0].pid, exit_code=1)
        if not bench.state.scripts:
            break
    minutes = [0.5, 1, 2, 4, 8, 16, 32, 64, 128]
    assert len(gaps) == 9
    for gap, expected in zip(gaps, minutes, strict=True):
        assert 0 <= gap - expected * 60_000 <= 2 * 2001
    assert events(bench.done, "-script-error") == [f"-script-error {NOTIFY} 0 1"]


@pytest.mark.parametrize(("runs_so_far", "factor"), [(1, 1), (2, 2), (9, 256)])
def test_the_delay_follows_the_setting(runs_so_far: int, factor: int) -> None:
    """[FAI-9.3-5] [GEN-3-13]"""
    job = ScriptJob(1, (NOTIFY,), runs=runs_so_far)
    assert RULES.retry_delay_ms(job, Timing(script_retry_delay=70)) == 70 * factor


def test_a_delay_counts_from_the_tick_that_saw_the_end() -> None:
    """[FAI-9.3-5]"""
    bench = notifying()
    job = started(bench)
    bench.end_script(job.pid, signal=15)
    bench.tick()
    assert job.not_before_ms == bench.now + 30_000


def test_ends_are_told_in_the_order_in_which_they_were_reported() -> None:
    """[FAI-9.3-3]"""
    bench = notifying()
    queue(bench, 3)
    bench.tick()
    bench.end_script(103)
    bench.end_script(101, exit_code=2)
    assert events(bench.tick()) == [
        "-script-child 103 0 0",
        "-script-child 101 2 0",
        f"-script-error {NOTIFY} 0 2",
    ]


def test_the_end_of_a_stranger_is_told_and_changes_nothing() -> None:
    """[FAI-9.3-3]"""
    bench = notifying()
    job = started(bench)
    bench.carry_out(bench.sentinel.script_ended(bench.now, 4711, 0, 0))
    assert events(bench.tick()) == ["-script-child 4711 0 0"]
    assert bench.state.scripts == [job]


# --- taking too long ---


@pytest.mark.parametrize(("after_ms", "overdue"), [(60_000, False), (60_001, True)])
def test_a_script_has_a_minute(after_ms: int, overdue: bool) -> None:
    """[FAI-9.3-7] [GEN-3-12]"""
    job = ScriptJob(1, (NOTIFY,), runs=1, started_ms=5000, pid=7)
    assert RULES.is_overdue(job, 5000 + after_ms, TIMING) is overdue
    assert RULES.is_overdue(job, 5000 + after_ms, Timing(script_max_runtime=60_001)) is False
    job.pid = 0
    assert not RULES.is_overdue(job, 5000 + after_ms, TIMING)


def test_an_overdue_script_is_killed_and_run_again() -> None:
    """[FAI-9.3-7] [EVT-3-47]"""
    bench = notifying()
    job = started(bench)
    bench.tick(60_000)
    assert not kills(bench.done)
    effects = bench.tick(1)
    assert events(effects) == [f"-script-timeout {NOTIFY} 101"]
    assert kills(effects) == [101]
    assert events(bench.tick()) == ["-script-child 101 0 9"]
    assert bench.state.scripts == [job]
    assert job.not_before_ms == bench.now + 30_000


def test_killing_is_repeated_until_the_end_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """[EVT-3-47]"""
    bench = notifying()
    started(bench)
    monkeypatch.setattr(bench, "kill_script", lambda pid: None)
    for _ in range(2):
        assert events(bench.tick(60_001), "-script-timeout") == [f"-script-timeout {NOTIFY} 101"]


# --- and around them ---


def test_within_a_tick_scripts_start_then_end_then_are_killed() -> None:
    """[FAI-9.3-2] [FAI-9.3-3] [FAI-9.3-7] [MON-2-8]"""
    bench = notifying()
    queue(bench, 2)
    bench.tick()
    bench.end_script(102)
    queue(bench)
    assert events(bench.tick(60_001)) == [
        "+tilt #tilt mode entered",
        "+script-child 103",
        "-script-child 102 0 0",
        f"-script-timeout {NOTIFY} 101",
    ]


def test_what_a_tick_warns_of_is_run_in_that_tick() -> None:
    """[MON-2-8]"""
    bench = notifying()
    bench.run(12_000)
    bench.kill("redis-1")
    for _ in range(30):
        effects = bench.run(100)
        if events(effects, "+sdown"):
            assert runs(effects) == [(NOTIFY, "+sdown", f"master {M}")]
            return
    raise AssertionError("the master never went down")


def test_scripts_go_on_in_tilt() -> None:
    """[MON-8-10]"""
    bench = notifying()
    bench.tick(2001)
    assert bench.state.tilt
    queue(bench)
    bench.tick()
    bench.end_script(101)
    bench.tick()
    assert events(bench.done, "+script-child", "-script-child") == [
        "+script-child 101",
        "-script-child 101 0 0",
    ]


def test_script_children_are_told_at_debug_level() -> None:
    """[EVT-3-44] [EVT-3-45]"""
    bench = notifying()
    job = started(bench)
    bench.end_script(job.pid)
    bench.tick()
    levels = {
        effect.event.name: effect.event.level
        for effect in bench.done
        if isinstance(effect, Announce)
    }
    assert levels["+script-child"] == levels["-script-child"] == "debug"


def test_the_queue_starts_empty_and_does_not_outlive_the_process() -> None:
    """[MON-1.1-6] [CFG-7-4]"""
    bench = reconfiguring()
    assert bench.state.scripts == []
    queue(bench, 3)
    bench.tick()
    bench.command("SENTINEL", "FLUSHCONFIG")
    bench.restart()
    assert bench.state.scripts == []
    assert bench.state.script_ends == []


def test_without_scripts_nothing_is_queued() -> None:
    bench = Bench()
    bench.run(12_000)
    bench.kill("redis-1")
    bench.run(3000)
    assert "+sdown" in str(events(bench.done))
    assert bench.state.scripts == []
    assert runs(bench.done) == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("queue"), st.integers(1, 120)),
            st.tuples(st.just("tick"), st.sampled_from([0, 100, 1999, 60_001, 200_000])),
            st.tuples(st.just("end"), st.integers(0, 15)),
            st.tuples(st.just("fail"), st.integers(0, 15)),
            st.tuples(st.just("processes"), st.integers(0, 1)),
        ),
        max_size=40,
    )
)
def test_queue_and_running_scripts_stay_within_their_limits(
    happenings: list[tuple[str, int]],
) -> None:
    """[FAI-9.3-1] [FAI-9.3-2]"""
    bench = notifying()
    for what, number in happenings:
        match what:
            case "queue":
                queue(bench, number)
            case "tick":
                bench.tick(number)
            case "processes":
                bench.can_make_processes = bool(number)
            case _ if bench.scripts:
                pid = sorted(bench.scripts)[number % len(bench.scripts)]
                bench.end_script(pid, exit_code=int(what == "fail"))
        jobs = bench.state.scripts
        running = {job.pid for job in jobs if job.pid}
        assert len(jobs) <= 256
        assert len(running) <= 16
        assert [job.id for job in jobs] == sorted(job.id for job in jobs)
        unseen = {end.pid for end in bench.state.script_ends}
        assert running == set(bench.scripts) | unseen
