"""Planted bugs in watching: silence, signs of life, TILT."""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import MonitoringRules
from minisentinel.core.state import Instance, Server, State
from minisentinel.core.timing import Timing
from sim.mutants.mutant import Mutant

__all__ = ["MONITORING"]


class LatestPingCounts(MonitoringRules):
    """Silence is measured from the last PING."""

    __slots__ = ()

    def silence_ms(self, instance: Instance, now: int) -> int:
        """Since the last PING that nobody has answered."""
        link = instance.link
        if link.act_ping_time:
            return now - (link.last_ping_time or link.act_ping_time)
        return super().silence_ms(instance, now)


class InfoBeforePing(MonitoringRules):
    """While INFO is due there is no turn for a PING."""

    __slots__ = ()

    def should_send_ping(self, instance: Instance, now: int, timing: Timing) -> bool:
        """Never instead of an INFO."""
        if isinstance(instance, Server) and self.should_send_info(
            instance, timing.info_period, now
        ):
            return False
        return super().should_send_ping(instance, now, timing)


class DownForEver(MonitoringRules):
    """What was once down stays down."""

    __slots__ = ()

    def is_subjectively_down(
        self, instance: Instance, silence_ms: int, now: int, timing: Timing
    ) -> bool:
        """Also if it was."""
        return instance.subjectively_down or super().is_subjectively_down(
            instance, silence_ms, now, timing
        )


class RoleNotLookedAt(MonitoringRules):
    """A master that answers is a master."""

    __slots__ = ()

    def is_subjectively_down(
        self, instance: Instance, silence_ms: int, now: int, timing: Timing
    ) -> bool:
        """Only for its silence."""
        return silence_ms > instance.down_after


class TiltIgnored(MonitoringRules):
    """TILT is announced, and that is all."""

    __slots__ = ()

    def may_act(self, state: State) -> bool:
        """Always."""
        return True


class TiltNotEntered(MonitoringRules):
    """The clock is always right."""

    __slots__ = ()

    def enters_tilt(self, gap_ms: int, timing: Timing) -> bool:
        """Never."""
        return False


class TiltLeftAtOnce(MonitoringRules):
    """TILT is over as soon as somebody looks."""

    __slots__ = ()

    def leaves_tilt(self, tilt_start_time: int, now: int, timing: Timing) -> bool:
        """Always."""
        return True


class RepliesOfAnyKind(MonitoringRules):
    """Only a PONG is a sign of life."""

    __slots__ = ()

    def is_acceptable(self, ping_reply: str) -> bool:
        """Nothing else."""
        return ping_reply.startswith("PONG")


MONITORING = (
    Mutant(
        Profile("latest-ping-counts", monitoring=LatestPingCounts()),
        "Silence is measured from the last PING sent, not from the first one unanswered.",
        "A dead server is asked twice a second. Who starts the clock again with each question "
        "never runs out of patience.",
        "silence-is-noticed",
    ),
    Mutant(
        Profile("info-before-ping", monitoring=InfoBeforePing()),
        "No PING is sent while an INFO is due.",
        "An INFO that nobody answers is due for ever. What the failure detector waits for may "
        "not queue behind what it does not.",
        "silence-is-noticed",
        "frozen-servers",
        "Redis 2.6.13 sent one periodic command per tick, INFO before PING (sentinel-2.6 §4); in "
        "7.0.15 each of them has its own turn.",
    ),
    Mutant(
        Profile("down-for-ever", monitoring=DownForEver()),
        "What was subjectively down once is never up again.",
        "A failure detector may be wrong, and what was dead may return: the remedy is to look "
        "again, for ever.",
        "life-is-noticed",
        "sleeper",
    ),
    Mutant(
        Profile("role-not-looked-at", monitoring=RoleNotLookedAt()),
        "A master that has become a replica is not held for down as long as it answers.",
        "Alive is not enough: whoever is asked for the master wants somebody who takes writes.",
        "one-master-at-the-end",
        "turned-master",
    ),
    Mutant(
        Profile("tilt-ignored", monitoring=TiltIgnored()),
        "TILT is announced, but Sentinel goes on judging and acting.",
        "After a stall all timers seem to have run out at once. Who acts on that fails over a "
        "master that is well.",
        "no-acting-in-tilt",
        "sleeper",
    ),
    Mutant(
        Profile("tilt-not-entered", monitoring=TiltNotEntered()),
        "Sentinel does not notice that its clock jumped or that it stood still.",
        "A process that was stopped for ten seconds has not heard from anybody for ten seconds. "
        "The silence is its own.",
        "no-acting-in-tilt",
        "sleeper",
    ),
    Mutant(
        Profile("tilt-left-at-once", monitoring=TiltLeftAtOnce()),
        "TILT ends at the first tick.",
        "It takes a while to see again how things are: PINGs must be answered, INFOs read, old "
        "messages worked off.",
        "tilt-lasts",
        "sleeper",
    ),
    Mutant(
        Profile("only-pong-is-life", monitoring=RepliesOfAnyKind()),
        "A server that answers that it is loading its data is held for down.",
        "A master that restarts with much data takes its time. It is not lost, and a replica in "
        "its place would be its backup of before.",
        "calm-without-faults",
        "much-data",
    ),
)
"""The mutants of monitoring, the simplest first."""
