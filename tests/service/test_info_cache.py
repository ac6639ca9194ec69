"""SENTINEL INFO-CACHE and PENDING-SCRIPTS."""

from __future__ import annotations

import pytest

from minisentinel.core.state import ScriptJob
from minisentinel.replies import Error, Reply
from tests.core.bench import Bench, conf


@pytest.fixture
def bench() -> Bench:
    return Bench()


def cache(bench: Bench, *names: str) -> tuple[Reply, ...]:
    reply = bench.command("SENTINEL", "INFO-CACHE", *names)
    assert isinstance(reply, tuple)
    return reply


def test_a_name_is_needed_and_unknown_ones_are_passed_over(bench: Bench) -> None:
    """[CMD-4-18] [CMD-11-1]"""
    assert bench.command("SENTINEL", "INFO-CACHE") == Error(
        "ERR wrong number of arguments for 'sentinel|info-cache' command"
    )
    assert cache(bench, "other", "MYMASTER") == ()


def test_before_any_info_there_is_neither_age_nor_text(bench: Bench) -> None:
    """[CMD-11-1] [CMD-11-2] [CMD-11-3]"""
    assert cache(bench, "mymaster") == ("mymaster", ((0, None),) * 3)


def test_each_named_master_comes_once_with_all_its_replicas() -> None:
    """[CMD-11-1]: those that do not want to be announced too."""
    bench = Bench(conf("sentinel monitor other 10.0.0.4 6379 1"))
    bench.servers["redis-2"].info_lines = ("replica_announced:0",)
    bench.run(1000)
    found = cache(bench, "mymaster", "other", "mymaster", "nobody")
    assert found[::2] == tuple(bench.state.masters)
    entries = dict(zip(found[::2], found[1::2], strict=True))["mymaster"]
    assert isinstance(entries, tuple)
    infos = [bench.master().info, *(each.info for each in bench.master().replicas.values())]
    assert [entry[1] for entry in entries if isinstance(entry, tuple)] == infos
    assert all(infos)


def test_the_age_is_that_of_each_one_s_own_info(bench: Bench) -> None:
    """[CMD-11-2]"""
    bench.run(1000)
    _, entries = cache(bench, "mymaster")
    master = bench.master()
    instances = (master, *master.replicas.values())
    assert isinstance(entries, tuple)
    assert [entry[0] for entry in entries if isinstance(entry, tuple)] == [
        bench.now - each.info_refresh for each in instances
    ]


def test_a_silent_replica_of_a_known_master_seems_as_old_as_time(bench: Bench) -> None:
    """[CMD-11-4]: the test for *no INFO yet* looks at the master."""
    bench.servers["redis-2"].up = False
    bench.run(1000)
    _, entries = cache(bench, "mymaster")
    assert isinstance(entries, tuple)
    assert (bench.now, None) in entries


def test_a_known_replica_of_a_silent_master_has_no_age(bench: Bench) -> None:
    """[CMD-11-4]"""
    bench.servers["redis-1"].up = False
    bench.run(1000)
    _, entries = cache(bench, "mymaster")
    assert isinstance(entries, tuple)
    assert [entry[0] for entry in entries if isinstance(entry, tuple)] == [0, 0, 0]
    assert bench.replica("redis-2").info is not None


def test_pending_scripts_are_shown_oldest_first(bench: Bench) -> None:
    """[CMD-4-19] [CMD-12-1]"""
    assert bench.command("SENTINEL", "PENDING-SCRIPTS") == ()
    now = bench.now
    bench.state.scripts += [
        ScriptJob(1, ("/n", "+sdown", "a b"), runs=2, started_ms=now - 70, pid=4711),
        ScriptJob(2, ("/c",), runs=1, started_ms=now - 99, not_before_ms=now + 250),
        ScriptJob(3, ("/c",), not_before_ms=now - 250),
    ]
    reply = bench.command("SENTINEL", "PENDING-SCRIPTS")
    assert isinstance(reply, tuple)
    assert [list(job.items()) for job in reply if isinstance(job, dict)] == [
        [
            ("argv", ("/n", "+sdown", "a b")),
            ("flags", "running"),
            ("pid", "4711"),
            ("run-time", "70"),
            ("retry-num", "2"),
        ],
        [
            ("argv", ("/c",)),
            ("flags", "scheduled"),
            ("pid", "0"),
            ("run-delay", "250"),
            ("retry-num", "1"),
        ],
        [
            ("argv", ("/c",)),
            ("flags", "scheduled"),
            ("pid", "0"),
            ("run-delay", "0"),
            ("retry-num", "0"),
        ],
    ]
