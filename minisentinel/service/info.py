"""INFO of a Sentinel: five sections, in a fixed order (spec: commands §3).

Section `sentinel` is what tools read. The others tell of the process in the terms of a server;
what no Sentinel ever does (keys expire, memory is defragmented) is there with the 0 that a real
one shows, because some tools take a missing field for a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from minisentinel.config.server import ServerSettings
from minisentinel.core.context import Context
from minisentinel.core.state import Master
from minisentinel.identity import CLAIMED_VERSION, OWN_VERSION, OWN_VERSION_FIELD
from minisentinel.service.host import Host
from minisentinel.service.statistics import Census, Statistics

__all__ = ["Sources", "info_text"]

Fields = Iterator[tuple[str, str | int]]

ALL = frozenset({"default", "all", "everything"})
DEFAULT_HZ = 10
SECONDS_PER_DAY = 86_400
LRU_CLOCK_BITS = 24


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the values of INFO come from, besides the state of the Sentinel."""

    host: Host
    settings: ServerSettings
    statistics: Statistics
    census: Census


def info_text(ctx: Context, sections: Sequence[str], sources: Sources) -> str:
    """The text of the wanted sections, in their own order; without arguments, of all.

    Names count in any case; unknown ones are passed over. [CMD-3-1] to [CMD-3-5]
    """
    wanted = {section.lower() for section in sections}
    everything = not wanted or not wanted.isdisjoint(ALL)
    return "\r\n".join(
        f"# {title}\r\n" + "".join(f"{name}:{value}\r\n" for name, value in read(ctx, sources))
        for title, read in _SECTIONS.items()
        if everything or title.lower() in wanted
    )


def _server(ctx: Context, sources: Sources) -> Fields:
    """[CMD-3-8]"""
    settings, process = sources.settings, sources.host.process
    now_us = sources.host.clock_us()
    now_seconds = now_us // 1_000_000
    uptime = now_seconds - process.started_us // 1_000_000
    yield "redis_version", CLAIMED_VERSION
    yield OWN_VERSION_FIELD, OWN_VERSION
    yield "redis_git_sha1", "00000000"
    yield "redis_git_dirty", 0
    yield "redis_build_id", "0000000000000000"
    yield "redis_mode", "sentinel"
    yield "os", process.os
    yield "arch_bits", process.arch_bits
    yield "monotonic_clock", process.monotonic_clock
    yield "multiplexing_api", process.multiplexing_api
    yield "atomicvar_api", "none"
    yield "gcc_version", process.compiler_version
    yield "process_id", process.pid
    yield "process_supervised", settings.supervised
    yield "run_id", process.runid
    yield "tcp_port", settings.port
    yield "server_time_usec", now_us
    yield "uptime_in_seconds", uptime
    yield "uptime_in_days", uptime // SECONDS_PER_DAY
    yield "hz", ctx.state.hz
    yield "configured_hz", _configured_hz(settings)
    yield "lru_clock", now_seconds % 2**LRU_CLOCK_BITS
    yield "executable", process.executable
    yield "config_file", process.config_file
    yield "io_threads_active", 0
    for number, listener in enumerate(_listeners(settings)):
        yield f"listener{number}", listener


def _configured_hz(settings: ServerSettings) -> int:
    """The directive `hz`, within its limits; a Sentinel draws its rate by itself all the same."""
    (text,) = settings.directives.get("hz", (str(DEFAULT_HZ),))
    return min(max(int(text), 1), 500)


def _listeners(settings: ServerSettings) -> Iterator[str]:
    addresses = "".join(f"bind={address}," for address in settings.bind)
    if settings.port:
        yield f"name=tcp,{addresses}port={settings.port}"
    if settings.unixsocket:
        yield f"name=unix,bind={settings.unixsocket}"
    if settings.tls_port:
        yield f"name=tls,{addresses}port={settings.tls_port}"


def _clients(ctx: Context, sources: Sources) -> Fields:
    """[CMD-3-9]"""
    census, statistics = sources.census, sources.statistics
    yield "connected_clients", census.clients
    yield "cluster_connections", 0
    yield "maxclients", sources.settings.maxclients
    yield "client_recent_max_input_buffer", statistics.largest_input_buffer
    yield "client_recent_max_output_buffer", statistics.largest_output_buffer
    yield "blocked_clients", census.blocked
    yield "tracking_clients", census.tracking
    yield "pubsub_clients", census.subscribers
    yield "watching_clients", 0
    yield "clients_in_timeout_table", 0
    yield "total_watched_keys", 0
    yield "total_blocking_keys", 0
    yield "total_blocking_keys_on_nokey", 0


def _stats(ctx: Context, sources: Sources) -> Fields:
    """[CMD-3-10]"""
    census, statistics, now = sources.census, sources.statistics, ctx.now
    yield "total_connections_received", statistics.connections_received
    yield "total_commands_processed", statistics.commands_processed
    yield "instantaneous_ops_per_sec", int(statistics.commands.per_second(now))
    yield "total_net_input_bytes", statistics.bytes_read
    yield "total_net_output_bytes", statistics.bytes_written
    yield "total_net_repl_input_bytes", 0
    yield "total_net_repl_output_bytes", 0
    yield "instantaneous_input_kbps", f"{statistics.input.per_second(now) / 1024:.2f}"
    yield "instantaneous_output_kbps", f"{statistics.output.per_second(now) / 1024:.2f}"
    yield "instantaneous_input_repl_kbps", "0.00"
    yield "instantaneous_output_repl_kbps", "0.00"
    yield "rejected_connections", statistics.connections_rejected
    for name in _NEVER_BEFORE_PUBSUB.split():
        yield name, "0.00" if name.endswith("_perc") else 0
    yield "pubsub_channels", census.channels
    yield "pubsub_patterns", census.patterns
    for name in _NEVER_AFTER_PUBSUB.split():
        yield name, 0
    yield "total_error_replies", statistics.error_replies
    yield "dump_payload_sanitizations", 0
    yield "total_reads_processed", statistics.reads
    yield "total_writes_processed", statistics.writes
    yield "io_threaded_reads_processed", 0
    yield "io_threaded_writes_processed", 0
    yield "client_query_buffer_limit_disconnections", statistics.query_buffer_disconnections
    yield "client_output_buffer_limit_disconnections", statistics.output_buffer_disconnections
    yield "reply_buffer_shrinks", 0
    yield "reply_buffer_expands", 0
    yield "eventloop_cycles", statistics.rounds
    yield "eventloop_duration_sum", statistics.rounds_us
    yield "eventloop_duration_cmd_sum", statistics.commands_us
    per_second = int(statistics.recent_rounds.per_second(now))
    yield "instantaneous_eventloop_cycles_per_sec", per_second
    yield "instantaneous_eventloop_duration_usec", statistics.usual_round_us(now)
    yield "acl_access_denied_auth", statistics.acl_denied_auth
    yield "acl_access_denied_cmd", statistics.acl_denied_command
    yield "acl_access_denied_key", 0
    yield "acl_access_denied_channel", statistics.acl_denied_channel


_NEVER_BEFORE_PUBSUB = """
sync_full sync_partial_ok sync_partial_err expired_subkeys expired_keys expired_stale_perc
expired_time_cap_reached_count expire_cycle_cpu_milliseconds evicted_keys evicted_clients
evicted_scripts total_eviction_exceeded_time current_eviction_exceeded_time keyspace_hits
keyspace_misses
"""
_NEVER_AFTER_PUBSUB = """
pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets
slave_expires_tracked_keys active_defrag_hits active_defrag_misses active_defrag_key_hits
active_defrag_key_misses total_active_defrag_time current_active_defrag_time tracking_total_keys
tracking_total_items tracking_total_prefixes unexpected_error_replies
"""
"""Fields of the section ``stats`` that count what happens in no Sentinel."""


def _cpu(ctx: Context, sources: Sources) -> Fields:
    """[CMD-3-11]"""
    times = sources.host.cpu_times()
    yield "used_cpu_sys", f"{times.system:.6f}"
    yield "used_cpu_user", f"{times.user:.6f}"
    yield "used_cpu_sys_children", f"{times.children_system:.6f}"
    yield "used_cpu_user_children", f"{times.children_user:.6f}"
    yield "used_cpu_sys_main_thread", f"{times.main_thread_system:.6f}"
    yield "used_cpu_user_main_thread", f"{times.main_thread_user:.6f}"


def _sentinel(ctx: Context, sources: Sources) -> Fields:
    """[CMD-3-6] [CMD-3-6a]"""
    state = ctx.state
    yield "sentinel_masters", len(state.masters)
    yield "sentinel_tilt", int(state.tilt)
    since = (ctx.now - state.tilt_start_time) // 1000 if state.tilt else -1
    yield "sentinel_tilt_since_seconds", since
    yield "sentinel_total_tilt", state.tilt_count
    yield "sentinel_running_scripts", sum(job.pid != 0 for job in state.scripts)
    yield "sentinel_scripts_queue_length", len(state.scripts)
    flags = int(state.crash_after_election) + 2 * int(state.crash_after_promotion)
    yield "sentinel_simulate_failure_flags", flags
    for number, master in enumerate(state.masters.values()):
        yield f"master{number}", _master(ctx, master)


def _master(ctx: Context, master: Master) -> str:
    """[CMD-3-7]"""
    status = "odown" if master.objectively_down else "sdown" if master.subjectively_down else "ok"
    return (
        f"name={master.name},status={status},"
        f"address={ctx.announced(master.address)}:{master.address.port},"
        f"slaves={len(master.replicas)},sentinels={len(master.peers) + 1}"
    )


_SECTIONS: dict[str, Callable[[Context, Sources], Fields]] = {
    "Server": _server,
    "Clients": _clients,
    "Stats": _stats,
    "CPU": _cpu,
    "Sentinel": _sentinel,
}
"""By the title that is shown."""
