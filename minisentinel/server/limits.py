"""How much a client may leave unread (``client-output-buffer-limit``), or send in one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minisentinel.config.kinds import bytes_of

__all__ = ["NO_LIMIT", "PUBSUB_LIMIT", "OutputLimit", "output_limits", "query_limit"]


@dataclass(frozen=True, slots=True)
class OutputLimit:
    """Unread bytes at which a client is cut off: at once (`hard`), or after a time (`soft`).

    0 means without limit.
    """

    hard: int = 0
    soft: int = 0
    soft_seconds: int = 0

    def exceeded(self, size: int, since_us: int, now_us: int) -> bool:
        """Whether a client is to go with `size` unread bytes, over `soft` since `since_us`.

        `since_us` is 0 for one that is not over `soft`.
        """
        if self.hard and size >= self.hard:
            return True
        return bool(since_us) and now_us - since_us > self.soft_seconds * 1_000_000


NO_LIMIT = OutputLimit()
PUBSUB_LIMIT = OutputLimit(hard=32 << 20, soft=8 << 20, soft_seconds=60)


def output_limits(directives: Mapping[str, tuple[str, ...]]) -> tuple[OutputLimit, OutputLimit]:
    """The limits of ordinary clients and of subscribers: the defaults, or as configured."""
    limits = {"normal": NO_LIMIT, "pubsub": PUBSUB_LIMIT}
    words = directives.get("client-output-buffer-limit", ())
    for at in range(0, len(words) - 3, 4):
        name, hard, soft, seconds = words[at : at + 4]
        limits[name.lower()] = OutputLimit(bytes_of(hard), bytes_of(soft), int(seconds))
    return limits["normal"], limits["pubsub"]


def query_limit(directives: Mapping[str, tuple[str, ...]]) -> int:
    """How many bytes of a request that is not complete are kept for a client."""
    return bytes_of(directives.get("client-query-buffer-limit", ("1gb",))[0])
