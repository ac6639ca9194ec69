"""Channels, patterns and who listens to them."""

from __future__ import annotations

from minisentinel.patterns import glob_matches
from minisentinel.replies import Reply
from minisentinel.wire import command_size
from sim.redis.clients import Client

__all__ = ["PubSub"]


class PubSub:
    """Subscriptions of one server. Messages go to a channel's listeners, then to patterns'."""

    __slots__ = ("_channels", "_patterns")

    def __init__(self) -> None:
        self._channels: dict[str, dict[int, Client]] = {}
        self._patterns: dict[str, dict[int, Client]] = {}

    @property
    def channel_count(self) -> int:
        """Channels that somebody listens to."""
        return len(self._channels)

    @property
    def pattern_count(self) -> int:
        """Patterns that somebody listens to."""
        return len(self._patterns)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that somebody listens to."""
        return tuple(self._channels)

    def listeners(self, channel: str) -> int:
        """How many clients listen to a channel (by its name, not by a pattern)."""
        return len(self._channels.get(channel, ()))

    def subscribe(self, client: Client, channel: str) -> Reply:
        """Subscribe and return the confirmation."""
        client.channels[channel] = None
        self._channels.setdefault(channel, {})[client.id] = client
        return ("subscribe", channel, client.subscriptions)

    def psubscribe(self, client: Client, pattern: str) -> Reply:
        """Subscribe to a pattern and return the confirmation."""
        client.patterns[pattern] = None
        self._patterns.setdefault(pattern, {})[client.id] = client
        return ("psubscribe", pattern, client.subscriptions)

    def unsubscribe(self, client: Client, channel: str) -> Reply:
        """End a subscription (there may be none) and return the confirmation."""
        client.channels.pop(channel, None)
        _leave(self._channels, channel, client)
        return ("unsubscribe", channel, client.subscriptions)

    def punsubscribe(self, client: Client, pattern: str) -> Reply:
        """End a subscription to a pattern and return the confirmation."""
        client.patterns.pop(pattern, None)
        _leave(self._patterns, pattern, client)
        return ("punsubscribe", pattern, client.subscriptions)

    def forget(self, client: Client) -> None:
        """The client is gone: end everything it listened to."""
        for channel in tuple(client.channels):
            self.unsubscribe(client, channel)
        for pattern in tuple(client.patterns):
            self.punsubscribe(client, pattern)

    def publish(self, channel: str, text: str) -> int:
        """Deliver to every listener here; returns how many deliveries that were."""
        count = 0
        listeners = self._channels.get(channel)
        if listeners:
            message = ("message", channel, text)
            size = command_size(message)  # an array of texts too, and hellos are repeated
            for client in listeners.values():
                if client.connection is not None:
                    client.connection.send(message, size)
            count = len(listeners)
        for pattern, clients in self._patterns.items():
            if glob_matches(pattern, channel):
                for client in clients.values():
                    client.reply(("pmessage", pattern, channel, text))
                count += len(clients)
        return count


def _leave(table: dict[str, dict[int, Client]], name: str, client: Client) -> None:
    clients = table.get(name)
    if clients is not None:
        clients.pop(client.id, None)
        if not clients:
            del table[name]
