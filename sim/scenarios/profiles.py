"""The rules that Sentinels can play by in a scenario: today's, and those kept outside the core."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from minisentinel.core import MODERN, Profile
from sim.mutants import MUTANTS
from sim.versions import SAFER_LEADER, SAFER_TALLY, VERSIONS

__all__ = ["PROFILES"]

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            MODERN,
            *VERSIONS,
            SAFER_TALLY,
            SAFER_LEADER,
            *(mutant.profile for mutant in MUTANTS),
        )
    }
)
"""Every profile by its name: today's, those of `sim.versions`, and those of `sim.mutants`."""
