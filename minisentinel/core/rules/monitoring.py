"""When to connect, ping, ask for INFO, and when silence means that something is down."""

from __future__ import annotations

from minisentinel.core.state import Instance, Link, Master, Replica, Role, Server, State
from minisentinel.core.timing import COMMAND_LIMIT, FAST_INFO_PERIOD_MS, Timing

__all__ = ["MonitoringRules"]


class MonitoringRules:
    """Links, periodic commands, subjectively and objectively down, TILT, misplaced servers."""

    __slots__ = ()

    # The timer

    def tick_delay_ms(self, draw: int) -> int:
        """Delay until the next tick for a `draw` of 0..9: 52 to 100 ms (spec: monitoring §2).

        [MON-2-1] [GEN-3-20]
        """
        return 1000 // (10 + draw)

    def enters_tilt(self, gap_ms: int, timing: Timing) -> bool:
        """Whether the gap between two ticks betrays a stall or a clock step (monitoring §8).

        [MON-8-1]
        """
        return gap_ms < 0 or gap_ms > timing.tilt_trigger

    def leaves_tilt(self, tilt_start_time: int, now: int, timing: Timing) -> bool:
        """Whether TILT has lasted long enough; the boundary counts (monitoring §8). [MON-8-2]"""
        return now - tilt_start_time >= timing.tilt_period

    def may_act(self, state: State) -> bool:
        """Whether to judge and to act, or only to watch: who is in TILT watches (monitoring §8).

        [MON-2.1-3] [MON-8-3] to [MON-8-6] [MON-9.4-2]
        """
        return not state.tilt

    # Links and periodic commands

    def should_reconnect(self, instance: Instance, now: int, timing: Timing) -> bool:
        """Whether to attempt the missing connections of a link (monitoring §3.3). [MON-3.3-1]"""
        link = instance.link
        return (
            link.disconnected
            and instance.address.port != 0
            and now - link.last_reconn_time >= timing.ping_period
        )

    def is_congested(self, link: Link) -> bool:
        """Whether so many commands are unanswered that periodic ones stop (monitoring §4).

        [MON-4-1] [GEN-3-24]
        """
        return link.pending_commands >= COMMAND_LIMIT * len(link.users)

    def info_period(self, master: Master, server: Server, timing: Timing) -> int:
        """The INFO period in ms: replicas are watched closely in trouble (monitoring §4.1).

        [MON-4.1-2] to [MON-4.1-5], [GEN-3-18]
        """
        if isinstance(server, Replica) and (
            master.objectively_down
            or master.failover_in_progress
            or server.master_link_down_time != 0
        ):
            return FAST_INFO_PERIOD_MS
        return timing.info_period

    def should_send_info(self, server: Server, period: int, now: int) -> bool:
        """Never asked, or the last answer is older than the period (monitoring §4.1).

        [MON-4.1-1] [MON-4.1-6]
        """
        return server.info_refresh == 0 or now - server.info_refresh > period

    def should_send_ping(self, instance: Instance, now: int, timing: Timing) -> bool:
        """Last answer older than a period, last PING older than half of it (monitoring §4.2).

        [MON-4.2-1]
        """
        link = instance.link
        period = min(instance.down_after, timing.ping_period)
        return now - link.last_pong_time > period and now - link.last_ping_time > period // 2

    def is_acceptable(self, ping_reply: str) -> bool:
        """Whether a status or error answering a PING shows a live server (monitoring §5).

        [MON-5-2] [MON-5-3] [MON-5-4] [MON-5-6]
        """
        return ping_reply.startswith(("PONG", "LOADING", "MASTERDOWN"))

    # Subjectively down

    def silence_ms(self, instance: Instance, now: int) -> int:
        """How long the instance has owed a sign of life (monitoring §6.2). [MON-6.2-1]"""
        link = instance.link
        if link.act_ping_time:
            return now - link.act_ping_time
        return now - link.last_avail_time if link.disconnected else 0

    def should_close_command(self, instance: Instance, now: int, timing: Timing) -> bool:
        """Whether the command connection looks dead and should be reopened (monitoring §6.1).

        [MON-6.1-1]
        """
        link = instance.link
        return (
            link.command is not None
            and now - link.command.opened_ms > timing.min_link_reconnect_period
            and link.act_ping_time != 0
            and now - link.act_ping_time > instance.down_after // 2
            and now - link.last_pong_time > instance.down_after // 2
        )

    def should_close_pubsub(self, link: Link, now: int, timing: Timing) -> bool:
        """Whether the Pub/Sub connection was silent for too long (monitoring §6.1).

        A healthy one carries at least our own hello messages. [MON-6.1-2]
        """
        return (
            link.pubsub is not None
            and now - link.pubsub.opened_ms > timing.min_link_reconnect_period
            and now - link.pubsub_last_activity > 3 * timing.publish_period
        )

    def is_subjectively_down(
        self, instance: Instance, silence_ms: int, now: int, timing: Timing
    ) -> bool:
        """Silence, a master that turned replica, or a reboot that lasts (monitoring §6.2).

        [MON-6.2-2] to [MON-6.2-4], [MON-6.2-7]
        """
        if silence_ms > instance.down_after:
            return True
        if not isinstance(instance, Master):
            return False
        if (
            instance.role_reported is Role.REPLICA
            and now - instance.role_reported_time > instance.down_after + 2 * timing.info_period
        ):
            return True
        return instance.rebooted and now - instance.rebooted_since > instance.reboot_down_after

    # Objectively down

    def reporters(self, master: Master) -> int:
        """Sentinels that report the master down, this one included (monitoring §7). [MON-7-4]"""
        return 1 + sum(peer.master_down for peer in master.peers.values())

    def is_objectively_down(self, master: Master) -> bool:
        """Down here, and at least `quorum` reporters in all (monitoring §7). [MON-7-1]"""
        return master.subjectively_down and self.reporters(master) >= master.quorum

    # Servers in the wrong place

    def is_sane(self, master: Master, now: int, timing: Timing) -> bool:
        """Whether the master may serve as the model for others (monitoring §9.6). [MON-9.6-3]"""
        return (
            master.role_reported is Role.MASTER
            and not master.subjectively_down
            and not master.objectively_down
            and now - master.info_refresh < 2 * timing.info_period
        )

    def no_down_event_for(self, instance: Instance, wait_ms: int, now: int) -> bool:
        """Whether the latest down period *began* more than `wait_ms` ago (monitoring §9.6).

        [MON-9.6-4]
        """
        since = instance.s_down_since
        return since == 0 or now - since > wait_ms

    def should_demote(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Whether a replica that claims to be master is to be converted (monitoring §9.6).

        [MON-9.6-2]
        """
        wait = 4 * timing.publish_period
        return (
            not replica.promoted
            and self.is_sane(master, now, timing)
            and self.no_down_event_for(replica, wait, now)
            and now - replica.role_reported_time > wait
        )

    def should_repoint(self, master: Master, replica: Replica, now: int, timing: Timing) -> bool:
        """Whether a replica of another master is to be corrected (monitoring §9.7). [MON-9.7-1]"""
        wait = master.failover_timeout
        return (
            self.is_sane(master, now, timing)
            and self.no_down_event_for(replica, wait, now)
            and now - replica.config_change_time > wait
        )
