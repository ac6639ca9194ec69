"""Every scenario that is shipped, run, judged and compared, and the pages that show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenarios import THEMES, describe, shipped_scenarios
from sim.scenarios.catalogue import shipped_names
from sim.scenarios.pages import gallery_page, schema_page
from sim.scenarios.reading import TABLES
from sim.scenarios.scenario import Scenario
from tests.determinism.digests import runs_of, told
from tests.support.golden import DIRECTORY, Golden
from tests.support.steps import unforeseen_steps

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", shipped_names())
def test_scenario_and_its_variants_end_as_they_say_with_the_digests_that_were_reviewed(
    name: str, golden: Golden
) -> None:
    """One run of each row, in which nobody touches the machine, for all that is claimed of it.

    One seed each here; `minisentinel-sim run all --seeds 20` is the thorough way. Digests change
    whenever behaviour does; then `--rewrite-golden` after a look at the trace.
    """
    lines: list[str] = []
    wrong: dict[str, list[str]] = {}
    for scenario, result in runs_of(name):
        verdicts = dict(result.verdicts)
        failed = [f"{claim}: {verdicts[claim].reason}" for claim in result.failures]
        if problems := [*failed, *unforeseen_steps(result.trace)]:
            wrong[scenario.full_name] = problems
        lines.append(f"{told(scenario, result)}\n")
    assert not wrong
    golden(f"digests/{name}.txt", "".join(lines))


def test_there_is_no_golden_digest_of_a_scenario_that_is_gone() -> None:
    files = (DIRECTORY / "digests").glob("*.txt")
    assert sorted(path.stem for path in files) == shipped_names()


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
