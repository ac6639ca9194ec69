"""Named random streams, all derived from one seed.

Every component draws from a stream of its own, so that adding a node to a deployment does not
shift the draws of the others.
"""

from __future__ import annotations

import hashlib
import random

__all__ = ["Streams"]


class Streams:
    """Hands out one independent generator per name; the same name gives the same generator."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def get(self, name: str) -> random.Random:
        """The generator called `name`, for example ``"network:redis-1->sentinel-2"``."""
        stream = self._streams.get(name)
        if stream is None:
            digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
            stream = self._streams[name] = random.Random(int.from_bytes(digest, "big"))
        return stream
