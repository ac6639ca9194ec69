"""Scenarios: stories in TOML files that are run and judged, and the ones that are shipped."""

from sim.scenarios.catalogue import (
    THEMES,
    find_scenario,
    shipped_scenarios,
    stock_conf,
    with_changes,
)
from sim.scenarios.describing import describe
from sim.scenarios.reading import read_scenario
from sim.scenarios.runner import Result, run_scenario
from sim.scenarios.scenario import (
    Claim,
    Expectation,
    Fault,
    Parameter,
    Repetition,
    Scenario,
    ScenarioError,
    Variant,
)

__all__ = [
    "THEMES",
    "Claim",
    "Expectation",
    "Fault",
    "Parameter",
    "Repetition",
    "Result",
    "Scenario",
    "ScenarioError",
    "Variant",
    "describe",
    "find_scenario",
    "read_scenario",
    "run_scenario",
    "shipped_scenarios",
    "stock_conf",
    "with_changes",
]
