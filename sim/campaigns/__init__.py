"""Campaigns: one scenario, many seeds, and the distributions that come of it.

- `run_campaign`, `sweep`: many runs, of one deployment or of several that differ in one thing.
- `branches`: one run that goes on in many ways, from each of several moments on.
- `losses`: which losses a deployment survives; `guards`: what bounds the writes that a cut costs.
- `winners_table`: who tends to win the first election.
- `distance_table`: how often nobody wins it, against the number of Sentinels and their distance.
"""

from __future__ import annotations

from sim.campaigns.branches import Branches, BranchPoint, branches, run_branch
from sim.campaigns.campaign import Campaign, Outcome, Sweep, run_campaign, sweep
from sim.campaigns.distribution import Distribution
from sim.campaigns.guards import GUARDS, Guard, cut_off_master
from sim.campaigns.losses import FateGrid, lose_each_place, lose_sentinels, sweep_quorum
from sim.campaigns.measures import MEASURES, Measure
from sim.campaigns.winners import distance_table, winners_table

__all__ = [
    "GUARDS",
    "MEASURES",
    "BranchPoint",
    "Branches",
    "Campaign",
    "Distribution",
    "FateGrid",
    "Guard",
    "Measure",
    "Outcome",
    "Sweep",
    "branches",
    "cut_off_master",
    "distance_table",
    "lose_each_place",
    "lose_sentinels",
    "run_branch",
    "run_campaign",
    "sweep",
    "sweep_quorum",
    "winners_table",
]
