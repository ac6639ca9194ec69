"""Older versions of Sentinel, and single rules of theirs: each a profile outside of the core.

A version is a package: its rules, its own machine where today's cannot express it, and a profile
that `sim.world.World` takes like any other. A rule of the past in an otherwise modern Sentinel is a
module, and so are rules of no version that would be safer. Scenario files name them as `profile` of
a variant.
"""

from sim.versions.info_first import INFO_FIRST
from sim.versions.redis_2_6 import REDIS_2_6
from sim.versions.safer_leader import SAFER_LEADER
from sim.versions.safer_tally import SAFER_TALLY

__all__ = ["INFO_FIRST", "REDIS_2_6", "SAFER_LEADER", "SAFER_TALLY", "VERSIONS"]

VERSIONS = (REDIS_2_6, INFO_FIRST)
"""All versions of the past, the oldest first."""
