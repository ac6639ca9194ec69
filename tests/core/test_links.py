"""Links: opening, names, passwords, renamed commands, losses, sharing."""

from __future__ import annotations

import pytest

from minisentinel.core.address import never_fails_at_once
from minisentinel.core.effects import Close, Open, Send
from minisentinel.core.state import Purpose
from minisentinel.replies import Error, Status
from tests.core.bench import Bench, commands, conf, events, logged, sentinel_id
from tests.support.facts import FakeFacts

ALONE = conf(replicas=(), peers=())
TWO_GROUPS = (
    "sentinel monitor other 10.0.0.7 6379 2",
    f"sentinel known-sentinel other 10.0.1.2 26379 {sentinel_id(2)}",
)


def test_a_server_gets_two_connections_and_a_peer_one() -> None:
    """[MON-3.3-2] [MON-3.3-4] [MON-3.3-5] [MON-3.3-6] [MON-3.3-8] [MON-3.3-9] [MON-3.6-1]"""
    bench = Bench(conf(replicas=(), peers=(2,)))
    effects = bench.tick()
    opened = [(e.host, e.port, e.purpose) for e in effects if isinstance(e, Open)]
    assert opened == [
        ("10.0.0.1", 6379, Purpose.COMMAND),
        ("10.0.0.1", 6379, Purpose.PUBSUB),
        ("10.0.1.2", 26379, Purpose.COMMAND),
    ]
    assert commands(effects) == [
        ("CLIENT", "SETNAME", "sentinel-10000000-cmd"),
        ("PING",),
        ("CLIENT", "SETNAME", "sentinel-10000000-pubsub"),
        ("SUBSCRIBE", "__sentinel__:hello"),
        ("INFO",),
        ("CLIENT", "SETNAME", "sentinel-10000000-cmd"),
        ("PING",),
    ]


def test_a_link_counts_as_connected_when_its_connections_were_initiated() -> None:
    """[MON-3.1-9] [MON-3.3-10]"""
    bench = Bench()
    assert bench.master().link.disconnected
    bench.tick()
    assert not bench.master().link.disconnected
    bench.lose(bench.connection("redis-1", Purpose.PUBSUB))
    assert bench.master().link.disconnected


def test_only_what_is_missing_is_opened_again_a_ping_period_after_the_last_attempt() -> None:
    """[MON-3.3-1]"""
    bench = Bench(ALONE)
    bench.tick()
    bench.establish()
    bench.lose(bench.connection("redis-1", Purpose.PUBSUB))
    assert not [e for e in bench.tick(999) if isinstance(e, Open)]
    opened = [e.purpose for e in bench.tick(1) if isinstance(e, Open)]
    assert opened == [Purpose.PUBSUB]


def test_losing_a_connection_leaves_the_unanswered_ping_as_it_is() -> None:
    """[MON-3.3-12] [MON-3.1-5]"""
    bench = Bench(ALONE)
    bench.run(5000)
    assert bench.master().link.act_ping_time == 0
    bench.lose_all("redis-1")
    assert bench.master().link.act_ping_time == 0
    bench.servers["redis-1"].up = False
    bench.run(200)
    asked = bench.master().link.act_ping_time
    assert asked == bench.now - 100
    bench.run(1500)
    assert bench.master().link.act_ping_time == asked


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), None),
        (("sentinel auth-pass mymaster secret",), ("AUTH", "secret")),
        (
            ("sentinel auth-pass mymaster secret", "sentinel auth-user mymaster me"),
            ("AUTH", "me", "secret"),
        ),
        (("sentinel auth-user mymaster me",), None),
        (("requirepass own",), None),
        (("sentinel sentinel-pass other",), None),
    ],
)
def test_servers_get_the_password_of_their_master(
    lines: tuple[str, ...], words: tuple[str, ...] | None
) -> None:
    """[MON-3.3-3] [MON-3.3-7] [MON-3.4-1] [MON-3.4-2] [MON-3.4-5]"""
    bench = Bench(conf(*lines, replicas=(2,), peers=()))
    for name in ("redis-1", "redis-2"):
        if name not in [o.name for o in bench.outgoing.values()]:
            bench.tick()
        for purpose in Purpose:
            first = bench.outgoing[bench.connection(name, purpose)].queued[0]
            assert first == words if words else first[0] == "CLIENT"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), None),
        (("sentinel auth-pass mymaster secret",), None),
        (("requirepass own",), ("AUTH", "own")),
        (("requirepass own", "sentinel sentinel-pass other"), ("AUTH", "other")),
        (
            ("sentinel sentinel-pass other", "sentinel sentinel-user me"),
            ("AUTH", "me", "other"),
        ),
        (("requirepass own", "sentinel sentinel-user me"), ("AUTH", "own")),
    ],
)
def test_peers_get_the_password_of_sentinels(
    lines: tuple[str, ...], words: tuple[str, ...] | None
) -> None:
    """[MON-3.4-3] [MON-3.4-4]"""
    bench = Bench(conf(*lines, replicas=(), peers=(2,)))
    bench.tick()
    first = bench.outgoing[bench.connection("sentinel-2")].queued[0]
    assert first == words if words else first[0] == "CLIENT"


def test_renamed_commands_go_to_servers_and_peers_alike_and_keep_their_arguments() -> None:
    """[MON-3.5-1] [MON-1.3-31]"""
    renames = ("ping p", "CLIENT c", "Info i", "subscribe s", "publish pub", "sentinel sen")
    bench = Bench(conf(*(f"sentinel rename-command mymaster {r}" for r in renames)))
    effects = bench.tick()
    assert {words[0] for words in commands(effects)} == {"p", "c", "i", "s"}
    assert ("c", "SETNAME", "sentinel-10000000-cmd") in commands(effects)
    bench.establish()
    effects = bench.tick(2000)
    assert {words[0] for words in commands(effects)} == {"p", "i", "pub", "sen"}
    question = ("sen", "is-master-down-by-addr", "10.0.0.1", "6379", "0", "*")
    assert question in commands(effects)


@pytest.mark.parametrize("purpose", [Purpose.COMMAND, Purpose.PUBSUB])
def test_an_error_that_answers_nothing_closes_the_connection(purpose: Purpose) -> None:
    """[MON-3.3-11]"""
    bench = Bench(ALONE)
    bench.run(100)
    connection = bench.connection("redis-1", purpose)
    effects = bench.receive(connection, Error("ERR max number of clients reached"))
    assert effects == [Close(connection)]
    assert bench.master().link.disconnected


def test_text_that_answers_nothing_is_ignored() -> None:
    """[MON-3.3-11]"""
    bench = Bench(ALONE)
    bench.run(100)
    assert bench.receive(bench.connection("redis-1"), Status("hello?")) == []


def test_a_refused_subscription_closes_its_connection() -> None:
    """[MON-3.3-11]"""
    bench = Bench(ALONE)
    bench.tick()
    bench.establish()
    connection = bench.connection("redis-1", Purpose.PUBSUB)
    bench.receive(connection, Status("OK"))
    assert bench.receive(connection, Error("NOPERM no")) == [Close(connection)]
    assert bench.master().link.command is not None


def test_pending_commands_are_those_without_an_answer_except_subscribe() -> None:
    """[MON-3.1-1]"""
    bench = Bench(ALONE)
    bench.tick()
    link = bench.master().link
    assert link.pending_commands == 4  # two names, PING, INFO
    bench.establish()
    bench.reply("redis-1", Status("OK"))
    assert link.pending_commands == 3
    bench.lose(bench.connection("redis-1", Purpose.PUBSUB))
    assert link.pending_commands == 2


def test_pending_commands_begin_at_zero_when_the_command_connection_is_opened() -> None:
    """[MON-3.1-1]"""
    bench = Bench(ALONE)
    bench.run(100)
    bench.servers["redis-1"].hangs = True
    bench.run(1900)
    assert bench.master().link.pending_commands > 0
    bench.lose(bench.connection("redis-1"))
    bench.tick(1000)
    assert bench.master().link.pending_commands == 2  # the name and PING of the new connection


def test_a_congested_link_gets_no_periodic_commands() -> None:
    """[MON-4-1]"""
    bench = Bench(ALONE)
    bench.run(100)
    bench.servers["redis-1"].hangs = True
    bench.run(9000)
    bench.master().link.pending_commands = 100
    assert not commands(bench.tick(1))
    bench.master().link.pending_commands = 99
    assert commands(bench.tick(1))


def test_a_host_name_is_looked_up_again_at_every_reconnection() -> None:
    """[MON-3.3-2] [MON-1.2-2]"""
    facts = FakeFacts({"one": "10.0.0.1"})
    text = "sentinel resolve-hostnames yes\nsentinel monitor mymaster one 6379 2\n"
    bench = Bench(text, facts=facts)
    bench.run(200)
    facts.names["one"] = "10.0.0.7"
    bench.kill("redis-1")
    bench.tick(1000)
    assert bench.connection("redis-7")
    facts.names.clear()
    bench.lose_all("redis-7")
    effects = bench.tick(1000)
    assert logged(effects) == ["Failed to resolve hostname 'one'"]
    assert bench.connection("redis-7")


def test_an_address_that_is_not_known_cannot_be_connected_to() -> None:
    """[EVT-3-16] [EVT-3-17] [MON-3.3-2] [MON-3.3-6] [MON-1.2-4]"""
    text = "sentinel resolve-hostnames yes\nsentinel monitor mymaster one 6379 2\n"
    facts = FakeFacts({"one": "10.0.0.1"})
    bench = Bench(text, facts=facts)
    bench.run(100)
    tell_replica = "role:master\r\nslave0:ip=two,port=6379,state=online\r\n"
    bench.tick(10_100)
    while bench.outgoing[bench.connection("redis-1")].queued[0] != ("INFO",):
        bench.reply("redis-1", Status("PONG"))
    effects = bench.reply("redis-1", tell_replica)
    assert logged(effects)[:2] == ["Failed to resolve hostname 'two'"] * 2
    assert events(bench.tick(100)) == [
        "-cmd-link-reconnection slave :6379  6379 @ mymaster 10.0.0.1 6379 "
        "#Failed to establish connection",
        "-pubsub-link-reconnection slave :6379  6379 @ mymaster 10.0.0.1 6379 "
        "#Failed to establish connection",
    ]


def test_a_connection_that_fails_at_once_is_told_of_and_nothing_is_sent() -> None:
    """[EVT-3-16] [EVT-3-17] [MON-3.3-2] [MON-3.3-6]: not even a PING counts as sent.

    So a server that refuses at once is down when it has not answered for long enough, no matter
    when it was last asked.
    """
    bench = Bench(ALONE)
    bench.run(2000)
    link = bench.master().link
    pinged, available = link.last_ping_time, link.last_avail_time
    asked: list[tuple[str, int]] = []

    def refuse(ip: str, port: int) -> str:
        asked.append((ip, port))
        return "Connection refused"

    bench.sentinel.context.connect_error = refuse
    bench.lose_all("redis-1")
    effects = bench.tick(1000)
    assert asked == [("10.0.0.1", 6379)] * 2
    assert events(effects) == [
        f"-{kind}-link-reconnection master mymaster 10.0.0.1 6379 #Connection refused"
        for kind in ("cmd", "pubsub")
    ]
    assert not [each for each in effects if isinstance(each, Open)]
    assert (link.command, link.pubsub) == (None, None)
    assert (link.act_ping_time, link.last_ping_time) == (0, pinged)
    assert link.last_avail_time == available
    assert link.disconnected
    bench.sentinel.context.connect_error = never_fails_at_once
    bench.tick(1000)
    assert bench.connection("redis-1")


def test_a_peer_whose_name_means_nothing_stays_disconnected() -> None:
    """[MON-3.3-10] [MON-1.2-3]"""
    bench = Bench(conf("sentinel resolve-hostnames yes", peers=()))
    bench.run(100)
    bench.hello("sentinel-2", at=("nowhere", 26379))
    effects = bench.tick()
    assert len(events(effects, "-cmd-link-reconnection")) == 1
    assert not events(effects, "-pubsub-link-reconnection")
    assert bench.peer("sentinel-2").link.disconnected


# --- sharing ---


def test_the_same_sentinel_under_two_masters_shares_one_link() -> None:
    """[MON-3.2-1] [MON-3.1-10] [MON-1.4-2]"""
    bench = Bench(conf(*TWO_GROUPS, peers=(2,)))
    one, two = bench.peer("sentinel-2"), bench.peer("sentinel-2", "other")
    assert one is not two
    assert one.link is two.link
    effects = bench.tick()
    assert [e.host for e in effects if isinstance(e, Open)].count("10.0.1.2") == 1
    connection = bench.connection("sentinel-2")
    pings = [e for e in effects if isinstance(e, Send) and e.connection == connection]
    assert [e.command[0] for e in pings] == ["CLIENT", "PING"]


def test_hellos_on_a_shared_link_are_sent_for_each_master() -> None:
    """[MON-3.2-1]"""
    bench = Bench(conf(*TWO_GROUPS, peers=(2,)))
    bench.run(1000)
    effects = bench.run(1100)
    connection = bench.connection("sentinel-2")
    sent = [e.command for e in effects if isinstance(e, Send) and e.connection == connection]
    hellos = sorted(words[2].split(",")[4] for words in sent if words[0] == "PUBLISH")
    assert hellos == ["mymaster", "other"]


def test_instances_on_a_shared_link_judge_by_their_own_down_after() -> None:
    """[MON-3.1-10]"""
    bench = Bench(conf(*TWO_GROUPS, peers=(2,)))
    bench.run(1000)
    bench.kill("sentinel-2")
    bench.run(5000)
    assert bench.peer("sentinel-2").subjectively_down
    assert not bench.peer("sentinel-2", "other").subjectively_down


def test_a_removed_group_leaves_the_shared_link_open_and_its_replies_unread() -> None:
    """[MON-3.2-1] [MON-1.3-33]"""
    bench = Bench(conf(*TWO_GROUPS, peers=(2,)))
    bench.run(1000)
    bench.kill("redis-1")
    bench.peers["sentinel-2"].hangs = True
    bench.run(3000)
    connection = bench.connection("sentinel-2")
    assert ("SENTINEL", "is-master-down-by-addr", "10.0.0.1", "6379", "0", "*") in (
        bench.outgoing[connection].queued
    )
    bench.command("SENTINEL", "REMOVE", "mymaster")
    assert bench.peer("sentinel-2", "other").link.users == [
        bench.peer("sentinel-2", "other").serial
    ]
    bench.peers["sentinel-2"] = type(bench.peers["sentinel-2"])("sentinel-2", down=True)
    bench.answer("sentinel-2")
    assert bench.connection("sentinel-2") == connection
    assert bench.peer("sentinel-2", "other").link.pending_commands == 0
    assert not bench.peer("sentinel-2", "other").master_down


def test_a_peer_met_by_hello_shares_the_link_that_is_there() -> None:
    """[MON-3.2-1] [GOS-6.1-4]"""
    bench = Bench(conf("sentinel monitor other 10.0.0.7 6379 2", peers=(2,)))
    bench.run(500)
    bench.hello("sentinel-2", name="other", master="redis-7")
    assert bench.peer("sentinel-2", "other").link is bench.peer("sentinel-2").link
