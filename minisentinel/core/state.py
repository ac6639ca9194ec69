"""What a Sentinel remembers: plain data without behaviour.

A Sentinel watches *instances*: masters by name, and under each master its replicas and the other
Sentinels (here called peers). Everything in this module can be copied, compared and pickled; it
holds no clock, no socket and no callback. Times are wall-clock milliseconds and 0 means *never*;
ages and durations are milliseconds. Spec: monitoring §1 and §3.1.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from minisentinel.core.address import Address
from minisentinel.core.dice import Dice
from minisentinel.core.timing import Timing

__all__ = [
    "Connection",
    "Expect",
    "FailoverState",
    "Instance",
    "Link",
    "Master",
    "Peer",
    "Purpose",
    "Replica",
    "ReplyTo",
    "Role",
    "ScriptEnd",
    "ScriptJob",
    "State",
]


class Role(Enum):
    """What a Redis server said it is, in its own words; Sentinels report no role."""

    UNKNOWN = "unknown"
    MASTER = "master"
    REPLICA = "slave"


class FailoverState(Enum):
    """The states of the failover machine, with the names that are shown (spec: README §6).

    [GEN-6-1] to [GEN-6-7]
    """

    NONE = "none"
    WAIT_START = "wait_start"
    SELECT_REPLICA = "select_slave"
    SEND_SLAVEOF_NOONE = "send_slaveof_noone"
    WAIT_PROMOTION = "wait_promotion"
    RECONF_REPLICAS = "reconf_slaves"
    UPDATE_CONFIG = "update_config"


class Purpose(Enum):
    """The two connections of a link."""

    COMMAND = "command"
    PUBSUB = "pubsub"


class ReplyTo(Enum):
    """What a reply that is still to come will answer."""

    IGNORED = "ignored"
    PING = "ping"
    INFO = "info"
    HELLO = "hello"
    ASK = "ask"
    SUBSCRIBE = "subscribe"


class Expect(NamedTuple):
    """One reply awaited on a connection: what it answers, and the serial of the instance."""

    what: ReplyTo
    instance: int


@dataclass(slots=True)
class Connection:
    """An outgoing connection; its `id` is never reused.

    `opened_ms` is when it was initiated, `local_host` the address of this end (empty until the
    handshake is over), `expected` the replies still to come, oldest first. [MON-3.1-2]
    """

    id: int
    purpose: Purpose
    opened_ms: int
    local_host: str = ""
    expected: deque[Expect] = field(default_factory=deque)


@dataclass(slots=True)
class Link:
    """The connections to one instance and what failure detection remembers about them.

    Sentinels that watch several masters together share one link; `users` are the serials of the
    instances that use it. Spec: monitoring §3. [MON-3.1-1] to [MON-3.1-10]
    """

    users: list[int]
    last_avail_time: int
    act_ping_time: int
    last_pong_time: int
    command: Connection | None = None
    pubsub: Connection | None = None
    disconnected: bool = True
    pending_commands: int = 0
    last_ping_time: int = 0
    last_reconn_time: int = 0
    pubsub_last_activity: int = 0


@dataclass(slots=True)
class Instance:
    """What masters, replicas and peers have in common.

    `serial` is never reused; `master_name` is the master it belongs to (its own name for a
    master). `s_down_since` is the start of the latest down period and survives its end.
    [MON-1.3-1] to [MON-1.3-5], [MON-1.3-8] [MON-1.3-11] [MON-1.3-12] [GEN-3-14]
    """

    serial: int
    name: str
    master_name: str
    address: Address
    link: Link
    down_after: int
    last_pub_time: int
    runid: str = ""
    subjectively_down: bool = False
    s_down_since: int = 0
    script_kill_sent: bool = False
    due: int = field(default=0, compare=False)
    """Until then no tick can change anything about it (`minisentinel.core.due`)."""
    sound_until: int = field(default=0, compare=False)
    """Until then it cannot be found down, nor in need of anything but commands."""


@dataclass(slots=True)
class Server(Instance):
    """A Redis server, master or replica: what its INFO told. [MON-1.3-14] to [MON-1.3-18]"""

    info: str | None = None
    info_refresh: int = 0
    role_reported: Role = Role.UNKNOWN
    role_reported_time: int = 0
    config_change_time: int = 0
    """Last time the master that it reports was seen to change (`slave_conf_change_time`)."""


@dataclass(slots=True)
class Replica(Server):
    """A replica of a master, and how far its reconfiguration has come.

    [MON-1.3-19] to [MON-1.3-25], [GEN-3-25] [GEN-5-10] to [GEN-5-13]
    """

    master_link_down_time: int = 0
    priority: int = 100
    announced: int = 1
    reported_master_host: str = ""
    reported_master_port: int = 0
    master_link_up: bool = False
    repl_offset: int = 0
    reconf_sent_time: int = 0
    promoted: bool = False
    reconf_sent: bool = False
    reconf_inprog: bool = False
    reconf_done: bool = False


@dataclass(slots=True)
class Peer(Instance):
    """Another Sentinel that watches the same master; its name is its run id.

    `leader` and `leader_epoch` are the vote that it last reported.
    [MON-1.3-6] [MON-1.3-7] [MON-1.3-9] [MON-1.3-10] [GEN-5-8]
    """

    last_hello_time: int = 0
    last_master_down_reply_time: int = 0
    master_down: bool = False
    leader: str = ""
    leader_epoch: int = 0


@dataclass(slots=True)
class Master(Server):
    """A monitored master: its settings, replicas, peers, votes and the failover machine.

    `replicas` is keyed by the announced host:port at creation, `peers` by run id; both are in the
    process's arbitrary but fixed order (`minisentinel.core.instances`). `leader` and
    `leader_epoch` are the vote that this Sentinel granted last.
    [MON-1.3-6] [MON-1.3-7] [MON-1.3-13] [MON-1.3-26] to [MON-1.3-32], [GEN-3-15] to [GEN-3-17]
    """

    quorum: int = 1
    failover_timeout: int = 180_000
    parallel_syncs: int = 1
    reboot_down_after: int = 0
    notification_script: str = ""
    client_reconfig_script: str = ""
    auth_user: str = ""
    auth_pass: str = ""
    renamed_commands: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Old name as written and new name, by the old name in lower case."""

    replicas: dict[str, Replica] = field(default_factory=dict)
    peers: dict[str, Peer] = field(default_factory=dict)

    objectively_down: bool = False
    o_down_since: int = 0
    rebooted: bool = False
    rebooted_since: int = 0

    config_epoch: int = 0
    leader: str = ""
    leader_epoch: int = 0

    failover_in_progress: bool = False
    force_failover: bool = False
    failover_epoch: int = 0
    failover_state: FailoverState = FailoverState.NONE
    failover_state_change_time: int = 0
    failover_start_time: int = 0
    failover_delay_logged: int = 0
    promoted_replica: str = ""
    """Key of the selected replica in `replicas`, empty when there is none."""

    last_tally: tuple[int, tuple[tuple[str, int], ...], str] | None = field(
        default=None, compare=False
    )
    """What the trace last said of the count, so that an unchanged one is not repeated."""


@dataclass(slots=True)
class ScriptJob:
    """A user script that waits or runs: its words, and how far it has come (failover §9.3).

    `argv` begins with the path. `runs` counts the attempts to start it, `started_ms` is when the
    last one was made, `not_before_ms` when the next one may be, and `pid` its process while it
    runs, else 0.
    """

    id: int
    argv: tuple[str, ...]
    runs: int = 0
    started_ms: int = 0
    not_before_ms: int = 0
    pid: int = 0


class ScriptEnd(NamedTuple):
    """The end of a script's process, not yet seen by a tick; `signal` is 0 unless one ended it."""

    pid: int
    exit_code: int
    signal: int


@dataclass(slots=True)
class State:
    """Everything that one Sentinel process knows.

    `table_seed` stands for the random seed of a real server's hash tables: it fixes the arbitrary
    order in which masters, replicas and peers are visited. `instances` and `connections` find an
    instance by serial and a link by connection id. `scripts` is the queue of user scripts, oldest
    first, running ones included; none of it outlives the process. [MON-1.1-1] to [MON-1.1-11]
    [GEN-3-23]
    """

    myid: str
    dice: Dice
    table_seed: int
    previous_time: int
    timing: Timing = field(default_factory=Timing)
    port: int = 26379
    current_epoch: int = 0
    masters: dict[str, Master] = field(default_factory=dict)
    instances: dict[int, Instance] = field(default_factory=dict)
    connections: dict[int, Link] = field(default_factory=dict)
    next_serial: int = 1

    scripts: list[ScriptJob] = field(default_factory=list)
    script_ends: list[ScriptEnd] = field(default_factory=list)

    quiet_until: int = field(default=0, compare=False)
    """Ticks before that find nothing to do; 0 is unknown (`minisentinel.core.due`)."""

    tilt: bool = False
    tilt_start_time: int = 0
    tilt_count: int = 0
    """How often the time was found to be wrong, the times within a TILT included."""

    hz: int = field(default=10, compare=False)
    """Ticks per second, as last drawn; for INFO only."""

    announce_ip: str | None = None
    """None unless set; an empty one can be set at run time (spec: gossip §8)."""

    announce_port: int = 0
    deny_scripts_reconfig: bool = True
    resolve_hostnames: bool = False
    announce_hostnames: bool = False
    sentinel_user: str = ""
    sentinel_pass: str = ""
    requirepass: str = ""
    users: tuple[str, ...] | None = None
    """The ``user`` lines to write into the configuration; None: as they stand there."""
    loglevel: str = "notice"
    """What is logged: lines of this level and above (`minisentinel.logformat.LEVELS`)."""

    crash_after_election: bool = False
    crash_after_promotion: bool = False
