"""A verb that is aimed at the wrong kind of node is refused when the file is read."""

from __future__ import annotations

import pytest

from sim.scenarios import Scenario, ScenarioError, read_scenario
from sim.scenarios.reading.aims import KINDS, ROLE_KINDS
from sim.scenarios.reading.faults import ROLES
from sim.scenarios.verbs import EVERYBODY, VERBS


def read(*lines: str) -> Scenario:
    return read_scenario("\n".join(['title = "x"', *lines]), name="story", path="story.toml")


def fault(do: str, *lines: str) -> list[str]:
    return ["[[faults]]", "at = 1", f'do = "{do}"', *lines]


KILL_A_CLIENT = ["[[faults]]", "at = 0.5", 'do = "kill"', 'node = "client-1"', 'as = "whom"']


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        (
            fault("break_disk", 'node = "client-1"'),
            5,
            "faults.node: 'break_disk' concerns a server or a Sentinel, and client-1 is a client; "
            "expected a node such as redis-1, sentinel-1",
        ),
        (
            fault("repair_disk", 'nodes = ["redis-1", "clients"]'),
            5,
            "faults.nodes: 'repair_disk' concerns a server or a Sentinel, and clients stands for a "
            "client; expected a node such as redis-1, sentinel-1",
        ),
        (
            fault("slow_disk", 'node = "client-2"', "factor = 3"),
            5,
            "faults.node: 'slow_disk' concerns a server or a Sentinel, and client-2 is a client;",
        ),
        (
            fault("command", 'words = "PING"', 'node = "clients"'),
            6,
            "faults.node: 'command' concerns a server or a Sentinel, and clients stands for a cli",
        ),
        (
            [*KILL_A_CLIENT, *fault("break_disk", 'node = "whom"')],
            10,
            "faults.node: 'break_disk' concerns a server or a Sentinel, and whom stands for a cli",
        ),
        (
            ["[boxes]", 'left = ["redis-1", "client-1"]', *fault("break_disk", 'node = "left"')],
            7,
            "faults.node: 'break_disk' concerns a server or a Sentinel, and left stands for a cli",
        ),
        (
            [
                "[boxes]",
                'left = ["redis-1", "client-1"]',
                "[sites]",
                'east = ["left"]',
                *fault("command", 'node = "east"', 'words = "PING"'),
            ],
            9,
            "faults.node: 'command' concerns a server or a Sentinel, and east stands for a client",
        ),
        (
            fault("add", 'node = "client-9"'),
            5,
            "faults.node: 'add' concerns a server or a Sentinel, and client-9 is a client;",
        ),
        (
            fault("add", 'node = "sentinels"'),
            5,
            "faults.node: expected the name of a node that is not there yet, such as sentinel-9; "
            "found 'sentinels'",
        ),
        (
            fault("reuse_address", 'node = "master"', 'to = "redis-2"'),
            5,
            "faults.node: expected the name of a node that is not there yet",
        ),
        (
            fault("reuse_address", 'node = "sentinel-9"', 'to = "client-1"'),
            6,
            "faults.to: 'reuse_address' concerns a server or a Sentinel, and client-1 is a client",
        ),
        (
            ["[[faults]]", 'when = "+odown"', 'by = "redis-1"', 'do = "heal"'],
            4,
            "faults.by: '+odown' concerns a Sentinel, and redis-1 is a server; expected a node "
            "such as sentinel-1",
        ),
        (
            ["[[faults]]", 'when = "+odown"', 'about = "client-1"', 'do = "heal"'],
            4,
            "faults.about: '+odown' concerns a server or a Sentinel, and client-1 is a client;",
        ),
    ],
)
def test_wrong_kind_is_refused_with_file_line_key_and_remedy(
    lines: list[str], line: int, problem: str
) -> None:
    with pytest.raises(ScenarioError) as raised:
        read(*lines)
    assert str(raised.value).startswith(f"story.toml, line {line}: {problem}")


@pytest.mark.parametrize(
    "lines",
    [
        fault("break_disk", 'nodes = ["master", "sentinel-1", "replicas"]'),
        fault("slow_disk", 'node = "servers"', "factor = 2"),
        [
            *["[[faults]]", 'when = "+odown"', 'by = "sentinels"', 'about = "master"'],
            *['do = "break_disk"', 'nodes = ["speaker", "subject"]'],
        ],
        fault("kill", 'nodes = ["clients", "redis-1", "sentinels"]'),
        ["[boxes]", 'left = ["redis-1", "sentinel-1"]', *fault("break_disk", 'node = "left"')],
        [
            *fault("partition", 'groups = [["redis-1"], ["sentinels"]]', 'as = "cut"'),
            *fault("repair_disk", 'node = "cut"'),
        ],
        [
            *fault("kill", 'node = "client-1"', 'as = "whom"'),
            *fault("kill", 'node = "redis-1"', 'as = "whom"'),
            *fault("break_disk", 'node = "whom"'),
        ],
        fault("add", 'node = "redis-9"', 'to = "sentinel-1"'),
    ],
)
def test_right_kinds_are_not_refused(lines: list[str]) -> None:
    assert read(*lines).faults


def test_every_role_has_its_kinds() -> None:
    assert ROLE_KINDS.keys() == ROLES.keys()
    assert {kind for kinds in ROLE_KINDS.values() for kind in kinds} == KINDS.keys()


def test_aims_are_kinds_of_nodes() -> None:
    assert tuple(KINDS) == EVERYBODY
    for verb in VERBS.values():
        assert verb.aims
        assert set(verb.aims) <= KINDS.keys()


def test_words_of_a_command_may_be_quoted() -> None:
    scenario = read(*fault("command", 'node = "redis-1"', "words = \"EVAL 'return  1' 0\""))
    assert scenario.faults[0].words == ("EVAL", "return  1", "0")
    with pytest.raises(ScenarioError, match=r"faults\.words: expected a command with every quote"):
        read(*fault("command", 'node = "redis-1"', 'words = "EVAL \'return 1"'))
