"""The failover, rule by rule: the edges of its states, the switch, and the manual one."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Announce, Effect, Save
from minisentinel.core.failover import step
from minisentinel.core.state import FailoverState, Purpose
from minisentinel.replies import OK
from tests.core.bench import MYID, Bench, commands, conf, events, logged
from tests.support.facts import FakeFacts

SCRIPTS = FakeFacts(executable=("/bin/move",))
MOVE = "sentinel client-reconfig-script mymaster /bin/move"


def until_told(bench: Bench, event: str) -> list[Effect]:
    """Run, for a minute at most, until `event` is announced; the effects of the last tenth."""
    for _ in range(600):
        effects = bench.run(100)
        if events(effects, event):
            return effects
    raise AssertionError(f"no {event}")


def leading(*lines: str, until: FailoverState, facts: FakeFacts | None = None) -> Bench:
    """A bench that leads a failover to redis-2, whose state has just become `until`."""
    bench = Bench(conf(*lines, peers=(2,)), facts=facts)
    bench.run(12_000)
    bench.peers["sentinel-2"].down, bench.peers["sentinel-2"].vote = True, "asker"
    bench.servers["redis-2"].priority = 1
    bench.run(11_000)
    bench.kill("redis-1")
    for _ in range(600):
        if bench.master().failover_state is until:
            return bench
        bench.run(100)
    raise AssertionError(f"never in {until}")


@pytest.mark.parametrize(
    ("age_ms", "state", "said"),
    [
        (0, FailoverState.SEND_SLAVEOF_NOONE, []),
        (10_000, FailoverState.SEND_SLAVEOF_NOONE, []),
        (
            10_001,
            FailoverState.NONE,
            ["-failover-abort-slave-timeout master mymaster 10.0.0.1 6379"],
        ),
    ],
)
def test_a_selected_replica_without_a_link_is_waited_for_until_the_limit_is_passed(
    age_ms: int, state: FailoverState, said: list[str]
) -> None:
    """[FAI-4.3-1] [FAI-2-3] [EVT-3-34]"""
    bench = leading(until=FailoverState.SEND_SLAVEOF_NOONE)
    bench.lose_all("redis-2")
    bench.now += age_ms
    ctx = bench.ctx
    step(ctx, bench.master())
    assert events(ctx.out) == said
    assert bench.master().failover_state is state


def test_no_limit_is_looked_at_while_the_link_of_the_selected_replica_is_there() -> None:
    """[FAI-4.3-2] [FAI-2-3] [EVT-3-33]"""
    bench = leading(until=FailoverState.SEND_SLAVEOF_NOONE)
    bench.now += 3_600_000
    ctx = bench.ctx
    step(ctx, bench.master())
    assert events(ctx.out) == [
        "+failover-state-wait-promotion slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"
    ]
    assert ("SLAVEOF", "NO", "ONE") in commands(ctx.out)


def test_the_last_state_ends_with_the_switch_at_the_end_of_its_tick() -> None:
    """[FAI-2-6] [FAI-6.1-1] [MON-2-7]: nobody sees it between two ticks."""
    bench = leading(until=FailoverState.RECONF_REPLICAS)
    while not events(effects := bench.tick(), "+failover-end"):
        assert bench.master().failover_state is FailoverState.RECONF_REPLICAS
        bench.establish()
        bench.answer()
    assert events(effects, "+failover-end", "+switch-master") == [
        "+failover-end master mymaster 10.0.0.1 6379",
        "+switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379",
    ]
    assert bench.master().failover_state is FailoverState.NONE
    assert bench.master().address.ip == "10.0.0.2"


def test_the_switch_runs_no_script_because_the_promotion_did() -> None:
    """[FAI-6.1-2] [FAI-9.2-4] [FAI-4.4-8]"""
    bench = leading(MOVE, until=FailoverState.RECONF_REPLICAS, facts=SCRIPTS)
    bench.tick()
    words = ("/bin/move", "mymaster", "leader", "start", "10.0.0.1", "6379", "10.0.0.2", "6379")
    assert list(bench.scripts.values()) == [words]
    bench.run(5000)
    assert events(bench.done, "+switch-master")
    assert bench.master().address.ip == "10.0.0.2"
    assert list(bench.scripts.values()) == [words]


def test_the_switch_makes_new_replicas_and_saves_after_it_is_told() -> None:
    """[FAI-6.1-2] [FAI-6.2-5] [FAI-6.2-6] [CFG-5-8]"""
    bench = leading(until=FailoverState.RECONF_REPLICAS)
    effects = until_told(bench, "+switch-master")
    names = [
        effect.event.name if isinstance(effect, Announce) else "saved"
        for effect in effects
        if isinstance(effect, Announce | Save)
    ]
    at = names.index("+switch-master")
    assert names[at : at + 4] == ["+switch-master", "+slave", "+slave", "saved"]
    assert bench.saved[-1].masters[0].host == "10.0.0.2"


# --- the transaction as it is felt ---


def test_other_connections_may_be_closed_by_the_transaction_and_come_back() -> None:
    """[FAI-5-9] [FAI-5-8]: ours for commands stays, the one that listens does not."""
    bench = leading(until=FailoverState.SEND_SLAVEOF_NOONE)
    bench.tick()
    kept = bench.connection("redis-2")
    listening = bench.connection("redis-2", Purpose.PUBSUB)
    bench.answer("redis-2")
    assert kept in bench.outgoing
    assert listening not in bench.outgoing
    assert bench.replica("redis-2").link.disconnected
    bench.run(1200)
    assert bench.connection("redis-2", Purpose.PUBSUB) != listening
    assert bench.connection("redis-2") == kept


def test_a_server_that_refuses_the_transaction_changes_nothing_but_the_waiting() -> None:
    """[FAI-5-9] [FAI-5-1]: the answers are not looked at, and nothing is sent twice."""
    bench = leading(until=FailoverState.SEND_SLAVEOF_NOONE)
    bench.servers["redis-2"].obedient = False
    bench.run(9000)
    assert bench.master().failover_state is FailoverState.WAIT_PROMOTION
    assert commands(bench.done).count(("SLAVEOF", "NO", "ONE")) == 1
    bench.run(2000)
    assert bench.master().failover_state is FailoverState.NONE


# --- by hand ---


def test_a_manual_failover_needs_no_agreement_no_election_and_no_delay() -> None:
    """[FAI-8-5] [FAI-8-4] [CMD-4-10] [ELE-8-4]: the peers see a healthy master and never vote."""
    bench = Bench()
    bench.run(11_000)
    bench.master().failover_start_time = bench.now  # an attempt has just been made
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == OK
    assert "Executing user requested FAILOVER of 'mymaster'" in logged(bench.done)
    bench.run(5000)
    names = [line.split()[0] for line in events(bench.done)]
    assert "+odown" not in names
    assert names[names.index("+try-failover") :][:3] == [
        "+try-failover",
        "+vote-for-leader",
        "+elected-leader",
    ]
    assert f"+vote-for-leader {MYID} 1" in events(bench.done)
    assert bench.master().address.ip in ("10.0.0.2", "10.0.0.3")


def test_a_manual_failover_does_not_time_out_while_it_waits_for_its_first_tick() -> None:
    """[FAI-8-5] [FAI-2-1]"""
    bench = Bench()
    bench.run(11_000)
    bench.command("SENTINEL", "FAILOVER", "mymaster")
    ctx = bench.ctx
    ctx.now = bench.master().failover_start_time + 3_600_000
    step(ctx, bench.master())
    assert bench.master().failover_state is FailoverState.SELECT_REPLICA


def test_after_a_manual_failover_the_living_old_master_is_demoted_by_its_second_info() -> None:
    """[FAI-8-5] [MON-9.6-2] [EVT-3-12]"""
    bench = Bench(conf(peers=()))
    bench.run(11_000)
    bench.command("SENTINEL", "FAILOVER", "mymaster")
    until_told(bench, "+switch-master")
    switched = bench.now
    assert bench.servers["redis-1"].role == "master"
    told = events(until_told(bench, "+convert-to-slave"), "+convert-to-slave")
    new = bench.master().address.ip
    assert told == [f"+convert-to-slave slave 10.0.0.1:6379 10.0.0.1 6379 @ mymaster {new} 6379"]
    assert 8000 < bench.now - switched < 12_500
    bench.run(100)
    assert bench.servers["redis-1"].role == "slave"
