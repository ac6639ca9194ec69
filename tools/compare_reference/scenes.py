"""What was done in each recorded scenario, step by step.

Times after which something was done, and for how long a run went on, are those of the recordings.
"""

from __future__ import annotations

from collections.abc import Callable

from minisentinel.core import MODERN, Profile
from tools.compare_reference.recordings import Recording, Run
from tools.compare_reference.stage import Stage

__all__ = ["SCENES", "play"]

Scene = Callable[[Stage], None]


def play(recording: Recording, seed: int, profile: Profile = MODERN) -> Run:
    """One simulated run of a recorded scenario; raises `StageError` when it gets stuck."""
    stage = Stage(recording, seed, profile)
    SCENES[recording.scenario](stage)
    return stage.as_run()


def _lose_master(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.kill("r0")


def _fail_over(stage: Stage) -> None:
    _lose_master(stage)
    stage.until_all("+switch-master")


def _kill_master(stage: Stage) -> None:
    _fail_over(stage)
    stage.at(15.0)
    stage.restart("r0")
    stage.until_replica("r0")
    stage.after(4.0)


def _fail_over_and_watch(seconds: float) -> Scene:
    def scene(stage: Stage) -> None:
        _fail_over(stage)
        stage.after(seconds)

    return scene


def _pause_master(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.stop("r0")
    stage.until_all("+switch-master")
    stage.at(15.0)
    stage.go_on("r0")
    stage.until_replica("r0")
    stage.after(4.0)


def _long_sleep(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.send("r0", "DEBUG", "SLEEP", "10")
    stage.until_all("+switch-master")
    stage.until_replica("r0")
    stage.after(4.0)


def _short_sleep(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.send("r0", "DEBUG", "SLEEP", "1")
    stage.after(9.0)


def _manual_failover(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.ask("s0", "SENTINEL", "FAILOVER", "mymaster")
    stage.ask("s0", "SENTINEL", "FAILOVER", "mymaster")
    stage.until_all("+switch-master")
    stage.until_replica("r0")
    stage.after(4.0)


def _minority(stage: Stage) -> None:
    stage.pause()
    dead = ("s2", "s3", "s4")
    for who in dead:
        stage.kill(who)
    for who in dead:
        stage.until_all("+sdown", f"127.0.0.1 {who} @")
    _lose_master(stage)
    stage.at(32.0)
    stage.restart("s2")
    stage.until_all("+switch-master")
    stage.after(3.0)


def _no_good_replica(stage: Stage) -> None:
    _lose_master(stage)
    stage.until_any("-failover-abort-no-good-slave")
    stage.at(24.0)
    stage.restart("r0")
    stage.until_all("-odown")
    stage.after(12.0)


def _leader_crash(stage: Stage) -> None:
    stage.pause()
    for who in stage.sentinels:
        stage.ask(who, "SENTINEL", "SIMULATE-FAILURE", "crash-after-election")
    stage.fault_now()
    stage.kill("r0")
    stage.until_any("+elected-leader")
    leader = stage.sentinel_of("+elected-leader")
    stage.until(
        lambda: stage.world.sentinels[stage.sentinels[leader]].state == "down",
        f"{leader} crashes",
    )
    for who in stage.sentinels:
        if who != leader:
            stage.ask(who, "SENTINEL", "SIMULATE-FAILURE", "help")
    stage.until_all("+switch-master")
    stage.after(2.0)
    stage.restart(leader)
    stage.after(9.0)


def _replica_down(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.kill("r1")
    stage.at(8.0)
    stage.restart("r1")
    stage.until_all("-sdown")
    stage.after(12.0)


def _sentinel_down(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.kill("s2")
    stage.at(8.0)
    stage.restart("s2")
    stage.until_all("-sdown", among=2)
    stage.after(6.0)


def _follower_restarts(stage: Stage) -> None:
    _fail_over(stage)
    leader = stage.sentinel_of("+promoted-slave")
    follower = next(who for who in ("s1", "s0") if who != leader)
    stage.at(14.0)
    stage.kill(follower)
    stage.after(0.5)
    stage.restart(follower)
    stage.after(6.0)


def _tilt(stage: Stage) -> None:
    stage.pause()
    stage.fault_now()
    stage.stop("s0")
    stage.at(4.0)
    stage.go_on("s0")
    stage.until_any("-tilt")
    stage.after(4.0)


def _fast_restart(stage: Stage) -> None:
    _lose_master(stage)
    stage.after(0.002)
    stage.restart("r0")
    stage.until_all("+reboot")
    stage.after(4.0)


def _runtime_config(stage: Stage) -> None:
    """The commands are those of the first recorded run; what some stand for is left out."""
    recorded = [each for each in stage.recording.runs[0].moments if each.sort == "ask"]
    stage.pause()
    stage.fault_now()
    for each in recorded:
        words = [str(stage.port(word)) if word == "r0" else word for word in each.event.split(" ")]
        if words[-1].endswith(")"):
            continue
        if words[1:] == ["RESET", "my*"]:
            stage.at(2.04)
        elif words[1:] == ["REMOVE", "mymaster"]:
            stage.until(stage.world.is_calm, "s0 steady after reset")
            stage.after(3.0)
        elif words[1:3] == ["MONITOR", "mymaster"] and each.time_ms > 5000:
            stage.after(3.0)
        stage.ask("s0", *words)
    stage.until(stage.world.is_calm, "s0 steady after monitor")
    stage.after(3.0)


SCENES: dict[str, Scene] = {
    "a_kill9_master": _kill_master,
    "a_timing": _fail_over_and_watch(1.0),
    "b_pause_master": _pause_master,
    "c_debug_sleep_long": _long_sleep,
    "c_debug_sleep_short": _short_sleep,
    "d_manual_failover": _manual_failover,
    "e_minority": _minority,
    "f_no_good_slave": _no_good_replica,
    "g_leader_crash_after_election": _leader_crash,
    "h_replica_priority": _fail_over_and_watch(2.0),
    "k_replica_down": _replica_down,
    "l_sentinel_down": _sentinel_down,
    "m_sentinel_restart_epoch": _follower_restarts,
    "o_parallel_syncs_1": _fail_over_and_watch(1.0),
    "o_parallel_syncs_2": _fail_over_and_watch(1.0),
    "p_tilt": _tilt,
    "q_runtime_config": _runtime_config,
    "r_master_fast_restart": _fast_restart,
}
"""How each scenario is played, by its name."""
