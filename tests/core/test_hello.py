"""Gossip: what is said, who is learned of, whose configuration is adopted."""

from __future__ import annotations

import pytest

from minisentinel.core.state import Purpose
from minisentinel.hello import Hello
from minisentinel.replies import Error, Reply
from tests.core.bench import MYID, Bench, commands, conf, events, logged, saves, sentinel_id
from tests.support.facts import FakeFacts


def hellos(bench: Bench) -> list[str]:
    """The hellos among the commands sent so far."""
    return [words[2] for words in commands(bench.done) if words[0] == "PUBLISH"]


# --- saying it ---


def test_a_hello_has_eight_fields_and_names_the_local_address() -> None:
    """[GOS-2-1] [GOS-2-2] [GOS-2-3] [GOS-2-4] [GOS-2-5] [GOS-2-6] [GOS-2-7] [GOS-2-8]"""
    bench = Bench(conf("sentinel current-epoch 7", "sentinel config-epoch mymaster 5"))
    bench.run(2500)
    assert set(hellos(bench)) == {f"10.0.1.1,26379,{MYID},7,mymaster,10.0.0.1,6379,5"}


def test_an_announced_address_takes_the_place_of_the_local_one() -> None:
    """[GOS-8-1]"""
    bench = Bench(conf("sentinel announce-ip 192.0.2.9"))
    bench.run(2500)
    assert hellos(bench)[0].startswith("192.0.2.9,26379,")
    bench = Bench(conf("sentinel announce-port 7000"))
    bench.run(2500)
    assert hellos(bench)[0].startswith("10.0.1.1,7000,")


def test_no_hello_is_said_before_the_local_address_is_known() -> None:
    """[GOS-2-2]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.tick()
    bench.tick(2100)
    assert not hellos(bench)
    bench.establish()
    bench.tick(100)
    assert hellos(bench)


@pytest.mark.parametrize(("reply", "again"), [(1, False), (Error("NOPERM"), True)])
def test_a_hello_is_repeated_every_tick_until_it_succeeds(reply: Reply, again: bool) -> None:
    """[GOS-3-2] [MON-4.3-1]"""
    bench = Bench(conf(replicas=(), peers=(2,)))
    bench.run(2000)
    bench.tick()
    bench.tick()
    to_peer = bench.outgoing[bench.connection("sentinel-2")].queued
    assert [words[0] for words in to_peer].count("PUBLISH") == 2
    while to_peer:
        bench.reply("sentinel-2", reply)
    bench.tick()
    assert any(words[0] == "PUBLISH" for words in to_peer) is again


def test_nothing_is_said_on_a_disconnected_link() -> None:
    """[GOS-3-1]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.servers["redis-2"].up = bench.servers["redis-3"].up = False
    bench.run(1500)
    bench.lose(bench.connection("redis-1", Purpose.PUBSUB))
    bench.master().link.last_reconn_time = bench.now + 10_000
    before = len(hellos(bench))
    bench.run(3000)
    assert len(hellos(bench)) == before


# --- hearing it ---


@pytest.mark.parametrize(("fields", "read"), [(7, False), (8, True), (9, False), (1, False)])
def test_a_hello_has_exactly_eight_fields(fields: int, read: bool) -> None:
    """[GOS-6-1]"""
    words = ["10.0.1.2", "26379", "id", "1", "mymaster", "10.0.0.1", "6379", "0", "more"]
    assert (Hello.parse(",".join(words[:fields])) is not None) is read


def test_numbers_of_a_hello_are_lenient_and_epochs_unsigned() -> None:
    """[GOS-6-1] [MON-1.1-2]"""
    hello = Hello.parse(f"h,12x,id,{'9' * 5000},m,mh,y,-1")
    assert hello == Hello("h", 12, "id", 2**64 - 1, "m", "mh", 0, 2**64 - 1)


def test_own_hellos_are_ignored_on_the_channel_and_not_as_a_command() -> None:
    """[GOS-4-3] [GOS-5-2]"""
    bench = Bench(conf(peers=()))
    bench.run(200)
    assert not bench.hello("sentinel-1", via="redis-1")
    assert not bench.hello("sentinel-2", via="redis-1", name=MYID)
    assert events(bench.hello("sentinel-1"), "+sentinel")


@pytest.mark.parametrize(
    "message",
    [
        ("message", "__sentinel__:hello"),
        ("message", "__sentinel__:hello", 3),
        ("MESSAGE", "__sentinel__:hello", "10.0.1.2,26379,x,0,mymaster,10.0.0.1,6379,0"),
        ("pmessage", "*", "__sentinel__:hello", "10.0.1.2,26379,x,0,mymaster,10.0.0.1,6379,0"),
        "10.0.1.2,26379,x,0,mymaster,10.0.0.1,6379,0",
        None,
        7,
    ],
)
def test_other_messages_only_show_that_the_channel_lives(message: Reply) -> None:
    """[GOS-4-1] [GOS-4-2] [MON-3.1-3]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.run(200)
    bench.now += 50
    effects = bench.receive(bench.connection("redis-1", Purpose.PUBSUB), message)
    assert not effects
    assert bench.master().link.pubsub_last_activity == bench.now


def test_the_channel_of_a_message_is_not_checked() -> None:
    """[GOS-4-4] [GOS-4-5]"""
    bench = Bench(conf(peers=()))
    bench.run(200)
    text = f"10.0.1.2,26379,{sentinel_id(2)},0,mymaster,10.0.0.1,6379,0"
    message = ("message", "elsewhere", text)
    assert events(bench.receive(bench.connection("redis-1", Purpose.PUBSUB), message))


def test_the_confirmation_of_the_subscription_counts_as_activity() -> None:
    """[MON-6.1-2]"""
    bench = Bench(conf(replicas=(), peers=()))
    bench.tick()
    bench.establish()
    assert bench.master().link.pubsub_last_activity == 0
    bench.reply("redis-1", Error("ERR unknown command"), Purpose.PUBSUB)  # of SETNAME: no matter
    assert bench.master().link.pubsub_last_activity == 0
    bench.answer("redis-1")
    assert bench.master().link.pubsub_last_activity == bench.now


def test_a_hello_about_a_master_that_nobody_knows_is_ignored() -> None:
    """[GOS-6-2]"""
    bench = Bench()
    assert not events(bench.hello("sentinel-7", name="other", epoch=9))
    assert bench.state.current_epoch == 0


def test_a_known_sentinel_at_its_address_is_only_noted() -> None:
    """[GOS-6-3] [GOS-6-7]"""
    bench = Bench()
    bench.now += 500
    effects = bench.hello("sentinel-2")
    assert not events(effects)
    assert not saves(effects)
    assert bench.peer("sentinel-2").last_hello_time == bench.now


def test_a_new_sentinel_is_announced_and_saved_and_starts_fresh() -> None:
    """[GOS-6-4] [GOS-6.1-4] [GOS-6.1-5] [EVT-3-18] [EVT-2-3] [MON-1.3-9] [MON-1.3-10]"""
    bench = Bench(conf(peers=()))
    bench.now += 500
    effects = bench.hello("sentinel-2")
    assert events(effects) == [
        f"+sentinel sentinel {sentinel_id(2)} 10.0.1.2 26379 @ mymaster 10.0.0.1 6379"
    ]
    assert saves(effects)[0].masters[0].peers == (("10.0.1.2", 26379, sentinel_id(2)),)
    peer = bench.peer("sentinel-2")
    assert peer.last_master_down_reply_time == peer.last_pub_time == bench.now
    assert (peer.master_down, peer.leader, peer.leader_epoch) == (False, "", 0)
    assert peer.down_after == 2000


def test_a_greater_epoch_is_saved_then_announced_even_if_the_sender_cannot_be_added() -> None:
    """[GOS-6-5] [GOS-6-8] [CFG-5-2]"""
    bench = Bench(conf(peers=()))
    effects = bench.hello("sentinel-2", at=("10.0.1.2", 70_000), epoch=3, config_epoch=9)
    assert [type(e).__name__ for e in effects[:2]] == ["Save", "Log"]
    assert events(effects) == ["+new-epoch 3"]
    assert saves(effects)[0].current_epoch == 3
    assert bench.master().config_epoch == 0
    assert not events(bench.hello("sentinel-2", at=("10.0.1.2", 70_000), epoch=3))


def test_a_sentinel_with_a_new_address_is_replaced() -> None:
    """[GOS-6.1-1] [EVT-3-19]"""
    bench = Bench()
    bench.run(200)
    bench.peer("sentinel-2").master_down = True
    effects = bench.hello("sentinel-2", at=("10.0.1.9", 26380))
    assert events(effects) == [
        "+sentinel-address-switch master mymaster 10.0.0.1 6379 ip 10.0.1.9 port 26380 "
        f"for {sentinel_id(2)}"
    ]
    assert not bench.peer("sentinel-2").master_down
    assert len(bench.master().peers) == 2
    assert ("10.0.1.9", 26380, sentinel_id(2)) in saves(effects)[0].masters[0].peers


def test_the_old_address_is_gone_even_if_the_new_one_is_impossible() -> None:
    """[GOS-6.1-3]"""
    bench = Bench()
    effects = bench.hello("sentinel-2", at=("no number", 26379))
    assert events(effects, "+sentinel-address-switch")
    assert not saves(effects)
    assert logged(effects).count("Failed to resolve hostname 'no number'") == 2
    assert list(bench.master().peers) == [sentinel_id(3)]


def test_another_sentinel_at_a_known_address_pushes_the_old_one_out_everywhere() -> None:
    """[GOS-6.1-2] [EVT-3-21]"""
    bench = Bench(
        conf(
            "sentinel monitor other 10.0.0.7 6379 2",
            f"sentinel known-sentinel other 10.0.1.2 26379 {sentinel_id(2)}",
        )
    )
    effects = bench.hello("sentinel-5", at=("10.0.1.2", 26379))
    assert [line.split()[0] for line in events(effects)] == ["+sentinel-invalid-addr", "+sentinel"]
    assert sentinel_id(2) not in bench.master().peers
    assert not bench.master("other").peers
    assert sentinel_id(5) in bench.master().peers


def test_the_same_sentinel_moves_under_its_other_masters_too() -> None:
    """[GOS-6.3-1] [EVT-3-20]"""
    bench = Bench(
        conf(
            "sentinel monitor other 10.0.0.7 6379 2",
            f"sentinel known-sentinel other 10.0.1.2 26379 {sentinel_id(2)}",
        )
    )
    bench.run(200)
    effects = bench.hello("sentinel-2", at=("10.0.1.9", 26379))
    assert events(effects, "+sentinel-address-update")[0].endswith(
        "1 additional matching instances"
    )
    assert bench.peer("sentinel-2", "other").address.ip == "10.0.1.9"
    assert bench.peer("sentinel-2", "other").link.disconnected
    assert bench.peer("sentinel-2", "other").link is bench.peer("sentinel-2").link


# --- configurations ---


def test_a_newer_configuration_switches_the_master() -> None:
    """[GOS-6.2-2] [GOS-6.2-3] [GOS-6.2-4] [EVT-3-23] [EVT-3-24] [CFG-5-8]"""
    bench = Bench()
    effects = bench.hello("sentinel-2", config_epoch=1, master="redis-2")
    assert [line.split()[0] for line in events(effects)] == [
        "+config-update-from",
        "+switch-master",
        "+slave",
        "+slave",
    ]
    assert events(effects, "+switch-master") == [
        "+switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379"
    ]
    assert saves(effects)[-1].masters[0].config_epoch == 1
    assert saves(effects)[-1].current_epoch == 0  # [GOS-6.2-7]: only field 3 raises it
    assert set(bench.master().replicas) == {"10.0.0.1:6379", "10.0.0.3:6379"}


def test_a_newer_epoch_for_the_same_address_is_adopted_silently() -> None:
    """[GOS-6.2-1] [CFG-5-13]"""
    bench = Bench()
    effects = bench.hello("sentinel-2", config_epoch=4)
    assert not events(effects)
    assert not saves(effects)
    assert bench.master().config_epoch == 4


@pytest.mark.parametrize("config_epoch", [3, 4])
def test_an_older_or_equal_configuration_is_ignored(config_epoch: int) -> None:
    """[GOS-6.2-6]"""
    bench = Bench(conf("sentinel config-epoch mymaster 4"))
    assert not events(bench.hello("sentinel-2", config_epoch=config_epoch, master="redis-2"))


def test_the_first_hello_of_a_new_sentinel_may_bring_its_configuration() -> None:
    """[GOS-6-6] [GOS-6-8]"""
    bench = Bench(conf(peers=()))
    effects = bench.hello("sentinel-2", config_epoch=1, master="redis-2", epoch=1)
    assert [line.split()[0] for line in events(effects)] == [
        "+sentinel",
        "+new-epoch",
        "+config-update-from",
        "+switch-master",
        "+slave",
        "+slave",
    ]


def test_a_new_master_that_means_nothing_is_announced_and_not_adopted() -> None:
    """[GOS-6.2-4] [FAI-6.2-1]"""
    bench = Bench(conf("sentinel resolve-hostnames yes"), facts=FakeFacts())
    text = f"10.0.1.2,26379,{sentinel_id(2)},0,mymaster,nowhere,6379,1"
    bench.command("PUBLISH", "__sentinel__:hello", text)
    assert events(bench.done, "+switch-master") == [
        "+switch-master mymaster 10.0.0.1 6379 nowhere 6379"
    ]
    assert bench.master().config_epoch == 1
    assert bench.master().address.ip == "10.0.0.1"
    assert len(bench.master().replicas) == 2


def test_in_tilt_configurations_are_adopted_all_the_same() -> None:
    """[MON-8-5]"""
    bench = Bench()
    bench.tick(5000)
    assert bench.state.tilt
    bench.hello("sentinel-2", config_epoch=1, master="redis-2", epoch=1)
    assert bench.master().address.ip == "10.0.0.2"
