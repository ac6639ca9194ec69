"""The failover machine, which lives in the master object of the Sentinel that attempts it.

Each state has one function, called once per tick; the way out of `wait_promotion` is an INFO reply
(`promotion_observed`). Other Sentinels never enter these states: they learn the result by hello.
Spec: failover, and election §7 and §8 for the start.
"""

from __future__ import annotations

import datetime

from minisentinel.core.context import Context
from minisentinel.core.due import look_at
from minisentinel.core.effects import Exit
from minisentinel.core.election import ask_peers, count_votes, delay_attempts
from minisentinel.core.reconfiguration import enter_state, follow, follow_no_one, switch
from minisentinel.core.scripts import reconfigure_clients
from minisentinel.core.selection import select_replica
from minisentinel.core.state import FailoverState, Master, Replica

__all__ = [
    "force_hello",
    "give_up_if_overtaken",
    "promotion_observed",
    "start",
    "start_if_needed",
    "step",
    "switch_to_promoted",
]

SIMULATED_CRASH_STATUS = 99
_LAST_SECOND = 253_402_128_000  # late in 9999, after which no calendar has any zone's day


def start_if_needed(ctx: Context, master: Master) -> None:
    """Start an attempt if the master is objectively down and it is time (election §7).

    [ELE-7-1] to [ELE-7-3], [ELE-7-9]
    """
    rules = ctx.profile.election
    if not rules.may_start(master):
        return
    if not rules.retry_delay_is_over(master, ctx.now):
        if master.failover_delay_logged != master.failover_start_time:
            master.failover_delay_logged = master.failover_start_time
            again = master.failover_start_time + 2 * master.failover_timeout
            ctx.log(
                "notice",
                "Next failover delay: I will not start a failover before "
                + _ctime(again, ctx.zone),
            )
        return
    start(ctx, master)
    ask_peers(ctx, master, forced=True)


def _ctime(time_ms: int, zone: datetime.tzinfo | None) -> str:
    """A time as C's ctime() writes it."""
    seconds = min(time_ms // 1000, _LAST_SECOND)
    return datetime.datetime.fromtimestamp(seconds, zone).ctime()


def start(ctx: Context, master: Master, why: str = "objectively down") -> None:
    """Begin an attempt under a new epoch (election §7, second list); `why` is for the trace.

    [ELE-7-4] to [ELE-7-8], [ELE-9-3] [CFG-5-13]
    """
    state = ctx.state
    state.current_epoch = (state.current_epoch + 1) % 2**64
    master.failover_epoch = state.current_epoch
    master.failover_in_progress = True
    enter_state(ctx, master, FailoverState.WAIT_START, why)
    ctx.emit("warning", "+new-epoch", master, str(state.current_epoch))
    ctx.emit("warning", "+try-failover", master)
    delay_attempts(ctx, master, "attempt")


def step(ctx: Context, master: Master) -> None:
    """Advance the attempt by at most one state (monitoring §2.1, step G). [FAI-2-1] to [FAI-2-6]"""
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
            _reconf_replicas(ctx, master)
        case FailoverState.NONE | FailoverState.UPDATE_CONFIG:
            pass


def give_up_if_overtaken(ctx: Context, master: Master) -> None:
    """End an attempt of which the rules say that a later one has made it void; today's never do."""
    if master.failover_in_progress and (event := ctx.profile.failover.gives_up_with(master)):
        _abort(ctx, master, event)


def _abort(ctx: Context, master: Master, event: str) -> None:
    """Give the attempt up; nothing is undone on the servers (failover §7). [FAI-7-1]"""
    ctx.emit("warning", event, master)
    promoted = master.replicas.get(master.promoted_replica)
    if promoted is not None:
        promoted.promoted = False
    master.promoted_replica = ""
    master.failover_in_progress = master.force_failover = False
    master.last_tally = None
    enter_state(ctx, master, FailoverState.NONE, event)


def _crash(ctx: Context) -> None:
    """Die as SENTINEL SIMULATE-FAILURE has asked for (spec: failover §10). [FAI-10-1]"""
    ctx.log("warning", "Sentinel CRASH because of SENTINEL simulate-failure")
    ctx.out.append(Exit(SIMULATED_CRASH_STATUS))


def _wait_start(ctx: Context, master: Master) -> None:
    """Wait for enough votes; a forced failover counts too, but does not wait (election §8).

    [ELE-8-1] to [ELE-8-4]
    """
    leader = count_votes(ctx, master)
    if not ctx.profile.election.goes_ahead(ctx.state, master, leader):
        if ctx.profile.failover.is_not_elected(master, ctx.now, ctx.state.timing):
            _abort(ctx, master, "-failover-abort-not-elected")
        return
    ctx.emit("warning", "+elected-leader", master)
    if ctx.state.crash_after_election:
        _crash(ctx)
    forced = master.force_failover and leader != ctx.state.myid
    why = "forced" if forced else "elected"
    enter_state(ctx, master, FailoverState.SELECT_REPLICA, why)
    ctx.emit("warning", "+failover-state-select-slave", master)


def _select_replica(ctx: Context, master: Master) -> None:
    """[FAI-4.2-1] [FAI-4.2-2]"""
    replica = select_replica(ctx, master)
    if replica is None:
        _abort(ctx, master, "-failover-abort-no-good-slave")
        return
    ctx.emit("warning", "+selected-slave", replica)
    replica.promoted = True
    master.promoted_replica = replica.name
    enter_state(ctx, master, FailoverState.SEND_SLAVEOF_NOONE, f"selected {replica.name}")
    ctx.emit("notice", "+failover-state-send-slaveof-noone", replica)


def _send_slaveof_noone(ctx: Context, master: Master) -> None:
    """[FAI-4.3-1] [FAI-4.3-2]"""
    replica = master.replicas[master.promoted_replica]
    if replica.link.disconnected:
        if ctx.profile.failover.state_timed_out(master, ctx.now):
            _abort(ctx, master, "-failover-abort-slave-timeout")
        return
    if not follow_no_one(ctx, replica):
        return
    ctx.emit("notice", "+failover-state-wait-promotion", replica)
    enter_state(ctx, master, FailoverState.WAIT_PROMOTION, f"told {replica.name} to be master")


def _wait_promotion(ctx: Context, master: Master) -> None:
    """[FAI-2-4]"""
    if ctx.profile.failover.state_timed_out(master, ctx.now):
        _abort(ctx, master, "-failover-abort-slave-timeout")


def promotion_observed(ctx: Context, master: Master, replica: Replica) -> None:
    """The selected replica's INFO says master: from now on the world is told (failover §4.4).

    [FAI-4.4-2] to [FAI-4.4-9], [ELE-9-4] [ELE-9-5] [CFG-5-7]
    """
    before, master.config_epoch = master.config_epoch, master.failover_epoch
    enter_state(ctx, master, FailoverState.RECONF_REPLICAS, f"{replica.name} reports to be master")
    if ctx.tracing:
        ctx.note_configuration(master, "promotion", before=before)
    if ctx.profile.failover.must_save_promotion():
        ctx.save()
    ctx.emit("warning", "+promoted-slave", replica)
    if ctx.state.crash_after_promotion:
        _crash(ctx)
    ctx.emit("warning", "+failover-state-reconf-slaves", master)
    reconfigure_clients(ctx, master, "leader", master.address, replica.address)
    force_hello(ctx, master)


def force_hello(ctx: Context, master: Master) -> None:
    """Let every instance of `master` be told the news at the next tick (gossip §3).

    [GOS-3-3] [FAI-4.4-9]
    """
    back = ctx.state.timing.publish_period + 1
    for instance in (master, *master.replicas.values(), *master.peers.values()):
        if instance.last_pub_time > back:
            instance.last_pub_time -= back
            look_at(ctx.state, instance)


def _reconf_replicas(ctx: Context, master: Master) -> None:
    """Point the other replicas at the new master, parallel-syncs at a time (failover §4.5).

    [FAI-4.5-1] to [FAI-4.5-11]
    """
    rules = ctx.profile.failover
    target = master.replicas.get(master.promoted_replica)
    in_progress = sum(rules.is_reconfiguring(replica) for replica in master.replicas.values())
    for replica in master.replicas.values():
        if target is None or not rules.may_reconfigure_another(in_progress, master):
            break
        if replica.promoted or replica.reconf_done:
            continue
        if rules.reconf_timed_out(replica, ctx.now, ctx.state.timing):
            ctx.emit("notice", "-slave-reconf-sent-timeout", replica)
            replica.reconf_sent = False
            replica.reconf_done = True
        if rules.is_reconfiguring(replica) or replica.link.disconnected:
            continue
        if follow(ctx, replica, target.address):
            replica.reconf_sent = True
            replica.reconf_sent_time = ctx.now
            ctx.emit("notice", "+slave-reconf-sent", replica)
            in_progress += 1
    _detect_end(ctx, master)


def _detect_end(ctx: Context, master: Master) -> None:
    """End the reconfiguration when all reachable replicas are done, or by force (failover §4.6).

    [FAI-4.6-1] to [FAI-4.6-6]
    """
    rules = ctx.profile.failover
    promoted = master.replicas.get(master.promoted_replica)
    if promoted is None or promoted.subjectively_down:
        return
    timed_out = rules.state_timed_out(master, ctx.now)
    if timed_out:
        ctx.emit("warning", "+failover-end-for-timeout", master)
    if not timed_out and rules.unfinished(master.replicas.values()):
        return
    ctx.emit("warning", "+failover-end", master)
    enter_state(ctx, master, FailoverState.UPDATE_CONFIG, "timeout" if timed_out else "all done")
    if not timed_out:
        return
    # These commands are queued in vain: the switch at the end of this tick destroys the replica
    # objects with their connections. The events are what a real Sentinel shows all the same.
    for replica in master.replicas.values():
        if replica.promoted or replica.reconf_done or replica.reconf_sent:
            continue
        if not replica.link.disconnected and follow(ctx, replica, promoted.address):
            ctx.emit("notice", "+slave-reconf-sent-be", replica)
            replica.reconf_sent = True


def switch_to_promoted(ctx: Context, master: Master) -> None:
    """The last act of the leader: its master object takes the new address (failover §6.1).

    [FAI-6.1-1] to [FAI-6.1-3]
    """
    promoted = master.replicas.get(master.promoted_replica)
    new = promoted.address if promoted is not None else master.address
    # The name may have lost its meaning: then the switch is tried again at the next tick.
    switch(ctx, master, ctx.announced(new), new.hostname, new.port)
    if ctx.tracing:
        ctx.note_configuration(master, "switch", before=master.config_epoch)
