"""What shows itself in a notebook: verdicts, numbers, traces, deployments and worlds."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from minisentinel.trace import Entry, Header, LogLine, Trace
from sim import Deployment, World, summarize
from sim.clients import ClientGroup
from sim.scenarios import Result, find_scenario, run_scenario


def _rows(shown: Any) -> list[list[str]]:
    """The cells of the HTML of something, row by row."""
    page = shown._repr_html_()
    assert page.count("<tr>") == page.count("</tr>")
    return [
        [html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", page)
    ]


@pytest.fixture(scope="module")
def result() -> Result:
    return run_scenario(find_scenario("blip"), seed=1)


def test_a_deployment_shows_its_settings() -> None:
    rows = dict(_rows(Deployment(sentinels=5, quorum=4, replica_priorities=(10, 0)))[1:])
    assert (rows["sentinels"], rows["quorum"]) == ("5", "4")
    assert rows["replica-priorities"] == "10, 0"
    assert "replica-priorities" not in dict(_rows(Deployment())[1:])
    rows = dict(_rows(Deployment().with_groups([ClientGroup(kind="static-address", count=2)]))[1:])
    assert "static" in rows["client-groups"]


def test_a_world_shows_where_it_stands_now() -> None:
    world = World(Deployment(clients=1), seed=2)
    early = {row[0]: row[2:] for row in _rows(world)[1:]}
    assert early["sentinel-1"] == ["down", ""]
    world.run(8)
    world.kill("redis-2")
    shown = {row[0]: row[1:] for row in _rows(world)[1:]}
    assert shown["redis-1"] == ["10.0.0.1:6379", "running", "master"]
    assert shown["redis-2"] == ["10.0.0.2:6379", "down", ""]
    assert shown["redis-3"][1:] == ["running", "replica of redis-1, link up"]
    assert shown["sentinel-1"][1:] == ["running", "mymaster is redis-1, config epoch 0"]
    assert shown["client-1"][0] == "10.0.2.1"
    assert "seed 2, at 8 s" in world._repr_html_()


def test_looking_at_a_world_changes_nothing() -> None:
    one, other = World(seed=4), World(seed=4)
    for _ in range(5):
        one.run(1.5)
        one._repr_html_()
        other.run(1.5)
    assert one.trace.digest() == other.trace.digest()


def test_a_trace_shows_what_is_in_it(result: Result) -> None:
    trace = result.trace
    rows = dict(_rows(trace))
    assert rows["run"] == "blip, seed 1"
    assert rows["entries"].startswith(f"{len(trace.entries)}, from 0.000 s to ")
    assert rows["nodes"].startswith("redis-1, redis-2, redis-3, ")
    assert f"operation {len(trace.of_kind('operation'))}" in rows["kinds"]
    assert rows["digest"] == trace.digest()
    assert dict(_rows(Trace()))["entries"] == "none"


def test_texts_of_others_are_no_markup() -> None:
    line = LogLine(level="notice", text="<b>")
    page = Trace(Header(scenario="<i>"), [Entry(0, "<b>", line)])._repr_html_()
    assert "<i>" not in page
    assert "<b>" not in page


def test_a_summary_shows_its_lines(result: Result) -> None:
    page = summarize(result.trace)._repr_html_()
    assert page.startswith("<pre>")
    assert html.unescape(page.removeprefix("<pre>").removesuffix("</pre>")) == str(result.summary)


def test_a_result_shows_every_claim_and_its_verdict(result: Result) -> None:
    rows = {row[0]: row[1:] for row in _rows(result)[1:]}
    assert rows["failovers 0"] == ["ok", "0 completed"]
    assert "blip, seed 1: as expected" in result._repr_html_()
    (held,) = [row for name, row in rows.items() if name.endswith(" invariants")]
    assert held[0] == "ok"


def test_a_result_shows_what_failed_and_what_was_forgiven() -> None:
    told = run_scenario(find_scenario("blip"), seed=1)
    verdicts = dict(told.verdicts)
    good = next(each for each in verdicts.values() if each)
    bad = type(good)(type(good.truth).FALSE, "no <way>")
    result = Result(told.trace, (("a", good), ("b", bad), ("c", bad)), frozenset({"c"}))
    rows = {row[0]: row[1:] for row in _rows(result)[1:]}
    assert rows == {
        "a": ["ok", good.reason],
        "b": ["FAILED", "no <way>"],
        "c": ["explained", "no <way>"],
    }
    assert "1 of 3 claims does not hold" in result._repr_html_()
