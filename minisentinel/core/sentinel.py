"""One Sentinel: inputs go in, one at a time, and each answers with what is to be done.

The object never sees a clock, a socket or a file. A driver tells it the time with every input,
carries out the effects in order, and reports back what came of them. The simulator and the live
server are two drivers of this same class.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from minisentinel.core import hello, info, links, monitoring, timer
from minisentinel.core.address import Facts
from minisentinel.core.context import Context
from minisentinel.core.effects import Effect
from minisentinel.core.election import on_ask_reply
from minisentinel.core.profile import MODERN, Profile
from minisentinel.core.state import (
    Connection,
    Expect,
    Link,
    Peer,
    ReplyTo,
    Server,
    State,
)
from minisentinel.core.timing import RUNID_LENGTH
from minisentinel.replies import Error, Reply
from minisentinel.trace import ConfigurationSaved

__all__ = ["Sentinel"]


class Sentinel:
    """A state and a profile, driven by inputs; every input returns its effects in order.

    `now_ms` is always the wall clock of the Sentinel's host in whole milliseconds.
    """

    def __init__(
        self, state: State, *, facts: Facts, profile: Profile = MODERN, tracing: bool = False
    ) -> None:
        self.context = Context(state, profile, facts, tracing)

    @property
    def state(self) -> State:
        """Everything that this Sentinel knows: plain data, yours to read and copy."""
        return self.context.state

    @contextmanager
    def step(self, now_ms: int) -> Iterator[list[Effect]]:
        """One atomic step at `now_ms`: whatever runs inside appends to the list that it yields."""
        out = self._begin(now_ms)
        yield out

    def _begin(self, now_ms: int) -> list[Effect]:
        context = self.context
        context.now = now_ms
        out: list[Effect] = []
        context.out = out
        return out

    def start(self, now_ms: int) -> list[Effect]:
        """The process has loaded its configuration (spec: config §4)."""
        out = self._begin(now_ms)
        ctx, state = self.context, self.state
        if not state.myid:
            state.myid = state.dice.hex(RUNID_LENGTH)
            ctx.save()
        ctx.log("notice", f"Sentinel ID is {state.myid}")
        for master in state.masters.values():
            ctx.emit("warning", "+monitor", master, f"%@ quorum {master.quorum}")
        return out

    def tick(self, now_ms: int) -> list[Effect]:
        """The periodic timer fired; `next_tick_in_ms` says when it is due again."""
        out = self._begin(now_ms)
        timer.tick(self.context)
        return out

    def next_tick_in_ms(self) -> int:
        """Draw the delay until the next tick: 52 to 100 ms (spec: monitoring §2)."""
        return timer.next_tick_in_ms(self.context)

    def connected(self, now_ms: int, connection: int, local_host: str) -> list[Effect]:
        """A connection that was asked for is established; `local_host` is this end's address."""
        out = self._begin(now_ms)
        found = self._find(connection)
        if found is not None:
            found[1].local_host = local_host
        return out

    def lost(self, now_ms: int, connection: int) -> list[Effect]:
        """A connection could not be made, or was closed by the other side or the network."""
        out = self._begin(now_ms)
        links.lose(self.context, connection)
        return out

    def received(self, now_ms: int, connection: int, reply: Reply) -> list[Effect]:
        """A reply or a Pub/Sub message arrived on a connection that this Sentinel opened."""
        out = self._begin(now_ms)
        found = self._find(connection)
        if found is None:
            return out
        link, source = found
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

    def saved(self, now_ms: int, error: str) -> list[Effect]:
        """A save was carried out; `error` is empty, or says why it failed (config §5).

        A failure is logged, and the protocol goes on.
        """
        out = self._begin(now_ms)
        ctx = self.context
        if error:
            ctx.log(
                "warning",
                "WARNING: Sentinel was not able to save the new configuration on disk!!!: " + error,
            )
        else:
            ctx.log("notice", "Sentinel new configuration saved on disk")
        if ctx.tracing:
            ctx.note(ConfigurationSaved(current_epoch=self.state.current_epoch, error=error))
        return out

    def script_started(self, now_ms: int, job: int, pid: int) -> list[Effect]:
        """A user script runs as the process `pid` (spec: failover §9.3)."""
        return self._begin(now_ms)

    def script_not_started(self, now_ms: int, job: int) -> list[Effect]:
        """No process could be made for a user script; it is tried again at the next tick."""
        return self._begin(now_ms)

    def script_ended(self, now_ms: int, pid: int, exit_code: int, signal: int) -> list[Effect]:
        """The process of a user script is over; `signal` is 0 unless one ended it."""
        return self._begin(now_ms)

    def _find(self, connection: int) -> tuple[Link, Connection] | None:
        link = self.state.connections.get(connection)
        if link is None:
            return None
        for each in (link.command, link.pubsub):
            if each is not None and each.id == connection:
                return link, each
        return None

    def _drop(self, link: Link, connection: Connection) -> None:
        """Close a connection on which the server refuses to talk to us (monitoring §3.3)."""
        links.close_one(self.context, self.state.instances[link.users[0]], connection.purpose)

    def _on_subscription(self, link: Link, connection: Connection, reply: Reply) -> None:
        """Whatever comes on a subscribed connection (spec: gossip §4)."""
        if isinstance(reply, Error):
            self._drop(link, connection)
            return
        link.pubsub_last_activity = self.context.now
        match reply:
            case ("message", str(), str(text)) if self.state.myid not in text:
                hello.receive(self.context, text)

    def _on_reply(self, expect: Expect, reply: Reply) -> None:
        instance = self.state.instances.get(expect.instance)
        if instance is None:
            return
        ctx = self.context
        match expect.what:
            case ReplyTo.PING:
                monitoring.on_ping_reply(ctx, instance, reply)
            case ReplyTo.INFO if isinstance(instance, Server):
                instance.due = 0
                info.on_info_reply(ctx, ctx.master_of(instance), instance, reply)
            case ReplyTo.HELLO:
                hello.on_hello_reply(ctx, instance, reply)
            case ReplyTo.ASK if isinstance(instance, Peer):
                master = ctx.master_of(instance)
                master.due = 0
                on_ask_reply(ctx, master, instance, reply)
            case _:
                pass
