"""Gossip, rule by rule: the two ways of a hello, who is forgotten, and host names."""

from __future__ import annotations

import pytest

from minisentinel.core.effects import Effect, Send
from minisentinel.core.failover import force_hello
from minisentinel.core.state import Purpose
from minisentinel.replies import OK, Push, Reply, Status
from tests.core.bench import MYID, Bench, commands, conf, events, sentinel_id
from tests.service.front import Front
from tests.support.facts import FakeFacts

HELLO = "__sentinel__:hello"


def hellos_to(bench: Bench, name: str, effects: list[Effect]) -> list[str]:
    """The payloads of the hellos among `effects` that go to `name` on its command connection."""
    connection = bench.connection(name)
    return [
        effect.command[2]
        for effect in effects
        if isinstance(effect, Send)
        and effect.connection == connection
        and effect.command[:2] == ("PUBLISH", HELLO)
    ]


@pytest.mark.parametrize("name", ["redis-1", "redis-2", "sentinel-2"])
def test_a_hello_is_published_on_the_command_connection_to_everybody(
    bench: Bench, name: str
) -> None:
    """[GOS-1-1] [GOS-1-2]: to servers and to Sentinels, and it says the same to all."""
    effects = bench.run(3000)
    said = hellos_to(bench, name, effects)
    assert said
    assert set(said) == set(hellos_to(bench, "redis-3", effects))


def test_a_hello_from_a_server_s_channel_and_one_from_its_sender_do_the_same() -> None:
    """[GOS-1-1] [GOS-1-2]"""
    for via in ("redis-1", "redis-2", ""):
        bench = Bench(conf(peers=()))
        bench.run(1000)
        assert [
            line.split()[0] for line in events(bench.hello("sentinel-4", via=via, epoch=3))
        ] == [
            "+sentinel",
            "+new-epoch",
        ]


def test_a_hello_that_comes_as_a_command_is_not_published_again() -> None:
    """[GOS-1-2]"""
    front = Front()
    listener = front.connect("SUBSCRIBE", HELLO)
    everything = front.connect("PSUBSCRIBE", "*")
    text = f"10.0.1.2,26379,{sentinel_id(2)},0,mymaster,10.0.0.1,6379,0"
    assert front.say(1, "PUBLISH", HELLO, text) == [1]
    assert [client for client, _ in front.told if client in (listener, everything)] == []


@pytest.mark.parametrize(("since", "after"), [(2000, 2000), (2001, 2001), (2002, 1)])
def test_only_a_time_that_is_large_enough_is_set_back(since: int, after: int) -> None:
    """[GOS-3-3]"""
    bench = Bench()
    everybody = (
        bench.master(),
        *bench.master().replicas.values(),
        *bench.master().peers.values(),
    )
    for instance in everybody:
        instance.last_pub_time = since
    force_hello(bench.ctx, bench.master())
    assert {instance.last_pub_time for instance in everybody} == {after}


NEWS = f"10.0.1.4,26379,{sentinel_id(4)},9,mymaster,10.0.0.1,6379,0"


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (("message", HELLO, NEWS), True),
        (Push(("message", HELLO, NEWS)), True),
        (("message", "any channel", NEWS), True),
        (("message", 1, NEWS), False),
        (("message", None, NEWS), False),
        ((Status("message"), HELLO, NEWS), False),
        (("message", HELLO, Status(NEWS)), False),
        (("message", HELLO, (NEWS,)), False),
        (("message", HELLO), False),
        (("message",), False),
        ((), False),
        (("message", HELLO, NEWS, ""), False),
        (("Message", HELLO, NEWS), False),
        (("pmessage", HELLO, NEWS), False),
        (NEWS, False),
    ],
)
def test_only_a_message_of_three_bulk_strings_is_read_and_anything_shows_life(
    message: Reply, read: bool
) -> None:
    """[GOS-4-1] [GOS-4-2] [GOS-4-4] [GOS-4-5]"""
    bench = Bench()
    bench.run(1000)
    bench.now += 70
    bench.receive(bench.connection("redis-1", Purpose.PUBSUB), message)
    assert (bench.state.current_epoch == 9) is read
    assert bench.master().link.pubsub_last_activity == bench.now


@pytest.mark.parametrize("place", ["front", "end", "id"])
def test_a_message_that_holds_our_id_anywhere_is_our_own(place: str) -> None:
    """[GOS-4-3]"""
    bench = Bench()
    bench.run(1000)
    fields = ["10.0.1.4", "26379", sentinel_id(4), "9", "mymaster", "10.0.0.1", "6379", "0"]
    fields[{"front": 0, "end": 7, "id": 2}[place]] += MYID
    message = ("message", HELLO, ",".join(fields))
    bench.receive(bench.connection("redis-1", Purpose.PUBSUB), message)
    assert bench.state.current_epoch == 0


# --- who is forgotten ---


def test_a_dead_sentinel_is_never_forgotten_by_itself() -> None:
    """[GOS-7-1]"""
    bench = Bench()
    bench.kill("sentinel-2")
    bench.run(60_000, every_ms=1000)
    bench.now += 10 * 365 * 86_400_000
    bench.run(60_000, every_ms=1000)
    assert len(bench.master().peers) == 2
    bench.restart()
    assert len(bench.master().peers) == 2


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("SENTINEL", "RESET", "mymaster"), 0),
        (("SENTINEL", "RESET", "other"), 2),
        (("SENTINEL", "FLUSHCONFIG"), 2),
        (("SENTINEL", "SET", "mymaster", "quorum", "1"), 2),
    ],
)
def test_reset_forgets_all_sentinels_of_a_master(words: tuple[str, ...], left: int) -> None:
    """[GOS-7-1]"""
    bench = Bench()
    bench.command(*words)
    assert len(bench.master().peers) == left


def test_removing_a_master_forgets_the_sentinels_that_watch_it() -> None:
    """[GOS-7-1]"""
    bench = Bench()
    assert bench.command("SENTINEL", "REMOVE", "mymaster") == OK
    assert bench.command("SENTINEL", "MONITOR", "mymaster", "10.0.0.1", "6379", "2") == OK
    assert not bench.master().peers


@pytest.mark.parametrize(
    ("number", "at", "known"),
    [
        (2, ("10.0.1.9", 26379), [(2, "10.0.1.9"), (3, "10.0.1.3")]),
        (2, ("10.0.1.2", 26380), [(2, "10.0.1.2"), (3, "10.0.1.3")]),
        (4, ("10.0.1.2", 26379), [(3, "10.0.1.3"), (4, "10.0.1.2")]),
        (4, ("10.0.1.4", 26379), [(2, "10.0.1.2"), (3, "10.0.1.3"), (4, "10.0.1.4")]),
    ],
)
def test_a_sentinel_is_replaced_by_its_new_address_or_by_a_new_id_at_its_address(
    number: int, at: tuple[str, int], known: list[tuple[int, str]]
) -> None:
    """[GOS-7-1] [GOS-6.1-1] [GOS-6.1-2]"""
    bench = Bench()
    bench.hello(id=sentinel_id(number), at=at)
    assert sorted((peer.runid, peer.address.ip) for peer in bench.master().peers.values()) == [
        (sentinel_id(number), ip) for number, ip in known
    ]


# --- host names ---

NAMES = FakeFacts(
    names={
        "one": "10.0.0.1",
        "two": "10.0.0.2",
        "four": "10.0.0.4",
        "self": "10.0.1.1",
        "peer": "10.0.1.4",
    }
)


def named(*lines: str) -> Bench:
    """A bench whose master is known by its name."""
    text = "sentinel resolve-hostnames yes\nsentinel monitor mymaster one 6379 2\n"
    return Bench("\n".join([text, f"sentinel myid {sentinel_id(1)}", *lines, ""]), facts=NAMES)


def test_a_master_may_be_monitored_by_name() -> None:
    """[GOS-8-3]: in the file and by command."""
    bench = named()
    assert (bench.master().address.hostname, bench.master().address.ip) == ("one", "10.0.0.1")
    assert bench.command("SENTINEL", "MONITOR", "other", "two", "6379", "1") == OK
    assert bench.master("other").address.ip == "10.0.0.2"


def test_a_replica_may_announce_a_name() -> None:
    """[GOS-8-3]: what a server lists when its replica has `replica-announce-ip`."""
    bench = named()
    bench.servers["redis-1"].info_lines = ("slave7:ip=four,port=6379,state=online",)
    bench.run(500)
    found = bench.replica("redis-4")
    assert (found.address.hostname, found.address.ip) == ("four", "10.0.0.4")


def test_a_hello_may_name_the_new_master_and_its_sender() -> None:
    """[GOS-8-3]: fields 0 and 5."""
    bench = named()
    effects = bench.hello(
        "sentinel-4", at=("peer", 26379), epoch=1, config_epoch=1, master_at=("two", 6379)
    )
    assert bench.peer("sentinel-4").address.ip == "10.0.1.4"
    assert events(effects, "+switch-master") == ["+switch-master mymaster 10.0.0.1 6379 two 6379"]
    assert (bench.master().address.hostname, bench.master().address.ip) == ("two", "10.0.0.2")


def test_the_name_of_the_same_host_is_no_other_master() -> None:
    """[GOS-8-3] [GOS-6.2-1]"""
    bench = named()
    bench.hello("sentinel-4", config_epoch=1, master_at=("one", 6379))
    assert not events(bench.done, "+switch-master")
    assert bench.master().config_epoch == 1


def test_a_name_may_be_announced_for_this_sentinel() -> None:
    """[GOS-8-3] [GOS-8-1]"""
    bench = named("sentinel announce-ip self")
    sent = [words[2] for words in commands(bench.run(3000)) if words[0] == "PUBLISH"]
    assert {text.split(",")[0] for text in sent} == {"self"}


def test_without_resolve_hostnames_no_name_is_taken() -> None:
    """[GOS-8-3]"""
    bench = Bench(facts=NAMES)
    bench.servers["redis-1"].info_lines = ("slave7:ip=four,port=6379,state=online",)
    bench.run(500)
    assert bench.command("SENTINEL", "MONITOR", "other", "two", "6379", "1") != OK
    bench.hello("sentinel-4", at=("peer", 26379))
    assert len(bench.state.masters) == 1
    assert len(bench.master().peers) == 2
    assert not any(replica.address.ip == "10.0.0.4" for replica in bench.master().replicas.values())
