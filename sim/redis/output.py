"""Limits on what a client leaves unread (``client-output-buffer-limit``). [RED-4.3-5]

Looked at once per second. *Simplified:* the buffers of the operating systems at both ends, which in
reality take the first megabytes, count as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.redis.clients import Client
from sim.redis.settings import BufferLimit, Settings

__all__ = ["OutputLimits"]


class OutputLimits:
    """Who is to be dropped for reading too slowly."""

    __slots__ = ("_settings", "_soft_since")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._soft_since: dict[int, int] = {}

    def greedy(self, unread: Iterable[tuple[Client, int]], now_seconds: int) -> list[Client]:
        """Of all clients with unread bytes before them those that have gone too far.

        That is at the hard limit, or when the soft one has been exceeded for longer than allowed.
        """
        since_before, self._soft_since = self._soft_since, {}
        found = []
        for client, size in unread:
            limit = self._limit(client)
            if limit.hard and size >= limit.hard:
                found.append(client)
            elif limit.soft and size >= limit.soft:
                since = since_before.get(client.id, now_seconds)
                self._soft_since[client.id] = since
                if now_seconds - since > limit.seconds:
                    found.append(client)
        return found

    def _limit(self, client: Client) -> BufferLimit:
        """A hard limit for replicas below the size of the backlog would be of no use: that counts
        then."""
        limit: BufferLimit = getattr(self._settings.client_output_buffer_limit, client.type)
        backlog = self._settings.repl_backlog_size
        if client.kind == "replica" and 0 < limit.hard < backlog:
            return BufferLimit(backlog, limit.soft, limit.seconds)
        return limit
