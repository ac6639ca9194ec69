"""INFO replies: all that this Sentinel ever learns of a failover elsewhere.

Spec: sentinel-2.6 §4, §12."""

from __future__ import annotations

from dataclasses import dataclass, field

from minisentinel.core.address import AddressError
from minisentinel.core.info import note_arrival, note_obedience
from minisentinel.core.instances import (
    DuplicateInstance,
    create_replica,
    destroy_replica,
    find_replica,
)
from minisentinel.core.state import FailoverState, Master, Replica, Role, Server
from minisentinel.core.timing import RUNID_LENGTH
from minisentinel.lenient import leading_int, leading_long
from sim.versions.redis_2_6.failover import follow, observe, promotion_observed
from sim.versions.redis_2_6.memory import OldContext
from sim.versions.redis_2_6.rules import OldMonitoring
from sim.versions.redis_2_6.switch import redirect

__all__ = ["on_info_reply"]


@dataclass(slots=True)
class Report:
    """What one INFO reply says of the server."""

    role: Role = Role.UNKNOWN
    fields: dict[str, str] = field(default_factory=dict)
    replicas: list[str] = field(default_factory=list)


def _read(text: str) -> Report:
    report = Report()
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        report.fields[name] = value
        if name[:5] == "slave" and name[5:6].isdigit():
            report.replicas.append(value)
    role = report.fields.get("role", "")
    if role.startswith("master"):
        report.role = Role.MASTER
    elif role.startswith("slave"):
        report.role = Role.REPLICA
    return report


def on_info_reply(ctx: OldContext, master: Master, server: Server, text: str) -> None:
    """Take in an INFO reply of `server`, which belongs to `master` (or is it)."""
    server.info = text
    report = _read(text)
    is_another_run = _take_runid(ctx, server, report.fields.get("run_id", ""))
    if isinstance(server, Master):
        for value in report.replicas:
            _discover(ctx, server, value)
    elif isinstance(server, Replica):
        _take_progress(ctx, server, report)
    server.info_refresh = ctx.now
    if report.role is not server.role_reported:
        server.role_reported = report.role
        server.role_reported_time = ctx.now

    if isinstance(server, Master):
        host = report.fields.get("master_host", "")
        if report.role is Role.REPLICA and host:
            redirect(ctx, server, host, leading_int(report.fields.get("master_port", "")))
    elif isinstance(server, Replica) and report.role is Role.MASTER:
        _replica_is_master(ctx, master, server, is_another_run)
    elif isinstance(server, Replica) and not ctx.state.tilt:
        _follow_progress(ctx, master, server)


def _take_runid(ctx: OldContext, server: Server, runid: str) -> bool:
    """Whether this is another run of the server than the one known, or the first one."""
    runid = runid[:RUNID_LENGTH]
    if len(runid) < RUNID_LENGTH or runid == server.runid:
        return False
    if server.runid:
        ctx.emit("notice", "+reboot", server)
    server.runid = runid
    return True


def _take_progress(ctx: OldContext, replica: Replica, report: Report) -> None:
    fields = report.fields
    down = leading_long(fields.get("master_link_down_since_seconds", "0"))
    # A replica that never had a link counts from the year 1970; today's servers say -1 then.
    replica.master_link_down_time = ctx.now if down < 0 else down * 1000
    if report.role is Role.REPLICA:
        replica.reported_master_host = fields.get("master_host", "")
        replica.reported_master_port = leading_int(fields.get("master_port", ""))
        replica.master_link_up = fields.get("master_link_status") == "up"
        replica.priority = leading_int(fields.get("slave_priority", "100"))


def _discover(ctx: OldContext, master: Master, value: str) -> None:
    """Learn a replica from a line of its master.

    Differs on purpose: the form of newer servers (``ip=...``), in which the simulated ones write,
    is understood too; the real 2.6.13 knows the old one alone.
    """
    parts = value.split(",")
    if "ip=" in value:
        named = dict(part.partition("=")[::2] for part in parts)
        host, port = named.get("ip", ""), named.get("port", "")
    elif len(parts) >= 3:
        host, port = parts[:2]
    else:
        return
    try:
        address = ctx.address(host, leading_int(port), allow_unresolved=False)
        if find_replica(master, address) is None:
            ctx.emit("notice", "+slave", create_replica(ctx.state, master, address, ctx.now))
    except (AddressError, DuplicateInstance):
        return


def _replica_is_master(
    ctx: OldContext, master: Master, replica: Replica, is_another_run: bool
) -> None:
    """An old master, one that restarted, the one we promoted, or one that somebody else did."""
    tilt = ctx.state.tilt
    if ctx.is_to_be_demoted(replica) and not tilt:
        _demote(ctx, master, replica)
    elif is_another_run and not master.failover_in_progress:
        ctx.emit(
            "warning",
            "-slave-restart-as-master",
            replica,
            "%@ #removing it from the attached slaves",
        )
        ctx.memory.demote.pop(replica.serial, None)
        ctx.close(destroy_replica(ctx.state, master, replica))
    elif tilt:
        return
    elif replica.promoted:
        if ctx.leads(master) and master.failover_state is FailoverState.WAIT_PROMOTION:
            promotion_observed(ctx, master, replica)
    elif not master.failover_in_progress or (
        ctx.leads(master) and master.failover_state is FailoverState.WAIT_START
    ):
        observe(ctx, master, replica)


def _demote(ctx: OldContext, master: Master, replica: Replica) -> None:
    """The old master is back; who is in doubt about the new one waits, or lets it be."""
    rules, timing = ctx.profile.monitoring, ctx.state.timing
    assert isinstance(rules, OldMonitoring)
    if rules.must_wait_to_demote(master, ctx.state.tilt_start_time, ctx.now, timing):
        return
    if rules.may_demote(master, ctx.now, timing):
        if follow(ctx, replica, master.address):
            ctx.emit("notice", "+demote-old-slave", replica)
    else:
        ctx.memory.demote.pop(replica.serial, None)
        ctx.emit("notice", "-demote-flag-cleared", replica)


def _follow_progress(ctx: OldContext, master: Master, replica: Replica) -> None:
    """How far a replica has come to its new master, or an old master to obedience."""
    promoted = master.replicas.get(master.promoted_replica)
    if (
        replica.reconf_sent
        and promoted is not None
        and replica.reported_master_host == promoted.address.ip
        and replica.reported_master_port == promoted.address.port
    ):
        note_obedience(ctx, replica)
    note_arrival(ctx, replica)
    if ctx.memory.demote.pop(replica.serial, 0) is None:
        ctx.emit("notice", "+slave", replica)
