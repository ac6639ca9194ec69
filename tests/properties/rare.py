"""Stories of what chance nearly never does: each is told so that one rare thing happens."""

from __future__ import annotations

from collections.abc import Callable

from sim.redis.settings import Machine
from sim.scenarios import Expectation, Fault, Scenario
from sim.scenarios.expectations import BECOMES_CALM, CONDITIONAL_NAMES
from sim.search import Story
from sim.world import Deployment, World

__all__ = ["RARE"]

SEED = 1
MASTER = "redis-1"


def story(where: Deployment, *faults: Fault) -> Story:
    scenario = Scenario(
        name="rare",
        title="A rare story",
        theme="Rare",
        about="",
        deployment=where,
        faults=faults,
        expectations=(Expectation(BECOMES_CALM, True),),
        invariants=CONDITIONAL_NAMES,
    )
    return Story(scenario, SEED)


def three(**changes: object) -> Deployment:
    settings = {"sentinels": 3, "replicas": 2, "clients": 0, "quorum": 2}
    settings |= {"down_after_milliseconds": 1000, "failover_timeout": 6000}
    return Deployment(**{**settings, **changes})  # type: ignore[arg-type]


def attempt_is_reset() -> Story:
    """An operator lets the leader forget everything while it waits for a promotion."""
    words = ("SENTINEL", "RESET", "mymaster")
    return story(
        three(),
        Fault("kill", 15.0, node=MASTER),
        Fault("command", when="+selected-slave", at_once=True, node="speaker", words=words),
        Fault("restart", after=20.0, node=MASTER),
    )


def chosen_replica_dies_before_it_is_told() -> Story:
    """The leader waits for a link to it in vain."""
    return story(
        three(),
        Fault("kill", 15.0, node=MASTER),
        Fault("kill", when="+selected-slave", at_once=True, node="subject", alias="chosen"),
        Fault("restart", after=25.0, node="chosen"),
        Fault("restart", after=0.0, node=MASTER),
    )


def chosen_replica_freezes_when_told() -> Story:
    """The leader waits in vain for the news that it is a master."""
    said = "+failover-state-wait-promotion"
    return story(
        three(replicas=1),
        Fault("kill", 15.0, node=MASTER),
        Fault("pause", when=said, at_once=True, node="redis-2"),
        Fault("resume", after=25.0, node="redis-2"),
        Fault("restart", after=0.0, node=MASTER),
    )


def master_is_down_since_it_loads() -> Story:
    """The master is back at once, and answers nothing but LOADING for longer than is allowed."""
    megabyte = 2**20
    machine = Machine(
        other_data_bytes=8000 * megabyte,
        sync_bytes_per_second=2000 * megabyte,
        load_bytes_per_second=400 * megabyte,
        replay_bytes_per_second=200 * megabyte,
    )
    return story(
        three(
            machine=machine,
            directives=(("appendonly", "yes"),),
            master_reboot_down_after_period=2000,
            down_after_milliseconds=5000,
        ),
        Fault("kill", 80.0, node=MASTER),
        Fault("restart", after=0.3, node=MASTER),
    )


def sentinel_moves() -> Story:
    """Somebody says in the name of a Sentinel that it is elsewhere now."""
    where = three()
    mover = next(
        each for each in World(where, seed=SEED).plan.sentinels if each.name == "sentinel-2"
    )
    hello = f"10.0.1.77,26379,{mover.myid},0,mymaster,10.0.0.1,6379,0"
    words = ("PUBLISH", "__sentinel__:hello", hello)
    return story(where, Fault("command", 15.0, node=MASTER, words=words))


RARE: tuple[Callable[[], Story], ...] = (
    attempt_is_reset,
    chosen_replica_dies_before_it_is_told,
    chosen_replica_freezes_when_told,
    master_is_down_since_it_loads,
    sentinel_moves,
)
