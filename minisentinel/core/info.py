"""INFO replies: what servers tell about themselves, and what follows from it.

Spec: monitoring §9.
"""

from __future__ import annotations

from typing import cast

from minisentinel.core.address import AddressError, AddressSet, host_is
from minisentinel.core.context import Context
from minisentinel.core.failover import promotion_observed
from minisentinel.core.instances import DuplicateInstance, create_replica
from minisentinel.core.reconfiguration import follow
from minisentinel.core.state import Master, Replica, Role, Server
from minisentinel.core.timing import RUNID_LENGTH
from minisentinel.lenient import leading_int, leading_long, leading_unsigned
from minisentinel.replies import Reply

__all__ = ["on_info_reply"]


def on_info_reply(ctx: Context, master: Master, server: Server, reply: Reply) -> None:
    """Take in an INFO reply of `server`, which belongs to `master` (or is it).

    [MON-9.4-2] [MON-9.7-2] [MON-8-6]
    """
    if not isinstance(reply, str):
        return
    role = _read(ctx, master, server, reply)
    _note_role(ctx, server, role)
    if not ctx.profile.monitoring.may_act(ctx.state) or not isinstance(server, Replica):
        return
    if ctx.profile.failover.is_promotion(master, server, role):
        promotion_observed(ctx, master, server)
    elif role is Role.MASTER:
        _demote_if_stray(ctx, master, server)
    elif role is Role.REPLICA:
        _repoint_if_wrong(ctx, master, server)
        _follow_progress(ctx, master, server)


# Reading

_BEGINNINGS = frozenset(("run_", "role", "slav", "mast", "repl"))
"""How the lines begin that anybody here looks at; most lines of an INFO are others."""

_OF_REPLICA = frozenset(
    (
        "master_host",
        "master_port",
        "master_link_status",
        "slave_priority",
        "slave_repl_offset",
        "replica_announced",
    )
)


def _read(ctx: Context, master: Master, server: Server, text: str) -> Role:
    """Store what the lines say; the role that they report (monitoring §9.1).

    [MON-9-1] [MON-9.1-2] to [MON-9.1-4], [MON-9.1-11] [MON-9.2-1]
    """
    server.info = text
    role = Role.UNKNOWN
    if isinstance(server, Replica):
        server.master_link_down_time = 0
    is_master, is_replica = isinstance(server, Master), isinstance(server, Replica)
    known: AddressSet | None = None
    for line in text.split("\r\n"):
        if line[:4] not in _BEGINNINGS:
            continue
        name, colon, value = line.partition(":")
        if name == "run_id" and len(value) >= RUNID_LENGTH:
            _read_runid(ctx, server, value[:RUNID_LENGTH])
        elif is_master:
            if name[:5] == "slave" and len(line) >= 7 and line[5] in "0123456789":
                if known is None:
                    known = AddressSet(each.address for each in master.replicas.values())
                _discover(ctx, master, value, known)
        elif name == "master_link_down_since_seconds" and colon and isinstance(server, Replica):
            server.master_link_down_time = leading_long(value) * 1000
        if name == "role" and value.startswith("master"):
            role = Role.MASTER
        elif name == "role" and value.startswith("slave"):
            role = Role.REPLICA
        elif is_replica and role is Role.REPLICA and name in _OF_REPLICA:
            _read_of_replica(ctx, cast(Replica, server), name, value)
    ctx.save_what_waits()
    server.info_refresh = ctx.now
    return role


def _read_runid(ctx: Context, server: Server, runid: str) -> None:
    """[MON-9.1-1]"""
    if server.runid and server.runid != runid:
        ctx.emit("notice", "+reboot", server)
        if isinstance(server, Master) and server.reboot_down_after:
            server.rebooted = True
            server.rebooted_since = ctx.now
    server.runid = runid


def _read_of_replica(ctx: Context, replica: Replica, name: str, value: str) -> None:
    """[MON-9.1-5] to [MON-9.1-10]"""
    match name:
        case "master_host":
            if value.lower() != replica.reported_master_host.lower():
                replica.reported_master_host = value
                replica.config_change_time = ctx.now
        case "master_port":
            port = leading_int(value)
            if port != replica.reported_master_port:
                replica.reported_master_port = port
                replica.config_change_time = ctx.now
        case "master_link_status":
            replica.master_link_up = value.lower() == "up"
        case "slave_priority":
            replica.priority = leading_int(value)
        case "slave_repl_offset":
            replica.repl_offset = leading_unsigned(value)
        case "replica_announced":
            replica.announced = leading_int(value)


def _discover(ctx: Context, master: Master, value: str, known: AddressSet) -> None:
    """Learn a replica from a ``slaveN:`` line of its master, old form or new (monitoring §9.3).

    [MON-9.3-1] [CFG-5-5]
    """
    fields = value.split(",")
    if "ip=" in value:
        named = dict(field.partition("=")[::2] for field in fields)
        host, port = named.get("ip"), named.get("port")
    elif len(fields) >= 3:
        host, port = fields[0], fields[1]
    else:
        return
    if host is None or port is None:
        return
    if _is_known(ctx, known, host, leading_int(port)):
        return
    try:
        address = ctx.address(host, leading_int(port), allow_unresolved=True)
        replica = create_replica(ctx.state, master, address, ctx.now)
    except (AddressError, DuplicateInstance):
        return
    known.add(address)
    ctx.emit("notice", "+slave", replica)
    ctx.save_soon()


def _is_known(ctx: Context, known: AddressSet, host: str, port: int) -> bool:
    """Whether there is a replica at this address; nobody is known by a name that means nothing."""
    try:
        return ctx.address(host, port, allow_unresolved=False) in known
    except AddressError:
        return False


# What follows


def _note_role(ctx: Context, server: Server, role: Role) -> None:
    """Record and announce a change of the reported role (monitoring §9.4). [MON-9.4-1]"""
    if role is server.role_reported:
        return
    server.role_reported = role
    server.role_reported_time = ctx.now
    if role is Role.REPLICA:
        server.config_change_time = ctx.now
    own = Role.MASTER if isinstance(server, Master) else Role.REPLICA
    shown = "master" if role is Role.MASTER else "slave"
    name = "+role-change" if role is own else "-role-change"
    ctx.emit("verbose", name, server, f"%@ new reported role is {shown}")


def _demote_if_stray(ctx: Context, master: Master, replica: Replica) -> None:
    """A replica that claims to be a master is corrected, in time (monitoring §9.6). [MON-9.6-2]"""
    if ctx.profile.monitoring.should_demote(master, replica, ctx.now, ctx.state.timing) and (
        follow(ctx, replica, master.address)
    ):
        ctx.emit("notice", "+convert-to-slave", replica)


def _reports(ctx: Context, replica: Replica, other: Server) -> bool:
    """Whether `replica` says that it follows `other`."""
    return replica.reported_master_port == other.address.port and host_is(
        other.address,
        replica.reported_master_host,
        resolve_names=ctx.state.resolve_hostnames,
        facts=ctx.facts,
    )


def _repoint_if_wrong(ctx: Context, master: Master, replica: Replica) -> None:
    """A replica of some other master is corrected, in time (monitoring §9.7). [MON-9.7-1]"""
    if _reports(ctx, replica, master):
        return
    if ctx.profile.monitoring.should_repoint(master, replica, ctx.now, ctx.state.timing) and (
        follow(ctx, replica, master.address)
    ):
        ctx.emit("notice", "+fix-slave-config", replica)


def _follow_progress(ctx: Context, master: Master, replica: Replica) -> None:
    """Follow a replica that was told to change masters (monitoring §9.8).

    [MON-9.8-1] to [MON-9.8-3]
    """
    promoted = master.replicas.get(master.promoted_replica)
    if replica.reconf_sent and promoted is not None and _reports(ctx, replica, promoted):
        note_obedience(ctx, replica)
    note_arrival(ctx, replica)


def note_obedience(ctx: Context, replica: Replica) -> None:
    """A replica that was told to change masters says that it has begun to. [MON-9.8-2]"""
    replica.reconf_sent = False
    replica.reconf_inprog = True
    ctx.emit("notice", "+slave-reconf-inprog", replica)


def note_arrival(ctx: Context, replica: Replica) -> None:
    """A replica that changes masters may be there, with a link that is up. [MON-9.8-3]"""
    if ctx.profile.failover.has_arrived(replica):
        replica.reconf_inprog = False
        replica.reconf_done = True
        ctx.emit("notice", "+slave-reconf-done", replica)
