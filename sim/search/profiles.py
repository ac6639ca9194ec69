"""How long a search takes: a quick look, the same look every time, or a long one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["PROFILES", "SearchProfile", "search_profile"]


@dataclass(frozen=True, slots=True)
class SearchProfile:
    """How many `stories` a property is tried on; whether they are the `same` ones every time."""

    name: str
    stories: int
    same: bool = False


PROFILES: Mapping[str, SearchProfile] = MappingProxyType(
    {
        each.name: each
        for each in (
            SearchProfile("dev", 40),
            SearchProfile("ci", 40, same=True),
            SearchProfile("soak", 2000),
        )
    }
)
"""`dev` looks for new examples every time, `ci` draws the same ones, `soak` looks for long."""


def search_profile() -> SearchProfile:
    """The profile in force: the one that ``HYPOTHESIS_PROFILE`` names, or `ci` where ``CI`` is set.

    A name that is none of ours means `dev`.
    """
    name = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
    return PROFILES.get(name, PROFILES["dev"])
