"""Named random streams, all derived from one seed.

Every component draws from a stream of its own, so that adding a node to a deployment does not
shift the draws of the others.
"""

from __future__ import annotations

import hashlib
import random

__all__ = ["Streams"]


class Streams:
    """Hands out one independent generator per name; the same name gives the same generator.

    A generator that was handed out before `reseed` goes on with the draws of the new seed.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, random.Random] = {}

    def get(self, name: str) -> random.Random:
        """The generator called `name`, for example ``"network:redis-1->sentinel-2"``."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = random.Random(self._seed_of(name))
        return stream

    def reseed(self, seed: int) -> None:
        """From now on every stream draws what it would have drawn first with another `seed`."""
        self.seed = seed
        for name, stream in self._streams.items():
            stream.seed(self._seed_of(name))

    def _seed_of(self, name: str) -> int:
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return int.from_bytes(digest, "big")
