"""Links: the connections to an instance, what is sent on them and how they come and go.

Spec: monitoring §3.
"""

from __future__ import annotations

from contextlib import suppress

from minisentinel.core.address import AddressError
from minisentinel.core.context import Context
from minisentinel.core.due import look_at
from minisentinel.core.effects import Open, Send
from minisentinel.core.instances import detach_connections
from minisentinel.core.state import (
    Connection,
    Expect,
    Instance,
    Link,
    Peer,
    Purpose,
    ReplyTo,
    Server,
)
from minisentinel.hello import HELLO_CHANNEL
from minisentinel.trace import PingMissed

__all__ = ["close_all", "close_one", "initiate", "lose", "reconnect", "send", "send_ping"]


def send(ctx: Context, instance: Instance, what: ReplyTo, *words: str) -> bool:
    """Queue a command for `instance`; False if there is no command connection."""
    connection = instance.link.command
    if connection is None:
        return False
    _queue(ctx, instance, connection, what, words)
    return True


def _queue(
    ctx: Context,
    instance: Instance,
    connection: Connection,
    what: ReplyTo,
    words: tuple[str, ...],
) -> None:
    """Send on one connection under the name that the master's renames give the command (§3.5).

    [MON-3.5-1] [MON-3.6-1]
    """
    renamed = ctx.state.masters[instance.master_name].renamed_commands
    if renamed:
        _, name = renamed.get(words[0].lower(), ("", words[0]))
        words = (name, *words[1:])
    if what is not ReplyTo.SUBSCRIBE:
        instance.link.pending_commands += 1
    connection.expected.append(Expect(what, instance.serial))
    ctx.out.append(Send(connection.id, words))


def send_ping(ctx: Context, instance: Instance) -> None:
    """Send a PING; an older unanswered one keeps its earlier time (spec: monitoring §5).

    [MON-5-8]
    """
    link = instance.link
    if not send(ctx, instance, ReplyTo.PING, "PING"):
        return
    # The first PING of all misses nothing, although `act_ping_time` starts non-zero.
    if ctx.tracing and link.act_ping_time and link.last_ping_time:
        _note_missed(ctx, instance)
    link.last_ping_time = ctx.now
    if link.act_ping_time == 0:
        link.act_ping_time = ctx.now


def _note_missed(ctx: Context, instance: Instance) -> None:
    waiting_ms = ctx.now - instance.link.act_ping_time
    ctx.note(PingMissed(**ctx.about(instance), waiting_ms=waiting_ms))


def reconnect(ctx: Context, instance: Instance) -> None:
    """Open what a disconnected link lacks, at most once per ping period (spec: monitoring §3.3).

    [MON-3.3-1] [MON-3.3-2] [MON-3.3-5] [MON-3.3-6] [MON-3.3-9] [MON-3.3-10]
    """
    if not ctx.profile.monitoring.should_reconnect(instance, ctx.now, ctx.state.timing):
        return
    link = instance.link
    link.last_reconn_time = ctx.now
    if link.command is None:
        _resolve_again(ctx, instance)
        connection = _open(ctx, instance, Purpose.COMMAND)
        if connection is not None:
            link.command = connection
            link.pending_commands = 0
            _introduce(ctx, instance, connection)
            send_ping(ctx, instance)
    if isinstance(instance, Server) and link.pubsub is None:
        connection = _open(ctx, instance, Purpose.PUBSUB)
        if connection is not None:
            link.pubsub = connection
            _introduce(ctx, instance, connection)
            _queue(ctx, instance, connection, ReplyTo.SUBSCRIBE, ("SUBSCRIBE", HELLO_CHANNEL))
    if link.command is not None and (link.pubsub is not None or isinstance(instance, Peer)):
        link.disconnected = False
    _wake(ctx, link)


def _resolve_again(ctx: Context, instance: Instance) -> None:
    """A host name may mean another address by now."""
    if not ctx.state.resolve_hostnames:
        return
    with suppress(AddressError):
        instance.address = ctx.address(
            instance.address.hostname, instance.address.port, allow_unresolved=False
        )


def _open(ctx: Context, instance: Instance, purpose: Purpose) -> Connection | None:
    """Initiate a connection; what fails at once is told by a debug event, and nothing is sent.

    [EVT-3-16] [EVT-3-17]
    """
    address = instance.address
    error = "Failed to establish connection"
    if address.ip:
        error = ctx.connect_error(address.ip, address.port)
    if error:
        name = (
            "-cmd-link-reconnection" if purpose is Purpose.COMMAND else "-pubsub-link-reconnection"
        )
        ctx.emit("debug", name, instance, f"%@ #{error}")
        return None
    return initiate(ctx, instance, purpose)


def initiate(ctx: Context, instance: Instance, purpose: Purpose) -> Connection:
    """Ask for a connection to an instance; its link is what is told of it."""
    state, address = ctx.state, instance.address
    connection = Connection(state.next_serial, purpose, ctx.now)
    state.next_serial += 1
    state.connections[connection.id] = instance.link
    ctx.out.append(Open(connection.id, address.ip, address.port, purpose))
    if ctx.tracing:
        ctx.note_link(instance, purpose, "opened")
    return connection


def _introduce(ctx: Context, instance: Instance, connection: Connection) -> None:
    """Authenticate if credentials apply, and give the connection a name (§3.3, §3.4).

    [MON-3.3-3] [MON-3.3-4] [MON-3.3-7] [MON-3.3-8] [MON-3.4-5]
    """
    user, password = _credentials(ctx, instance)
    if password:
        words = ("AUTH", user, password) if user else ("AUTH", password)
        _queue(ctx, instance, connection, ReplyTo.IGNORED, words)
    suffix = "cmd" if connection.purpose is Purpose.COMMAND else "pubsub"
    name = f"sentinel-{ctx.state.myid[:8]}-{suffix}"
    _queue(ctx, instance, connection, ReplyTo.IGNORED, ("CLIENT", "SETNAME", name))


def _credentials(ctx: Context, instance: Instance) -> tuple[str, str]:
    """User and password for an instance; replicas have those of their master [CFG-8-3].

    [MON-3.4-1] to [MON-3.4-4]
    """
    state = ctx.state
    if isinstance(instance, Peer):
        if state.sentinel_pass:
            return state.sentinel_user, state.sentinel_pass
        return "", state.requirepass
    master = ctx.master_of(instance)
    return master.auth_user, master.auth_pass


def close_one(ctx: Context, instance: Instance, purpose: Purpose) -> None:
    """Close one connection of a link on purpose; its outstanding replies are forgotten."""
    link = instance.link
    connection = link.command if purpose is Purpose.COMMAND else link.pubsub
    if connection is None:
        return
    if purpose is Purpose.COMMAND:
        link.command = None
        link.pending_commands = 0
    else:
        link.pubsub = None
    link.disconnected = True
    _wake(ctx, link)
    del ctx.state.connections[connection.id]
    ctx.close([(instance, connection)])


def close_all(ctx: Context, link: Link) -> None:
    """Close both connections of a link on purpose."""
    instance = ctx.state.instances[link.users[0]]
    ctx.close((instance, connection) for connection in detach_connections(ctx.state, link))
    _wake(ctx, link)


def lose(ctx: Context, connection_id: int) -> None:
    """A connection was lost or could not be made; nobody touches `act_ping_time` (§3.3).

    [MON-3.3-12]
    """
    link = ctx.state.connections.pop(connection_id, None)
    if link is None:
        return
    purpose = Purpose.PUBSUB
    if link.command is not None and link.command.id == connection_id:
        purpose = Purpose.COMMAND
        link.command = None
    elif link.pubsub is not None:
        lost = [e for e in link.pubsub.expected if e.what is not ReplyTo.SUBSCRIBE]
        link.pending_commands -= len(lost)
        link.pubsub = None
    link.disconnected = True
    _wake(ctx, link)
    if ctx.tracing:
        ctx.note_link(ctx.state.instances[link.users[0]], purpose, "lost")


def _wake(ctx: Context, link: Link) -> None:
    """Whoever uses `link` is to be looked at by the next tick."""
    for serial in link.users:
        look_at(ctx.state, ctx.state.instances[serial])
