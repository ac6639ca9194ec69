"""Scenarios: stories in TOML files that are run and judged, and the ones that are shipped."""

from sim.scenarios.catalogue import find_scenario, shipped_scenarios, stock_conf
from sim.scenarios.reading import read_scenario
from sim.scenarios.runner import Result, run_scenario
from sim.scenarios.scenario import Expectation, Fault, Scenario, ScenarioError

__all__ = [
    "Expectation",
    "Fault",
    "Result",
    "Scenario",
    "ScenarioError",
    "find_scenario",
    "read_scenario",
    "run_scenario",
    "shipped_scenarios",
    "stock_conf",
]
