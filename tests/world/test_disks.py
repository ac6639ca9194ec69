"""Full and slow disks, of Sentinels and of servers, as faults of the world."""

from __future__ import annotations

import pytest

from sim.trace import CommandAnswered, FaultInjected, SaveEnded
from sim.world import Deployment, ImpossibleFault, World, faults


def small(**settings: str) -> World:
    directives = tuple((name.replace("_", "-"), value) for name, value in settings.items())
    return World(Deployment(clients=1, down_after_milliseconds=5000, directives=directives))


def told(world: World) -> list[tuple[str, str, str]]:
    return [
        (entry.node, data.verb, data.detail)
        for entry, data in world.trace.of(FaultInjected)
        if data.verb != "command"
    ]


@pytest.mark.parametrize("node", ["redis-1", "sentinel-2"])
def test_full_disk_is_told_once_and_its_repair_once(node: str) -> None:
    world = small()
    for do in (faults.break_disk, faults.break_disk, faults.repair_disk, faults.repair_disk):
        assert do(world, node) == node
    assert told(world) == [
        (node, "break_disk", "saving fails: No space left on device"),
        (node, "repair", "saving works again"),
    ]


@pytest.mark.parametrize("node", ["redis-1", "sentinel-2"])
def test_slow_disk_is_told_when_its_factor_changes(node: str) -> None:
    world = small()
    for factor in (1.0, 50.0, 50.0, 2.5, 1.0, 1.0):
        faults.slow_disk(world, node, factor)
    assert told(world) == [
        (node, "slow_disk", "saving takes 50 times as long"),
        (node, "slow_disk", "saving takes 2.5 times as long"),
        (node, "repair", "saving is as fast as ever"),
    ]


def test_master_may_be_meant_by_its_role() -> None:
    world = small()
    world.run(5)
    assert faults.break_disk(world, "master") == "redis-1"
    assert world.servers["redis-1"].disk.is_failing
    assert not world.servers["redis-2"].disk.is_failing


@pytest.mark.parametrize("verb", ["break_disk", "repair_disk", "slow_disk"])
def test_clients_save_nothing(verb: str) -> None:
    world = small()
    extra = (2.0,) if verb == "slow_disk" else ()
    with pytest.raises(ImpossibleFault, match=r"^client-1 saves nothing; expected one of: redis-1"):
        getattr(faults, verb)(world, "client-1", *extra)


def test_clients_take_no_commands() -> None:
    with pytest.raises(ImpossibleFault, match=r"^client-1 takes no commands; expected one of: re"):
        faults.command(small(), "client-1", ("PING",))


def test_slow_disk_keeps_a_server_that_syncs_each_write_busy_that_much_longer() -> None:
    world = small(appendonly="yes", appendfsync="always")
    world.run(8)
    before = len(world.trace.entries)
    faults.slow_disk(world, "redis-1", 500.0)  # of 2 ms
    world.run(0.5)
    faults.command(world, "redis-1", ("PING",))
    asked_us = world.kernel.now
    faults.slow_disk(world, "redis-1", 1.0)
    world.run(3)
    answer = next(
        entry for entry in world.trace.entries[before:] if isinstance(entry.data, CommandAnswered)
    )
    assert answer.time_us - asked_us > 300_000


def test_dump_on_a_slow_disk_takes_that_much_longer_and_on_a_full_one_fails() -> None:
    world = small(save="")
    world.run(8)

    def save() -> tuple[int, bool]:
        begun_us = world.kernel.now
        faults.command(world, "redis-1", ("BGSAVE",))
        world.run(2)
        ((end_us, ok),) = [
            (entry.time_us, data.ok)
            for entry, data in world.trace.of(SaveEnded)
            if entry.time_us > begun_us
        ]
        return end_us - begun_us, ok

    usual_us, ok = save()
    assert ok
    faults.slow_disk(world, "redis-1", 10_000.0)
    slow_us, ok = save()
    assert ok
    assert slow_us > 5 * usual_us
    faults.slow_disk(world, "redis-1", 1.0)
    faults.break_disk(world, "redis-1")
    assert save()[1] is False


def test_server_with_a_full_disk_comes_back_in_the_role_of_its_last_saved_file() -> None:
    """CONFIG REWRITE of the promotion fails, which is harmless until the next start."""
    world = small(save="")
    world.run(8)
    for name in ("redis-2", "redis-3"):
        faults.break_disk(world, name)
    world.kill("redis-1")
    assert world.run_until(lambda: world.master != "redis-1", 30)
    promoted = world.servers[world.master]
    assert not promoted.server.is_replica
    assert promoted.disk.config.replicaof == ("10.0.0.1", 6379)
    faults.command(world, promoted.name, ("CONFIG", "REWRITE"))
    world.run(1)
    answers = [data.reply for _, data in world.trace.of(CommandAnswered)]
    assert answers == ["ERR Rewriting config file: No space left on device"]
    faults.repair_disk(world, promoted.name)
    faults.command(world, promoted.name, ("CONFIG", "REWRITE"))
    world.run(1)
    assert promoted.disk.config.replicaof is None
