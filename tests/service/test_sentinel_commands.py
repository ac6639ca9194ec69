"""The subcommands of SENTINEL: replies, errors, what they change."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Close
from minisentinel.replies import NULL_ARRAY, OK, Error, Status
from minisentinel.service.sentinel import SUBCOMMANDS
from tests.core.bench import MYID, Bench, conf, events, saves, sentinel_id
from tests.support.facts import FakeFacts

NO_SUCH_MASTER = Error("ERR No such master with that name")
SAVE_FAILED = Error("ERR Failed to save config file. Check server logs.")

MASTER_FIELDS = [
    "name",
    "ip",
    "port",
    "runid",
    "flags",
    "link-pending-commands",
    "link-refcount",
    "last-ping-sent",
    "last-ok-ping-reply",
    "last-ping-reply",
    "down-after-milliseconds",
    "info-refresh",
    "role-reported",
    "role-reported-time",
    "config-epoch",
    "num-slaves",
    "num-other-sentinels",
    "quorum",
    "failover-timeout",
    "parallel-syncs",
]
REPLICA_FIELDS = [
    *MASTER_FIELDS[:14],
    "master-link-down-time",
    "master-link-status",
    "master-host",
    "master-port",
    "slave-priority",
    "slave-repl-offset",
    "replica-announced",
]
PEER_FIELDS = [
    *MASTER_FIELDS[:11],
    "last-hello-message",
    "voted-leader",
    "voted-leader-epoch",
]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def map_of(bench: Bench, *words: str) -> dict[str, str]:
    """A reply that is one instance, or the first of several."""
    reply = bench.command("SENTINEL", *words)
    first = reply[0] if isinstance(reply, tuple) else reply
    assert isinstance(first, dict)
    return {name: str(value) for name, value in first.items()}


# --- looking ---


def test_every_subcommand_that_clients_rely_on_is_there() -> None:
    """[CMD-4-1]"""
    names = (
        "ckquorum failover flushconfig get-master-addr-by-name is-master-down-by-addr master "
        "masters monitor myid remove replicas reset sentinels simulate-failure slaves"
    )
    assert set(names.split()) <= set(SUBCOMMANDS)


@pytest.mark.parametrize(
    ("old", "new", "arguments"),
    [
        ("MASTERS", "PRIMARIES", ()),
        ("MASTER", "PRIMARY", ("mymaster",)),
        ("REPLICAS", "SLAVES", ("mymaster",)),
        ("GET-MASTER-ADDR-BY-NAME", "GET-PRIMARY-ADDR-BY-NAME", ("mymaster",)),
        ("IS-MASTER-DOWN-BY-ADDR", "IS-PRIMARY-DOWN-BY-ADDR", ("10.0.0.1", "6379", "0", "*")),
    ],
)
def test_other_spellings_give_the_same(
    bench: Bench, old: str, new: str, arguments: tuple[str, ...]
) -> None:
    """[CMD-4-4]"""
    assert bench.command("SENTINEL", old, *arguments) == bench.command("SENTINEL", new, *arguments)


@pytest.mark.parametrize(
    "subcommand", ["MASTER", "REPLICAS", "SENTINELS", "CKQUORUM", "FAILOVER", "REMOVE"]
)
def test_an_unknown_master_is_an_error(bench: Bench, subcommand: str) -> None:
    """[CMD-4-1]"""
    assert bench.command("SENTINEL", subcommand, "MYMASTER") == NO_SUCH_MASTER


def test_the_address_of_a_master_and_null_for_an_unknown_one(bench: Bench) -> None:
    """[CMD-4-7]"""
    reply = bench.command("SENTINEL", "get-master-addr-by-name", "mymaster")
    assert reply == ("10.0.0.1", "6379")
    assert bench.command("SENTINEL", "get-master-addr-by-name", "other") is NULL_ARRAY


def test_the_id(bench: Bench) -> None:
    """[CMD-4-6]"""
    assert bench.command("SENTINEL", "MYID") == MYID


def test_the_fields_of_a_master_in_order(bench: Bench) -> None:
    """[CMD-4-2] [CMD-4-3] [CMD-5-1] [CMD-5-2] [CMD-5-3] [CMD-5-4] [CMD-5-5] [CMD-5-6] [CMD-5-7]
    [CMD-5-8] [CMD-5-10] [CMD-5-11] [CMD-5-12] [CMD-5-15] [CMD-5-16] [CMD-5-17] [CMD-5-18]
    [CMD-5-19] [CMD-5-20] [CMD-5-21] [CMD-5-22] [CMD-5-23] [CMD-5-24] [CMD-5-37]"""
    bench.now += 40
    found = map_of(bench, "MASTER", "mymaster")
    assert list(found) == MASTER_FIELDS
    assert list(map_of(bench, "MASTERS")) == MASTER_FIELDS
    assert found == {
        "name": "mymaster",
        "ip": "10.0.0.1",
        "port": "6379",
        "runid": "",
        "flags": "master,disconnected",
        "link-pending-commands": "0",
        "link-refcount": "1",
        "last-ping-sent": "40",
        "last-ok-ping-reply": "40",
        "last-ping-reply": "40",
        "down-after-milliseconds": "2000",
        "info-refresh": "0",
        "role-reported": "master",
        "role-reported-time": "40",
        "config-epoch": "0",
        "num-slaves": "2",
        "num-other-sentinels": "2",
        "quorum": "2",
        "failover-timeout": "10000",
        "parallel-syncs": "1",
    }


def test_fields_that_are_there_only_in_some_states() -> None:
    """[CMD-5-9] [CMD-5-13] [CMD-5-14] [CMD-5-25] [CMD-5-26]"""
    facts = FakeFacts(executable=("/n", "/c"))
    lines = (
        "sentinel notification-script mymaster /n",
        "sentinel client-reconfig-script mymaster /c",
    )
    bench = Bench(conf(*lines), facts=facts)
    bench.run(1000)
    bench.peers["sentinel-2"].down = True
    bench.kill("redis-1")
    bench.run(3200)
    found = map_of(bench, "MASTER", "mymaster")
    assert list(found) == [
        *MASTER_FIELDS[:7],
        "failover-state",
        *MASTER_FIELDS[7:10],
        "s-down-time",
        "o-down-time",
        *MASTER_FIELDS[10:],
        "notification-script",
        "client-reconfig-script",
    ]
    assert found["failover-state"] == "wait_start"
    assert found["flags"] == "s_down,o_down,master,disconnected,failover_in_progress"
    assert found["s-down-time"] == str(bench.now - bench.master().s_down_since)
    assert 0 < int(found["o-down-time"]) < int(found["s-down-time"])


def test_the_fields_of_a_replica_in_order(bench: Bench) -> None:
    """[CMD-4-4] [CMD-5-27] [CMD-5-28] [CMD-5-29] [CMD-5-30] [CMD-5-31] [CMD-5-32] [CMD-5-33]"""
    found = map_of(bench, "REPLICAS", "mymaster")
    assert list(found) == REPLICA_FIELDS
    assert (found["master-host"], found["master-link-status"]) == ("?", "err")
    bench.run(1000)
    found = map_of(bench, "SLAVES", "mymaster")
    assert (found["master-host"], found["master-port"]) == ("10.0.0.1", "6379")
    assert (found["master-link-status"], found["role-reported"]) == ("ok", "slave")


def test_replicas_that_do_not_want_to_be_announced_are_left_out_but_counted(bench: Bench) -> None:
    """[CMD-4-4] [CMD-5-20] [CMD-5-33]"""
    bench.servers["redis-2"].info_lines = ("replica_announced:0",)
    bench.run(1000)
    listed = bench.command("SENTINEL", "REPLICAS", "mymaster")
    assert isinstance(listed, tuple)
    assert [each["ip"] for each in listed if isinstance(each, dict)] == ["10.0.0.3"]
    assert map_of(bench, "MASTER", "mymaster")["num-slaves"] == "2"


def test_the_fields_of_a_peer_in_order(bench: Bench) -> None:
    """[CMD-4-5] [CMD-5-34] [CMD-5-35] [CMD-5-36]"""
    found = map_of(bench, "SENTINELS", "mymaster")
    assert list(found) == PEER_FIELDS
    assert (found["voted-leader"], found["voted-leader-epoch"]) == ("?", "0")
    assert found["name"] == found["runid"]
    peer = next(iter(bench.master().peers.values()))
    peer.leader, peer.leader_epoch = MYID, 4
    found = map_of(bench, "SENTINELS", "mymaster")
    assert (found["voted-leader"], found["voted-leader-epoch"]) == (MYID, "4")


def test_flags_have_a_fixed_order(bench: Bench) -> None:
    """[GEN-5-1] [GEN-5-2] [GEN-5-3] [GEN-5-4] [GEN-5-5] [GEN-5-6] [GEN-5-7] [GEN-5-8] [GEN-5-9]
    [GEN-5-10] [GEN-5-11] [GEN-5-12] [GEN-5-13] [GEN-5-14] [GEN-5-15] [GEN-5-16]"""
    master = bench.master()
    master.subjectively_down = master.objectively_down = master.failover_in_progress = True
    master.force_failover = master.script_kill_sent = master.rebooted = True
    assert map_of(bench, "MASTER", "mymaster")["flags"] == (
        "s_down,o_down,master,disconnected,failover_in_progress,force_failover,"
        "script_kill_sent,master_reboot"
    )
    replica = next(iter(master.replicas.values()))
    replica.subjectively_down = replica.promoted = replica.reconf_sent = True
    replica.reconf_inprog = replica.reconf_done = True
    replica.link.disconnected = False
    assert map_of(bench, "REPLICAS", "mymaster")["flags"] == (
        "s_down,slave,promoted,reconf_sent,reconf_inprog,reconf_done"
    )
    peer = next(iter(master.peers.values()))
    peer.master_down = peer.script_kill_sent = True
    assert map_of(bench, "SENTINELS", "mymaster")["flags"] == (
        "sentinel,disconnected,master_down,script_kill_sent"
    )


# --- quorum ---

NO_QUORUM = "Not enough available Sentinels to reach the specified quorum for this master"
NO_MAJORITY = "Not enough available Sentinels to reach the majority and authorize a failover"


@pytest.mark.parametrize(
    ("quorum", "down", "reply"),
    [
        (2, 0, Status("OK 3 usable Sentinels. Quorum and failover authorization can be reached")),
        (2, 1, Status("OK 2 usable Sentinels. Quorum and failover authorization can be reached")),
        (3, 1, Error(f"NOQUORUM 2 usable Sentinels. {NO_QUORUM}")),
        (1, 2, Error(f"NOQUORUM 1 usable Sentinels. {NO_MAJORITY}")),
        (2, 2, Error(f"NOQUORUM 1 usable Sentinels. {NO_QUORUM}. {NO_MAJORITY}")),
    ],
)
def test_ckquorum_tells_what_cannot_be_reached(
    quorum: int, down: int, reply: Status | Error
) -> None:
    """[CMD-4-9] [CMD-6-1] [CMD-6-2] [CMD-6-3] [CMD-6-4] [CMD-6-5] [CMD-6-6]"""
    bench = Bench(conf(quorum=quorum))
    for peer in list(bench.master().peers.values())[:down]:
        peer.subjectively_down = True
    assert bench.command("SENTINEL", "CKQUORUM", "mymaster") == reply


# --- changing ---


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("x", "nonsense", "y", "z"), "Invalid quorum"),
        (("x", "nonsense", "y", "1"), "Invalid port"),
        (("x", "nonsense", "99999", "0"), "Quorum must be 1 or greater."),
        (("x", "nonsense", "99999", "-2"), "Quorum must be 1 or greater."),
        (("x", "nonsense", "99999", "1"), "Invalid IP address or hostname specified"),
        (("mymaster", "10.0.0.1", "99999", "1"), "Invalid port number."),
        (("mymaster", "10.0.0.1", "-1", "1"), "Invalid port number."),
        (("mymaster", "10.0.0.1", "1", "1"), "Duplicate master name."),
    ],
)
def test_monitor_checks_in_order(bench: Bench, arguments: tuple[str, ...], error: str) -> None:
    """[CMD-7-1]"""
    assert bench.command("SENTINEL", "MONITOR", *arguments) == Error(f"ERR {error}")
    assert list(bench.state.masters) == ["mymaster"]
    assert not saves(bench.done)


def test_monitor_wants_a_name_that_means_something_now() -> None:
    """[CMD-7-1]"""
    bench = Bench("sentinel resolve-hostnames yes\n", facts=FakeFacts({"one": "10.0.0.1"}))
    assert bench.command("SENTINEL", "MONITOR", "x", "two", "6379", "1") == Error(
        "ERR Invalid IP address or hostname specified"
    )
    assert bench.command("SENTINEL", "MONITOR", "x", "one", "6379", "1") == OK
    assert bench.master("x").address.hostname == "one"
    assert bench.master("x").address.port == 6379


def test_monitor_saves_and_announces(bench: Bench) -> None:
    """[CMD-4-12] [CMD-7-2] [CFG-5-9] [EVT-3-1]"""
    before = len(bench.done)
    assert bench.command("SENTINEL", "MONITOR", "other", "10.0.0.7", "6380", "3") == OK
    effects = bench.done[before:]
    assert events(effects) == ["+monitor master other 10.0.0.7 6380 quorum 3"]
    assert "other" in [m.name for m in saves(effects)[0].masters]
    other = bench.master("other")
    assert (other.down_after, other.failover_timeout, other.parallel_syncs) == (30_000, 180_000, 1)


def test_remove_announces_closes_and_saves() -> None:
    """[CMD-4-13] [CFG-5-10] [EVT-3-2]"""
    bench = Bench()
    bench.run(500)
    before = len(bench.done)
    assert bench.command("SENTINEL", "REMOVE", "mymaster") == OK
    effects = bench.done[before:]
    assert events(effects) == ["-monitor master mymaster 10.0.0.1 6379"]
    assert len([e for e in effects if isinstance(e, Close)]) == 8
    assert saves(effects)[0].masters == ()
    assert not bench.state.instances
    assert not bench.outgoing
    bench.run(3000)


def test_reset_counts_the_masters_that_match() -> None:
    """[CMD-4-11] [EVT-3-4]"""
    bench = Bench(conf("sentinel monitor my2 10.0.0.7 6379 1"))
    assert bench.command("SENTINEL", "RESET", "My*") == 0
    assert bench.command("SENTINEL", "RESET", "my*") == 2
    assert bench.command("SENTINEL", "RESET", "my[0-9]") == 1
    assert not bench.master().peers


@pytest.mark.parametrize(
    "words",
    [("FLUSHCONFIG",), ("REMOVE", "mymaster"), ("MONITOR", "other", "10.0.0.7", "6379", "1")],
)
def test_who_changes_the_configuration_is_told_when_it_cannot_be_saved(
    bench: Bench, words: tuple[str, ...]
) -> None:
    """[CMD-4-17] [CMD-4-22] [CFG-5-14]"""
    bench.disk_error = "No space left on device"
    assert bench.command("SENTINEL", *words) == SAVE_FAILED
    assert ("mymaster" in bench.state.masters) is (words[0] != "REMOVE")  # stays in effect
    bench.disk_error = ""
    assert bench.command("SENTINEL", "FLUSHCONFIG") == OK


def test_only_the_last_save_of_the_command_counts(bench: Bench) -> None:
    """[CMD-4-22]: an error of its own is told whatever the disk says."""
    bench.disk_error = "broken"
    assert bench.command("SENTINEL", "REMOVE", "other") == NO_SUCH_MASTER
    assert bench.command("PING") == Status("PONG")


def test_simulated_failures_are_armed_anew_each_time(bench: Bench) -> None:
    """[CMD-4-20] [CMD-13-1]"""
    state = bench.state
    assert bench.command("SENTINEL", "SIMULATE-FAILURE", "CRASH-after-election") == OK
    assert (state.crash_after_election, state.crash_after_promotion) == (True, False)
    assert bench.command("SENTINEL", "SIMULATE-FAILURE", "crash-after-promotion") == OK
    assert (state.crash_after_election, state.crash_after_promotion) == (False, True)
    assert bench.command("SENTINEL", "SIMULATE-FAILURE", "help") == (
        "crash-after-election",
        "crash-after-promotion",
    )
    assert (state.crash_after_election, state.crash_after_promotion) == (False, False)
    assert bench.command("SENTINEL", "SIMULATE-FAILURE", "boom") == Error(
        "ERR Unknown failure simulation specified"
    )


def test_a_vote_can_be_asked_for_in_any_letters(bench: Bench) -> None:
    """[CMD-4-8]"""
    words = ("10.0.0.1", "6379", "1", sentinel_id(2))
    assert bench.command("sentinel", "Is-Master-Down-By-Addr", *words) == (0, sentinel_id(2), 1)
