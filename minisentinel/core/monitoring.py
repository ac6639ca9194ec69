"""Watching: periodic commands, PING replies, subjectively and objectively down.

Spec: monitoring §4 to §7.
"""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.core.hello import publish_if_due
from minisentinel.core.links import close_one, send, send_ping
from minisentinel.core.state import Instance, Master, Peer, Purpose, ReplyTo, Role, Server
from minisentinel.replies import Error, Reply, Status
from minisentinel.trace import ObjectivelyDown, SubjectivelyDown

__all__ = [
    "check_objectively_down",
    "check_subjectively_down",
    "on_ping_reply",
    "send_periodic_commands",
]


def send_periodic_commands(ctx: Context, master: Master, instance: Instance) -> None:
    """INFO, PING and hello, each when it is due, unless the link is congested (§4).

    [MON-4-1] [MON-4.1-6]
    """
    rules, now, timing = ctx.profile.monitoring, ctx.now, ctx.state.timing
    link = instance.link
    if link.disconnected or (link.pending_commands and rules.is_congested(link)):
        return
    if isinstance(instance, Server):
        period = rules.info_period(master, instance, timing)
        if rules.should_send_info(instance, period, now):
            send(ctx, instance, ReplyTo.INFO, "INFO")
    if rules.should_send_ping(instance, now, timing):
        send_ping(ctx, instance)
    publish_if_due(ctx, instance)


def on_ping_reply(ctx: Context, instance: Instance, reply: Reply) -> None:
    """Judge the answer to a PING (spec: monitoring §5).

    [MON-5-1] to [MON-5-7], [GEN-5-15] [GEN-5-16]
    """
    link = instance.link
    if isinstance(reply, Status | Error):
        text = reply.text
        if ctx.profile.monitoring.is_acceptable(text):
            link.last_avail_time = ctx.now
            link.act_ping_time = 0
            if isinstance(instance, Master) and text.startswith("PONG"):
                instance.rebooted = False
        elif (
            text.startswith("BUSY")
            and instance.subjectively_down
            and not instance.script_kill_sent
            and send(ctx, instance, ReplyTo.IGNORED, "SCRIPT", "KILL")
        ):
            instance.script_kill_sent = True
    link.last_pong_time = ctx.now


def check_subjectively_down(ctx: Context, instance: Instance) -> None:
    """Close suspicious connections, then set or clear subjectively down (spec: monitoring §6).

    [MON-6.2-5] [MON-6.2-6] [GEN-5-2]
    """
    rules, now, timing = ctx.profile.monitoring, ctx.now, ctx.state.timing
    silence_ms = rules.silence_ms(instance, now)
    if rules.should_close_command(instance, now, timing):
        close_one(ctx, instance, Purpose.COMMAND)
    if not isinstance(instance, Peer) and rules.should_close_pubsub(instance.link, now, timing):
        close_one(ctx, instance, Purpose.PUBSUB)
    down = rules.is_subjectively_down(instance, silence_ms, now, timing)
    if down and not instance.subjectively_down:
        instance.subjectively_down = True
        instance.s_down_since = now
        ctx.emit("warning", "+sdown", instance)
        if ctx.tracing:
            _note_down(ctx, instance, silence_ms)
    elif instance.subjectively_down and not down:
        instance.subjectively_down = False
        instance.script_kill_sent = False
        ctx.emit("warning", "-sdown", instance)
        if ctx.tracing:
            _note_down(ctx, instance, silence_ms)


def _note_down(ctx: Context, instance: Instance, silence_ms: int) -> None:
    if not instance.subjectively_down:
        why = ""
    elif silence_ms > instance.down_after:
        why = "silence"
    else:
        turned = isinstance(instance, Master) and instance.role_reported is Role.REPLICA
        why = "role" if turned else "reboot"
    ctx.note(
        SubjectivelyDown(
            **ctx.about(instance),
            down=instance.subjectively_down,
            why=why,
            silent_ms=silence_ms,
            limit_ms=instance.down_after,
        )
    )


def check_objectively_down(ctx: Context, master: Master) -> None:
    """Set or clear objectively down by the opinions at hand (spec: monitoring §7).

    [MON-7-2] [MON-7-3] [GEN-5-3]
    """
    rules = ctx.profile.monitoring
    down = rules.is_objectively_down(master)
    if down and not master.objectively_down:
        master.objectively_down = True
        master.o_down_since = ctx.now
        ctx.emit(
            "warning", "+odown", master, f"%@ #quorum {rules.reporters(master)}/{master.quorum}"
        )
        if ctx.tracing:
            _note_agreement(ctx, master)
    elif master.objectively_down and not down:
        master.objectively_down = False
        ctx.emit("warning", "-odown", master)
        if ctx.tracing:
            _note_agreement(ctx, master)


def _note_agreement(ctx: Context, master: Master) -> None:
    ctx.note(
        ObjectivelyDown(
            master=master.name,
            down=master.objectively_down,
            quorum=master.quorum,
            reporters=tuple(
                (peer.runid, ctx.now - peer.last_master_down_reply_time)
                for peer in master.peers.values()
                if peer.master_down
            ),
        )
    )
