"""Monitoring, rule by rule: values at creation, the order of a tick, progress read from INFO."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from minisentinel.core.address import InvalidPort, make_address, numeric_ip
from minisentinel.core.effects import Announce, Effect, Open, Send
from minisentinel.core.info import on_info_reply
from minisentinel.core.state import Connection, Instance, Replica, State
from minisentinel.lenient import leading_unsigned
from tests.config.loading import loaded
from tests.core.bench import NOW, Bench, commands, conf, events, runid, sentinel_id
from tests.support.facts import FakeFacts

# --- what a process and an instance begin with ---


def fresh_state() -> State:
    return loaded("port 26379").state


def test_a_process_announces_nothing_of_its_own_until_it_is_told_to() -> None:
    """[MON-1.1-7]"""
    state = fresh_state()
    assert (state.announce_ip, state.announce_port) == (None, 0)


def test_scripts_cannot_be_changed_by_clients_unless_that_is_allowed() -> None:
    """[MON-1.1-9]"""
    assert fresh_state().deny_scripts_reconfig is True


def test_there_are_no_credentials_for_other_sentinels_at_first() -> None:
    """[MON-1.1-10]"""
    state = fresh_state()
    assert (state.sentinel_user, state.sentinel_pass) == ("", "")


def test_host_names_are_neither_looked_up_nor_announced_at_first() -> None:
    """[MON-1.1-11]"""
    state = fresh_state()
    assert (state.resolve_hostnames, state.announce_hostnames) == (False, False)


BORN = NOW + 5000
"""When the instances of `born` came to be."""


@pytest.fixture
def born() -> dict[str, Instance]:
    """A master, a replica and a peer that are brand new."""
    bench = Bench(conf(replicas=(), peers=()))
    bench.now = BORN
    bench.command("SENTINEL", "MONITOR", "new", "10.0.0.7", "6379", "2")
    ctx = bench.ctx
    bench.servers["redis-1"].info_lines = ()
    bench.hello("sentinel-4")
    bench.carry_out(ctx.out)
    bench.tick(0)
    bench.establish()
    bench.answer("redis-1")
    return {
        "master": bench.master("new"),
        "replica": bench.replica("redis-2"),
        "peer": bench.peer("sentinel-4"),
    }


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        # [MON-1.3-3]: a Sentinel is known by its id from the start, a server only by its INFO.
        ("master", "runid", ""),
        ("replica", "runid", ""),
        ("peer", "runid", sentinel_id(4)),
        # [MON-1.3-6]
        ("master", "config_epoch", 0),
        ("master", "leader_epoch", 0),
        ("master", "failover_epoch", 0),
        ("peer", "leader_epoch", 0),
        # [MON-1.3-7]
        ("master", "leader", ""),
        ("peer", "leader", ""),
        # [MON-1.3-15]
        ("master", "info", None),
        ("replica", "info", None),
        # [MON-1.3-18]
        ("master", "config_change_time", BORN),
        ("replica", "config_change_time", BORN),
        # [MON-1.3-19], [MON-1.3-21] to [MON-1.3-25]
        ("replica", "master_link_down_time", 0),
        ("replica", "announced", 1),
        ("replica", "reported_master_host", ""),
        ("replica", "reported_master_port", 0),
        ("replica", "master_link_up", False),
        ("replica", "repl_offset", 0),
        ("replica", "reconf_sent_time", 0),
        # [MON-1.3-30], [MON-1.3-32]
        ("master", "auth_user", ""),
        ("master", "auth_pass", ""),
        ("master", "notification_script", ""),
        ("master", "client_reconfig_script", ""),
        ("master", "replicas", {}),
        ("master", "peers", {}),
    ],
)
def test_an_instance_begins_with(
    born: dict[str, Instance], kind: str, field: str, value: object
) -> None:
    assert getattr(born[kind], field) == value


def test_an_instance_has_the_address_that_it_was_given(born: dict[str, Instance]) -> None:
    """[MON-1.3-4]"""
    addresses = {kind: (each.address.ip, each.address.port) for kind, each in born.items()}
    assert addresses == {
        "master": ("10.0.0.7", 6379),
        "replica": ("10.0.0.2", 6379),
        "peer": ("10.0.1.4", 26379),
    }


def test_a_server_s_run_id_is_the_one_of_its_info() -> None:
    """[MON-1.3-3] [MON-1.3-15]"""
    bench = Bench()
    bench.run(500)
    assert bench.master().runid == runid("redis1")
    assert bench.replica("redis-2").runid == runid("redis2")
    assert (bench.master().info or "").startswith(f"run_id:{runid('redis1')}\r\nrole:master\r\n")


# --- addresses ---


@pytest.mark.parametrize(
    ("port", "possible"), [(-1, False), (0, True), (65_535, True), (65_536, False)]
)
def test_a_port_has_sixteen_bits(port: int, possible: bool) -> None:
    """[MON-1.2-1] [CFG-3-3]"""
    facts = FakeFacts()
    if possible:
        address = make_address(
            "10.0.0.1", port, resolve_names=False, allow_unresolved=False, facts=facts
        )
        assert address.port == port
    else:
        with pytest.raises(InvalidPort):
            make_address("10.0.0.1", port, resolve_names=True, allow_unresolved=True, facts=facts)


@pytest.mark.parametrize(
    ("text", "ip"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("FD00:0::5", "fd00::5"),
        ("4294967295", "255.255.255.255"),
        ("4294967296", None),
        ("255.16777215", "255.255.255.255"),
        ("1.16777216", None),
        ("256.1", None),
        ("9" * 255, None),
        ("9" * 5000, None),
        ("0" * 5000 + "1", None),
        ("1.2.65535", "1.2.255.255"),
        ("1.2.65536", None),
        ("0xff.0377.1.0255", "255.255.1.173"),
        ("0x1.2.3.4", "1.2.3.4"),
        ("1.2.3.0x100", None),
        ("1.2.3.4.5", None),
        ("01.2.3.4.5", None),
        ("08.1.1.1", None),
        ("fe80::1%lo", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_numeric_addresses_are_those_that_c_reads(text: str, ip: str | None) -> None:
    """[MON-1.2-2]"""
    assert numeric_ip(text) == ip


# --- the tick ---


def opened_by(effects: list[Effect]) -> list[str]:
    """Whom connections were opened to, in order."""
    return [Bench.name_at(e.host, e.port) for e in effects if isinstance(e, Open)]


def test_a_tick_checks_the_clock_then_visits_each_master_with_all_that_belongs_to_it() -> None:
    """[MON-2-2] [MON-2-3] [MON-2-4] [MON-2-5]"""
    bench = Bench(
        conf(
            "sentinel monitor other 10.0.0.5 6379 2",
            "sentinel known-replica other 10.0.0.6 6379",
            f"sentinel known-sentinel other 10.0.1.5 26379 {sentinel_id(5)}",
            replicas=(2,),
            peers=(2,),
        )
    )
    effects = bench.tick(2001)
    assert isinstance(effects[0], Announce)
    assert effects[0].event.name == "+tilt"
    groups = {
        "mymaster": ["redis-1", "redis-1", "redis-2", "redis-2", "sentinel-2"],
        "other": ["redis-5", "redis-5", "redis-6", "redis-6", "sentinel-5"],
    }
    assert opened_by(effects) == [name for master in bench.state.masters for name in groups[master]]


def test_a_link_is_reconnected_before_the_periodic_commands_of_the_same_tick() -> None:
    """[MON-2.1-1] [MON-2.1-2]"""
    bench = Bench(conf(replicas=(), peers=()))
    assert [words[0] for words in commands(bench.tick())] == [
        *("CLIENT", "PING"),  # on the new command connection
        *("CLIENT", "SUBSCRIBE"),  # on the other
        "INFO",
    ]


def sent_and_said(effects: list[Effect]) -> list[str]:
    """First words of commands and names of events, in order."""
    return [
        effect.command[0] if isinstance(effect, Send) else effect.event.name
        for effect in effects
        if isinstance(effect, Send | Announce)
    ]


def test_down_is_judged_after_sending_and_agreement_and_failover_after_that() -> None:
    """[MON-2.1-2] [MON-2.1-4] [MON-2.1-5] [MON-2.1-6] [MON-2.1-7] [MON-2.1-8]: and whoever has not
    answered for a period is asked twice, by force and again."""
    bench = Bench(conf(replicas=(), peers=(2,), quorum=1))
    bench.run(3000)
    bench.servers["redis-1"].hangs = True
    while not events(effects := bench.tick(), "+sdown"):
        bench.answer()
    order = sent_and_said(effects)
    assert order[order.index("+sdown") :][:7] == [
        "+sdown",
        "+odown",
        "+new-epoch",
        "+try-failover",
        "SENTINEL",
        "+vote-for-leader",
        "SENTINEL",
    ]
    assert "PUBLISH" in order[: order.index("+sdown")]


def test_in_tilt_links_are_kept_and_nobody_is_judged_asked_or_replaced() -> None:
    """[MON-2.1-1] [MON-2.1-2] [MON-2.1-4] [MON-2.1-5] [MON-2.1-8]"""
    bench = Bench(conf(replicas=(), peers=(2,), quorum=1))
    bench.run(3000)
    bench.kill("redis-1")
    bench.tick(2001)
    said = bench.run(29_800)
    assert bench.state.tilt
    assert opened_by(said).count("redis-1") >= 50
    assert {words[0] for words in commands(said)} == {
        "PING",
        "PUBLISH",
        "CLIENT",
        "SUBSCRIBE",
        "INFO",
    }
    assert not events(said)
    assert events(bench.run(200), "-tilt", "+sdown", "+odown") == [
        "-tilt #tilt mode exited",
        "+sdown master mymaster 10.0.0.1 6379",
        "+odown master mymaster 10.0.0.1 6379 #quorum 1/1",
    ]


# --- links and periodic commands ---


@pytest.mark.parametrize(("age_ms", "closed"), [(15_000, False), (15_001, True)])
def test_the_age_of_a_connection_counts_from_when_it_was_initiated(
    age_ms: int, closed: bool
) -> None:
    """[MON-3.1-2] [MON-6.1-1]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.tick()
    began = bench.now
    command = bench.connection("redis-1")
    bench.now += 5000
    bench.establish()
    for connection in (bench.master().link.command, bench.master().link.pubsub):
        assert isinstance(connection, Connection)
        assert connection.opened_ms == began
    bench.state.previous_time = began + age_ms - 100
    bench.now = began + age_ms - 100
    bench.tick()
    assert (command not in bench.outgoing) is closed


def test_info_is_asked_again_every_tick_until_it_is_answered_or_the_link_is_full() -> None:
    """[MON-4.1-6] [MON-4-1]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.servers["redis-2"].up = bench.servers["redis-3"].up = False
    bench.tick()
    bench.establish()
    asked = [("INFO",) in commands(bench.tick(50)) for _ in range(100)]
    link = bench.master().link
    full = asked.index(False)
    assert full > 50
    assert not any(asked[full:])
    assert 100 <= link.pending_commands <= 102
    bench.answer()
    assert ("INFO",) not in commands(bench.tick(50))
    assert link.pending_commands < 100


def sent_at(bench: Bench, name: str, word: str, duration_ms: int) -> list[int]:
    """When commands that begin with `word` go to `name`, with a tick in every millisecond."""
    times = []
    connection = bench.connection(name)
    for _ in range(duration_ms):
        effects = bench.tick(1)
        bench.answer()
        times += [
            bench.now
            for effect in effects
            if isinstance(effect, Send)
            and effect.connection == connection
            and effect.command[0] == word
        ]
    return times


@pytest.mark.parametrize(
    ("name", "word", "period_ms"),
    [
        ("redis-1", "PING", 1001),
        ("redis-2", "PING", 1001),
        ("sentinel-2", "PING", 1001),
        ("redis-1", "PUBLISH", 2001),
        ("sentinel-2", "PUBLISH", 2001),
        ("redis-1", "INFO", 10_001),
        ("redis-2", "INFO", 10_001),
    ],
)
def test_what_is_periodic_comes_in_the_first_millisecond_that_it_may(
    name: str, word: str, period_ms: int
) -> None:
    """[MON-4.1-1] [MON-4.2-1] [MON-4.3-1] [MON-4-1]: whatever ticks may pass over."""
    bench = Bench(conf(replicas=(2,), peers=(2,)))
    bench.servers["redis-3"].up = False
    bench.run(5000)
    times = sent_at(bench, name, word, 2 * period_ms + 1100)
    assert len(times) >= 2
    assert {later - sooner for sooner, later in pairwise(times)} == {period_ms}


@pytest.mark.parametrize("down_after", [300, 301, 1000, 2000])
def test_a_silent_instance_is_down_in_the_first_millisecond_that_it_may_be(
    down_after: int,
) -> None:
    """[MON-6.2-2] [MON-6.2-5]"""
    bench = Bench(
        conf(f"sentinel down-after-milliseconds mymaster {down_after}", replicas=(), peers=())
    )
    bench.servers["redis-2"].up = bench.servers["redis-3"].up = False
    bench.run(5000)
    bench.servers["redis-1"].hangs = True
    asked = 0
    for _ in range(4000):
        if events(bench.tick(1), "+sdown"):
            break
        asked = asked or bench.master().link.act_ping_time
    assert asked
    assert bench.now == asked + down_after + 1


def test_unsigned_numbers_wrap_at_the_limit_and_stop_behind_it() -> None:
    """[MON-9.1-12] [MON-9.1-9]"""
    most = 2**64 - 1
    assert [leading_unsigned(str(number)) for number in (most, most + 1)] == [most, most]
    assert [leading_unsigned(str(-number)) for number in (1, most, most + 1)] == [most, 1, most]


# --- TILT ---


def test_votes_are_granted_in_tilt() -> None:
    """[MON-8-7] [ELE-3-8] [MON-8-8]"""
    bench = Bench()
    bench.tick(2001)
    assert bench.state.tilt
    candidate = sentinel_id(2)
    request = ("SENTINEL", "is-master-down-by-addr", "10.0.0.1", "6379", "7", candidate)
    assert bench.command(*request) == (0, candidate, 7)
    assert bench.master().leader_epoch == 7


# --- what INFO leads to ---


def tell(bench: Bench, role: str, follows: str = "", *, link: str = "up") -> list[Effect]:
    """redis-2 answers an INFO with this role and, as a replica, with the host that it follows."""
    lines = [f"run_id:{runid('redis2')}", f"role:{role}"]
    if role == "slave":
        lines += [f"master_host:{follows}", "master_port:6379", f"master_link_status:{link}"]
    ctx = bench.ctx
    on_info_reply(ctx, bench.master(), bench.replica("redis-2"), "\r\n".join(lines) + "\r\n")
    return bench.carry_out(ctx.out)


@pytest.mark.parametrize(
    ("role", "event"), [("master", "+convert-to-slave"), ("slave", "+fix-slave-config")]
)
def test_misplaced_servers_are_corrected_when_info_arrives_and_only_then(
    role: str, event: str
) -> None:
    """[MON-9.7-2] [MON-9.6-2] [MON-9.7-1] [EVT-3-12] [EVT-3-13]: a tick between two replies does
    nothing, however long the wait is over; every reply after that repeats the command."""
    bench = Bench(conf("sentinel failover-timeout mymaster 8000"))
    bench.run(30_000)
    tell(bench, role, "10.0.0.9")
    began = bench.now
    bench.servers["redis-2"].hangs = True
    bench.master().down_after = bench.replica("redis-2").down_after = 60_000
    bench.run(9000)
    assert not events(bench.done, event)
    bench.now = began + 8000
    bench.master().info_refresh = bench.now
    assert not events(tell(bench, role, "10.0.0.9"), event)
    bench.now = began + 8001
    for _ in range(2):
        effects = tell(bench, role, "10.0.0.9")
        assert events(effects, event) == [
            f"{event} slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"
        ]
        assert ("SLAVEOF", "10.0.0.1", "6379") in commands(effects)


def reconfigured(bench: Bench) -> Replica:
    """redis-2, told to follow redis-3, which was promoted."""
    bench.master().promoted_replica = bench.replica("redis-3").name
    bench.replica("redis-3").promoted = True
    replica = bench.replica("redis-2")
    replica.reconf_sent, replica.reconf_sent_time = True, bench.now
    return replica


def progress(replica: Replica) -> tuple[bool, bool, bool]:
    """How far a replica is: told, following, done."""
    return replica.reconf_sent, replica.reconf_inprog, replica.reconf_done


INPROG = "+slave-reconf-inprog slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"
DONE = "+slave-reconf-done slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379"


@pytest.mark.parametrize("follows", ["10.0.0.1", "10.0.0.9"])
def test_a_replica_that_follows_another_has_made_no_progress(bench: Bench, follows: str) -> None:
    """[MON-9.8-1]"""
    replica = reconfigured(bench)
    assert not events(tell(bench, "slave", follows), "+slave-reconf-inprog", "+slave-reconf-done")
    assert progress(replica) == (True, False, False)


def test_a_replica_that_follows_the_new_master_is_done_when_its_link_is_up(bench: Bench) -> None:
    """[MON-9.8-1] [MON-9.8-2] [EVT-3-38] [EVT-3-39] [GEN-5-11] [GEN-5-12] [GEN-5-13]"""
    replica = reconfigured(bench)
    assert events(tell(bench, "slave", "10.0.0.3", link="down")) == [INPROG]
    assert progress(replica) == (False, True, False)
    assert not events(tell(bench, "slave", "10.0.0.3", link="down"))
    assert events(tell(bench, "slave", "10.0.0.3", link="up")) == [DONE]
    assert progress(replica) == (False, False, True)


def test_both_steps_may_be_seen_in_one_info(bench: Bench) -> None:
    """[MON-9.8-3] [EVT-3-38] [EVT-3-39]"""
    replica = reconfigured(bench)
    effects = tell(bench, "slave", "10.0.0.3")
    assert events(effects) == [INPROG, DONE]
    assert {e.event.level for e in effects if isinstance(e, Announce)} == {"notice"}
    assert progress(replica) == (False, False, True)


def test_progress_is_for_the_new_master_s_address_with_its_port(bench: Bench) -> None:
    """[MON-9.8-1]"""
    replica = reconfigured(bench)
    promoted = bench.replica("redis-3")
    promoted.address = replace(promoted.address, port=6380)
    tell(bench, "slave", "10.0.0.3")
    assert progress(replica) == (True, False, False)


def test_in_tilt_progress_is_not_seen(bench: Bench) -> None:
    """[MON-9.8-1] [MON-9.4-2]"""
    replica = reconfigured(bench)
    bench.state.tilt = True
    tell(bench, "slave", "10.0.0.3")
    assert progress(replica) == (True, False, False)
