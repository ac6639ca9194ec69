"""Campaigns: many seeds, the same answer however many processes work on it."""

from __future__ import annotations

import pytest

from sim.campaigns import MEASURES, Distribution, run_campaign, sweep
from sim.scenarios import ScenarioError, find_scenario, run_scenario
from sim.tables import Table


def test_a_campaign_is_the_single_runs_in_order_of_their_seeds() -> None:
    campaign = run_campaign("kill-master", [3, 1], workers=1)
    assert [each.seed for each in campaign.outcomes] == [3, 1]
    for outcome in campaign.outcomes:
        alone = run_scenario(find_scenario("kill-master"), seed=outcome.seed)
        assert outcome.summary == alone.summary
        assert outcome.failures == alone.failures
    assert campaign.passed


@pytest.mark.real_io
def test_two_processes_give_what_one_gives() -> None:
    one = run_campaign("blip", [1, 2, 3], workers=1)
    assert run_campaign("blip", [1, 2, 3], workers=2) == one


def test_phases_of_a_failover_add_up_to_it() -> None:
    campaign = run_campaign("kill-master", [1, 2], workers=1)
    names = ("detection", "agreement", "election", "promotion", "reconfiguration")
    for outcome in campaign.outcomes:
        parts = [MEASURES[name].take(outcome.summary) for name in names]
        total = MEASURES["failover"].take(outcome.summary)
        assert sum(part or 0 for part in parts) == pytest.approx(total)


def test_runs_without_the_number_are_counted_as_missing() -> None:
    found = run_campaign("blip", [1, 2], workers=1).distribution("failover")
    assert (found.values, found.missing) == ((), 2)
    assert str(found) == "failover: never seen in 2 runs"


def test_a_sweep_has_a_row_for_each_value() -> None:
    found = sweep("kill-master", "down-after-milliseconds", [1000, 3000], [1], workers=1)
    table = found.table("detection")
    assert table.column("down-after-milliseconds") == ("1000", "3000")
    low, high = table.column("detection s")
    assert 1 < low < 1.3 < 3 < high < 3.3  # type: ignore[operator]


@pytest.mark.real_io
def test_a_sweep_is_its_campaigns_however_many_processes_work_on_it() -> None:
    found = sweep("blip", "freeze", [1, 2], [3, 1], workers=2)
    for value, campaign in found.campaigns:
        assert campaign == run_campaign("blip", [3, 1], changes={"freeze": value}, workers=1)
    assert sweep("blip", "freeze", [1], [], workers=2).campaigns[0][1].outcomes == ()


def test_wrong_names_are_errors_that_name_the_right_ones() -> None:
    with pytest.raises(ValueError, match="no measure is called 'speed'; expected: detection, "):
        run_campaign("blip", [1], workers=1).distribution("speed")
    with pytest.raises(ScenarioError, match="unknown setting 'speed'"):
        run_campaign("blip", [1], changes={"speed": 3}, workers=1)
    with pytest.raises(ValueError, match="need the name of a scenario"):
        run_campaign(find_scenario("blip"), [1], changes={"quorum": 1})


def test_quantiles_are_values_that_occurred() -> None:
    found = Distribution.of("x", "s", [5.0, 1.0, None, 3.0, 2.0])
    assert found.values == (1.0, 2.0, 3.0, 5.0)
    assert [found.quantile(share) for share in (0, 0.25, 0.5, 0.51, 1)] == [1, 1, 2, 3, 5]
    assert found.share_up_to(2.5) == 0.4
    with pytest.raises(ValueError, match="share of 0 to 1"):
        found.quantile(1.1)


def test_tables_show_themselves_as_text_and_as_html() -> None:
    table = Table(("name", "n"), (("a<b", 1.5), ("c", 20)), "few")
    assert str(table) == "few\nname    n\na<b   1.5\nc      20"
    assert "<caption>few</caption>" in table._repr_html_()
    assert "a&lt;b" in table._repr_html_()
    with pytest.raises(ValueError, match="expected 2 cells"):
        Table(("name", "n"), (("a",),))
