"""The configuration file, rule by rule: when it is written, and whose credentials it holds."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from minisentinel.core.effects import Announce, Effect, Open, Save
from minisentinel.replies import OK
from tests.config.loading import loaded
from tests.core.bench import Bench, commands, conf, events, sentinel_id
from tests.support.facts import FakeFacts


def told_and_saved(effects: list[Effect]) -> list[str]:
    """Names of events and the word ``saved``, in order."""
    return [
        effect.event.name if isinstance(effect, Announce) else "saved"
        for effect in effects
        if isinstance(effect, Announce | Save)
    ]


@pytest.mark.parametrize("line", ["sentinel", "SENTINEL", "  sentinel\t"])
def test_a_lone_sentinel_is_a_word_without_a_meaning(line: str) -> None:
    """[CFG-2-5]"""
    monitor = "sentinel monitor mymaster 10.0.0.1 6379 2"
    with_it, without = loaded(line, monitor, line), loaded(monitor)
    assert with_it.state == without.state
    assert asdict(with_it.server) == asdict(without.server)


def test_nothing_is_opened_or_sent_before_the_first_tick() -> None:
    """[CFG-4-5]"""
    bench = Bench()
    assert [type(effect) for effect in bench.done if isinstance(effect, Open)] == []
    assert told_and_saved(bench.done) == ["+monitor"]
    assert [type(effect) for effect in bench.tick() if isinstance(effect, Open)]


def test_a_replica_found_in_info_is_announced_then_saved() -> None:
    """[CFG-5-5] [MON-9.3-1]: each one by itself."""
    bench = Bench(conf(replicas=()))
    bench.servers["redis-4"].up = True
    effects = bench.run(200)
    assert told_and_saved(effects) == ["+slave", "saved"] * 3
    for server in ("redis-2", "redis-3", "redis-4"):
        host = bench.replica(server).address.ip
        assert f"sentinel known-replica mymaster {host} 6379\n" in bench.text
    assert not told_and_saved(bench.run(11_000))


def test_a_new_sentinel_is_announced_then_saved() -> None:
    """[CFG-5-6]"""
    bench = Bench(conf(peers=()))
    assert told_and_saved(bench.hello("sentinel-4")) == ["+sentinel", "saved"]
    line = f"sentinel known-sentinel mymaster 10.0.1.4 26379 {sentinel_id(4)}"
    assert line in bench.text.splitlines()
    assert not told_and_saved(bench.hello("sentinel-4"))


def test_a_sentinel_with_another_address_is_announced_then_saved() -> None:
    """[CFG-5-6]"""
    bench = Bench()
    effects = bench.hello("sentinel-2", at=("10.0.1.9", 26379))
    assert told_and_saved(effects) == ["+sentinel-address-switch", "saved"]
    line = f"sentinel known-sentinel mymaster 10.0.1.9 26379 {sentinel_id(2)}"
    assert line in bench.text.splitlines()
    assert "10.0.1.2" not in bench.text


def test_another_sentinel_at_a_known_address_is_announced_then_saved() -> None:
    """[CFG-5-6]"""
    bench = Bench()
    effects = bench.hello("sentinel-4", at=("10.0.1.2", 26379))
    assert told_and_saved(effects) == ["+sentinel-invalid-addr", "+sentinel", "saved"]
    assert sentinel_id(2) not in bench.text


def test_a_host_without_an_address_is_written_by_its_name() -> None:
    """[CFG-6.1-28] [CFG-6.1-24]: known ones by their address, as names are not announced."""
    facts = FakeFacts(names={"two": "10.0.0.2"})
    lines = [f"sentinel known-replica mymaster {host} 6379" for host in ("two", "nowhere")]
    bench = Bench(conf(replicas=()).replace("port", "sentinel resolve-hostnames yes\nport", 1))
    bench.facts = facts
    bench.text += "\n".join(lines) + "\n"
    bench.restart()
    bench.command("SENTINEL", "FLUSHCONFIG")
    written = {line for line in bench.text.splitlines() if "known-replica" in line}
    assert written == {
        "sentinel known-replica mymaster 10.0.0.2 6379",
        "sentinel known-replica mymaster nowhere 6379",
    }
    bench.restart()
    assert len(bench.master().replicas) == 2


# --- credentials and scripts ---


def test_replicas_get_the_credentials_of_their_master_and_sentinels_do_not() -> None:
    """[CFG-8-3] [MON-3.4-1] [MON-3.4-2]"""
    bench = Bench(conf("sentinel auth-user mymaster admin", "sentinel auth-pass mymaster secret"))
    bench.tick()
    used = {
        outgoing.name: [words for words in outgoing.queued if words[0] == "AUTH"]
        for outgoing in bench.outgoing.values()
    }
    login = [("AUTH", "admin", "secret")]
    assert used == {
        "redis-1": login,
        "redis-2": login,
        "redis-3": login,
        "sentinel-2": [],
        "sentinel-3": [],
    }


def test_what_became_a_replica_by_a_switch_still_gets_them() -> None:
    """[CFG-8-3]"""
    bench = Bench(conf("sentinel auth-pass mymaster secret"))
    bench.run(1000)
    bench.hello(epoch=1, config_epoch=1, master="redis-2")
    bench.done.clear()
    bench.run(1200)
    assert bench.replica("redis-1").name == "10.0.0.1:6379"
    sent = commands(bench.done)
    assert sent.count(("AUTH", "secret")) == 6
    assert not events(bench.done, "-cmd-link-reconnection")


@pytest.mark.parametrize(("line", "allowed"), [("yes", False), ("no", True)])
def test_script_paths_change_only_where_the_file_allows_it(line: str, allowed: bool) -> None:
    """[CFG-8-1] [CMD-9-9]"""
    facts = FakeFacts(executable=("/bin/tell",))
    bench = Bench(conf(f"sentinel deny-scripts-reconfig {line}"), facts=facts)
    words = ("SENTINEL", "SET", "mymaster", "notification-script", "/bin/tell")
    assert (bench.command(*words) == OK) is allowed
    assert bool(bench.master().notification_script) is allowed
    other = "no" if line == "yes" else "yes"
    assert bench.command("SENTINEL", "CONFIG", "SET", "deny-scripts-reconfig", other) != OK
    assert bench.state.deny_scripts_reconfig is not allowed


def test_an_empty_announced_ip_is_written_as_one_and_is_no_address_when_it_is_read() -> None:
    """[CFG-6.1-20] [GOS-8-2]"""
    bench = Bench()
    assert bench.command("SENTINEL", "CONFIG", "SET", "announce-ip", "") == OK
    assert bench.state.announce_ip == ""
    assert 'sentinel announce-ip ""' in bench.text.splitlines()
    bench.restart()
    assert bench.state.announce_ip is None


def test_the_log_level_is_written_when_it_was_changed() -> None:
    """[CFG-6.1-26] [CFG-5-12]"""
    bench = Bench()
    bench.command("SENTINEL", "FLUSHCONFIG")
    assert "loglevel" not in bench.text
    for level in ("debug", "warning"):
        assert bench.command("SENTINEL", "CONFIG", "SET", "loglevel", level) == OK
        lines = bench.text.splitlines()
        assert [line for line in lines if line.startswith("loglevel")] == [f"loglevel {level}"]
    bench.restart()
    assert bench.state.loglevel == "warning"


@pytest.mark.parametrize("value", ["plain", "p#1", "a b", "it's", 'say "so"', "\\", "back\\slash"])
def test_a_value_is_read_back_as_it_was_set_quoted_only_where_it_must_be(value: str) -> None:
    """[CFG-6.1-27] [CFG-6.1-11]"""
    bench = Bench()
    assert bench.command("SENTINEL", "SET", "mymaster", "auth-pass", value) == OK
    (line,) = [line for line in bench.text.splitlines() if " auth-pass " in line]
    bare = value in ("plain", "p#1", "\\", "back\\slash")
    assert line.endswith(f" {value}") is bare
    assert line.endswith('"') is not bare
    bench.restart()
    assert bench.master().auth_pass == value
