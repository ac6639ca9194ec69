"""Other rules for elections, which are no bugs: what one could do instead."""

from __future__ import annotations

from sim.versions.safer_tally import SAFER_TALLY, SaferTally

__all__ = ["SAFER_TALLY", "SaferTally"]
