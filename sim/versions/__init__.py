"""Older versions of Sentinel, each a profile outside of the core.

A version is a package: its rules, its own machine where today's cannot express it, and a profile
that `sim.world.World` takes like any other.
"""

from sim.versions.redis_2_6 import REDIS_2_6

__all__ = ["REDIS_2_6"]
