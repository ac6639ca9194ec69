"""What the service counts about its clients, for INFO's sections ``clients`` and ``stats``.

The service and its driver add to a `Statistics` as things happen; a `Census` says how many of what
there are when INFO asks. Spec: commands §3.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from minisentinel.service.session import Session

__all__ = ["Census", "Rate", "Statistics"]

_SLOTS = 16
_SLOT_MS = 100


@dataclass(slots=True)
class Rate:
    """How much of something per second, as the mean of the latest sixteen tenths of a second."""

    _slots: list[int] = field(default_factory=lambda: [0] * _SLOTS)
    _latest: int = 0

    def add(self, now_ms: int, amount: int = 1) -> None:
        """Count `amount` at `now_ms`."""
        self._forget_before(now_ms)
        self._slots[self._latest % _SLOTS] += amount

    def per_second(self, now_ms: int) -> float:
        """The mean at `now_ms`."""
        self._forget_before(now_ms)
        return sum(self._slots) * 1000 / (_SLOTS * _SLOT_MS)

    def _forget_before(self, now_ms: int) -> None:
        number = now_ms // _SLOT_MS
        passed = number - self._latest
        if not 0 <= passed < _SLOTS:
            # So long ago that nothing counts any more, or the clock went back.
            self._slots = [0] * _SLOTS
        else:
            for each in range(self._latest + 1, number + 1):
                self._slots[each % _SLOTS] = 0
        self._latest = number


@dataclass(slots=True)
class Statistics:
    """What has happened since the start of the process.

    The service counts the first group, and calls `command_processed`; whoever moves bytes calls
    `read` and `wrote`; whoever turns the event loop, if anybody does, `turned` and `command_took`.
    """

    connections_received: int = 0
    connections_rejected: int = 0
    commands_processed: int = 0
    error_replies: int = 0
    acl_denied_auth: int = 0
    acl_denied_command: int = 0
    acl_denied_channel: int = 0

    bytes_read: int = 0
    bytes_written: int = 0
    reads: int = 0
    writes: int = 0
    query_buffer_disconnections: int = 0
    output_buffer_disconnections: int = 0
    largest_input_buffer: int = 0
    largest_output_buffer: int = 0

    rounds: int = 0
    rounds_us: int = 0
    commands_us: int = 0

    commands: Rate = field(default_factory=Rate)
    input: Rate = field(default_factory=Rate)
    output: Rate = field(default_factory=Rate)
    recent_rounds: Rate = field(default_factory=Rate)
    recent_rounds_us: Rate = field(default_factory=Rate)

    def command_processed(self, now_ms: int) -> None:
        """A command was carried out (one that is refused before it runs does not count)."""
        self.commands_processed += 1
        self.commands.add(now_ms)

    def read(self, now_ms: int, size: int) -> None:
        """`size` bytes came from a client in one piece."""
        self.reads += 1
        self.bytes_read += size
        self.input.add(now_ms, size)

    def wrote(self, now_ms: int, size: int) -> None:
        """`size` bytes went to a client in one piece."""
        self.writes += 1
        self.bytes_written += size
        self.output.add(now_ms, size)

    def turned(self, now_ms: int, took_us: int) -> None:
        """The event loop has gone round once; waiting does not count."""
        self.rounds += 1
        self.rounds_us += took_us
        self.recent_rounds.add(now_ms)
        self.recent_rounds_us.add(now_ms, took_us)

    def command_took(self, took_us: int) -> None:
        """A client's command was worked on for so long."""
        self.commands_us += took_us

    def usual_round_us(self, now_ms: int) -> int:
        """How long a round takes at `now_ms`, on average."""
        rounds = self.recent_rounds.per_second(now_ms)
        return int(self.recent_rounds_us.per_second(now_ms) / rounds) if rounds else 0


@dataclass(frozen=True, slots=True)
class Census:
    """How many there are at one moment: clients, those with subscriptions, what they subscribe to.

    `channels` and `patterns` count each name once, however many clients subscribe to it.
    """

    clients: int = 0
    subscribers: int = 0
    channels: int = 0
    patterns: int = 0
    blocked: int = 0
    tracking: int = 0

    @classmethod
    def of(cls, sessions: Collection[Session]) -> Census:
        """Count `sessions`; one whose commands a pause holds back counts as blocked."""
        return cls(
            clients=len(sessions),
            subscribers=sum(session.is_subscriber for session in sessions),
            channels=len({channel for session in sessions for channel in session.channels}),
            patterns=len({pattern for session in sessions for pattern in session.patterns}),
            blocked=sum(bool(session.waiting) for session in sessions),
            tracking=sum(session.tracking is not None for session in sessions),
        )
