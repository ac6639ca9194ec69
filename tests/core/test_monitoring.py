"""Periodic commands, answers to PING, subjectively and objectively down, TILT: what is done."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Effect, Note, Send
from minisentinel.core.state import Purpose
from minisentinel.replies import Error, Reply, Status
from minisentinel.trace import PingMissed
from tests.core.bench import NOW, Bench, commands, conf, events


def answer_ping(bench: Bench, reply: Reply, server: str = "redis-1") -> list[Effect]:
    """Answer what was asked before PING with OK, and PING with `reply`."""
    queued = bench.outgoing[bench.connection(server)].queued
    while queued[0] != ("PING",):
        bench.reply(server, bench.answer_of(server, queued[0]))
    return bench.reply(server, reply)


@pytest.fixture
def bench() -> Bench:
    """Only the master is watched, and it hangs since the first PING."""
    bench = Bench(conf(replicas=(), peers=()))
    bench.tick()
    bench.establish()
    bench.now += 30
    return bench


@pytest.mark.parametrize(
    ("reply", "acceptable"),
    [
        (Status("PONG"), True),
        (Error("LOADING Redis is loading"), True),
        (Error("MASTERDOWN Link with MASTER is down"), True),
        (Error("NOAUTH Authentication required."), False),
        (Error("MISCONF Errors writing to the AOF file"), False),
        (Error("BUSY Redis is busy"), False),
        ("PONG", False),
        (1, False),
        (None, False),
        (("PONG",), False),
    ],
)
def test_an_acceptable_answer_clears_the_unanswered_ping_and_any_answer_is_an_answer(
    bench: Bench, reply: Reply, acceptable: bool
) -> None:
    """[MON-5-1] [MON-5-2] [MON-5-3] [MON-5-4] [MON-5-6] [MON-5-7] [MON-3.1-4] [MON-3.1-7]"""
    answer_ping(bench, reply)
    link = bench.master().link
    assert link.last_pong_time == bench.now
    assert link.act_ping_time == (0 if acceptable else NOW)
    assert link.last_avail_time == (bench.now if acceptable else NOW)


def test_a_second_ping_keeps_the_time_of_the_first() -> None:
    """[MON-5-8] [MON-3.1-6]"""
    bench = Bench(conf(replicas=(), peers=()), tracing=True)
    bench.run(1000)
    bench.servers["redis-1"].hangs = True
    effects = bench.run(2000)
    pings = [e for e in effects if isinstance(e, Send) and e.command == ("PING",)]
    assert len(pings) > 2
    link = bench.master().link
    assert link.act_ping_time < link.last_ping_time
    notes = [e.data for e in effects if isinstance(e, Note)]
    missed = [data for data in notes if isinstance(data, PingMissed)]
    assert [m.waiting_ms for m in missed[:1]] == [600]


def test_a_busy_server_that_is_down_has_its_script_killed_once_per_down_period() -> None:
    """[MON-5-5] [MON-6.2-6] [GEN-5-15]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.run(1000)
    bench.servers["redis-1"].ping = Error("BUSY Redis is busy running a script.")
    effects = bench.run(6000)
    assert events(effects, "+sdown")
    assert commands(effects).count(("SCRIPT", "KILL")) == 1
    assert bench.master().script_kill_sent
    bench.servers["redis-1"].ping = Status("PONG")
    bench.run(1500)
    assert not bench.master().script_kill_sent
    bench.servers["redis-1"].ping = Error("BUSY Redis is busy running a script.")
    assert commands(bench.run(6000)).count(("SCRIPT", "KILL")) == 1


def test_a_server_that_answers_with_errors_is_down_but_keeps_its_connection() -> None:
    """[MON-5-6] [MON-6.1-1]"""
    bench = Bench(conf("sentinel down-after-milliseconds mymaster 5000", replicas=(), peers=()))
    bench.run(16_000)
    connection = bench.connection("redis-1")
    bench.servers["redis-1"].ping = Error("MISCONF no disk")
    assert len(events(bench.run(8000), "+sdown")) == 1
    assert bench.connection("redis-1") == connection


def test_down_and_up_again_is_announced_once_each(bench: Bench) -> None:
    """[MON-6.2-5] [MON-6.2-6] [EVT-3-6] [MON-1.3-11] [EVT-2-1]"""
    assert events(bench.tick(1870)) == []
    assert events(bench.tick(1)) == ["+sdown master mymaster 10.0.0.1 6379"]
    down_since = bench.now
    assert bench.master().s_down_since == down_since
    assert events(bench.tick(1)) == []
    answer_ping(bench, Status("PONG"))
    assert events(bench.tick(1)) == ["-sdown master mymaster 10.0.0.1 6379"]
    assert bench.master().s_down_since == down_since


def test_a_master_that_loads_is_down_only_when_its_reboot_lasts_too_long() -> None:
    """[MON-6.2-4] [GEN-5-16] [MON-5-2]"""
    bench = Bench(
        conf("sentinel master-reboot-down-after-period mymaster 3000", replicas=(), peers=())
    )
    bench.run(1000)
    bench.servers["redis-1"].runid = "b" * 40
    bench.servers["redis-1"].ping = Error("LOADING")
    rebooted = bench.run(12_000)
    assert events(rebooted, "+reboot")
    assert not events(rebooted, "+sdown")
    assert events(bench.run(3000), "+sdown")
    bench.servers["redis-1"].ping = Status("PONG")
    assert events(bench.run(2000), "-sdown")
    assert not bench.master().rebooted


def test_a_master_that_turned_replica_is_found_down_much_later() -> None:
    """[MON-6.2-3] [MON-9.6-3]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.run(1000)
    bench.servers["redis-1"].role, bench.servers["redis-1"].follows = "slave", "redis-2"
    assert not events(bench.run(31_000), "+sdown")
    assert events(bench.run(2000), "+sdown")


def test_objectively_down_counts_this_sentinel_and_those_that_agree() -> None:
    """[MON-7-2] [MON-7-3] [EVT-3-7] [EVT-3-8]"""
    bench = Bench(conf("sentinel failover-timeout mymaster 100000", quorum=3))
    bench.run(1000)
    bench.command("SENTINEL", "is-master-down-by-addr", "10.0.0.1", "6379", "1", "x" * 40)
    bench.peers["sentinel-2"].down = True
    bench.kill("redis-1")
    assert not events(bench.run(4000), "+odown")
    bench.peers["sentinel-3"].down = True
    assert events(bench.run(1500), "+odown") == ["+odown master mymaster 10.0.0.1 6379 #quorum 3/3"]
    bench.peers["sentinel-3"].down = False
    assert events(bench.run(1500), "-odown") == ["-odown master mymaster 10.0.0.1 6379"]


def test_an_opinion_expires_when_its_peer_falls_silent() -> None:
    """[ELE-2-2] [MON-7-4] [GEN-5-8]"""
    bench = Bench(conf("sentinel failover-timeout mymaster 100000"))
    bench.run(1000)
    bench.command("SENTINEL", "is-master-down-by-addr", "10.0.0.1", "6379", "1", "x" * 40)
    bench.peers["sentinel-2"].down = True
    bench.kill("redis-1")
    assert events(bench.run(3500), "+odown")
    bench.kill("sentinel-2")
    assert not events(bench.run(4500), "-odown")
    assert events(bench.run(1500), "-odown")
    assert not bench.peer("sentinel-2").master_down


# --- TILT ---


def test_tilt_is_announced_at_every_anomaly_and_lasts_from_the_last() -> None:
    """[MON-8-1] [MON-8-2] [EVT-3-14] [EVT-3-15]"""
    bench = Bench()
    bench.run(1000)
    assert events(bench.tick(2001)) == ["+tilt #tilt mode entered"]
    assert events(bench.tick(2001)) == ["+tilt #tilt mode entered"]
    assert events(bench.tick(-1)) == ["+tilt #tilt mode entered"]
    assert not events(bench.run(29_900), "-tilt")
    assert events(bench.run(100), "-tilt") == ["-tilt #tilt mode exited"]


def test_a_slow_start_is_an_anomaly_too() -> None:
    """[MON-8-1] [MON-1.1-5]"""
    assert events(Bench().tick(2001)) == ["+tilt #tilt mode entered"]


def test_without_a_master_tilt_is_never_left() -> None:
    """[MON-8-2]"""
    bench = Bench("port 26379\n")
    bench.tick(2001)
    bench.run(60_000)
    assert bench.state.tilt


def test_in_tilt_flags_are_frozen_and_links_still_kept() -> None:
    """[MON-8-3] [MON-8-4]"""
    bench = Bench()
    bench.run(1000)
    bench.tick(2001)
    effects = bench.kill("redis-1") + bench.run(20_000)
    assert not events(effects, "+sdown")
    opened = [e for e in effects if type(e).__name__ == "Open"]
    assert len(opened) > 20
    assert {"PING", "PUBLISH", "INFO"} <= {words[0] for words in commands(effects)}


def test_the_first_instance_handled_after_the_period_goes_on_in_the_same_tick() -> None:
    """[MON-8-2] [MON-2.1-3]"""
    bench = Bench()
    bench.run(1000)
    bench.tick(2001)
    bench.kill("redis-1")
    effects = bench.run(30_000)
    assert [line.split()[0] for line in events(effects)] == ["-tilt", "+sdown"]


def test_a_failover_waits_in_tilt() -> None:
    """[MON-8-4] [MON-8-9]"""
    bench = Bench()
    bench.run(1000)
    bench.tick(2001)
    bench.establish()
    bench.answer()
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == Status("OK")
    assert not events(bench.run(20_000), "+elected-leader")
    assert events(bench.run(11_000), "+elected-leader")


def test_a_silent_pubsub_connection_is_closed_and_opened_again() -> None:
    """[MON-6.1-2]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.run(14_000)
    connection = bench.connection("redis-1", Purpose.PUBSUB)
    bench.run(2000)
    assert bench.connection("redis-1", Purpose.PUBSUB) > connection
