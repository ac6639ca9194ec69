"""Every scenario that is shipped, run and judged, and the pages that show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenarios import THEMES, describe, run_scenario, shipped_scenarios
from sim.scenarios.pages import gallery_page, schema_page
from sim.scenarios.reading import TABLES
from sim.scenarios.scenario import Scenario
from tests.support.steps import unforeseen_steps

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCENARIOS = shipped_scenarios(variants=True)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.full_name)
def test_scenario_ends_as_it_says(scenario: Scenario) -> None:
    """One seed each here; `minisentinel-sim run all --seeds 20` is the thorough way."""
    result = run_scenario(scenario, seed=4)
    verdicts = dict(result.verdicts)
    assert not [f"{name}: {verdicts[name].reason}" for name in result.failures]
    assert not unforeseen_steps(result.trace)


@pytest.mark.parametrize("scenario", shipped_scenarios(), ids=lambda each: each.name)
def test_scenario_explains_itself(scenario: Scenario) -> None:
    assert scenario.about
    assert scenario.notice
    assert scenario.helps
    assert scenario.expectations
    assert scenario.theme in THEMES
    told = "\n".join(describe(scenario))
    for parameter in scenario.parameters:
        assert parameter.about in told
    for variant in scenario.variants:
        assert variant.name in told
    assert (DOCS / "images" / f"{scenario.name}.png").exists(), "make images"


def test_shipped_scenarios_are_in_the_order_of_the_themes() -> None:
    themes = [THEMES.index(scenario.theme) for scenario in shipped_scenarios()]
    assert themes == sorted(themes)


def test_pages_are_up_to_date() -> None:
    """`make scenario-pages` writes them."""
    assert (DOCS / "scenario-schema.md").read_text(encoding="utf-8") == schema_page()
    gallery = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert gallery == gallery_page(shipped_scenarios())


def test_reference_names_every_key() -> None:
    page = schema_page()
    for table in TABLES:
        for key in table.keys:
            assert f"| `{key.name}`" in page
