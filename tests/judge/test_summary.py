"""The few lines that a run comes to."""

from __future__ import annotations

from sim.judge import summarize
from tests.judge.stories import deployment, failover_story


def test_the_summary_tells_failover_writes_and_downtime() -> None:
    lines = summarize(failover_story()).lines()
    assert lines[0] == (
        "failover of mymaster from redis-1 to redis-2, led by sentinel-1 in epoch 1"
    )
    assert [line.split()[0] for line in lines[1:7]] == [
        "detection",
        "agreement",
        "election",
        "promotion",
        "reconfiguration",
        "total",
    ]
    assert lines[7].startswith("writes: ")
    assert [line.split(":")[0] for line in lines[8:]] == ["client-1", "client-2"]


def test_durations_stand_in_milliseconds_and_add_up_to_the_total() -> None:
    durations = [float(line.split()[-2]) for line in summarize(failover_story()).lines()[1:7]]
    assert abs(sum(durations[:-1]) - durations[-1]) < 0.3


def test_a_failed_attempt_says_why() -> None:
    text = str(summarize(failover_story(failed_election=True)))
    assert "(not-elected)" in text


def test_a_quiet_run_says_so() -> None:
    pen = deployment(clients=1)
    pen.operation(100, 110, "client-1", "ok")
    assert summarize(pen.trace()).lines() == (
        "no failover was attempted",
        "writes: 0 acknowledged, 0 lost, 0 refused, 0 unknown",
        "client-1: no operation failed",
    )


def test_loss_that_cannot_be_known_is_not_called_none() -> None:
    pen = deployment()
    pen.switch(2000, "sentinel-1", "redis-1", "redis-2")
    assert "lost: unknown" in str(summarize(pen.trace()))
