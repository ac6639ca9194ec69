"""What the kernel of a host does about silence: try again, ever more slowly, and give up.

Nothing here runs while a path is open. Only when something arrives at a closed door does its
sender get a `Recovery`, which counts the attempts and keeps what has to be sent again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

__all__ = [
    "PACKET_BYTES",
    "WINDOW_BYTES",
    "Recovery",
    "Segment",
    "TcpSettings",
    "packets_of",
    "size_of",
]

Segment = list[tuple[object, int]]
"""What leaves in one write: (message, size in bytes) pairs; a negative size marks control."""

PACKET_BYTES = 1448
"""What one packet of an Ethernet carries."""

WINDOW_BYTES = 10 * PACKET_BYTES
"""What a sender sends before it needs an acknowledgement. More than that is called *bulk*."""


def size_of(segment: Segment) -> int:
    """The bytes of a segment; control entries have none."""
    return sum(size for _, size in segment if size > 0)


def packets_of(segment: Segment) -> int:
    """How many packets of it must not be lost lest a timeout follows: the last three at most.

    The loss of an earlier one is found by what follows, and repaired within a round trip.
    """
    return min(max(1, -(-size_of(segment) // PACKET_BYTES)), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSettings:
    """The patience of TCP; the defaults are Linux' own (tcp_retries2 = 15, tcp_syn_retries = 6).

    They add up to 924.6 s until unacknowledged data ends a connection, and to 127 s until an
    unanswered connect fails.
    """

    retransmission_timeout_us: int = 200_000
    retransmission_timeout_max_us: int = 120_000_000
    retransmissions: int = 15
    syn_timeout_us: int = 1_000_000
    syn_retransmissions: int = 6
    unreachable_us: int = 3_000_000
    """How long a connect to an address that nobody has takes to fail."""

    def retransmission_delay_us(self, attempts: int) -> int:
        """The wait after `attempts` retransmissions went unanswered."""
        return min(self.retransmission_timeout_us << attempts, self.retransmission_timeout_max_us)

    def outage_us(self, lasted_us: int) -> int:
        """How long nothing gets through when the path is cut for `lasted_us`: till the next try."""
        total = 0
        for attempts in range(self.retransmissions):
            total += self.retransmission_delay_us(attempts)
            if total >= lasted_us:
                break
        return total

    @property
    def patience_us(self) -> int:
        """How long unacknowledged data is repeated before the connection ends."""
        return sum(map(self.retransmission_delay_us, range(self.retransmissions + 1)))

    def syn_offset_us(self, attempts: int) -> int:
        """When, counted from the first SYN, retransmission number `attempts` of it leaves."""
        return self.syn_timeout_us * ((1 << attempts) - 1)


class Recovery:
    """One direction of a connection that waits for acknowledgements (or is held by hand)."""

    __slots__ = ("attempts", "broken", "head_arrived", "held", "stalled", "ticket")

    def __init__(self) -> None:
        self.stalled: deque[Segment] = deque()
        """What has not arrived yet, in order."""
        self.head_arrived = False
        """The oldest unacknowledged segment did arrive; only its acknowledgement is missing."""
        self.attempts = 0
        self.ticket: int | None = None
        self.held = False
        """Somebody holds this direction: what arrives waits at the door and is not lost."""
        self.broken = False
        """The sender is gone and left a hole in the stream: nothing later may be delivered."""
