"""INFO of a Sentinel: which sections, and what is in them."""

from __future__ import annotations

import pytest

from minisentinel import __version__
from minisentinel.config import ServerSettings
from minisentinel.core.state import ScriptJob
from minisentinel.service.host import CpuTimes, FixedHost, ProcessFacts
from minisentinel.service.info import Sources, info_text
from minisentinel.service.statistics import Census, Statistics
from tests.core.bench import Bench, conf

SENTINEL = (
    "# Sentinel\r\nsentinel_masters:1\r\nsentinel_tilt:0\r\nsentinel_tilt_since_seconds:-1\r\n"
    "sentinel_total_tilt:0\r\nsentinel_running_scripts:0\r\nsentinel_scripts_queue_length:0\r\n"
    "sentinel_simulate_failure_flags:0\r\n"
    "master0:name=mymaster,status=ok,address=10.0.0.1:6379,slaves=2,sentinels=3\r\n"
)
DAY_US = 86_400_000_000
START_US = 1_700_000_000_000_000
PROCESS = ProcessFacts(
    pid=4711,
    runid="ab" * 20,
    started_us=START_US,
    executable="/usr/bin/minisentinel",
    config_file="/etc/sentinel.conf",
    os="Linux 6.1 x86_64",
    multiplexing_api="epoll",
    monotonic_clock="POSIX clock_gettime",
    compiler_version="12.2.0",
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def info(bench: Bench, *sections: str) -> str:
    reply = bench.command("INFO", *sections)
    assert isinstance(reply, str)
    return reply


def fields(
    bench: Bench,
    section: str,
    *,
    host: FixedHost | None = None,
    settings: ServerSettings | None = None,
    statistics: Statistics | None = None,
    census: Census | None = None,
) -> dict[str, str]:
    """The fields of one section, from sources of the test's own."""
    sources = Sources(
        host or FixedHost(PROCESS),
        settings or ServerSettings(),
        statistics or Statistics(),
        census or Census(),
    )
    bench.ctx.now = bench.now
    title, *lines, last = info_text(bench.ctx, (section,), sources).split("\r\n")
    assert title.lower() == f"# {section}"
    assert last == ""
    return dict(line.split(":", 1) for line in lines)


def titles(text: str) -> list[str]:
    return [line for line in text.split("\r\n") if line.startswith("# ")]


# --- sections ---


@pytest.mark.parametrize(
    "sections", [(), ("default",), ("ALL",), ("nope", "Everything"), ("sentinel", "all")]
)
def test_all_five_sections_come_in_their_order(bench: Bench, sections: tuple[str, ...]) -> None:
    """[CMD-3-1] [CMD-3-2] [CMD-3-4]"""
    text = info(bench, *sections)
    assert titles(text) == ["# Server", "# Clients", "# Stats", "# CPU", "# Sentinel"]
    assert text.count("\r\n\r\n# ") == 4
    assert text.endswith(SENTINEL)


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (("sentinel",), ["# Sentinel"]),
        (("CPU", "cpu", "Server"), ["# Server", "# CPU"]),
        (("keyspace", "Sentinel", "clients"), ["# Clients", "# Sentinel"]),
    ],
)
def test_named_sections_come_once_each_and_in_the_fixed_order(
    bench: Bench, sections: tuple[str, ...], expected: list[str]
) -> None:
    """[CMD-3-3]"""
    assert titles(info(bench, *sections)) == expected


@pytest.mark.parametrize("sections", [("keyspace",), ("replication", "memory"), ("",)])
def test_unknown_sections_give_an_empty_text(bench: Bench, sections: tuple[str, ...]) -> None:
    """[CMD-3-3]"""
    assert info(bench, *sections) == ""


# --- sentinel ---


def test_the_section_of_the_sentinel(bench: Bench) -> None:
    """[CMD-3-4] [CMD-3-6] [CMD-3-7]"""
    assert info(bench, "Sentinel") == SENTINEL


def test_masters_in_trouble_and_tilt() -> None:
    """[CMD-3-6] [CMD-3-7]"""
    bench = Bench(conf("sentinel monitor other fd00::1 6380 1"))
    bench.run(1000)
    bench.command("SENTINEL", "SIMULATE-FAILURE", "crash-after-election", "CRASH-AFTER-PROMOTION")
    bench.kill("redis-1")
    bench.run(2300)
    text = info(bench, "sentinel")
    assert "name=mymaster,status=sdown,address=10.0.0.1:6379" in text
    assert "name=other,status=ok,address=fd00::1:6380,slaves=0,sentinels=1" in text
    assert "sentinel_simulate_failure_flags:3" in text
    bench.peers["sentinel-2"].down = True
    bench.run(1100)
    assert "name=mymaster,status=odown" in info(bench, "sentinel")
    bench.tick(2001)
    bench.now += 1999
    found = fields(bench, "sentinel")
    assert (found["sentinel_tilt"], found["sentinel_tilt_since_seconds"]) == ("1", "1")


def test_every_time_that_cannot_be_true_counts(bench: Bench) -> None:
    """As real Sentinels of versions 8.2 and 9.1 (of Valkey) count, also within a TILT."""
    bench.tick(2001)
    bench.tick(2001)
    bench.run(31_000)
    found = fields(bench, "sentinel")
    assert (found["sentinel_tilt"], found["sentinel_total_tilt"]) == ("0", "2")


def test_scripts_are_counted(bench: Bench) -> None:
    """[CMD-3-6]"""
    bench.state.scripts += [ScriptJob(1, ("/a",), pid=7), ScriptJob(2, ("/b",))]
    found = fields(bench, "sentinel")
    assert found["sentinel_running_scripts"] == "1"
    assert found["sentinel_scripts_queue_length"] == "2"


# --- server ---


def test_the_section_of_the_server(bench: Bench) -> None:
    """[CMD-3-8]"""
    host = FixedHost(PROCESS, now_us=START_US + 2 * DAY_US + 1_999_999)
    found = fields(bench, "server", host=host, settings=ServerSettings(port=5000))
    assert found == {
        "redis_version": "7.4.1",
        "minisentinel_version": __version__,
        "redis_git_sha1": "00000000",
        "redis_git_dirty": "0",
        "redis_build_id": "0000000000000000",
        "redis_mode": "sentinel",
        "os": "Linux 6.1 x86_64",
        "arch_bits": "64",
        "monotonic_clock": "POSIX clock_gettime",
        "multiplexing_api": "epoll",
        "atomicvar_api": "none",
        "gcc_version": "12.2.0",
        "process_id": "4711",
        "process_supervised": "no",
        "run_id": "ab" * 20,
        "tcp_port": "5000",
        "server_time_usec": str(START_US + 2 * DAY_US + 1_999_999),
        "uptime_in_seconds": "172801",
        "uptime_in_days": "2",
        "hz": "10",
        "configured_hz": "10",
        "lru_clock": str((1_700_000_000 + 172_801) % 2**24),
        "executable": "/usr/bin/minisentinel",
        "config_file": "/etc/sentinel.conf",
        "io_threads_active": "0",
        "listener0": "name=tcp,bind=*,bind=-::*,port=5000",
    }
    assert list(found)[:3] == ["redis_version", "minisentinel_version", "redis_git_sha1"]
    assert list(found)[-2:] == ["io_threads_active", "listener0"]


def test_the_run_id_is_not_the_id_of_the_sentinel(bench: Bench) -> None:
    """[CMD-3-8]"""
    assert fields(bench, "server")["run_id"] != bench.command("SENTINEL", "MYID")


def test_hz_is_the_rate_that_was_drawn_last(bench: Bench) -> None:
    """[CMD-3-8] [GEN-3-20]"""
    for _ in range(20):
        delay_ms = bench.sentinel.next_tick_in_ms()
        hz = int(fields(bench, "server")["hz"])
        assert 10 <= hz <= 19
        assert delay_ms == 1000 // hz


@pytest.mark.parametrize(("given", "shown"), [("0", "1"), ("25", "25"), ("600", "500")])
def test_the_configured_rate_is_kept_within_limits(bench: Bench, given: str, shown: str) -> None:
    """[CMD-3-8]"""
    settings = ServerSettings(directives={"hz": (given,)})
    assert fields(bench, "server", settings=settings)["configured_hz"] == shown


def test_every_listener_has_a_line(bench: Bench) -> None:
    """[CMD-3-8]"""
    settings = ServerSettings(
        port=1, tls_port=2, bind=("127.0.0.1", "::1"), unixsocket="/run/sentinel.sock"
    )
    found = fields(bench, "server", settings=settings)
    assert [found[f"listener{number}"] for number in range(3)] == [
        "name=tcp,bind=127.0.0.1,bind=::1,port=1",
        "name=unix,bind=/run/sentinel.sock",
        "name=tls,bind=127.0.0.1,bind=::1,port=2",
    ]
    without = ServerSettings(port=0, bind=())
    assert "listener0" not in fields(bench, "server", settings=without)


# --- clients, stats, cpu ---


def test_the_section_of_the_clients(bench: Bench) -> None:
    """[CMD-3-9]"""
    statistics = Statistics(largest_input_buffer=8, largest_output_buffer=9)
    census = Census(clients=7, subscribers=3, blocked=2, tracking=1)
    settings = ServerSettings(maxclients=50)
    found = fields(bench, "clients", statistics=statistics, census=census, settings=settings)
    assert list(found.items()) == [
        ("connected_clients", "7"),
        ("cluster_connections", "0"),
        ("maxclients", "50"),
        ("client_recent_max_input_buffer", "8"),
        ("client_recent_max_output_buffer", "9"),
        ("blocked_clients", "2"),
        ("tracking_clients", "1"),
        ("pubsub_clients", "3"),
        ("watching_clients", "0"),
        ("clients_in_timeout_table", "0"),
        ("total_watched_keys", "0"),
        ("total_blocking_keys", "0"),
        ("total_blocking_keys_on_nokey", "0"),
    ]


def test_the_section_of_the_statistics(bench: Bench) -> None:
    """[CMD-3-10]"""
    statistics = Statistics(connections_received=5, connections_rejected=1, error_replies=2)
    for _ in range(16):
        statistics.command_processed(bench.now)
    statistics.read(bench.now, 1600)
    statistics.wrote(bench.now, 16_384)
    for took_us in (100, 300) * 8:
        statistics.turned(bench.now, took_us)
    statistics.command_took(50)
    found = fields(bench, "stats", statistics=statistics, census=Census(channels=4, patterns=1))
    assert list(found)[:3] == [
        "total_connections_received",
        "total_commands_processed",
        "instantaneous_ops_per_sec",
    ]
    expected = {
        "total_connections_received": "5",
        "total_commands_processed": "16",
        "instantaneous_ops_per_sec": "10",
        "total_net_input_bytes": "1600",
        "total_net_output_bytes": "16384",
        "instantaneous_input_kbps": "0.98",
        "instantaneous_output_kbps": "10.00",
        "rejected_connections": "1",
        "pubsub_channels": "4",
        "pubsub_patterns": "1",
        "total_error_replies": "2",
        "total_reads_processed": "1",
        "total_writes_processed": "1",
        "eventloop_cycles": "16",
        "eventloop_duration_sum": "3200",
        "eventloop_duration_cmd_sum": "50",
        "instantaneous_eventloop_cycles_per_sec": "10",
        "instantaneous_eventloop_duration_usec": "200",
        "expired_stale_perc": "0.00",
        "keyspace_hits": "0",
    }
    assert {name: found[name] for name in expected} == expected


def test_the_section_of_the_processor(bench: Bench) -> None:
    """[CMD-3-11]"""
    host = FixedHost(cpu=CpuTimes(1.5, 2.25, 0.125, 0.0625, 1.0, 2.0))
    assert list(fields(bench, "cpu", host=host).items()) == [
        ("used_cpu_sys", "1.500000"),
        ("used_cpu_user", "2.250000"),
        ("used_cpu_sys_children", "0.125000"),
        ("used_cpu_user_children", "0.062500"),
        ("used_cpu_sys_main_thread", "1.000000"),
        ("used_cpu_user_main_thread", "2.000000"),
    ]


def test_clients_and_commands_are_counted_by_the_service(bench: Bench) -> None:
    """[CMD-3-9] [CMD-3-10]"""
    bench.service.client_connected(77)
    bench.service.command(bench.now, 77, ("SUBSCRIBE", "a", "b"))
    text = info(bench)
    assert "connected_clients:2\r\n" in text
    assert "pubsub_clients:1\r\n" in text
    assert "pubsub_channels:2\r\n" in text
    assert "total_connections_received:2\r\n" in text
    assert "total_commands_processed:1\r\n" in text
