"""Sentinels that count the votes of the epoch of their attempt, as the specification suggests.

No version does so. Votes are counted in the current epoch, which all masters share, while one's own
vote and the new configuration belong to the epoch of the attempt; between the two lie the leaders
that share an epoch with another one, and those that are not elected with enough votes. Nobody on
the wire sees a difference (spec: election §6).
"""

from __future__ import annotations

from minisentinel.core import Profile
from minisentinel.core.rules import ElectionRules
from minisentinel.core.state import Master, State

__all__ = ["SAFER_TALLY", "SaferTally"]


class SaferTally(ElectionRules):
    """Today's rules, but for the epoch of the votes that count."""

    __slots__ = ()

    def tally_epoch(self, state: State, master: Master) -> int:
        """The epoch of the attempt, which the configuration will have."""
        return master.failover_epoch


SAFER_TALLY = Profile("safer-tally", election=SaferTally())
