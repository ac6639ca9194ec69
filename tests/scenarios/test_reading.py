"""Scenario files: what is understood, and the one clear error for what is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.scenarios import (
    Expectation,
    Fault,
    Scenario,
    ScenarioError,
    find_scenario,
    read_scenario,
    shipped_scenarios,
)
from sim.scenarios.comparisons import Comparison
from sim.scenarios.events import EVENT_NAMES
from sim.scenarios.reading import VERBS
from sim.world import Deployment
from tests.ground.test_event_catalogue import catalogue

DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"

WHOLE = """\
title = "A story"
theme = "Stories"
about = '''
What it is
about.
'''

[deployment]
sentinels = 5
replicas = 3
clients = 1
replica-priorities = [10, 0]

[settings]
quorum = 3
down-after-milliseconds = 900
failover-timeout = 7000
parallel-syncs = 2
master-reboot-down-after-period = 100

[[faults]]
at = 5
do = "kill"
node = "master"
as = "old"

[[faults]]
when = "+odown"
after = 0.5
do = "partition"
groups = [["old", "redis-2"], ["sentinel-1"]]

[[faults]]
after = 1
do = "block"
node = "sentinel-2"
seconds = 2.5

[[faults]]
after = 0
do = "restart"
node = "old"
keep-data = false

[[faults]]
after = 0.25
do = "step_clock"
node = "sentinel-3"
seconds = -1.5

[[faults]]
after = 10
do = "heal"

[run]
calm-for = 5
limit = 100

[expect]
failovers = 1
one-master-at-the-end = true
"""


def read(text: str) -> Scenario:
    return read_scenario(text, name="story", path="story.toml")


def test_whole_file_is_understood() -> None:
    assert read(WHOLE) == Scenario(
        name="story",
        title="A story",
        theme="Stories",
        about="What it is\nabout.",
        deployment=Deployment(
            sentinels=5,
            replicas=3,
            clients=1,
            quorum=3,
            down_after_milliseconds=900,
            failover_timeout=7000,
            parallel_syncs=2,
            master_reboot_down_after_period=100,
            replica_priorities=(10, 0),
        ),
        faults=(
            Fault("kill", at=5.0, node="master", alias="old"),
            Fault(
                "partition", after=0.5, when="+odown", groups=(("old", "redis-2"), ("sentinel-1",))
            ),
            Fault("block", after=1.0, node="sentinel-2", seconds=2.5),
            Fault("restart", node="old", keep_data=False),
            Fault("step_clock", after=0.25, node="sentinel-3", seconds=-1.5),
            Fault("heal", after=10.0),
        ),
        expectations=(
            Expectation("failovers", Comparison(1, 1)),
            Expectation("one-master-at-the-end", True),
        ),
        calm_for=5.0,
        limit=100.0,
    )


def test_title_is_enough() -> None:
    scenario = read('title = "Nothing happens"')
    assert scenario.deployment == Deployment()
    assert (scenario.faults, scenario.expectations, scenario.theme) == ((), (), "Other")


def fault(*lines: str) -> str:
    return "\n".join(['title = "x"', "", "[[faults]]", *lines])


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('title = "x\n', 1, "expected TOML: Illegal character"),
        ('title = "x"\n[run\n', 2, "expected TOML: Expected ']' at the end"),
        ('title = "x"\ntitle = "y"\n', 2, "expected TOML: Cannot overwrite a value"),
        ("", 1, "title: missing; expected a text"),
        ("[run]\nlimit = 3\n", 1, "title: missing; expected a text"),
        ("theme = 'T'\ntitle = 3\n", 2, "title: expected a text, found 3"),
        ('title = "x"\ntittle = 3\n', 2, "tittle: unknown; did you mean 'title'?"),
        ('title = "x"\n\n[setings]\nquorum = 1\n', 3, "setings: unknown; did you mean 'settings'?"),
        (
            'title = "x"\n[[fault]]\nat = 1\n[[fault]]\nat = 2\n',
            2,
            "fault: unknown; did you mean 'faults'?",
        ),
        ('title = "x"\nzzz = 1\n', 2, "zzz: unknown; expected one of: title, theme, about"),
        ('title = "x"\nrun = 3\n', 2, "run: expected a table [run], found 3"),
        ('title = "x"\nfaults = 3\n', 2, "faults: expected tables [[faults]]"),
        (
            'title = "x"\n[run]\nlimit = "long"\n',
            3,
            "run.limit: expected a number of seconds, 0 or more, found 'long'",
        ),
        ('title = "x"\n[run]\nlimit = -1\n', 3, "run.limit: expected a number of seconds"),
        ('title = "x"\n[run]\ncalm-for = true\n', 3, "run.calm-for: expected a number of seconds"),
        (
            'title = "x"\n[deployment]\nreplicas = "two"\n',
            3,
            "deployment.replicas: expected a whole number, found 'two'",
        ),
        (
            'title = "x"\n[deployment]\nsentinels = 0\n',
            3,
            "deployment.sentinels: sentinels=0: expected a whole number from 1 to 100",
        ),
        (
            'title = "x"\n[deployment]\nreplica-priorities = [1, "a"]\n',
            3,
            "deployment.replica-priorities: expected a list of whole numbers, 0 = never",
        ),
        (
            'title = "x"\n[settings]\nquorom = 2\n',
            3,
            "settings.quorom: unknown; did you mean 'quorum'?",
        ),
        (
            'title = "x"\n[settings]\nsentinels = 2\n',
            3,
            "settings.sentinels: unknown; expected one of: down-after-milliseconds",
        ),
        (
            'title = "x"\n[expect]\nfailover = 2\n',
            3,
            "expect.failover: unknown; did you mean 'failovers'?",
        ),
        (
            'title = "x"\n[expect]\nfailovers = true\n',
            3,
            'expect.failovers: expected a number, or a comparison such as ">= 1" or',
        ),
        (
            'title = "x"\n[expect]\nmaster-changed = 1\n',
            3,
            "expect.master-changed: expected true or false, found 1",
        ),
        (fault("at = 1"), 3, "faults.do: missing; expected one of: kill, stop, restart"),
        (
            fault("at = 1", 'do = "explode"'),
            5,
            "faults.do: expected one of: kill, stop, restart, rolling_restart, pause, resume, ",
        ),
        (fault("at = 1", 'do = "kill"'), 3, "faults.node: missing; 'kill' needs it"),
        (
            fault("at = 1", 'do = "block"', 'node = "redis-1"'),
            3,
            "faults.seconds: missing; 'block' needs it",
        ),
        (
            fault("at = 1", 'do = "heal"', 'node = "redis-1"'),
            6,
            "faults.node: unknown; expected one of: do, at, when, after",
        ),
        (
            fault("at = 1", 'do = "kill"', 'node = "redis-1"', "keep-data = true"),
            7,
            "faults.keep-data: unknown; expected one of",
        ),
        (
            fault("at = 1", 'do = "kill"', 'node = "redis1"'),
            6,
            "faults.node: expected master, or a node such as redis-1, sentinel-1, client-1; "
            "found 'redis1'",
        ),
        (
            fault("at = 1", 'do = "kill"', 'node = "redis-1"', 'as = "master"'),
            7,
            "faults.as: expected a name that nobody has, found 'master'",
        ),
        (
            fault("at = 1", 'do = "partition"', "groups = [[]]"),
            6,
            "faults.groups: expected a list of lists of node names",
        ),
        (
            fault("at = 1", 'do = "partition"', 'groups = [["redis-1"], ["nobody"]]'),
            6,
            "faults.groups: expected master, or a node",
        ),
        (
            fault('do = "heal"'),
            3,
            "faults.at: missing; expected 'at' (since the start), 'after' (the fault before), or "
            "'when' (a Sentinel says so)",
        ),
        (fault("at = 1", "after = 2", 'do = "heal"'), 5, "faults.after: expected either 'at' or"),
        (
            fault('when = "odown"', 'do = "heal"'),
            4,
            "faults.when: expected an event such as +odown, found 'odown'; "
            "did you mean +odown or -odown?",
        ),
        (
            fault('when = "+swich-master"', 'do = "heal"'),
            4,
            "faults.when: expected an event such as +odown, found '+swich-master'; "
            "did you mean +switch-master?",
        ),
        (
            fault('when = "later"', 'do = "heal"'),
            4,
            "faults.when: expected an event such as +odown, found 'later'",
        ),
        (fault("at = -3", 'do = "heal"'), 4, "faults.at: expected a number of seconds, 0 or more"),
        (
            fault("at = 9", 'do = "heal"', "[[faults]]", "at = 8.5", 'do = "heal"'),
            7,
            "faults.at: expected faults in order of time; the last is at 9",
        ),
        (
            fault(
                *("at = 9", 'do = "heal"', "[[faults]]", "after = 3", 'do = "heal"'),
                *("[[faults]]", "at = 11.5", 'do = "heal"'),
            ),
            10,
            "faults.at: expected faults in order of time; the last is at 12",
        ),
        (
            fault(
                *('when = "+odown"', 'do = "heal"', "[[faults]]", "after = 3", 'do = "heal"'),
                *("[[faults]]", "at = 1000", 'do = "heal"'),
            ),
            10,
            "faults.at: expected 'after' or 'when': since a 'when' above, which has no 'within'",
        ),
        (
            fault("at = 1", 'do = "block"', 'node = "redis-1"', "seconds = -1"),
            7,
            "faults.seconds: expected a number of seconds, 0 or more, found -1",
        ),
        (
            fault("at = 1", 'do = "step_clock"', 'node = "redis-1"', "seconds = -1e9"),
            7,
            "faults.seconds: expected a number of seconds, -10000000 or more",
        ),
        (
            'title = "x"\n[deployment]\nreplicas = 1\nreplica-priorities = [1, 2]\n',
            4,
            "deployment.replica-priorities: replica priorities 1, 2: expected whole numbers from 0",
        ),
    ],
)
def test_error_names_file_line_key_and_remedy(text: str, line: int, problem: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read(text)
    assert str(error.value).startswith(f"story.toml, line {line}: {problem}")
    assert "\n" not in str(error.value)


def test_name_given_to_a_node_is_known_from_the_next_fault_on() -> None:
    first = 'at = 1\ndo = "kill"\nnode = "master"\nas = "old"'
    with pytest.raises(ScenarioError, match=r"line 6: faults.node: expected master, or a node"):
        read(fault("at = 0", 'do = "kill"', 'node = "old"', "[[faults]]", first))
    with pytest.raises(ScenarioError, match=r"line 11: faults.node: expected master, old, or"):
        read(fault(first, "[[faults]]", 'after = 1\ndo = "restart"\nnode = "odl"'))
    assert read(fault(first, "[[faults]]", 'after = 1\ndo = "restart"\nnode = "old"'))


def test_moment_may_be_given_since_the_start_as_long_as_it_is_known_to_be_later() -> None:
    first = "\n".join(["after = 3", 'do = "heal"', "[[faults]]", "after = 2", 'do = "heal"'])
    found = read(fault(first, "[[faults]]", "at = 5", 'do = "heal"')).faults
    assert [each.at for each in found] == [None, None, 5.0]
    tenths = ["at = 0.1", 'do = "heal"', "[[faults]]", "after = 0.2", 'do = "heal"']
    assert read(fault(*tenths, "[[faults]]", "at = 0.3", 'do = "heal"')), "whatever floats say"


def test_events_are_those_of_the_catalogue() -> None:
    assert set(EVENT_NAMES) == set(catalogue())
    assert len(EVENT_NAMES) == len(set(EVENT_NAMES))
    for name in EVENT_NAMES:
        assert read(fault(f'when = "{name}"', 'do = "heal"')).faults[0].when == name


def test_every_verb_is_understood() -> None:
    keys = {
        "node": 'node = "redis-1"',
        "seconds": "seconds = 1",
        "groups": 'groups = [["master"]]',
        "to": 'to = "redis-2"',
        "milliseconds": "milliseconds = [1, 2.5]",
        "words": 'words = "PING"',
        "loss": "loss = 0.01",
        "megabits-per-second": "megabits-per-second = 10",
        "name": 'name = "db.example"',
        "parts-per-million": "parts-per-million = -50",
        "busy-milliseconds": "busy-milliseconds = { median = 300, sigma = 1.0 }",
        "free-milliseconds": "free-milliseconds = [1000, 5000]",
        "factor": "factor = 100",
    }
    for name, verb in VERBS.items():
        lines = ("at = 1", f'do = "{name}"', *(keys[key] for key in verb.needs))
        text = fault(*lines, "[names]", '"db.example" = "redis-1"')
        assert read(text).faults[0].do == name


def test_unreadable_files_are_scenario_errors(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"title = '\xff'")
    with pytest.raises(ScenarioError, match=r"binary.toml: cannot be read: it is no UTF-8 text"):
        find_scenario(str(binary))
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    with pytest.raises(ScenarioError, match=r"cannot be read: Is a directory"):
        find_scenario(str(folder))


def test_file_is_named_after_its_path(tmp_path: Path) -> None:
    path = tmp_path / "my-story.toml"
    path.write_text('title = "Mine"')
    assert (find_scenario(str(path)).name, find_scenario(str(path)).title) == ("my-story", "Mine")


def test_shipped_scenarios_have_all_that_the_list_shows() -> None:
    scenarios = shipped_scenarios()
    assert "kill-master" in [scenario.name for scenario in scenarios]
    for scenario in scenarios:
        assert scenario.about
        assert scenario.expectations
        assert scenario.theme != "Other"
        assert find_scenario(scenario.name) == scenario


def test_examples_of_the_page_about_scenarios_are_understood() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    whole = [block for block in blocks if block.startswith("title")]
    assert whole
    for block in blocks:
        assert read(block if block in whole else f'title = "x"\n{block}')
