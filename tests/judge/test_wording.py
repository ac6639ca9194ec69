"""Every kind of record can be told in words."""

from __future__ import annotations

from minisentinel.trace import Entry, kinds
from minisentinel.trace.entry import data_from_fields
from sim.judge import find_nodes
from sim.judge.wording import Weight, put_into_words, with_names
from sim.scenarios import find_scenario, run_scenario
from tests.judge.stories import Pen, failover_story

NODES = find_nodes(failover_story(clients=0))


def test_every_record_of_real_runs_has_words_of_its_own() -> None:
    for name in ("minority-master", "empty-master-restart", "kill-master"):
        trace = run_scenario(find_scenario(name), seed=1, messages=True).trace
        nodes = find_nodes(trace)
        for entry in trace.entries:
            wording = put_into_words(entry, nodes)
            assert wording.words
            assert wording.words != entry.kind, f"nothing is said about {entry.kind}"
            assert len(wording.glyph) == 1


def test_what_the_story_is_about_weighs_more_than_routine() -> None:
    pen = Pen()
    pen.node(0, "redis-1", "redis")
    pen.node(0, "sentinel-1", "sentinel")
    pen.event(1, "sentinel-1", "+odown", "master:redis-1")
    pen.event(2, "sentinel-1", "+sdown", "master:redis-1")
    pen.operation(3, 4, "client-1", "ok", "a=1")
    weights = [put_into_words(each, NODES).weight for each in pen.trace().entries[2:]]
    assert weights == [Weight.TURN, Weight.STEP, Weight.ROUTINE]


def test_ids_and_addresses_become_names() -> None:
    sentinel, server = NODES.of_type("sentinel")[0], NODES.of_type("redis")[0]
    host, port = server.address
    text = f"SENTINEL is-master-down-by-addr {host} {port} 7 {sentinel.runid}"
    assert (
        with_names(text, NODES)
        == f"SENTINEL is-master-down-by-addr {server.name} 7 {sentinel.name}"
    )
    assert with_names("6379 5", NODES) == "6379 5"


def test_fault_that_mends_is_good_news() -> None:
    data = data_from_fields("fault", {"verb": "heal", "detail": ""})
    assert put_into_words(Entry(0, "network", data), NODES).is_well
    data = data_from_fields("fault", {"verb": "kill", "detail": "process killed"})
    assert put_into_words(Entry(0, "redis-1", data), NODES).is_ill
    assert "fault" in kinds()
