"""The text of INFO, assembled in one go (spec: redis-node §2).

Lines that describe what is not simulated are left out (all of CPU and Modules, for instance); the
section headers stay. Every line that the specification names is there, in its order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.redis.replication.attached import ReplicaState
from sim.redis.replication.upstream import LinkPhase
from sim.redis.server import Server

__all__ = ["info_text"]


def info_text(server: Server, sections: tuple[str, ...] = ()) -> str:
    """INFO's reply: all sections, or those named in any case, in INFO's own order."""
    wanted = {section.lower() for section in sections} - {"default", "all", "everything"}
    if len(wanted) < len(set(map(str.lower, sections))):
        wanted.clear()
    elif sections and not wanted:
        return ""
    return "\r\n".join(
        f"# {title}\r\n{lines(server)}"
        for title, lines in SECTIONS.items()
        if not wanted or title.lower() in wanted
    )


def _server(server: Server) -> str:
    uptime = server.environment.unix_seconds() - server.started_seconds
    return (
        f"redis_version:{server.machine.redis_version}\r\n"
        "redis_mode:standalone\r\n"
        f"run_id:{server.run_id}\r\n"
        f"tcp_port:{server.settings.port}\r\n"
        f"uptime_in_seconds:{uptime}\r\n"
        f"uptime_in_days:{uptime // 86400}\r\n"
    )


def _clients(server: Server) -> str:
    subscribers = sum(client.type == "pubsub" for client in server.clients)
    return (
        f"connected_clients:{len(server.clients) - len(server.replicas)}\r\n"
        f"maxclients:{server.settings.maxclients}\r\n"
        f"pubsub_clients:{subscribers}\r\n"
        f"blocked_clients:{len(server.blocked)}\r\n"
    )


def _memory(server: Server) -> str:
    settings = server.settings
    return (
        f"used_memory:{server.used_memory}\r\n"
        f"used_memory_rss:{server.used_memory + server.forks.copied_bytes}\r\n"
        f"total_system_memory:{server.machine.memory_bytes}\r\n"
        f"maxmemory:{settings.maxmemory}\r\n"
        f"maxmemory_policy:{settings.maxmemory_policy}\r\n"
    )


def _persistence(server: Server) -> str:
    persistence = server.persistence
    forks = server.forks
    last_save = "err" if persistence.last_save_failed else "ok"
    return (
        f"loading:{int(server.loading)}\r\n"
        "async_loading:0\r\n"
        f"{_loading(server)}"
        f"current_cow_size:{forks.copied_bytes}\r\n"
        f"rdb_changes_since_last_save:{persistence.unsaved}\r\n"
        f"rdb_bgsave_in_progress:{int(persistence.is_saving)}\r\n"
        f"rdb_last_save_time:{persistence.last_save_seconds}\r\n"
        f"rdb_last_bgsave_status:{last_save}\r\n"
        f"rdb_last_bgsave_time_sec:{persistence.last_duration_seconds}\r\n"
        f"rdb_current_bgsave_time_sec:{persistence.current_duration_seconds}\r\n"
        f"rdb_saves:{persistence.saves}\r\n"
        f"rdb_last_cow_size:{forks.last_copied_bytes}\r\n"
        f"{_append_only(server)}"
    )


def _loading(server: Server) -> str:
    """How far loading is; nothing when the server does not load."""
    if not server.loading:
        return ""
    loaded, total, left_seconds = server.loader.progress
    return (
        f"loading_start_time:{server.loader.began_seconds}\r\n"
        f"loading_total_bytes:{total}\r\n"
        f"loading_loaded_bytes:{loaded}\r\n"
        f"loading_loaded_perc:{100 * loaded / total if total else 0:.2f}\r\n"
        f"loading_eta_seconds:{left_seconds}\r\n"
    )


def _append_only(server: Server) -> str:
    appending = server.persistence.appending
    last_write = "err" if appending.last_write_failed else "ok"
    text = (
        f"aof_enabled:{int(appending.is_on)}\r\n"
        f"aof_rewrite_in_progress:{int(appending.is_rewriting)}\r\n"
        f"aof_rewrite_scheduled:{int(appending.rewrite_asked)}\r\n"
        f"aof_last_rewrite_time_sec:{appending.last_rewrite_seconds}\r\n"
        f"aof_last_write_status:{last_write}\r\n"
    )
    if appending.is_on:
        text += (
            f"aof_current_size:{appending.bytes}\r\n"
            f"aof_delayed_fsync:{appending.delayed_fsyncs}\r\n"
        )
    return text


def _stats(server: Server) -> str:
    replicas = server.replicas
    return (
        f"total_connections_received:{server.clients.accepted}\r\n"
        f"total_commands_processed:{server.commands_processed}\r\n"
        f"rejected_connections:{server.rejected_connections}\r\n"
        f"sync_full:{replicas.full_syncs}\r\n"
        f"sync_partial_ok:{replicas.partial_syncs}\r\n"
        f"sync_partial_err:{replicas.partial_refusals}\r\n"
        f"expired_keys:{server.keyspace.expired_keys}\r\n"
        f"evicted_keys:{server.evicted_keys}\r\n"
        f"pubsub_channels:{server.pubsub.channel_count}\r\n"
        f"pubsub_patterns:{server.pubsub.pattern_count}\r\n"
        f"latest_fork_usec:{server.forks.last_fork_us}\r\n"
        f"total_forks:{server.forks.count}\r\n"
        f"total_error_replies:{sum(server.error_counts.values())}\r\n"
    )


def _replication(server: Server) -> str:
    now = server.environment.unix_seconds()
    settings = server.settings
    replicas = server.replicas
    history = server.history
    lines = [f"role:{'slave' if server.is_replica else 'master'}\r\n", _upstream(server, now)]
    lines.append(f"connected_slaves:{len(replicas)}\r\n")
    if settings.min_replicas_to_write and settings.min_replicas_max_lag:
        lines.append(f"min_slaves_good_slaves:{replicas.good_count}\r\n")
    for number, replica in enumerate(replicas):
        lag = now - replica.acked_seconds if replica.state is ReplicaState.ONLINE else 0
        lines.append(
            f"slave{number}:ip={replica.host},port={replica.port},state={replica.state.value},"
            f"offset={replica.acked_offset},lag={lag}\r\n"
        )
    backlog = history.backlog
    lines.append(
        "master_failover_state:no-failover\r\n"
        f"master_replid:{history.replid}\r\n"
        f"master_replid2:{history.replid2}\r\n"
        f"master_repl_offset:{history.offset}\r\n"
        f"second_repl_offset:{history.second_offset}\r\n"
        f"repl_backlog_active:{int(backlog is not None)}\r\n"
        f"repl_backlog_size:{settings.repl_backlog_size}\r\n"
        f"repl_backlog_first_byte_offset:{backlog.first if backlog else 0}\r\n"
        f"repl_backlog_histlen:{backlog.length if backlog else 0}\r\n"
    )
    return "".join(lines)


def _upstream(server: Server, now: int) -> str:
    """The lines of a replica about its master; none on a master."""
    upstream = server.upstream
    if upstream.target is None:
        return ""
    host, port = upstream.target
    syncing = upstream.phase is LinkPhase.SYNC
    text = (
        f"master_host:{host}\r\n"
        f"master_port:{port}\r\n"
        f"master_link_status:{'up' if upstream.is_up else 'down'}\r\n"
        f"master_last_io_seconds_ago:{now - upstream.last_io if upstream.is_up else -1}\r\n"
        f"master_sync_in_progress:{int(syncing)}\r\n"
        f"slave_read_repl_offset:{upstream.received_offset}\r\n"
        f"slave_repl_offset:{upstream.applied_offset}\r\n"
    )
    if syncing:
        read, total = upstream.sync_progress
        text += (
            f"master_sync_total_bytes:{total}\r\n"
            f"master_sync_read_bytes:{read}\r\n"
            f"master_sync_left_bytes:{total - read}\r\n"
            f"master_sync_perc:{100 * read / total if total else 0:.2f}\r\n"
            f"master_sync_last_io_seconds_ago:{now - upstream.last_io}\r\n"
        )
    if not upstream.is_up:
        since = upstream.down_since
        text += f"master_link_down_since_seconds:{now - since if since is not None else -1}\r\n"
    settings = server.settings
    return text + (
        f"slave_priority:{settings.replica_priority}\r\n"
        f"slave_read_only:{int(settings.replica_read_only)}\r\n"
        f"replica_announced:{int(settings.replica_announced)}\r\n"
    )


def _errorstats(server: Server) -> str:
    return "".join(
        f"errorstat_{prefix}:count={count}\r\n"
        for prefix, count in sorted(server.error_counts.items())
    )


def _cluster(server: Server) -> str:
    return "cluster_enabled:0\r\n"


def _keyspace(server: Server) -> str:
    count = len(server.keyspace)
    expires = server.keyspace.with_expiry
    return f"db0:keys={count},expires={expires},avg_ttl=0\r\n" if count else ""


def _nothing(server: Server) -> str:
    return ""


SECTIONS: Mapping[str, Callable[[Server], str]] = {
    "Server": _server,
    "Clients": _clients,
    "Memory": _memory,
    "Persistence": _persistence,
    "Stats": _stats,
    "Replication": _replication,
    "CPU": _nothing,
    "Modules": _nothing,
    "Errorstats": _errorstats,
    "Cluster": _cluster,
    "Keyspace": _keyspace,
}
