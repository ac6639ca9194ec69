"""Clients in scenario files: what is understood, and the one clear error for what is not."""

from __future__ import annotations

import pytest

from sim.clients import CLIENT_KINDS, ClientGroup, Workload
from sim.scenarios import ScenarioError, read_scenario, run_scenario
from sim.world import Deployment

HEAD = 'title = "x"\n'


def read(text: str) -> Deployment:
    return read_scenario(HEAD + text, name="story", path="story.toml").deployment


def clients(*lines: str) -> str:
    return "\n".join(["[[clients]]", *lines])


def test_groups_of_clients_are_understood() -> None:
    found = read(
        clients("count = 2")
        + "\n"
        + clients(
            'kind = "sticky"',
            "first-sentinel = 2",
            "rate = 5",
            'pace = "poisson"',
            "rest-after-error = 1.5",
            "reads = 0.25",
            'read-from = "replica"',
            'keys = "zipf"',
            "key-count = 7",
            "pipeline = 3",
            "connections = 2",
            "wait-replicas = 1",
            "wait-milliseconds = 50",
            "timeout = 0.2",
        )
    )
    assert found.clients == 3
    assert found.groups == (
        ClientGroup(count=2),
        ClientGroup(
            kind="sticky",
            first_sentinel=2,
            workload=Workload(
                rate=5.0,
                pace="poisson",
                rest_after_error=1.5,
                reads=0.25,
                read_from="replica",
                keys="zipf",
                key_count=7,
                pipeline=3,
                connections=2,
                wait_replicas=1,
                wait_milliseconds=50,
                timeout=0.2,
            ),
        ),
    )


def test_single_table_will_do() -> None:
    assert read('[clients]\nkind = "listening"\ncount = 4') == Deployment().with_groups(
        [ClientGroup(kind="listening", count=4)]
    )


def test_without_a_table_there_are_textbook_clients() -> None:
    assert read("[deployment]\nclients = 4").client_groups == (ClientGroup(count=4),)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("clients = 3", 2, "clients: expected tables [[clients]]"),
        (clients('kid = "sticky"'), 3, "clients.kid: unknown; did you mean 'kind'?"),
        (
            clients('kind = "stiky"'),
            3,
            f"clients.kind: expected one of: {', '.join(CLIENT_KINDS)}; found 'stiky'; "
            "did you mean 'sticky'?",
        ),
        (clients("count = 0"), 3, "clients.count: expected a whole number from 1 to 100, found 0"),
        (
            clients("rate = 3") + "\n" + clients("count = 1", 'rate = "fast"'),
            6,
            "clients.rate: expected a number from 0.001 to 10000, found 'fast'",
        ),
        (clients("reads = 2"), 3, "clients.reads: expected a number from 0 to 1, found 2"),
        (
            clients('keys = "all"'),
            3,
            "clients.keys: expected one of: own, uniform, zipf; found 'all'",
        ),
        (
            clients("pipeline = 1.5"),
            3,
            "clients.pipeline: expected a whole number from 1 to 1000, found 1.5",
        ),
        (
            clients("first-sentinel = 4"),
            3,
            "clients.first-sentinel: expected the number of a Sentinel, 1 to 3",
        ),
        (
            clients("count = 60") + "\n" + clients("count = 60"),
            3,
            "clients.count: clients=120: expected a whole number from 0 to 100",
        ),
        (
            "[deployment]\nclients = 2\n" + clients("count = 1"),
            3,
            "deployment.clients: expected either this or [[clients]], which say how many",
        ),
    ],
)
def test_error_names_file_line_key_and_remedy(text: str, line: int, problem: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read(text)
    assert str(error.value).startswith(f"story.toml, line {line}: {problem}")
    assert "\n" not in str(error.value)


def test_expectation_about_clients_in_a_world_without_any_is_an_error() -> None:
    with pytest.raises(ScenarioError, match=r"line 5: expect.clients-write-at-the-end: .*client"):
        read("[deployment]\nclients = 0\n[expect]\nclients-write-at-the-end = true\n")


def test_scenario_with_clients_of_several_kinds_runs() -> None:
    text = HEAD + clients("rate = 5") + "\n" + clients('kind = "asking"') + "\n[run]\ncalm-for = 3"
    result = run_scenario(read_scenario(text, name="story", path="story.toml"))
    assert result.passed
    assert [(each.client, each.kind) for each in result.summary.accounts if each.succeeded] == [
        ("client-1", "textbook"),
        ("client-2", "asking"),
    ]
