"""Campaigns: one scenario, many seeds, and the distributions that come of it.

- `run_campaign`, `sweep`: many runs, of one deployment or of several that differ in one thing.
- `branches`: one run that goes on in many ways, from each of several moments on.
"""

from __future__ import annotations

from sim.campaigns.branches import Branches, BranchPoint, branches, run_branch
from sim.campaigns.campaign import Campaign, Outcome, Sweep, run_campaign, sweep
from sim.campaigns.distribution import Distribution
from sim.campaigns.losses import FateGrid, lose_each_place, lose_sentinels, sweep_quorum
from sim.campaigns.measures import MEASURES, Measure
from sim.campaigns.winners import winners_table

__all__ = [
    "MEASURES",
    "BranchPoint",
    "Branches",
    "Campaign",
    "Distribution",
    "FateGrid",
    "Measure",
    "Outcome",
    "Sweep",
    "branches",
    "lose_each_place",
    "lose_sentinels",
    "run_branch",
    "run_campaign",
    "sweep",
    "sweep_quorum",
]
