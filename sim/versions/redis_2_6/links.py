"""Connections and what is sent on them: one command per tick and instance.

Spec: sentinel-2.6 §3, §4."""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.core.effects import Send
from minisentinel.core.hello import PAYLOAD_LIMIT
from minisentinel.core.links import initiate, send
from minisentinel.core.state import (
    Connection,
    Expect,
    Instance,
    Master,
    Peer,
    Purpose,
    ReplyTo,
    Server,
)
from minisentinel.core.text import cut
from minisentinel.hello import HELLO_CHANNEL
from sim.versions.redis_2_6.memory import OldContext

__all__ = ["reconnect", "send_periodic_command"]


def reconnect(ctx: OldContext, instance: Instance) -> None:
    """Open what is missing; only masters get a Pub/Sub connection, and nobody a PING at once."""
    if not ctx.profile.monitoring.should_reconnect(instance, ctx.now, ctx.state.timing):
        return
    link = instance.link
    if link.command is None:
        link.command = initiate(ctx, instance, Purpose.COMMAND)
        link.pending_commands = 0
        _authenticate(ctx, instance, link.command)
    if isinstance(instance, Master) and link.pubsub is None:
        link.pubsub = initiate(ctx, instance, Purpose.PUBSUB)
        link.pubsub_last_activity = ctx.now
        _authenticate(ctx, instance, link.pubsub)
        link.pubsub.expected.append(Expect(ReplyTo.SUBSCRIBE, instance.serial))
        ctx.out.append(Send(link.pubsub.id, ("SUBSCRIBE", HELLO_CHANNEL)))
    link.disconnected = False


def _authenticate(ctx: Context, instance: Instance, connection: Connection) -> None:
    """With the master's password, whatever kind of instance it is."""
    password = ctx.master_of(instance).auth_pass
    if password:
        instance.link.pending_commands += 1
        connection.expected.append(Expect(ReplyTo.IGNORED, instance.serial))
        ctx.out.append(Send(connection.id, ("AUTH", password)))


def send_periodic_command(ctx: OldContext, master: Master, instance: Instance) -> None:
    """INFO, or else PING, or else hello: an INFO that is not answered starves the others."""
    rules, timing, link = ctx.profile.monitoring, ctx.state.timing, instance.link
    if link.disconnected or rules.is_congested(link):
        return
    if isinstance(instance, Server) and rules.should_send_info(
        instance, rules.info_period(master, instance, timing), ctx.now
    ):
        send(ctx, instance, ReplyTo.INFO, "INFO")
    elif rules.should_send_ping(instance, ctx.now, timing):
        send(ctx, instance, ReplyTo.PING, "PING")
        link.last_ping_time = ctx.now
    elif not isinstance(instance, Peer) and ctx.profile.hello.should_publish(
        instance, ctx.now, timing
    ):
        _say_hello(ctx, instance)


def _say_hello(ctx: OldContext, instance: Instance) -> None:
    """Who we are and whether we may lead; nothing about the master (sentinel-2.6 §5)."""
    connection = instance.link.command
    if connection is None or not connection.local_host:
        return
    state = ctx.state
    may_lead = int(ctx.memory.can_failover)
    text = cut(f"{connection.local_host}:{state.port}:{state.myid}:{may_lead}", PAYLOAD_LIMIT)
    send(ctx, instance, ReplyTo.HELLO, "PUBLISH", HELLO_CHANNEL, text)
