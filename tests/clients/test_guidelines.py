"""The guidelines about WAIT, pools, replicas and messages; the ids are those of the rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minisentinel.replies import Command, Error, Push, Reply, Status
from sim.clients import ClientGroup, Workload
from sim.judge import account_for_clients
from sim.trace import WriteAccepted
from sim.world import Deployment, DeploymentError, World
from tests.clients.scripted import MASTER, REPLICA, Answer, ScriptedWorld, names

SWITCH = "mymaster 10.0.0.1 6379 10.0.0.2 6379"


@pytest.fixture
def world() -> ScriptedWorld:
    return ScriptedWorld()


def master(set_reply: Reply, wait_reply: Reply = 0) -> Answer:
    def answer(words: Command) -> Reply:
        return {"ROLE": MASTER, "WAIT": wait_reply}.get(words[0], set_reply)

    return answer


# WAIT


@pytest.mark.parametrize(
    ("wait_reply", "outcome", "error"),
    [
        (2, "ok", ""),
        (1, "ok", ""),
        (0, "unknown", "0 of 1 replicas have it"),
        (Error("ERR unknown command 'WAIT'"), "unknown", "WAIT: ERR"),
    ],
)
def test_write_counts_when_enough_replicas_have_it(
    world: ScriptedWorld, wait_reply: Reply, outcome: str, error: str
) -> None:
    world.servers[0].answer = master(Status("OK"), wait_reply)
    world.client(wait_replicas=1, wait_milliseconds=250)
    world.run(2.0)
    assert ("WAIT", "1", "250") in world.servers[0].asked
    assert {(each.outcome, each.error) for each in world.operations()} == {(outcome, error)}


def test_write_that_was_refused_has_failed_whatever_wait_says(world: ScriptedWorld) -> None:
    world.servers[0].answer = master(Error("NOREPLICAS Not enough"), 3)
    world.client(wait_replicas=1)
    world.run(2.0)
    assert {(each.outcome, each.error) for each in world.operations()} == {("failed", "NOREPLICAS")}


def test_wait_has_its_own_time_on_top_of_the_timeout(world: ScriptedWorld) -> None:
    world.servers[0].answer = lambda words: MASTER if words[0] == "ROLE" else None
    world.client(wait_replicas=1, wait_milliseconds=3000, timeout=0.5)
    world.run(5.0)
    first = next(e for e in world.recorder.sorted_entries() if e.data.kind == "operation")
    waited = (first.time_us - first.data.started_us) / 1e6  # type: ignore[attr-defined]
    assert 3.5 <= waited < 3.6
    assert first.data.outcome == "unknown"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("replicas", "is_safe"), [(0, False), (1, True)])
def test_wait_saves_the_client_of_a_minority_from_promises(replicas: int, is_safe: bool) -> None:
    workload = Workload(wait_replicas=replicas, wait_milliseconds=200)
    deployment = Deployment(down_after_milliseconds=2000, failover_timeout=10_000)
    world = World(deployment.with_groups([ClientGroup(workload=workload)]), seed=3)
    world.run(15)
    world.partition(["redis-1", "client-1", "sentinel-1"])
    world.run(10)
    world.heal()
    world.run(20)
    world.end("duration")
    (account,) = account_for_clients(world.trace)
    assert account.split_brain > 20, "the old master takes them, whatever was promised"
    assert (account.lost == 0) == is_safe
    assert (account.unknown > 20) == is_safe
    assert account.works_at_the_end


def test_reads_wait_for_nobody(world: ScriptedWorld) -> None:
    world.client(wait_replicas=1, reads=1.0, keys="uniform")
    world.run(1.0)
    assert {words[0] for words in world.servers[0].asked} == {"ROLE", "GET"}


# Pools


def test_pool_keeps_as_many_connections_busy(world: ScriptedWorld) -> None:
    world.client(connections=3, rate=30)
    world.run(2.0)
    assert len(world.servers[0].connections) == 3
    assert 40 < len(world.operations()) < 80


def test_one_connection_that_finds_another_master_closes_all_to_the_old_one(
    world: ScriptedWorld,
) -> None:
    """[CLT-1-17]"""
    world.client(connections=3, rate=30)
    world.run(2.0)
    for sentinel in world.sentinels:
        sentinel.answer = names("10.0.0.2")
    world.servers[0].connections[0].close()
    world.run(1.0)
    assert not any(each.is_open for each in world.servers[0].connections)
    assert len(world.servers[1].connections) == 3


# Replicas


def replica(port: int, flags: str = "slave", link: str = "ok") -> dict[str, Reply]:
    return {"ip": f"10.0.0.{port}", "port": "6379", "flags": flags, "master-link-status": link}


def knows(*replicas: Reply) -> Answer:
    def answer(words: Command) -> Reply:
        return replicas if words[1] == "replicas" else ("10.0.0.1", "6379")

    return answer


def test_reads_go_to_a_replica_that_says_it_is_one(world: ScriptedWorld) -> None:
    """[CLT-1-15]"""
    world.sentinels[0].answer = knows(replica(2))
    world.servers[1].answer = lambda words: REPLICA if words[0] == "ROLE" else "value"
    world.client(reads=0.5, read_from="replica")
    world.run(3.0)
    assert ("SENTINEL", "replicas", "mymaster") in world.sentinels[0].asked
    targets = {(each.name, each.target) for each in world.operations() if each.outcome == "ok"}
    assert targets == {("SET", "10.0.0.1:6379"), ("GET", "10.0.0.2:6379")}


def test_master_is_not_read_from_as_a_replica(world: ScriptedWorld) -> None:
    """[CLT-1-15]"""
    world.sentinels[0].answer = knows(replica(2))
    world.client(reads=1.0, read_from="replica", keys="uniform")
    world.run(1.0)
    assert {each.error for each in world.operations()} == {"10.0.0.2:6379: no replica"}


@pytest.mark.parametrize(
    "unusable",
    [
        replica(1, "s_down,slave"),
        replica(1, "slave,o_down"),
        replica(1, "slave,disconnected"),
        replica(1, link="err"),
        ("ip", "10.0.0.1", "port", "6379", "flags", "s_down,slave", "master-link-status", "ok"),
    ],
    ids=["s_down", "o_down", "disconnected", "link", "flat array"],
)
def test_replica_in_trouble_is_not_chosen(world: ScriptedWorld, unusable: Reply) -> None:
    """[CLT-1-16]"""
    good = tuple(word for pair in replica(2).items() for word in pair)
    for sentinel in world.sentinels:
        sentinel.answer = knows(unusable, good)
    for server in world.servers:
        server.answer = lambda words: REPLICA if words[0] == "ROLE" else "value"
    world.client(reads=1.0, read_from="replica", keys="uniform", rate=50, connections=5)
    world.run(2.0)
    assert {each.target for each in world.operations()} == {"10.0.0.2:6379"}
    for sentinel in world.sentinels:
        sentinel.answer = knows(unusable)
    world.servers[1].kill()
    world.run(2.0)
    assert world.operations()[-1].error == "no Sentinel knows a replica to be used"


# Messages


def announcing(world: ScriptedWorld, number: int = 0) -> Callable[[str], None]:
    """Give a Sentinel a channel; the function says a payload to all who listen."""
    sentinel = world.sentinels[number]
    address = ["10.0.0.1"]

    def answer(words: Command) -> Reply:
        match words:
            case ("SUBSCRIBE", channel):
                return Push(("subscribe", channel, 1))
            case ("SENTINEL", "sentinels", _):
                return ({"ip": "10.0.1.9", "port": "26379", "runid": "x"},)
            case ("PING",):
                return Push(("pong", ""))
        return (address[0], "6379")

    def say(payload: str) -> None:
        address[0] = payload.split(" ")[3]
        for connection in sentinel.connections:
            connection.send(Push(("message", "+switch-master", payload)), 80)

    sentinel.answer = answer
    return say


@pytest.mark.parametrize("switch", [SWITCH, SWITCH.replace("10.0.0.1", "")])
def test_message_makes_the_listening_client_look_again(world: ScriptedWorld, switch: str) -> None:
    """An old master whose name meant nothing has no address. [CLT-1-19]"""
    say = announcing(world)
    world.client("listening")
    world.run(2.0)
    assert world.operations()[-1].target == "10.0.0.1:6379"
    say(switch)
    world.run(1.0)
    assert world.operations()[-1].target == "10.0.0.2:6379"
    assert world.servers[0].connections == []
    assert {each.outcome for each in world.operations()} == {"ok"}, "nothing had to fail for it"


def test_look_that_finds_the_same_name_leaves_the_connection_alone(world: ScriptedWorld) -> None:
    """[CLT-1-20]"""
    world.network.names.point("redis.example", "10.0.0.1")
    for sentinel in world.sentinels:
        sentinel.answer = names("redis.example")
    world.client("listening")
    world.run(2.0)
    assert [words for words in world.servers[0].asked if words == ("ROLE",)] == [("ROLE",)]


def test_message_about_another_master_is_ignored(world: ScriptedWorld) -> None:
    """[CLT-1-19]"""
    say = announcing(world)
    world.client("listening")
    world.run(2.0)
    say(SWITCH.replace("mymaster", "other"))
    world.run(1.0)
    assert world.operations()[-1].target == "10.0.0.1:6379"


def test_message_alone_convinces_nobody_but_who_relies_on_it(world: ScriptedWorld) -> None:
    """[CLT-1-19]"""
    for kind, target in (("listening", "10.0.0.1:6379"), ("pubsub-only", "10.0.0.2:6379")):
        world = ScriptedWorld()
        announcing(world)
        world.client(kind)
        world.run(2.0)
        for connection in world.sentinels[0].connections:
            connection.send(Push(("message", "+switch-master", SWITCH)), 80)
        world.run(1.0)
        assert world.operations()[-1].target == target


def test_listening_client_goes_to_the_next_sentinel_when_one_is_silent(
    world: ScriptedWorld,
) -> None:
    for number in range(3):
        say = announcing(world, number)
    world.client("listening")
    world.run(2.0)
    world.sentinels[0].pause()
    world.sentinels[1].kill()
    world.run(12.0)
    assert ("SUBSCRIBE", "+switch-master") in world.sentinels[2].asked
    say(SWITCH)
    world.run(1.0)
    assert world.operations()[-1].target == "10.0.0.2:6379"


def test_listening_client_learns_of_further_sentinels(world: ScriptedWorld) -> None:
    """[CLT-1-18]"""
    announcing(world)
    client = world.client("listening")
    world.run(2.0)
    assert sorted(client.sentinels) == [*world.addresses, ("10.0.1.9", 26379)]


# Deployments


def test_groups_of_clients_live_in_one_world() -> None:
    groups = [
        ClientGroup(count=2, workload=Workload(rate=5)),
        ClientGroup(kind="sticky", first_sentinel=2),
    ]
    world = World(Deployment().with_groups(groups))
    assert [client.kind for client in world.clients.values()] == ["textbook", "textbook", "sticky"]
    first, last = world.clients["client-1"], world.clients["client-3"]
    assert last.sentinels == [*first.sentinels[1:], first.sentinels[0]]
    world.run(10)
    world.end("duration")
    counts = {each.client: each.succeeded for each in account_for_clients(world.trace)}
    assert 20 < counts["client-1"] < 40 < counts["client-3"]
    assert world.trace.header.settings["client-groups"] == [each.settings for each in groups]


def test_number_of_clients_can_be_set_while_they_are_all_alike() -> None:
    alike = Deployment().with_groups([ClientGroup(kind="sticky")])
    assert alike.with_setting("clients", "4").groups == (ClientGroup(kind="sticky", count=4),)
    mixed = alike.with_groups([ClientGroup(kind="sticky"), ClientGroup()])
    with pytest.raises(DeploymentError, match=r"clients=4: expected .* this one has 2 groups"):
        mixed.with_setting("clients", "4")


@pytest.mark.parametrize(
    ("groups", "problem"),
    [
        ([ClientGroup(first_sentinel=4)], "first-sentinel=4: expected the number of a Sentinel, 1"),
        ([ClientGroup(count=100), ClientGroup()], "clients=101: expected a whole number from 0"),
    ],
)
def test_impossible_clients_are_refused(groups: list[ClientGroup], problem: str) -> None:
    with pytest.raises(DeploymentError, match=f"^{problem}"):
        Deployment().with_groups(groups)


def test_what_a_kill_or_the_end_of_the_run_cuts_off_has_an_unknown_outcome() -> None:
    world = World(Deployment(clients=2))
    world.run(10)
    world.block("redis-1", 30)
    world.run(0.5)
    world.kill("client-1")
    world.run(0.1)
    world.end("duration")
    last = {e.node: e.data for e in world.trace.of_kind("operation")}
    found = {name: (data.outcome, data.error) for name, data in last.items()}  # type: ignore[attr-defined]
    assert found == {
        "client-1": ("unknown", "killed"),
        "client-2": ("unknown", "the run ended"),
    }
    accepted = {e.data.write for e in world.trace.entries if isinstance(e.data, WriteAccepted)}
    acknowledged = account_for_clients(world.trace)[0].acknowledged
    assert acknowledged < len(accepted)
