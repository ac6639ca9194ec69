"""The first page of the specification: periods, limits and their defaults."""

from __future__ import annotations

from dataclasses import fields

import pytest

from minisentinel.core.hello import payload
from minisentinel.core.rules import ElectionRules, FailoverRules, HelloRules, MonitoringRules
from minisentinel.core.state import Connection, Master, Purpose
from minisentinel.core.timing import Timing
from minisentinel.replies import OK
from tests.config.loading import loaded
from tests.core.bench import NOW, Bench, commands, conf, events
from tests.support.periods import DEFAULT_PERIODS


def test_every_period_has_its_default_and_its_name(bench: Bench) -> None:
    """[GEN-3-1] to [GEN-3-13]"""
    assert bench.command("SENTINEL", "DEBUG") == DEFAULT_PERIODS
    assert len(fields(Timing)) == len(DEFAULT_PERIODS)


@pytest.mark.parametrize("name", sorted(DEFAULT_PERIODS))
def test_debug_changes_one_period_for_the_whole_process_and_never_the_file(
    bench: Bench, name: str
) -> None:
    """[GEN-3-1] to [GEN-3-13], but for what the changed defaults mean: [GEN-3-5] [GEN-3-6]"""
    saved = bench.text
    assert bench.command("SENTINEL", "DEBUG", name.lower(), "1234") == OK
    assert bench.command("SENTINEL", "DEBUG") == {**DEFAULT_PERIODS, name: "1234"}
    assert bench.text == saved
    bench.restart()
    assert bench.command("SENTINEL", "DEBUG") == DEFAULT_PERIODS


@pytest.mark.parametrize(("age_ms", "due"), [(300, False), (301, True)])
def test_the_info_period_is_the_one_that_was_set(bench: Bench, age_ms: int, due: bool) -> None:
    """[GEN-3-1]"""
    rules, master = MonitoringRules(), bench.master()
    master.info_refresh = NOW
    period = rules.info_period(master, master, Timing(info_period=300))
    assert rules.should_send_info(master, period, NOW + age_ms) is due


@pytest.mark.parametrize(("age_ms", "due"), [(300, False), (301, True)])
def test_the_ping_period_is_the_one_that_was_set(bench: Bench, age_ms: int, due: bool) -> None:
    """[GEN-3-2]: between two PINGs, and between two attempts to connect, which may be as close."""
    rules, master, timing = MonitoringRules(), bench.master(), Timing(ping_period=300)
    master.link.last_pong_time = master.link.last_reconn_time = NOW
    master.link.last_ping_time = NOW + age_ms - 151
    assert rules.should_send_ping(master, NOW + age_ms, timing) is due
    assert rules.should_reconnect(master, NOW + age_ms - 1, timing) is due


@pytest.mark.parametrize(("age_ms", "due"), [(299, False), (300, True)])
def test_the_ask_period_is_the_one_that_was_set(bench: Bench, age_ms: int, due: bool) -> None:
    """[GEN-3-3] [GEN-3-32]"""
    rules, timing = ElectionRules(), Timing(ask_period=300)
    master, peer = bench.master(), bench.peer("sentinel-2")
    master.subjectively_down, peer.link.disconnected = True, False
    peer.last_master_down_reply_time = NOW
    assert rules.should_ask(master, peer, False, NOW + age_ms, timing) is due
    assert rules.is_stale(peer, NOW + 1201 + age_ms, timing) is due


@pytest.mark.parametrize(("age_ms", "due"), [(300, False), (301, True)])
def test_the_publish_period_is_the_one_that_was_set(bench: Bench, age_ms: int, due: bool) -> None:
    """[GEN-3-4]"""
    bench.master().last_pub_time = NOW
    timing = Timing(publish_period=300)
    assert HelloRules().should_publish(bench.master(), NOW + age_ms, timing) is due


@pytest.mark.parametrize(("gap_ms", "tilt"), [(300, False), (301, True)])
def test_the_tilt_trigger_is_the_one_that_was_set(gap_ms: int, tilt: bool) -> None:
    """[GEN-3-7]"""
    assert MonitoringRules().enters_tilt(gap_ms, Timing(tilt_trigger=300)) is tilt


@pytest.mark.parametrize(("age_ms", "over"), [(299, False), (300, True)])
def test_the_tilt_period_is_the_one_that_was_set(age_ms: int, over: bool) -> None:
    """[GEN-3-8]"""
    assert MonitoringRules().leaves_tilt(NOW, NOW + age_ms, Timing(tilt_period=300)) is over


@pytest.mark.parametrize(("age_ms", "late"), [(300, False), (301, True)])
def test_the_time_to_follow_is_the_one_that_was_set(bench: Bench, age_ms: int, late: bool) -> None:
    """[GEN-3-9]"""
    replica = bench.replica("redis-2")
    replica.reconf_sent, replica.reconf_sent_time = True, NOW
    timing = Timing(slave_reconf_timeout=300)
    assert FailoverRules().reconf_timed_out(replica, NOW + age_ms, timing) is late


@pytest.mark.parametrize(("age_ms", "close"), [(300, False), (301, True)])
def test_the_least_age_of_a_closed_connection_is_the_one_that_was_set(
    bench: Bench, age_ms: int, close: bool
) -> None:
    """[GEN-3-10]"""
    rules, master = MonitoringRules(), bench.master()
    timing = Timing(min_link_reconnect_period=300, publish_period=1)
    link, now = master.link, NOW + age_ms
    link.command = Connection(7, Purpose.COMMAND, NOW)
    link.pubsub = Connection(8, Purpose.PUBSUB, NOW)
    link.act_ping_time = link.last_pong_time = NOW - master.down_after
    assert rules.should_close_command(master, now, timing) is close
    assert rules.should_close_pubsub(link, now, timing) is close


def test_a_reboot_is_no_reason_to_be_down_unless_its_period_is_set(master: Master) -> None:
    """[GEN-3-17]"""
    assert master.reboot_down_after == 0
    bench = Bench(conf("sentinel master-reboot-down-after-period mymaster 700"))
    assert bench.master().reboot_down_after == 700
    assert bench.command("SENTINEL", "SET", "mymaster", "master-reboot-down-after-period", "0")
    assert bench.master().reboot_down_after == 0


@pytest.mark.parametrize("period_ms", ["1", "500000"])
def test_the_fast_info_period_is_fixed(bench: Bench, period_ms: str) -> None:
    """[GEN-3-18]"""
    bench.command("SENTINEL", "DEBUG", "info-period", period_ms)
    master, replica = bench.master(), bench.replica("redis-2")
    master.objectively_down = True
    assert MonitoringRules().info_period(master, replica, bench.state.timing) == 1000
    assert MonitoringRules().info_period(master, master, bench.state.timing) == int(period_ms)


def test_the_tilt_period_does_not_follow_the_ping_period(bench: Bench) -> None:
    """[GEN-3-21]"""
    bench.command("SENTINEL", "DEBUG", "ping-period", "10")
    assert bench.state.timing.tilt_period == 30_000


def test_hellos_have_one_channel(bench: Bench) -> None:
    """[GEN-3-22]"""
    bench.run(5000)
    channels = {words[1] for words in commands(bench.done) if words[0] in ("PUBLISH", "SUBSCRIBE")}
    assert channels == {"__sentinel__:hello"}


def test_the_port_is_26379_unless_it_is_set() -> None:
    """[GEN-3-23]"""
    assert loaded("sentinel monitor mymaster 10.0.0.1 6379 2").state.port == 26379
    assert loaded("port 5000").state.port == 5000


def test_the_priority_of_a_replica_is_100_until_its_first_info(bench: Bench) -> None:
    """[GEN-3-25]"""
    assert bench.replica("redis-2").priority == 100
    bench.servers["redis-2"].priority = 7
    bench.run(1000)
    assert bench.replica("redis-2").priority == 7


@pytest.mark.parametrize("letter", ["m", "\N{LATIN SMALL LETTER E WITH ACUTE}", "\udcff"])
@pytest.mark.parametrize(("over", "size"), [(-1, 1068), (0, 1069), (1, 1069), (500, 1069)])
def test_a_hello_is_cut_after_1069_bytes(letter: str, over: int, size: int) -> None:
    """[GEN-3-27]: bytes, whatever the letters; there may be half of one at the end."""
    empty = len(payload(Bench().ctx, Bench().master(), "10.0.1.1")) - len("mymaster")
    wanted = 1069 + over - empty
    width = len(letter.encode("utf-8", "surrogateescape"))
    name = letter * (wanted // width) + "x" * (wanted % width)
    bench = Bench(conf(f"sentinel monitor {name} 10.0.0.9 6379 1"))
    text = payload(bench.ctx, bench.master(name), "10.0.1.1")
    assert len(text.encode("utf-8", "surrogateescape")) == size


@pytest.mark.parametrize("letter", ["m", "\N{LATIN SMALL LETTER E WITH ACUTE}", "\udcff"])
@pytest.mark.parametrize(("over", "size"), [(-1, 1022), (0, 1023), (1, 1023), (500, 1023)])
def test_the_payload_of_an_event_is_cut_after_1023_bytes(letter: str, over: int, size: int) -> None:
    """[GEN-3-26] [EVT-1-1]"""
    bench, wanted = Bench(), 1023 + over
    width = len(letter.encode("utf-8", "surrogateescape"))
    ctx = bench.ctx
    ctx.emit("notice", "+test", None, letter * (wanted // width) + "x" * (wanted % width))
    bench.carry_out(ctx.out)
    (line,) = events(bench.done, "+test")
    assert len(line.removeprefix("+test ").encode("utf-8", "surrogateescape")) == size
