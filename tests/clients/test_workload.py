"""What a client wants: how fast, which keys, reads and writes, several at a time."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from minisentinel.replies import Command, Error, Reply, Status
from sim.clients import CLIENT_KINDS, PARAMETERS, ClientGroup, Request, Workload, WorkloadError
from sim.clients.workload import Requests
from sim.trace import ClientStarted, ValueRead
from tests.clients.scripted import MASTER, ScriptedWorld


def draw(count: int, **workload: Any) -> list[Request]:
    requests = Requests("c", Workload(**workload), Random(1))
    return [each for _ in range(count) for each in requests.next_batch(0)]


def rests(count: int = 2000, **workload: Any) -> list[float]:
    requests = Requests("c", Workload(**workload), Random(1))
    return [requests.rest_s() for _ in range(count)]


@pytest.fixture
def world() -> ScriptedWorld:
    return ScriptedWorld()


def storing(world: ScriptedWorld) -> dict[str, str]:
    """Make the first server keep what it is told; returns its data."""
    data: dict[str, str] = {}

    def answer(words: Command) -> Reply:
        match words:
            case ("ROLE",):
                return MASTER
            case ("GET", key):
                return data.get(key)
            case ("SET", key, value):
                data[key] = value
        return Status("OK")

    world.servers[0].answer = answer
    return data


@pytest.mark.parametrize("pace", ["uneven", "fixed", "poisson"])
def test_rests_of_every_pace_come_to_the_rate_on_average(pace: str) -> None:
    found = rests(rate=20, pace=pace)
    assert 0.9 < sum(found) / len(found) * 20 < 1.1


def test_paces_differ_in_how_far_rests_stray() -> None:
    assert set(rests(rate=20, pace="fixed")) == {0.05}
    uneven, poisson = rests(rate=20, pace="uneven"), rests(rate=20, pace="poisson")
    assert 0.025 <= min(uneven) < max(uneven) <= 0.075
    assert min(poisson) < 0.001
    assert max(poisson) > 0.2


def test_rest_after_an_error_may_be_another(world: ScriptedWorld) -> None:
    world.servers[0].answer = lambda words: MASTER if words[0] == "ROLE" else Error("BUSY so")
    world.client(rate=10, rest_after_error=2.0)
    world.run(10.0)
    starts = [each.started_us for each in world.operations()]
    gaps = [(after - before) / 1e6 for before, after in pairwise(starts)]
    assert len(gaps) >= 3
    assert all(2.0 <= gap < 2.1 for gap in gaps)


def test_pipeline_and_pool_keep_the_rate() -> None:
    assert Workload(rate=10).period_s == 0.1
    assert Workload(rate=10, pipeline=5).period_s == 0.5
    assert Workload(rate=10, pipeline=5, connections=2).period_s == 1.0


def test_own_keys_are_never_written_twice() -> None:
    found = draw(50)
    assert [each.write for each in found] == [f"c:{n}={n}" for n in range(1, 51)]


@pytest.mark.parametrize("keys", ["uniform", "zipf"])
def test_shared_keys_get_a_value_that_nobody_writes_again(keys: str) -> None:
    found = draw(500, keys=keys, key_count=10)
    assert {each.key for each in found} == {f"key:{n}" for n in range(1, 11)}
    assert len({each.value for each in found}) == 500


def test_zipf_weights_are_one_over_the_rank() -> None:
    counts = Counter(each.key for each in draw(6000, keys="zipf", key_count=10))
    for rank in (2, 4):
        assert 0.8 < counts["key:1"] / counts[f"key:{rank}"] / rank < 1.25
    uniform = Counter(each.key for each in draw(6000, keys="uniform", key_count=10))
    assert max(uniform.values()) < 1.3 * min(uniform.values())


def test_share_of_reads_is_that_of_batches_of_one_sort() -> None:
    requests = Requests("c", Workload(reads=0.25, pipeline=4), Random(1))
    batches = [requests.next_batch(0) for _ in range(2000)]
    reads = [batch for batch in batches if batch[0].value is None]
    assert 0.2 < len(reads) / len(batches) < 0.3
    assert all(len({each.value is None for each in batch}) == 1 for batch in batches)


def test_own_keys_are_read_only_once_they_were_written() -> None:
    written: set[str] = set()
    for each in draw(300, reads=0.5):
        if each.value is not None:
            written.add(each.key)
        else:
            assert each.key in written


def test_reads_and_what_they_saw_are_on_the_trace(world: ScriptedWorld) -> None:
    data = storing(world)
    world.client(reads=0.5)
    world.run(5.0)
    seen = [e.data for e in world.recorder.entries if isinstance(e.data, ValueRead)]
    assert len(seen) > 10
    assert all(each.value == data[each.key] for each in seen)
    reads = [each for each in world.operations() if each.name == "GET"]
    assert [each.started_us for each in reads] == [each.started_us for each in seen]
    assert {(each.write, each.outcome) for each in reads} == {("", "ok")}


def test_batch_is_sent_at_once_and_each_answer_counts_for_itself(world: ScriptedWorld) -> None:
    storing(world)
    world.client(pipeline=3)
    world.run(1.0)
    sets = [words for words in world.servers[0].asked if words[0] == "SET"]
    assert len(sets) >= 3
    starts = [each.started_us for each in world.operations()]
    assert starts[0] == starts[1] == starts[2] < starts[3]


def test_answers_that_came_before_the_connection_broke_still_count(world: ScriptedWorld) -> None:
    server, left = world.servers[0], [5]

    def answer(words: Command) -> Reply:
        if words[0] == "ROLE":
            return MASTER
        left[0] -= 1
        return Status("OK") if left[0] >= 0 else None

    server.answer = answer
    world.client(pipeline=4)
    world.run(2.0)
    found = [each.outcome for each in world.operations()][:8]
    # Null is an answer in Redis, and silence here.
    assert found == ["ok"] * 5 + ["unknown"] * 3


def test_client_says_what_it_is_unless_it_is_as_everybody_thinks(world: ScriptedWorld) -> None:
    world.client()
    world.run(0.1)
    assert not [e for e in world.recorder.entries if isinstance(e.data, ClientStarted)]
    other = ScriptedWorld()
    other.client("sticky", rate=4, pipeline=2)
    other.run(0.1)
    (said,) = [e.data for e in other.recorder.entries if isinstance(e.data, ClientStarted)]
    assert said == ClientStarted(client="sticky", rate=4.0, period_us=500_000)


@pytest.mark.parametrize(
    ("workload", "problem"),
    [
        ({"rate": 0}, "rate: expected a number from 0.001 to 10000, found 0"),
        ({"pace": "slow"}, "pace: expected one of: uneven, fixed, poisson, found 'slow'"),
        ({"reads": 1.5}, "reads: expected a number from 0 to 1, found 1.5"),
        ({"pipeline": 1.5}, "pipeline: expected a whole number from 1 to 1000, found 1.5"),
        ({"wait_replicas": True}, "wait-replicas: expected a whole number from 0 to 100"),
    ],
)
def test_impossible_workload_is_refused(workload: dict[str, Any], problem: str) -> None:
    with pytest.raises(WorkloadError, match=f"^{problem}"):
        Workload(**workload)


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        ({"kind": "perfect"}, "kind: expected one of: textbook, listening, asking, sticky"),
        ({"count": -1}, "count: expected a whole number from 0 to 100, found -1"),
        ({"first_sentinel": 0}, "first-sentinel: expected a whole number from 1 to 100, found 0"),
    ],
)
def test_impossible_group_is_refused(group: dict[str, Any], problem: str) -> None:
    with pytest.raises(WorkloadError, match=f"^{problem}"):
        ClientGroup(**group)


def test_settings_of_a_group_tell_what_differs() -> None:
    group = ClientGroup(kind="sticky", count=2, workload=Workload(rate=5.0, keys="zipf"))
    assert group.settings == {"kind": "sticky", "count": 2, "rate": 5.0, "keys": "zipf"}


def test_every_field_of_a_workload_has_a_key() -> None:
    assert {each.attribute for each in PARAMETERS.values()} == set(Workload.__dataclass_fields__)


def test_kinds_are_called_what_their_classes_say() -> None:
    assert all(each.kind == name for name, each in CLIENT_KINDS.items())
