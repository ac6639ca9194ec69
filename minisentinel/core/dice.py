"""Random draws from a generator whose whole state is one integer.

The core is handed this instead of a library generator so that a Sentinel's state stays plain data:
it can be copied, compared and pickled, and a copy goes on with the same draws.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Dice"]

_MASK = (1 << 64) - 1


@dataclass(slots=True)
class Dice:
    """SplitMix64: 64 bits of state, one multiply-and-shift scramble per draw."""

    state: int

    def draw(self) -> int:
        """The next 64 random bits."""
        self.state = z = (self.state + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1; `bound` is far below 2**64, so bias is nil."""
        return self.draw() % bound

    def hex(self, digits: int) -> str:
        """`digits` random lower-case hexadecimal digits, as in a run id."""
        text = ""
        while len(text) < digits:
            text += f"{self.draw():016x}"
        return text[:digits]
