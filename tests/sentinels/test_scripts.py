"""User scripts in the virtual world: how long they take, how they end, who hears of it."""

from __future__ import annotations

import pytest

from minisentinel.core.state import ScriptEnd
from minisentinel.trace import SentinelEvent
from sim.sentinels import SentinelNode, VirtualScript
from sim.sentinels.scripts import ScriptRunner
from sim.world import Deployment, World

SMALL = Deployment(clients=0, down_after_milliseconds=1000, failover_timeout=5000)
NOTIFY, RECONFIGURE = "/opt/notify", "/opt/reconfigure"


# --- the runner ---


def test_process_ids_count_up() -> None:
    runner = ScriptRunner({})
    assert [runner.start(NOTIFY, 0) for _ in range(3)] == [1001, 1002, 1003]


def test_a_script_takes_its_time_and_ends_once() -> None:
    runner = ScriptRunner({NOTIFY: VirtualScript(duration_us=500, exit_code=3)})
    pid = runner.start(NOTIFY, 1000)
    assert runner.reap(1499) == []
    assert runner.reap(1500) == [ScriptEnd(pid, 3, 0)]
    assert runner.reap(9999) == []


def test_a_script_that_nobody_described_succeeds_after_ten_milliseconds() -> None:
    runner = ScriptRunner({})
    pid = runner.start(NOTIFY, 0)
    assert runner.reap(9_999) == []
    assert runner.reap(10_000) == [ScriptEnd(pid, 0, 0)]


def test_ends_come_in_the_order_of_their_times() -> None:
    runner = ScriptRunner({"slow": VirtualScript(duration_us=300)})
    slow, quick = runner.start("slow", 0), ScriptRunner({}).start("quick", 0)
    runner.start("quick", 0)
    ends = [end.pid for end in runner.reap(20_000)]
    assert ends == [slow, quick + 1]


def test_a_killed_script_ends_by_signal_9() -> None:
    runner = ScriptRunner({NOTIFY: VirtualScript(duration_us=500)})
    pid = runner.start(NOTIFY, 0)
    runner.kill(pid, 100)
    assert runner.reap(100) == [ScriptEnd(pid, 0, 9)]


@pytest.mark.parametrize("reaped", [False, True])
def test_a_script_that_is_over_cannot_be_killed(reaped: bool) -> None:
    runner = ScriptRunner({NOTIFY: VirtualScript(duration_us=500)})
    pid = runner.start(NOTIFY, 0)
    ends = runner.reap(600) if reaped else []
    runner.kill(pid, 600)
    assert ends + runner.reap(600) == [ScriptEnd(pid, 0, 0)]


# --- the node ---


def build(*lines: str) -> World:
    """A world whose first Sentinel has these lines in its file."""
    world = World(SMALL, seed=4)
    first(world).disk.content += "".join(f"{line}\n" for line in lines)
    return world


def first(world: World) -> SentinelNode:
    return world.sentinels["sentinel-1"]


def seen(world: World, *names: str, node: str = "") -> list[tuple[int, str, str]]:
    """When (in µs) which Sentinel had which of these events; all nodes unless one is named."""
    return [
        (entry.time_us, entry.node, f"{entry.data.name} {entry.data.payload}")
        for entry in world.trace.entries
        if isinstance(entry.data, SentinelEvent) and entry.data.name in names
        if node in ("", entry.node)
    ]


def test_a_script_shows_on_the_trace_by_its_events() -> None:
    world = build(f"sentinel notification-script mymaster {NOTIFY}")
    first(world).scripts[NOTIFY] = VirtualScript(duration_us=500_000)
    world.run(4.0)
    (start, _, started), (end, _, ended) = seen(world, "+script-child", "-script-child")
    assert started == "+script-child 1001"
    assert ended == "-script-child 1001 0 0"
    # It is seen by the first tick after its end.
    assert 500_000 <= end - start <= 500_000 + 110_000


def test_leader_and_observers_reconfigure_their_clients() -> None:
    world = World(SMALL, seed=4)
    for node in world.sentinels.values():
        node.disk.content += f"sentinel client-reconfig-script mymaster {RECONFIGURE}\n"
    world.run(5.0)
    world.kill("redis-1")
    world.run(15.0)
    assert sorted(node for _, node, _ in seen(world, "+script-child")) == [
        "sentinel-1",
        "sentinel-2",
        "sentinel-3",
    ]
    assert len(seen(world, "-script-child")) == 3


def test_a_script_that_hangs_is_killed_after_a_minute_and_run_again() -> None:
    world = build(f"sentinel notification-script mymaster {NOTIFY}")
    first(world).scripts[NOTIFY] = VirtualScript(duration_us=10**12)
    world.run(100.0)
    names = ("+script-child", "-script-child", "-script-timeout", "-script-error")
    times, _, told = zip(*seen(world, *names), strict=True)
    assert told == (
        "+script-child 1001",
        f"-script-timeout {NOTIFY} 1001",
        "-script-child 1001 0 9",
        "+script-child 1002",
    )
    assert 60_000_000 <= times[1] - times[0] <= 60_200_000
    assert 30_000_000 <= times[3] - times[2] <= 30_200_000


def test_a_script_goes_on_while_its_sentinel_is_paused() -> None:
    world = build(f"sentinel notification-script mymaster {NOTIFY}")
    first(world).scripts[NOTIFY] = VirtualScript(duration_us=3_000_000)
    world.run(2.0)
    world.pause("sentinel-1")
    world.run(5.0)
    assert not seen(world, "-script-child")
    world.resume("sentinel-1")
    world.run(0.2)
    assert [text for _, _, text in seen(world, "-script-child")] == ["-script-child 1001 0 0"]


def test_nobody_hears_of_a_script_that_outlives_its_sentinel() -> None:
    world = build(f"sentinel notification-script mymaster {NOTIFY}")
    first(world).scripts[NOTIFY] = VirtualScript(duration_us=3_000_000)
    world.run(2.0)
    world.kill("sentinel-1")
    world.restart("sentinel-1")
    world.run(5.0)
    told = [text for _, _, text in seen(world, "+script-child", "-script-child")]
    assert told == ["+script-child 1001", "+script-child 1002", "-script-child 1002 0 0"]


def test_scripts_are_the_same_in_every_run_of_a_seed() -> None:
    def digest() -> str:
        world = build(f"sentinel notification-script mymaster {NOTIFY}")
        world.run(3.0)
        world.kill("redis-1")
        world.run(10.0)
        assert seen(world, "-script-child")
        return world.trace.digest()

    assert digest() == digest()
