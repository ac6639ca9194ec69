"""Directives that are not Sentinel's own: every one that a server accepts at top level.

A Sentinel is a server in another mode, so its file may hold any of them; most mean nothing to it.
Names, value types and messages are those of Redis 5 to 8 and Valkey 8 and 9; where they disagree
about a value the most permissive one counts. Spec: config §1.

Not checked, because it takes the machine or other parts of a server to do so: that paths exist,
that the words of a `user` line are valid access rules, and the values of directives that only
concern data, clustering or modules beyond their type.
"""

from __future__ import annotations

from minisentinel.config.kinds import (
    BUFFER_LIMITS,
    INT_MAX,
    LONG_MAX,
    MEMORY,
    MEMORY_OR_PERCENT,
    OCTAL,
    TEXT,
    YES_NO,
    Kind,
    groups,
    integer,
    memory_of_at_least,
    one_of,
    words,
)

__all__ = ["BAD_DIRECTIVE", "GENERIC", "kept_by_rewrite"]

BAD_DIRECTIVE = "Bad directive or wrong number of arguments"

GENERIC: dict[str, Kind] = {
    # Those with a type of their own.
    "acl-pubsub-default": one_of("allchannels resetchannels"),
    "appendfsync": one_of("everysec always no"),
    "bind": words("addresses", most=16, message="Too many bind addresses specified."),
    "client-default-resp": integer(2, 3),
    "client-output-buffer-limit": BUFFER_LIMITS,
    "client-query-buffer-limit": memory_of_at_least(1 << 20),
    "cluster-config-save-behavior": one_of("sync best-effort"),
    "cluster-preferred-endpoint-type": one_of("ip hostname unknown-endpoint"),
    "enable-debug-command": one_of("no yes local"),
    "enable-module-command": one_of("no yes local"),
    "enable-protected-configs": one_of("no yes local"),
    "include": words("one path", 1, 1, BAD_DIRECTIVE),
    "latency-tracking-info-percentiles": words("percentiles such as 50 99 99.9"),
    "loadmodule": words("<path> [<argument> ...]", 1, message=BAD_DIRECTIVE),
    "log-format": one_of("legacy logfmt json"),
    "log-timestamp-format": one_of("legacy iso8601 milliseconds"),
    "loglevel": one_of("debug verbose notice warning nothing"),
    "maxclients": integer(1, 2**32 - 1),
    "maxmemory-clients": MEMORY_OR_PERCENT,
    "maxmemory-policy": one_of(
        "volatile-lru volatile-lfu volatile-random volatile-ttl "
        "allkeys-lru allkeys-lfu allkeys-random noeviction"
    ),
    "notify-keyspace-events": words("event classes", 1),
    "oom-score-adj": one_of("no yes relative absolute"),
    "oom-score-adj-values": words("three numbers", 3, 3),
    "proto-max-bulk-len": memory_of_at_least(1 << 20),
    "propagation-error-behavior": one_of("ignore panic panic-on-replicas"),
    "rdb-version-check": one_of("strict relaxed"),
    "rdma-bind": words("addresses"),
    "rename-command": words("<command> <new name>", 2, 2, BAD_DIRECTIVE),
    "repl-diskless-load": one_of("disabled on-empty-db swapdb flush-before-load"),
    "replicaof": words("<host> <port>", 2, 2),
    "sanitize-dump-payload": one_of("no yes clients"),
    "save": groups("<seconds> <changes> ...", 2, "Invalid save parameters"),
    "slaveof": words("<host> <port>", 2, 2),
    "supervised": one_of("upstart systemd auto no"),
    "syslog-facility": one_of("user local0 local1 local2 local3 local4 local5 local6 local7"),
    "tls-auth-clients": one_of("no yes optional"),
    "tls-auth-clients-user": one_of("CN URI off"),
    "unixsocketperm": OCTAL,
    "user": words("<name> [<access rule> ...]", 1, message=BAD_DIRECTIVE),
}
"""What each directive takes, by its lower-case name."""

_NAMES_BY_KIND: tuple[tuple[Kind, str], ...] = (
    (
        one_of("default save nosave now force safe failover", several=True),
        "shutdown-on-sigint shutdown-on-sigterm",
    ),
    (integer(-INT_MAX - 1, INT_MAX), "list-max-listpack-size list-max-ziplist-size"),
    (
        YES_NO,
        """
        activedefrag activerehashing always-show-logo aof-disable-auto-gc aof-load-truncated
        aof-rewrite-incremental-fsync aof-timestamp-enabled aof-use-rdb-preamble appendonly
        cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down
        cluster-allow-replica-migration cluster-enabled cluster-replica-no-failover
        cluster-require-full-coverage cluster-slave-no-failover cluster-slot-stats-enabled
        crash-log-enabled crash-memcheck-enabled daemonize disable-thp
        dual-channel-replication-enabled dynamic-hz enable-debug-assert
        extended-redis-compatibility gopher-enabled hide-user-data-from-log import-mode
        io-threads-always-active io-threads-do-reads jemalloc-bg-thread latency-tracking
        lazyexpire-nested-arbitrary-keys lazyfree-lazy-eviction lazyfree-lazy-expire
        lazyfree-lazy-server-del lazyfree-lazy-user-del lazyfree-lazy-user-flush
        lua-enable-deprecated-api lua-enable-insecure-api lua-replicate-commands mptcp
        no-appendfsync-on-rewrite protected-mode rdb-del-sync-files rdb-save-incremental-fsync
        rdbchecksum rdbcompression repl-disable-tcp-nodelay repl-diskless-sync repl-mptcp
        repl-rdb-channel replica-announced replica-ignore-disk-write-errors
        replica-ignore-maxmemory replica-lazy-flush replica-read-only replica-serve-stale-data
        set-proc-title slave-ignore-maxmemory slave-lazy-flush slave-read-only
        slave-serve-stale-data stop-writes-on-bgsave-error syslog-enabled tls-cluster
        tls-prefer-server-ciphers tls-replication tls-session-caching use-exit-on-panic
        vset-force-single-threaded-execution
        """,
    ),
    (
        integer(0, 65535),
        """
        cluster-announce-bus-port cluster-announce-client-port cluster-announce-client-tls-port
        cluster-announce-port cluster-announce-tls-port cluster-port port rdma-port
        replica-announce-port slave-announce-port tls-port
        """,
    ),
    (
        integer(0, INT_MAX),
        """
        auto-aof-rewrite-percentage cluster-migration-barrier cluster-replica-validity-factor
        cluster-slave-validity-factor hz lfu-decay-time lfu-log-factor list-compress-depth
        min-replicas-max-lag min-replicas-to-write min-slaves-max-lag min-slaves-to-write
        repl-diskless-sync-delay repl-diskless-sync-max-replicas replica-priority shutdown-timeout
        slave-priority tcp-backlog tcp-keepalive timeout tls-auto-reload-interval
        tls-session-cache-size tls-session-cache-timeout watchdog-period
        """,
    ),
    (
        integer(1, INT_MAX),
        """
        cluster-databases cluster-manual-failover-timeout databases repl-ping-replica-period
        repl-ping-slave-period repl-timeout
        """,
    ),
    (
        integer(),
        """
        acllog-max-len busy-reply-threshold cluster-node-timeout cluster-slot-migration-log-max-len
        commandlog-large-reply-max-len commandlog-large-request-max-len
        commandlog-slow-execution-max-len hash-max-listpack-entries hash-max-ziplist-entries
        latency-monitor-threshold lua-time-limit repl-backlog-ttl set-max-intset-entries
        set-max-listpack-entries set-max-listpack-value slowlog-max-len stream-node-max-entries
        tracking-table-max-keys zset-max-listpack-entries zset-max-ziplist-entries
        """,
    ),
    (
        integer(-1),
        """
        commandlog-execution-slower-than commandlog-reply-larger-than
        commandlog-request-larger-than slowlog-log-slower-than
        """,
    ),
    (
        # Their limits differ between versions, or nobody minds.
        integer(-LONG_MAX - 1),
        """
        active-defrag-cycle-max active-defrag-cycle-min active-defrag-cycle-us
        active-defrag-max-scan-fields active-defrag-threshold-lower
        active-defrag-threshold-upper active-expire-effort cluster-blacklist-ttl
        cluster-compatibility-sample-ratio cluster-message-gossip-perc cluster-ping-interval
        events-per-io-thread io-threads key-load-delay loading-process-events-interval-bytes
        max-new-connections-per-cycle max-new-tls-connections-per-cycle
        maxmemory-eviction-tenacity maxmemory-samples min-io-threads-avoid-copy-reply
        min-string-size-avoid-copy-reply prefetch-batch-max-size rdb-key-save-delay
        rdma-completion-vector rdma-rx-size socket-mark-id
        """,
    ),
    (
        MEMORY,
        """
        active-defrag-ignore-bytes auto-aof-rewrite-min-size
        cluster-link-sendbuf-limit hash-max-listpack-value hash-max-ziplist-value
        hll-sparse-max-bytes maxmemory repl-backlog-size
        replica-full-sync-buffer-limit slot-migration-max-failover-repl-bytes
        stream-node-max-bytes zset-max-listpack-value zset-max-ziplist-value
        """,
    ),
    (
        TEXT,
        """
        aclfile aof-rewrite-cpulist aof_rewrite_cpulist appenddirname appendfilename
        availability-zone bgsave-cpulist bgsave_cpulist bind-source-addr bio-cpulist bio_cpulist
        cluster-announce-client-ipv4 cluster-announce-client-ipv6 cluster-announce-hostname
        cluster-announce-human-nodename cluster-announce-ip cluster-config-file dbfilename
        debug-context dir hash-seed ignore-warnings list-max-ziplist-entries list-max-ziplist-value
        locale-collate logfile masterauth masteruser pidfile primaryauth primaryuser
        proc-title-template replica-announce-ip requirepass server-cpulist server_cpulist
        slave-announce-ip syslog-ident tls-ca-cert-dir tls-ca-cert-file tls-cert-file
        tls-ciphers tls-ciphersuites tls-client-cert-file tls-client-key-file
        tls-client-key-file-pass tls-dh-params-file tls-key-file tls-key-file-pass
        tls-protocols unixsocket unixsocketgroup
        """,
    ),
)

for _kind, _names in _NAMES_BY_KIND:
    GENERIC.update(dict.fromkeys(_names.split(), _kind))

_OBSOLETE = frozenset({"list-max-ziplist-entries", "list-max-ziplist-value"})
"""Accepted when a file is read, but turned into comments when it is rewritten."""


def kept_by_rewrite(name: str) -> bool:
    """Whether a rewrite leaves lines of this directive alone.

    Lines of the others, a module's settings among them, become ``# ???`` comments.
    Spec: config §6, step 1.
    """
    name = name.lower()
    return name == "sentinel" or (name in GENERIC and name not in _OBSOLETE)
