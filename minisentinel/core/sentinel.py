"""One Sentinel: inputs go in, one at a time, and each answers with what is to be done.

The object never sees a clock, a socket or a file. A driver tells it the time with every input,
carries out the effects in order, and reports back what came of them. The simulator and the live
server are two drivers of this same class.
"""

from __future__ import annotations

import datetime

from minisentinel.core import hello, info, links, monitoring, scripts, timer
from minisentinel.core.address import ConnectError, Facts, never_fails_at_once
from minisentinel.core.context import Context
from minisentinel.core.due import earliest_due, look_at, plan
from minisentinel.core.effects import Effect
from minisentinel.core.election import on_ask_reply
from minisentinel.core.profile import MODERN, Profile
from minisentinel.core.saved import SavedConfiguration
from minisentinel.core.state import (
    Connection,
    Expect,
    Link,
    Peer,
    ReplyTo,
    ScriptEnd,
    Server,
    State,
)
from minisentinel.core.timing import RUNID_LENGTH
from minisentinel.replies import Error, Reply
from minisentinel.trace import ConfigurationSaved

__all__ = ["Sentinel"]


class Sentinel:
    """A state and a profile, driven by inputs; every input returns its effects in order.

    `now_ms` is always the wall clock of the Sentinel's host in whole milliseconds. `zone` is the
    time zone of that host, in which a log line tells a time; None is that of this machine.
    `connect_error` is asked before a connection is opened.
    """

    def __init__(
        self,
        state: State,
        *,
        facts: Facts,
        profile: Profile = MODERN,
        tracing: bool = False,
        zone: datetime.tzinfo | None = datetime.UTC,
        connect_error: ConnectError = never_fails_at_once,
    ) -> None:
        self.context = Context(state, profile, facts, tracing, zone, connect_error)

    @property
    def state(self) -> State:
        """Everything that this Sentinel knows: plain data, yours to read and copy."""
        return self.context.state

    def step(self, now_ms: int) -> list[Effect]:
        """Begin a step at `now_ms`; its effects are appended to the list that this returns."""
        context = self.context
        context.now = now_ms
        out: list[Effect] = []
        context.out = out
        return out

    def start(self, now_ms: int) -> list[Effect]:
        """The process has loaded its configuration (spec: config §4).

        [CFG-4-2] to [CFG-4-4], [CFG-5-1] [MON-1.1-1] [GEN-3-28]
        """
        out = self.step(now_ms)
        ctx, state = self.context, self.state
        if not state.myid:
            state.myid = state.dice.hex(RUNID_LENGTH)
            ctx.save()
        ctx.log("notice", f"Sentinel ID is {state.myid}")
        for master in state.masters.values():
            if ctx.tracing:
                ctx.note_settings(master)
                ctx.note_configuration(master, "loaded", before=master.config_epoch)
            ctx.emit("warning", "+monitor", master, f"%@ quorum {master.quorum}")
        return out

    def tick(self, now_ms: int) -> list[Effect]:
        """The periodic timer fired; `next_tick_in_ms` says when it is due again."""
        out = self.step(now_ms)
        timer.tick(self.context)
        return out

    @property
    def quiet_until(self) -> int:
        """Until then (ms) a tick can do nothing, unless something else happens first; 0: unknown.

        A driver may put `skipped_ticks` in the place of such ticks. Every input may change it.
        """
        return self.context.state.quiet_until

    def look_ahead(self) -> None:
        """Find out anew until when it is quiet, if it is; since the last tick answers have come."""
        state = self.context.state
        if state.quiet_until:
            state.quiet_until = earliest_due(state)

    def skipped_ticks(self, last_ms: int) -> None:
        """Ticks were due before `quiet_until`, the last one at `last_ms`, and did not happen."""
        self.context.state.previous_time = last_ms

    def next_tick_in_ms(self) -> int:
        """Draw the delay until the next tick: 52 to 100 ms (spec: monitoring §2)."""
        return timer.next_tick_in_ms(self.context)

    def connected(self, now_ms: int, connection: int, local_host: str) -> list[Effect]:
        """A connection that was asked for is established; `local_host` is this end's address."""
        out = self.step(now_ms)
        link = self.state.connections.get(connection)
        if link is not None:
            for each in (link.command, link.pubsub):
                if each is not None and each.id == connection:
                    each.local_host = local_host
        return out

    def lost(self, now_ms: int, connection: int) -> list[Effect]:
        """A connection could not be made, or was closed by the other side or the network."""
        out = self.step(now_ms)
        links.lose(self.context, connection)
        return out

    def received(self, now_ms: int, connection: int, reply: Reply) -> list[Effect]:
        """A reply or a Pub/Sub message arrived on a connection that this Sentinel opened."""
        out = self.step(now_ms)
        link = self.context.state.connections.get(connection)
        if link is None:
            return out
        source = link.command
        if source is None or source.id != connection:
            source = link.pubsub
            assert source is not None  # it is in the table because it is one of the two
        expected = source.expected
        if not expected:
            if isinstance(reply, Error):
                self._drop(link, source)
        elif expected[0].what is ReplyTo.SUBSCRIBE:
            self._on_subscription(link, source, reply)
        else:
            link.pending_commands -= 1
            self._on_reply(expected.popleft(), reply)
        return out

    def saved(self, now_ms: int, saved: SavedConfiguration, error: str) -> list[Effect]:
        """A save was carried out; `error` is empty, or says why it failed (config §5).

        A failure is logged, and the protocol goes on. [CFG-5-14]
        """
        out = self.step(now_ms)
        ctx = self.context
        if error:
            ctx.log(
                "warning",
                "WARNING: Sentinel was not able to save the new configuration on disk!!!: " + error,
            )
        else:
            ctx.log("notice", "Sentinel new configuration saved on disk")
        if ctx.tracing:
            ctx.note(
                ConfigurationSaved(
                    current_epoch=saved.current_epoch,
                    error=error,
                    epochs=tuple(
                        (each.name, each.config_epoch, each.leader_epoch) for each in saved.masters
                    ),
                )
            )
        return out

    def script_started(self, now_ms: int, job: int, pid: int) -> list[Effect]:
        """A user script runs as the process `pid` (spec: failover §9.3)."""
        out = self.step(now_ms)
        scripts.on_script_started(self.context, job, pid)
        return out

    def script_not_started(self, now_ms: int, job: int) -> list[Effect]:
        """No process could be made for a user script; it is tried again at the next tick."""
        out = self.step(now_ms)
        scripts.on_script_not_started(self.context, job)
        return out

    def script_ended(self, now_ms: int, pid: int, exit_code: int, signal: int) -> list[Effect]:
        """The process of a user script is over; `signal` is 0 unless one ended it.

        Nothing comes of it before the next tick.
        """
        out = self.step(now_ms)
        scripts.on_script_ended(self.context, ScriptEnd(pid, exit_code, signal))
        return out

    def _drop(self, link: Link, connection: Connection) -> None:
        """Close a connection on which the server refuses to talk to us (monitoring §3.3).

        [MON-3.3-11]
        """
        links.close_one(self.context, self.state.instances[link.users[0]], connection.purpose)

    def _on_subscription(self, link: Link, connection: Connection, reply: Reply) -> None:
        """Whatever comes on a subscribed connection (spec: gossip §4). [GOS-4-1] to [GOS-4-5]"""
        ctx = self.context
        if isinstance(reply, tuple):
            link.pubsub_last_activity = ctx.now
            if len(reply) == 3 and reply[0] == "message":
                _, channel, text = reply
                if (
                    isinstance(channel, str)
                    and isinstance(text, str)
                    and not ctx.profile.hello.is_own(ctx.state, text)
                ):
                    hello.receive(ctx, text)
        elif isinstance(reply, Error):
            self._drop(link, connection)
        else:
            link.pubsub_last_activity = ctx.now

    def _on_reply(self, expect: Expect, reply: Reply) -> None:
        ctx = self.context
        state = ctx.state
        instance = state.instances.get(expect.instance)
        if instance is None:
            return
        what = expect.what
        if what is ReplyTo.PING or what is ReplyTo.HELLO:
            if what is ReplyTo.PING:
                monitoring.on_ping_reply(ctx, instance, reply)
            else:
                hello.on_hello_reply(ctx, instance, reply)
            link = instance.link
            if instance.subjectively_down or len(link.users) > 1:
                for serial in link.users:
                    look_at(state, state.instances[serial])
            elif instance.due:
                plan(ctx, state.masters[instance.master_name], instance)
        elif what is ReplyTo.INFO and isinstance(instance, Server):
            look_at(state, instance)
            info.on_info_reply(ctx, ctx.master_of(instance), instance, reply)
        elif what is ReplyTo.ASK and isinstance(instance, Peer):
            master = ctx.master_of(instance)
            look_at(state, master)
            on_ask_reply(ctx, master, instance, reply)
