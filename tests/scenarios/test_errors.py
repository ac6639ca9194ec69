"""The one clear error for each kind of wrong scenario file: file, line, key and remedy."""

from __future__ import annotations

import pytest

from sim.scenarios import ScenarioError, read_scenario


def file(*lines: str) -> str:
    return "\n".join(['title = "x"', *lines])


def read(text: str, **options: object) -> object:
    return read_scenario(text, name="story", path="story.toml", **options)  # type: ignore[arg-type]


KILL = ["[[faults]]", "at = 1", 'do = "kill"', 'node = "master"']
NOBODY = ["[deployment]", "clients = 0"]


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        # Conditions
        ([*KILL, 'by = "sentinel-1"'], 6, "faults.by: expected 'when' with an event beside it"),
        ([*KILL, "at-once = true"], 6, "faults.at-once: expected 'when' with an event beside it"),
        (
            ["[[faults]]", 'when = "calm"', "nth = 2", 'do = "heal"'],
            4,
            "faults.nth: expected 'when' with an event beside it",
        ),
        (
            ["[[faults]]", 'when = "+odown"', "nth = 0", 'do = "heal"'],
            4,
            "faults.nth: expected a whole number, 1 or more, found 0",
        ),
        (
            ["[[faults]]", "at = 1", 'do = "kill"', 'node = "speaker"'],
            5,
            "faults.node: expected 'when' with an event, here or above: nobody is the speaker",
        ),
        # Repetition
        ([*KILL, "every = 5"], 6, "faults.every: expected 'times' or 'until' beside it"),
        ([*KILL, "times = 5"], 6, "faults.times: expected 'every' beside it"),
        (
            [*KILL, "every = 0", "times = 2"],
            6,
            "faults.every: expected a number of seconds greater",
        ),
        ([*KILL, "every = 5", "times = 1"], 7, "faults.times: expected a whole number, 2 or more"),
        (
            [*KILL, "every = 5", "times = 3", "jitter = 6"],
            8,
            "faults.jitter: expected 5 s, which is 'every', or less",
        ),
        (
            [*KILL, "every = 5", "times = 3", 'spread = "normal"'],
            8,
            "faults.spread: expected one of: even, exponential; found 'normal'",
        ),
        # Whom
        ([*KILL, 'nodes = ["redis-2"]'], 6, "faults.nodes: expected either 'node' or this"),
        (
            ["[[faults]]", "at = 1", 'do = "kill"', "nodes = []"],
            5,
            "faults.nodes: expected the name of a node, or a list of names, found []",
        ),
        (
            ["[[faults]]", "at = 1", 'do = "command"', 'node = "redis-1"'],
            2,
            "faults.words: missing; 'command' needs it",
        ),
        (
            ["[[faults]]", "at = 1", 'do = "command"', 'node = "redis-1"', 'words = " "'],
            6,
            "faults.words: expected a command, as one text or a list of words, found ' '",
        ),
        (
            ["[[faults]]", "at = 1", 'do = "hold"', 'node = "redis-1"'],
            2,
            "faults.to: missing; 'hold' needs it",
        ),
        (
            [*KILL[:3], 'groups = [["redis-1"]]', 'node = "redis-1"'],
            5,
            "faults.groups: unknown; expected one of: do, at",
        ),
        (
            [
                *("[[faults]]", "at = 1", 'do = "delay"', 'groups = [["redis-1"]]'),
                "milliseconds = [3, 2]",
            ],
            6,
            "faults.milliseconds: expected a number of milliseconds, [lowest, highest], { median",
        ),
        # Topology
        (["[boxes]", "one = []"], 3, "boxes.one: expected the name of a node, or a list of names"),
        (
            ["[sites]", 'a = ["redis-1"]', "[[links]]", 'between = ["a", "b"]', "milliseconds = 1"],
            5,
            "links.between: expected the names of two sites of [sites] (a), found ['a', 'b']",
        ),
        (
            ["[sites]", 'a = ["redis-1"]', "[[links]]", 'between = ["a"]'],
            5,
            "links.between: nothing is said about it; expected 'milliseconds', 'loss' or",
        ),
        (
            ["[sites]", 'a = ["redis-1"]', "[[links]]", 'between = ["a"]', "loss = 1"],
            6,
            "links.loss: expected a share, 0 or more and less than 1, found 1",
        ),
        (
            ["[sites]", 'a = ["redis-1"]', "[[links]]", 'between = "a"', "megabits-per-second = 0"],
            6,
            "links.megabits-per-second: expected a number of megabits per second greater than 0",
        ),
        (
            ["[network]", "milliseconds = { mean = 3 }"],
            3,
            "network.milliseconds: expected a number of milliseconds, [lowest, highest], "
            "{ median = .., sigma = .., floor = .. } or { samples = [..] }, found the key 'mean'",
        ),
        (
            ["[network]", "milliseconds = { sigma = 1 }"],
            3,
            "network.milliseconds: expected a number of milliseconds, [lowest, highest]",
        ),
        (
            ["[network]", "milliseconds = { samples = [] }"],
            3,
            "network.milliseconds: expected measured milliseconds, one at least, found []",
        ),
        (
            ["[network]", "milliseconds = 1", "round-trips = [5, 60]"],
            4,
            "network.round-trips: expected either 'milliseconds' or this",
        ),
        (
            ["[network]", "round-trips = [60, 5]"],
            3,
            "network.round-trips: expected a number of milliseconds, or [lowest, highest]",
        ),
        (["[network]", "jitter = 1"], 3, "network.jitter: unknown; expected one of: milliseconds"),
        # Host names
        (
            ["[names]", '"10.0.0.1" = "redis-1"'],
            3,
            "names.10.0.0.1: host name '10.0.0.1': expected letters, digits, dashes and dots",
        ),
        (["[names]", '"a.b" = 3'], 3, "names.a.b: expected the name of a node, found 3"),
        (
            ["[settings]", "announce-hostnames = true"],
            3,
            "settings.announce-hostnames: announce-hostnames: expected resolve-hostnames too",
        ),
        (
            ["[settings]", 'resolve-hostnames = "yes"'],
            3,
            "settings.resolve-hostnames: expected true or false, found 'yes'",
        ),
        (
            ["[names]", 'a = "redis-1"', *KILL[:2], 'do = "remove_name"', 'name = "b"'],
            7,
            "faults.name: expected a name of [names] (a), found 'b'",
        ),
        # Single machines
        (
            ["[nodes.redis-1]", "published-port = 70000"],
            3,
            "nodes.redis-1.published-port: expected a port, 1 to 65535, found 70000",
        ),
        (
            ["[nodes.redis-1]", "clock-drift = 1e6"],
            3,
            "nodes.redis-1.clock-drift: expected parts per million, -100000 to 100000",
        ),
        (
            ["[nodes.redis-1]", "busy-milliseconds = 10"],
            3,
            "nodes.redis-1.busy-milliseconds: expected 'free-milliseconds' beside it",
        ),
        (
            ["[nodes.redis-2]", "stands-alone = true", 'follows = "redis-3"'],
            4,
            "nodes.redis-2.follows: expected either 'stands-alone' or this",
        ),
        (
            [*KILL[:2], 'do = "stall"', 'node = "redis-1"', "busy-milliseconds = 10"],
            2,
            "faults.free-milliseconds: missing; 'stall' needs it",
        ),
        (
            [*KILL[:2], 'do = "slow_disk"', 'node = "sentinel-1"', "factor = 0.5"],
            6,
            "faults.factor: expected a number, 1 or more, found 0.5",
        ),
        (
            [*KILL[:2], 'do = "lose"', 'groups = [["redis-1"]]', "loss = 1.5"],
            6,
            "faults.loss: expected a share, 0 or more and less than 1, found 1.5",
        ),
        (
            [*KILL[:2], 'do = "rolling_restart"', 'node = "servers"'],
            2,
            "faults.seconds: missing; 'rolling_restart' needs it",
        ),
        (["[nodes]", "redis-1 = 3"], 3, "nodes.redis-1: expected a table [nodes.redis-1], found 3"),
        (["[nodes.client-1]", "x = 1"], 2, "nodes.client-1: expected a server or a Sentinel"),
        (
            ["[nodes.sentinel-1]", "quorum = 0"],
            3,
            "nodes.sentinel-1.quorum: expected a whole number",
        ),
        (
            ["[nodes.sentinel-1]", "stands-alone = true"],
            3,
            "nodes.sentinel-1.stands-alone: unknown; expected one of: quorum, monitors, conf",
        ),
        (
            ["[nodes.redis-2]", "replica-prority = 3"],
            3,
            "nodes.redis-2.replica-prority: replica-prority is not simulated; expected one of: ",
        ),
        (["[servers]", "port = 1"], 3, "servers.port: port is not simulated; expected one of: "),
        (
            ["[servers]", "min-replicas-to-write = -1"],
            3,
            "servers.min-replicas-to-write: min-replicas-to-write -1: argument",
        ),
        (
            ["[servers]", "data-megabytes = 0.5"],
            3,
            "servers.data-megabytes: expected a whole number",
        ),
        (
            ["[deployment]", 'sentinel-conf = "nowhere.conf"'],
            3,
            "deployment.sentinel-conf: nowhere.conf cannot be read",
        ),
        # Parameters
        (
            ["[parameters]", "x = 3"],
            3,
            "parameters.x: expected a table [parameters.x] with default and about, found 3",
        ),
        (["[parameters.x]", "default = 3"], 2, "parameters.x.about: missing; expected a text"),
        (
            ["[parameters.x]", "default = []", 'about = "y"'],
            3,
            "parameters.x.default: expected a number, a text, or true or false, found []",
        ),
        (
            ["[parameters.quorum]", "default = 1", 'about = "y"'],
            2,
            "parameters.quorum: expected a name of small letters, digits and dashes that no",
        ),
        (["[run]", 'limit = "$x"'], 3, "run.limit: unknown parameter $x; expected one of: none"),
        (
            [*KILL[:3], 'node = "$who"', "[parameters.whom]", "default = 1", 'about = "y"'],
            5,
            "faults.node: unknown parameter $who; expected one of: whom",
        ),
        # Variants
        (["[[variants]]", 'about = "y"'], 2, "variants.name: missing; expected a name"),
        (
            ["[[variants]]", 'name = "v"', 'about = "y"'],
            3,
            "variants.name: nothing is different; expected 'profile' or 'set' beside it",
        ),
        (
            ["[[variants]]", 'name = "v"', 'about = "y"', 'profile = "vote-not-svaed"'],
            5,
            "variants.profile: expected one of: modern, ",
        ),
        (
            ["[[variants]]", 'name = "v"', 'about = "y"', "set = { z = 1 }"],
            5,
            "variants.set: unknown parameter 'z'; expected one of: none are given",
        ),
        # Expectations
        (
            ["[expect]", "failovers = -1"],
            3,
            "expect.failovers: expected a number from 0, or a comp",
        ),
        (["[expect]", 'failovers = ">= 0"'], 3, "expect.failovers: '>= 0' holds of every run"),
        (
            ["[expect]", "failovers-at-least = 0"],
            3,
            "expect.failovers-at-least: expected a whole number, 1 or more, found 0",
        ),
        (
            ["[expect]", "lost-writes-at-most = -1"],
            3,
            "expect.lost-writes-at-most: expected a whole number, 0 or more, found -1",
        ),
        (
            [*NOBODY, "[expect]", "clients-write-at-the-end = true"],
            5,
            "expect.clients-write-at-the-end: says nothing where nobody writes; expected a client",
        ),
        (
            [*NOBODY, "[expect]", "lost-writes = 0"],
            5,
            "expect.lost-writes: says nothing where nobody",
        ),
        (
            [*NOBODY, "[expect]", 'downtime = "< 3"'],
            5,
            "expect.downtime: says nothing where nobody",
        ),
        (
            ["[expect]", 'breaks = "peace"'],
            3,
            "expect.breaks: expected one of: one-leader-per-epoch",
        ),
        (
            ["[expect]", 'master-at-the-end = "redis-9"'],
            3,
            "expect.master-at-the-end: expected servers, sentinels, clients, or redis-1 to redis-3",
        ),
        (
            ["[[expect.eventually]]", "within = 3"],
            2,
            "expect.eventually.event: expected exactly one of: event, answer, state",
        ),
        (
            ["[[expect.never]]", 'event = "+sdown"', 'state = "no-master"'],
            4,
            "expect.never.state: expected exactly one of: event, answer, state",
        ),
        (
            ["[[expect.never]]", 'event = "+sdwon"'],
            3,
            "expect.never.event: expected an event such as +odown, found '+sdwon'; did you mean",
        ),
        (
            ["[[expect.never]]", 'state = "no-masters"'],
            3,
            "expect.never.state: expected one of: no-master, one-master",
        ),
        (
            ["[[expect.never]]", 'state = "no-master"', 'by = "redis-1"'],
            4,
            "expect.never.by: expected event or answer beside it",
        ),
        (
            ["[[expect.never]]", 'event = "+sdown"', "count = 3"],
            4,
            "expect.never.count: expected no 'count': never is never",
        ),
        (
            ["[[expect.eventually]]", 'event = "+sdown"', 'count = "< 3"'],
            4,
            "expect.eventually.count: holds also if it is never said; expected a number from 1",
        ),
        (
            ["[[expect.eventually]]", 'event = "+sdown"', "within = 0"],
            4,
            "expect.eventually.within: expected a number of seconds greater than 0, found 0",
        ),
        (
            ["[[expect.eventually]]", 'event = "+sdown"', 'since = "the-cut"'],
            4,
            "expect.eventually.since: expected a number, an event, or the name of a fault (none",
        ),
        (
            ["[[expect.eventually]]", 'event = "+sdown"', 'by = "sentinel-4"'],
            4,
            "expect.eventually.by: expected servers, sentinels, clients, or redis-1 to redis-3",
        ),
        (
            ["[[expect.eventually]]", 'event = "+sdown"', 'about = "master"'],
            4,
            "expect.eventually.about: expected a node, or a name that 'as' gave to one; who is the",
        ),
        (
            [*NOBODY, "[[expect.eventually]]", 'state = "clients-write"'],
            5,
            "expect.eventually.state: says nothing where nobody writes",
        ),
        (["[expect]", "never = 3"], 3, "expect.never: expected tables [[expect.never]]"),
        # The second of several tables
        (
            [
                *("[[expect.never]]", 'event = "+sdown"'),
                *("[[expect.never]]", 'event = "+odown"', "lasting = 2"),
            ],
            6,
            "expect.never.lasting: expected state beside it",
        ),
        (
            ["[run]", "watch-for = 0"],
            3,
            "run.watch-for: expected a number of seconds greater than 0",
        ),
    ],
)
def test_error_names_line_key_and_remedy(lines: list[str], line: int, problem: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read(file(*lines))
    assert str(error.value).startswith(f"story.toml, line {line}: {problem}")
    assert "\n" not in str(error.value)


PARAMETER = ["[parameters.freeze]", "default = 3", 'about = "y"', "[run]", 'limit = "$freeze"']


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"changes": {"frieze": "3"}}, "no parameter is called 'frieze'; expected one of: freeze"),
        ({"changes": {"freeze": "long"}}, "freeze=long: expected a number"),
        ({"changes": {"freeze": "-1"}}, "story.toml, line 6: run.limit: expected a number of sec"),
        ({"variant": "none"}, "no variant is called 'none'; expected one of: it has none"),
    ],
)
def test_change_that_makes_no_sense_is_refused(options: dict[str, object], problem: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read(file(*PARAMETER), **options)
    assert problem in str(error.value)


def test_boolean_parameter_is_true_or_false() -> None:
    text = file("[parameters.x]", "default = true", 'about = "y"')
    with pytest.raises(ScenarioError, match="x=yes: expected true or false"):
        read(text, changes={"x": "yes"})
