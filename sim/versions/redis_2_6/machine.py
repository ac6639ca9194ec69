"""The first Sentinel behind the object that drives today's: the same inputs, the same effects."""

from __future__ import annotations

import datetime

from minisentinel.core import MODERN, Facts, Profile, Sentinel, State
from minisentinel.core.address import ConnectError, never_fails_at_once
from minisentinel.core.effects import Effect
from minisentinel.core.hello import on_hello_reply
from minisentinel.core.monitoring import on_ping_reply
from minisentinel.core.state import Connection, Expect, Link, Master, Peer, ReplyTo, Server
from minisentinel.core.timing import RUNID_LENGTH
from minisentinel.replies import Error, Reply
from sim.versions.redis_2_6 import hello, leader, timer
from sim.versions.redis_2_6.info import on_info_reply
from sim.versions.redis_2_6.memory import Memory, OldContext
from sim.versions.redis_2_6.rules import PUBLISH_PERIOD_MS, TICK_MS

__all__ = ["OldSentinel"]


class OldSentinel(Sentinel):
    """A Sentinel of 2013.

    Differs on purpose: ``can-failover`` is yes for all, where the real default is no, because
    today's configuration files know no such line.
    """

    context: OldContext

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
        self.context = OldContext(state, profile, facts, tracing, zone, connect_error)
        self.context.memory = Memory()
        state.timing.publish_period = PUBLISH_PERIOD_MS

    def start(self, now_ms: int) -> list[Effect]:
        """A new run id at every start; what a file may say of earlier lives does not count."""
        out = self.step(now_ms)
        self.state.myid = self.state.dice.hex(RUNID_LENGTH)
        self.context.log("notice", f"Sentinel runid is {self.state.myid}")
        return out

    def tick(self, now_ms: int) -> list[Effect]:
        """The periodic timer fired."""
        out = self.step(now_ms)
        timer.tick(self.context)
        return out

    def next_tick_in_ms(self) -> int:
        """Always the same delay."""
        return TICK_MS

    def _on_subscription(self, link: Link, connection: Connection, reply: Reply) -> None:
        ctx = self.context
        if isinstance(reply, Error):
            self._drop(link, connection)
            return
        link.pubsub_last_activity = ctx.now
        master = ctx.state.instances.get(link.users[0])
        match reply:
            case ("message", _, str(text)) if isinstance(master, Master):
                hello.receive(ctx, master, text)

    def _on_reply(self, expect: Expect, reply: Reply) -> None:
        ctx = self.context
        instance = ctx.state.instances.get(expect.instance)
        if instance is None:
            return
        match expect.what:
            case ReplyTo.PING:
                on_ping_reply(ctx, instance, reply)
            case ReplyTo.HELLO:
                on_hello_reply(ctx, instance, reply)
            case ReplyTo.INFO if isinstance(instance, Server) and isinstance(reply, str):
                on_info_reply(ctx, ctx.master_of(instance), instance, reply)
            case ReplyTo.ASK if isinstance(instance, Peer):
                leader.on_reply(ctx, ctx.master_of(instance), instance, reply)
