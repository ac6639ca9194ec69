"""Client connections of a Sentinel: a name and subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field

from minisentinel.patterns import glob_matches
from minisentinel.replies import Command

__all__ = ["Session"]


@dataclass(slots=True)
class Session:
    """What a Sentinel remembers of one client; subscriptions keep their order."""

    id: int
    name: str = ""
    channels: dict[str, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)

    @property
    def is_subscriber(self) -> bool:
        """Whether only subscription commands are allowed now (RESP2)."""
        return bool(self.channels or self.patterns)

    @property
    def subscriptions(self) -> int:
        """Channels and patterns together, as the replies count them."""
        return len(self.channels) + len(self.patterns)

    def deliveries(self, channel: str, payload: str) -> list[Command]:
        """The messages that this client gets when `payload` is published on `channel`."""
        found: list[Command] = []
        if channel in self.channels:
            found.append(("message", channel, payload))
        found += [
            ("pmessage", pattern, channel, payload)
            for pattern in self.patterns
            if glob_matches(pattern, channel)
        ]
        return found
