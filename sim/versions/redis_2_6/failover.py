"""The failover of the leader, and how all others watch it (sentinel-2.6 §9, §11).

An observer is in the state that its record calls ``detect_end``: in today's state it is
`RECONF_REPLICAS` without being the leader (`OldContext.observes`).
"""

from __future__ import annotations

from minisentinel.core.address import Address
from minisentinel.core.links import send
from minisentinel.core.reconfiguration import enter_state
from minisentinel.core.state import FailoverState, Instance, Master, Replica, ReplyTo
from minisentinel.trace import FailoverStateChanged
from sim.versions.redis_2_6.leader import objective_leader, rules_of
from sim.versions.redis_2_6.memory import OldContext
from sim.versions.redis_2_6.rules import OldFailover
from sim.versions.redis_2_6.selection import has_candidate, select_replica

__all__ = [
    "abort",
    "check_abort",
    "follow",
    "observe",
    "promotion_observed",
    "run_script",
    "start",
    "start_if_needed",
    "step",
]


def _rules(ctx: OldContext) -> OldFailover:
    rules = ctx.profile.failover
    assert isinstance(rules, OldFailover)
    return rules


def follow(ctx: OldContext, instance: Instance, address: Address | None) -> bool:
    """A bare SLAVEOF, to `address` or to nobody: clients keep their connections."""
    words = ("NO", "ONE") if address is None else (address.ip, str(address.port))
    return send(ctx, instance, ReplyTo.IGNORED, "SLAVEOF", *words)


def run_script(ctx: OldContext, master: Master, state: str, old: Address, new: Address) -> None:
    """Queue the client reconfiguration script, which is told the part and the `state`."""
    if master.client_reconfig_script:
        role = "leader" if ctx.leads(master) else "observer"
        words = (master.name, role, state, old.ip, str(old.port), new.ip, str(new.port))
        ctx.queue_script(master.client_reconfig_script, *words)


# Starting


def start_if_needed(ctx: OldContext, master: Master) -> None:
    """Lead if that is this Sentinel's turn; there is no delay after an attempt that failed."""
    if not ctx.memory.can_failover or not (master.objectively_down or master.failover_in_progress):
        return
    if ctx.leads(master) or objective_leader(ctx, master) != ctx.state.myid:
        return
    if not master.failover_in_progress:
        if has_candidate(ctx, master):
            start(ctx, master)
    elif rules_of(ctx).is_taken_over(master, ctx.now):
        _take_over(ctx, master)


def start(ctx: OldContext, master: Master, why: str = "objective leader") -> None:
    """Begin, and wait 5 to 15 s for others to have begun before."""
    ctx.memory.leading[master.serial] = None
    master.failover_in_progress = True
    ctx.emit("warning", "+failover-triggered", master)
    delay_ms = rules_of(ctx).start_delay_ms(ctx.state.dice)
    master.failover_start_time = ctx.now + delay_ms
    enter_state(ctx, master, FailoverState.WAIT_START, why)
    ctx.emit(
        "warning",
        "+failover-state-wait-start",
        master,
        f"%@ #starting in {delay_ms} milliseconds",
    )


def _take_over(ctx: OldContext, master: Master) -> None:
    """Finish what somebody else began and does not end."""
    ctx.emit("warning", "+failover-takedown", master)
    ctx.memory.leading[master.serial] = None
    ctx.emit("warning", "+failover-triggered", master)
    enter_state(ctx, master, FailoverState.RECONF_REPLICAS, "taken over")
    for replica in master.replicas.values():
        replica.reconf_sent = False


def observe(ctx: OldContext, master: Master, promoted: Replica) -> None:
    """A replica has become a master: somebody leads a failover, and this Sentinel watches it."""
    if master.failover_in_progress:
        ctx.emit("warning", "-failover-abort-race", master)
        abort(ctx, master)
    master.failover_in_progress = True
    ctx.emit("warning", "+failover-detected", master)
    before, master.failover_state = master.failover_state, FailoverState.RECONF_REPLICAS
    master.failover_state_change_time = ctx.now
    if ctx.tracing:
        ctx.note(
            FailoverStateChanged(
                master=master.name,
                epoch=0,
                before=before.value,
                after="detect_end",
                why=f"{promoted.name} reports to be master",
            )
        )
    promoted.promoted = True
    ctx.memory.demote.pop(promoted.serial, None)
    master.promoted_replica = promoted.name
    run_script(ctx, master, "start", master.address, promoted.address)
    for replica in master.replicas.values():
        replica.reconf_sent = True
        replica.reconf_sent_time = ctx.now


# One step per tick


def step(ctx: OldContext, master: Master) -> None:
    """Advance by at most one state."""
    if not master.failover_in_progress:
        return
    match master.failover_state:
        case FailoverState.WAIT_START:
            _wait_start(ctx, master)
        case FailoverState.SELECT_REPLICA:
            _select_replica(ctx, master)
        case FailoverState.SEND_SLAVEOF_NOONE:
            _send_slaveof_noone(ctx, master)
        case FailoverState.WAIT_PROMOTION:
            _wait_promotion(ctx, master)
        case FailoverState.RECONF_REPLICAS:
            if ctx.leads(master):
                _reconf_replicas(ctx, master)
            _detect_end(ctx, master)
        case FailoverState.NONE | FailoverState.UPDATE_CONFIG:
            pass


def _wait_start(ctx: OldContext, master: Master) -> None:
    is_back = not (master.subjectively_down or master.objectively_down)
    if is_back and not master.force_failover:
        ctx.emit("warning", "-failover-abort-master-is-back", master)
        abort(ctx, master)
    elif ctx.now >= master.failover_start_time:
        enter_state(ctx, master, FailoverState.SELECT_REPLICA, "has waited")
        ctx.emit("warning", "+failover-state-select-slave", master)


def _select_replica(ctx: OldContext, master: Master) -> None:
    replica = select_replica(ctx, master)
    if replica is None:
        ctx.emit("warning", "-failover-abort-no-good-slave", master)
        abort(ctx, master)
        return
    ctx.emit("warning", "+selected-slave", replica)
    replica.promoted = True
    master.promoted_replica = replica.name
    enter_state(ctx, master, FailoverState.SEND_SLAVEOF_NOONE, f"selected {replica.name}")
    ctx.emit("notice", "+failover-state-send-slaveof-noone", replica)


def _send_slaveof_noone(ctx: OldContext, master: Master) -> None:
    """Wait for the connection as long as it takes."""
    replica = master.replicas[master.promoted_replica]
    if not replica.link.disconnected and follow(ctx, replica, None):
        ctx.emit("notice", "+failover-state-wait-promotion", replica)
        enter_state(ctx, master, FailoverState.WAIT_PROMOTION, f"told {replica.name}")


def _wait_promotion(ctx: OldContext, master: Master) -> None:
    """Try another replica after half a minute, as often as it takes."""
    if not _rules(ctx).promotion_timed_out(master, ctx.now):
        return
    replica = master.replicas[master.promoted_replica]
    ctx.emit("warning", "-promotion-timeout", replica)
    ctx.emit("warning", "+failover-state-select-slave", master)
    enter_state(ctx, master, FailoverState.SELECT_REPLICA, "promotion timed out")
    replica.promoted = False
    master.promoted_replica = ""


def promotion_observed(ctx: OldContext, master: Master, replica: Replica) -> None:
    """The replica that was told says that it is a master; nobody else is told."""
    ctx.emit("warning", "+promoted-slave", replica)
    enter_state(ctx, master, FailoverState.RECONF_REPLICAS, f"{replica.name} reports to be master")
    ctx.emit("warning", "+failover-state-reconf-slaves", master)
    run_script(ctx, master, "start", master.address, replica.address)


def _reconf_replicas(ctx: OldContext, master: Master) -> None:
    """Point the others at the new master; whoever does not obey is told again."""
    rules = _rules(ctx)
    target = master.replicas.get(master.promoted_replica)
    in_progress = sum(rules.is_reconfiguring(each) for each in master.replicas.values())
    for replica in master.replicas.values():
        if target is None or not rules.may_reconfigure_another(in_progress, master):
            break
        if replica.promoted or replica.reconf_done:
            continue
        if rules.reconf_timed_out(replica, ctx.now, ctx.state.timing):
            ctx.emit("notice", "-slave-reconf-sent-timeout", replica)
            replica.reconf_sent = False
        if rules.is_reconfiguring(replica) or replica.link.disconnected:
            continue
        if follow(ctx, replica, target.address):
            replica.reconf_sent = True
            replica.reconf_sent_time = ctx.now
            ctx.emit("notice", "+slave-reconf-sent", replica)
            in_progress += 1


def _detect_end(ctx: OldContext, master: Master) -> None:
    """All that can be reached are done, or the time is over: leader and observers each find out."""
    rules = _rules(ctx)
    promoted = master.replicas.get(master.promoted_replica)
    if promoted is None or promoted.subjectively_down:
        return
    timed_out = rules.state_timed_out(master, ctx.now)
    if timed_out:
        ctx.emit("warning", "+failover-end-for-timeout", master)
    elif rules.unfinished(master.replicas.values()):
        return
    ctx.emit("warning", "+failover-end", master)
    run_script(ctx, master, "end", master.address, promoted.address)
    enter_state(ctx, master, FailoverState.UPDATE_CONFIG, "timeout" if timed_out else "all done")
    if not timed_out or not ctx.leads(master):
        return
    for replica in master.replicas.values():
        if replica.promoted or replica.reconf_done or replica.reconf_sent:
            continue
        if not replica.link.disconnected and follow(ctx, replica, promoted.address):
            ctx.emit("notice", "+slave-reconf-sent-be", replica)
            replica.reconf_sent = True


# Giving up


def check_abort(ctx: OldContext, master: Master) -> None:
    """The promoted replica is down for good: undo everything."""
    promoted = master.replicas.get(master.promoted_replica)
    if promoted is None or master.failover_state is FailoverState.UPDATE_CONFIG:
        return
    if _rules(ctx).is_lost(master, promoted, ctx.now):
        ctx.emit("warning", "-failover-abort-x-sdown", promoted)
        abort(ctx, master)


def abort(ctx: OldContext, master: Master) -> None:
    """Send everybody back to the old master, if this Sentinel leads, and forget the attempt."""
    promoted = master.replicas.get(master.promoted_replica)
    if promoted is not None:
        run_script(ctx, master, "abort", promoted.address, master.address)
    for replica in _rules(ctx).reconfigured(master.replicas.values()):
        if (
            ctx.leads(master)
            and not replica.link.disconnected
            and follow(ctx, replica, master.address)
        ):
            ctx.emit("notice", "-slave-reconf-undo", replica)
        replica.promoted = replica.reconf_sent = False
        replica.reconf_inprog = replica.reconf_done = False
    master.promoted_replica = ""
    master.failover_in_progress = master.force_failover = False
    ctx.memory.leading.pop(master.serial, None)
    enter_state(ctx, master, FailoverState.NONE, "aborted")
