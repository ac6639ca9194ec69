"""The decisions of the first Sentinel, as today's rules with other answers, and some of its own.

Times are milliseconds. Spec: sentinel-2.6 §2, and the sections that the classes name.
"""

from __future__ import annotations

from collections.abc import Iterable

from minisentinel.core.dice import Dice
from minisentinel.core.rules import (
    ElectionRules,
    FailoverRules,
    HelloRules,
    MonitoringRules,
    SelectionRules,
)
from minisentinel.core.state import Instance, Link, Master, Peer, Replica, Server
from minisentinel.core.timing import FAST_INFO_PERIOD_MS, Timing

__all__ = [
    "PUBLISH_PERIOD_MS",
    "TICK_MS",
    "OldElection",
    "OldFailover",
    "OldHello",
    "OldMonitoring",
    "OldSelection",
]

TICK_MS = 100
PUBLISH_PERIOD_MS = 5_000
INFO_VALIDITY_MS = 5_000
"""How old an opinion, a vote, or a sign of life may be before it no longer counts."""

START_DELAY_MS = 5_000
START_DELAY_SPREAD_MS = 10_000
PROMOTION_RETRY_MS = 30_000


class OldMonitoring(MonitoringRules):
    """Links, periodic commands and SDOWN (sentinel-2.6 §3, §4, §6)."""

    __slots__ = ()

    def tick_delay_ms(self, draw: int) -> int:
        """Always the same: nothing keeps Sentinels from marching in step."""
        return TICK_MS

    def should_reconnect(self, instance: Instance, now: int, timing: Timing) -> bool:
        """At every tick while something is missing."""
        return instance.link.disconnected and instance.address.port != 0

    def info_period(self, master: Master, server: Server, timing: Timing) -> int:
        """A replica's broken link does not make INFO faster; trouble of the master does."""
        if isinstance(server, Replica) and (master.objectively_down or master.failover_in_progress):
            return FAST_INFO_PERIOD_MS
        return timing.info_period

    def should_send_ping(self, instance: Instance, now: int, timing: Timing) -> bool:
        """The last answer is older than a period; while there is none, at every tick again."""
        return now - instance.link.last_pong_time > timing.ping_period

    def silence_ms(self, instance: Instance, now: int) -> int:
        """Time since the last good answer, asked for or not."""
        return now - instance.link.last_avail_time

    def is_subjectively_down(
        self, instance: Instance, silence_ms: int, now: int, timing: Timing
    ) -> bool:
        """Silence is the only reason."""
        return silence_ms > instance.down_after

    def should_close_command(self, instance: Instance, now: int, timing: Timing) -> bool:
        """Old enough, and no answer for half of down-after; no PING need be pending."""
        link = instance.link
        return (
            link.command is not None
            and now - link.command.opened_ms > timing.min_link_reconnect_period
            and now - link.last_pong_time > instance.down_after // 2
        )

    def should_close_pubsub(self, link: Link, now: int, timing: Timing) -> bool:
        """Old enough, and silent for three of the longer hello periods."""
        return (
            link.pubsub is not None
            and now - link.pubsub.opened_ms > timing.min_link_reconnect_period
            and now - link.pubsub_last_activity > 3 * PUBLISH_PERIOD_MS
        )

    # A master where a replica should be (§12)

    def demotion_wait_ms(self, master: Master, timing: Timing) -> int:
        """How long after the beginning of its own trouble a master may not demote anybody."""
        return 2 * timing.info_period + 2 * master.down_after

    def must_wait_to_demote(
        self, master: Master, tilt_start_time: int, now: int, timing: Timing
    ) -> bool:
        """Whether the master was in trouble, or we were in TILT, too shortly ago."""
        wait = self.demotion_wait_ms(master, timing)
        return any(
            now - since < wait
            for since in (master.s_down_since, master.o_down_since, tilt_start_time)
        )

    def may_demote(self, master: Master, now: int, timing: Timing) -> bool:
        """Whether the master is well, and has said so lately."""
        return (
            not master.subjectively_down
            and not master.objectively_down
            and now - master.info_refresh < 2 * timing.info_period
        )


class OldHello(HelloRules):
    """Greetings every five seconds (§4)."""

    __slots__ = ()

    def should_publish(self, instance: Instance, now: int, timing: Timing) -> bool:
        """To masters only."""
        return isinstance(instance, Master) and now - instance.last_pub_time > PUBLISH_PERIOD_MS


class OldElection(ElectionRules):
    """Asking, and who leads: the smallest run id that enough Sentinels see (§7 to §9)."""

    __slots__ = ()

    def is_stale(self, peer: Peer, now: int, timing: Timing) -> bool:
        """Whether the peer's opinion, and its vote with it, is forgotten."""
        return now - peer.last_master_down_reply_time > INFO_VALIDITY_MS

    def should_ask(
        self, master: Master, peer: Peer, forced: bool, now: int, timing: Timing
    ) -> bool:
        """Also during a failover; nobody is ever asked out of turn."""
        return (
            (master.subjectively_down or master.failover_in_progress)
            and not peer.link.disconnected
            and now - peer.last_master_down_reply_time >= timing.ask_period
        )

    def may_lead(self, peer: Peer, permitted: bool, now: int) -> bool:
        """Whether a peer may be the subjective leader."""
        return (
            permitted
            and not peer.link.disconnected
            and peer.runid != ""
            and now - peer.link.last_avail_time <= INFO_VALIDITY_MS
        )

    def counts(self, master: Master, peer: Peer) -> bool:
        """Whether a peer's vote is counted."""
        return peer.leader != "" and (master.failover_in_progress or peer.master_down)

    def start_delay_ms(self, dice: Dice) -> int:
        """How long the leader waits before it acts: 5 to 15 s."""
        return START_DELAY_MS + dice.below(START_DELAY_SPREAD_MS)

    def is_taken_over(self, master: Master, now: int) -> bool:
        """Whether an observer that has become the leader finishes what somebody else began."""
        return now - master.failover_state_change_time >= master.failover_timeout // 4


class OldSelection(SelectionRules):
    """Who is promoted: the offset does not matter (§10)."""

    __slots__ = ()

    def why_excluded(self, master: Master, replica: Replica, now: int, timing: Timing) -> str:
        """As today, with a shorter limit for INFO while the master is up."""
        info_limit = INFO_VALIDITY_MS if master.subjectively_down else 3 * INFO_VALIDITY_MS
        if replica.subjectively_down:
            return "subjectively down"
        if replica.link.disconnected:
            return "link disconnected"
        if now - replica.link.last_avail_time > INFO_VALIDITY_MS:
            return "ping too old"
        if replica.priority == 0:
            return "priority zero"
        if now - replica.info_refresh > info_limit:
            return "info too old"
        if replica.master_link_down_time > self.link_down_limit_ms(master, now):
            return "link down for too long"
        return ""

    def preference(self, replica: Replica) -> tuple[int, int, bool, str]:
        """Priority, then the smallest run id."""
        return (replica.priority, 0, not replica.runid, replica.runid.lower())


class OldFailover(FailoverRules):
    """The limits of the old machine (§11)."""

    __slots__ = ()

    def promotion_timed_out(self, master: Master, now: int) -> bool:
        """Whether another replica is to be tried; the boundary counts."""
        return now - master.failover_state_change_time >= PROMOTION_RETRY_MS

    def is_lost(self, master: Master, promoted: Replica, now: int) -> bool:
        """Whether the promoted replica has been down for so long that all is undone."""
        return promoted.subjectively_down and now - promoted.s_down_since >= 10 * master.down_after

    def reconfigured(self, replicas: Iterable[Replica]) -> list[Replica]:
        """Those that an abort must send back to the old master."""
        return [
            each
            for each in replicas
            if each.promoted or each.reconf_sent or each.reconf_inprog or each.reconf_done
        ]
