"""Deployments: settings, what a ``sentinel.conf`` makes of them, and where everybody lives."""

from __future__ import annotations

from typing import Any

import pytest

from minisentinel.config import ConfigError
from sim.kernel.streams import Streams
from sim.scenarios import stock_conf
from sim.world import Deployment, DeploymentError, World
from sim.world.deployment import DEPLOYMENT_SETTINGS, KnownSentinel
from sim.world.plan import Plan, make_plan

A, B, C = "a" * 40, "b" * 40, "c" * 40

TWO_MASTERS = """
port 5000
sentinel monitor zebra 10.1.0.1 6379 2
sentinel down-after-milliseconds zebra 1234
sentinel failover-timeout zebra 5678
sentinel parallel-syncs zebra 3
SENTINEL master-reboot-down-after-period zebra 90
sentinel monitor ape 10.2.0.1 6380 1
"""

KNOWN = f"""
port 26379
sentinel myid {A}
sentinel monitor mymaster 192.168.1.10 6380 2
sentinel config-epoch mymaster 7
sentinel leader-epoch mymaster 8
sentinel known-replica mymaster 192.168.1.11 6380
sentinel known-replica mymaster 192.168.1.12 6381
sentinel known-sentinel mymaster 192.168.1.21 26379 {B}
sentinel known-sentinel mymaster 192.168.1.22 26380 {C}
sentinel current-epoch 9
"""


def plan(deployment: Deployment) -> Plan:
    return make_plan(deployment, Streams(1))


def places(deployment: Deployment) -> dict[str, tuple[str, int]]:
    found = plan(deployment)
    return {p.name: (p.ip, p.port) for p in (*found.servers, *found.sentinels, *found.clients)}


# Settings


@pytest.mark.parametrize("name", DEPLOYMENT_SETTINGS)
def test_every_setting_can_be_changed_within_its_limits(name: str) -> None:
    setting = DEPLOYMENT_SETTINGS[name]
    for value in (setting.minimum, setting.maximum):
        changed = Deployment().with_setting(name, str(value))
        assert getattr(changed, setting.attribute) == value
    for value in (setting.minimum - 1, setting.maximum + 1):
        with pytest.raises(DeploymentError, match=rf"^{name}={value}: expected a whole number "):
            Deployment().with_setting(name, str(value))


@pytest.mark.parametrize("value", ["", "two", "1.5", "0x10"])
def test_setting_must_be_a_whole_number(value: str) -> None:
    with pytest.raises(DeploymentError, match=rf"^quorum={value}: expected a whole number from 1"):
        Deployment().with_setting("quorum", value)


def test_unknown_setting_is_told_with_those_that_there_are() -> None:
    with pytest.raises(DeploymentError) as error:
        Deployment().with_setting("quorom", "2")
    for name in DEPLOYMENT_SETTINGS:
        assert name in str(error.value)


def test_setting_leaves_the_original_alone() -> None:
    original = Deployment()
    assert original.with_setting("sentinels", "5").sentinels == 5
    assert original == Deployment()


@pytest.mark.parametrize(("sentinels", "majority"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_quorum_is_a_majority_unless_set(sentinels: int, majority: int) -> None:
    assert Deployment(sentinels=sentinels).effective_quorum == majority
    assert Deployment(sentinels=sentinels, quorum=1).effective_quorum == 1


# From a configuration file


def test_first_master_of_the_file_is_taken() -> None:
    found = Deployment.from_conf(TWO_MASTERS)
    assert (found.master_name, found.master_address) == ("zebra", ("10.1.0.1", 6379))
    assert (found.quorum, found.parallel_syncs) == (2, 3)
    assert (found.down_after_milliseconds, found.failover_timeout) == (1234, 5678)
    assert found.master_reboot_down_after_period == 90
    assert found.sentinel_port == 5000


def test_any_master_of_the_file_can_be_chosen() -> None:
    found = Deployment.from_conf(TWO_MASTERS, master="ape")
    assert (found.master_name, found.master_address) == ("ape", ("10.2.0.1", 6380))
    assert (found.down_after_milliseconds, found.failover_timeout) == (30_000, 180_000)


def test_master_that_the_file_does_not_have() -> None:
    with pytest.raises(DeploymentError, match=r"^x.conf: no master called 'cat'; .*: zebra, ape$"):
        Deployment.from_conf(TWO_MASTERS, path="x.conf", master="cat")


def test_file_without_a_master() -> None:
    with pytest.raises(DeploymentError, match=r"no master to watch; expected a line: sentinel mon"):
        Deployment.from_conf("port 26379\n")


def test_file_that_sentinel_would_refuse() -> None:
    with pytest.raises(
        ConfigError, match=r"my.conf, line 2: 'sentinel monitor m 10.0.0.1 99999 1'"
    ):
        Deployment.from_conf("port 1\nsentinel monitor m 10.0.0.1 99999 1\n", path="my.conf")


def test_what_the_file_leaves_open_is_taken_from_the_base() -> None:
    base = Deployment(sentinels=5, replicas=4, clients=3, replica_priorities=(1, 2))
    found = Deployment.from_conf(TWO_MASTERS, base=base)
    assert (found.sentinels, found.replicas, found.clients) == (5, 4, 3)
    assert found.replica_priorities == (1, 2)


def test_nodes_that_the_file_names_live_where_it_says() -> None:
    found = Deployment.from_conf(KNOWN, base=Deployment(sentinels=5, replicas=1, clients=1))
    assert (found.sentinels, found.replicas) == (3, 2)
    assert found.known_sentinels == (
        KnownSentinel("192.168.1.21", 26379, B),
        KnownSentinel("192.168.1.22", 26380, C),
    )
    assert places(found) == {
        "redis-1": ("192.168.1.10", 6380),
        "redis-2": ("192.168.1.11", 6380),
        "redis-3": ("192.168.1.12", 6381),
        # The file is that of the first one, and tells no address: a host near the others.
        "sentinel-1": ("192.168.1.23", 26379),
        "sentinel-2": ("192.168.1.21", 26379),
        "sentinel-3": ("192.168.1.22", 26380),
        "client-1": ("10.0.2.1", 0),
    }
    assert [place.myid for place in plan(found).sentinels] == [A, B, C]


def test_epochs_of_the_file_are_where_sentinels_begin() -> None:
    world = World(Deployment.from_conf(KNOWN), seed=1)
    world.run(2.0)
    for sentinel in world.sentinels.values():
        state = sentinel.sentinel.state
        assert state.current_epoch == 9
        assert state.masters["mymaster"].config_epoch == 7
        assert state.masters["mymaster"].leader_epoch == 8


def test_fewer_replicas_than_the_file_names_are_the_first_ones() -> None:
    found = Deployment.from_conf(KNOWN).with_setting("replicas", "1")
    world = World(found, seed=1)
    assert world.run_until_calm(limit=60.0), "nobody waits for a replica that is not there"
    assert list(world.servers) == ["redis-1", "redis-2"]


def test_more_nodes_than_the_file_names_are_added() -> None:
    found = Deployment.from_conf(KNOWN)
    found = found.with_setting("replicas", "3").with_setting("sentinels", "4")
    assert len(set(places(found).values())) == len(places(found))
    assert World(found, seed=1).run_until_calm(limit=60.0)


def test_address_that_is_used_twice_is_refused() -> None:
    text = "sentinel monitor m 10.0.0.1 6379 1\nsentinel known-replica m 10.0.0.1 6379\n"
    with pytest.raises(DeploymentError, match=r"address 10.0.0.1:6379 is used twice"):
        World(Deployment.from_conf(text))


@pytest.mark.parametrize("announce", ["no", "yes"])
def test_host_names_are_resolved_each_to_an_address_of_its_own(announce: str) -> None:
    """Sentinels announce addresses even if told otherwise: servers and clients resolve no names."""
    text = f"""
        sentinel resolve-hostnames yes
        sentinel announce-hostnames {announce}
        sentinel monitor shop Db-1.example 6379 2
        sentinel down-after-milliseconds shop 1000
        sentinel known-replica shop db-2.example 6379
        """
    found = Deployment.from_conf("\n".join(line.strip() for line in text.splitlines()))
    assert found.master_address[0].lower() == "db-1.example"
    ips = [place.ip for place in plan(found).servers]
    assert len(set(ips)) == len(ips) == 2
    world = World(found, seed=2)
    assert world.run_until_calm(limit=60.0)
    world.kill("master")
    assert world.run_until(lambda: world.master != "redis-1", limit=20.0)
    world.run(3.0)
    writes = [e for e in world.trace.of_kind("operation") if e.time_us > world.kernel.now - 10**6]
    assert {getattr(e.data, "outcome", "") for e in writes} == {"ok"}


def test_host_name_without_resolve_hostnames_is_refused_as_by_sentinel() -> None:
    with pytest.raises(ConfigError, match=r"line 1: 'sentinel monitor m db.example 6379 1'"):
        Deployment.from_conf("sentinel monitor m db.example 6379 1\n")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_on_loopback_everybody_lives_on_one_host_with_ports_of_their_own(host: str) -> None:
    found = Deployment.from_conf(
        f"port 5000\nsentinel monitor m {host} 6379 2\nsentinel down-after-milliseconds m 1000\n"
    )
    lives = places(found)
    assert lives["redis-3"] == (host, 6381)
    assert [lives[f"sentinel-{n}"] for n in (1, 2, 3)] == [(host, 5000 + n) for n in (0, 1, 2)]
    world = World(found, seed=3)
    assert world.run_until_calm(limit=60.0)
    world.kill("master")
    assert world.run_until(lambda: world.master != "redis-1", limit=20.0)


def test_announced_address_of_one_sentinel_is_not_given_to_all() -> None:
    text = "sentinel announce-ip 1.2.3.4\nsentinel announce-port 99\n"
    world = World(Deployment.from_conf(text + "sentinel monitor m 10.0.0.1 6379 2\n"), seed=1)
    assert world.run_until_calm(limit=60.0)
    assert "1.2.3.4" not in world.sentinels["sentinel-1"].disk.content


def test_stock_file_describes_a_deployment_that_becomes_calm() -> None:
    assert World(Deployment.from_conf(stock_conf()), seed=1).run_until_calm(limit=60.0)


def test_what_a_file_cannot_mean_names_the_file() -> None:
    for line, problem in [
        ("sentinel monitor m 10.0.0.1 0 2", "address 10.0.0.1:0: expected a port from 1 to 65535"),
        ("port 0\nsentinel monitor m 10.0.0.1 1 2", "port 0 of the Sentinels: expected a port"),
        ("sentinel monitor a,b 10.0.0.1 6379 2", "master name 'a,b': expected printable"),
        ("sentinel monitor m 10.0.0.1 6379 5000", "quorum=5000: expected a whole number from 1"),
    ]:
        with pytest.raises(DeploymentError, match=f"^x.conf: {problem}"):
            Deployment.from_conf(f"{line}\n", path="x.conf")


def test_priorities_of_replicas_that_are_gone_go_too() -> None:
    base = Deployment(replicas=3, replica_priorities=(1, 2, 3))
    assert base.with_setting("replicas", "1").replica_priorities == (1,)
    assert Deployment.from_conf(KNOWN, base=base).replica_priorities == (1, 2)


# In Python


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"sentinels": 0}, "sentinels=0: expected a whole number from 1 to 100"),
        ({"sentinels": 2.5}, "sentinels=2.5: expected a whole number from 1 to 100"),
        ({"sentinels": "3"}, "sentinels='3': expected a whole number from 1 to 100"),
        ({"sentinels": True}, "sentinels=True: expected a whole number from 1 to 100"),
        ({"replicas": -1}, "replicas=-1: expected a whole number from 0 to 100"),
        ({"replicas": None}, "replicas=None: expected a whole number from 0 to 100"),
        ({"quorum": 0}, "quorum=0: expected a whole number from 1 to 1000"),
        ({"down_after_milliseconds": 0}, "down-after-milliseconds=0: expected a whole number"),
        ({"failover_timeout": 10**12}, "failover-timeout=1000000000000: expected a whole number"),
        ({"replicas": 1, "replica_priorities": (1, 2)}, "replica priorities 1, 2: expected whole"),
        ({"replica_priorities": (-1,)}, "replica priorities -1: expected whole numbers from 0"),
        ({"master_name": ""}, "master name '': expected printable characters, no blank, comma"),
        ({"master_name": "a b"}, "master name 'a b': expected printable characters, no blank"),
        ({"master_name": "a\n"}, "master name 'a\\\\n': expected printable characters, no blank"),
        ({"master_name": "a,b"}, "master name 'a,b': expected printable characters, no blank"),
        ({"master_address": ("myhost", 6379)}, "address 'myhost': expected a numeric IP address"),
        ({"master_address": ("10.0.0.1", 0)}, "address 10.0.0.1:0: expected a port from 1 to"),
        ({"master_address": ("::1", 65536)}, r"address \[::1\]:65536: expected a port from 1 to"),
        ({"known_replicas": (("10.0.0.9.9", 1),)}, "address '10.0.0.9.9': expected a numeric IP"),
        ({"sentinel_port": 0}, "port 0 of the Sentinels: expected a port from 1 to 65535"),
    ],
)
def test_deployment_that_cannot_be_is_refused_in_one_line(
    fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(DeploymentError, match=f"^{problem}") as error:
        Deployment(**fields)
    assert "\n" not in str(error.value)


def test_settings_in_force_are_those_that_can_be_set_and_what_the_file_says() -> None:
    settings = Deployment(replica_priorities=(5,)).settings
    assert settings == {
        "down-after-milliseconds": 5000,
        "failover-timeout": 60_000,
        "parallel-syncs": 1,
        "quorum": 2,
        "master-reboot-down-after-period": 0,
        "sentinels": 3,
        "masters": 1,
        "replicas": 2,
        "clients": 2,
        "replica-priorities": [5],
        "master": "mymaster",
    }
    assert settings.keys() >= DEPLOYMENT_SETTINGS.keys()
    from_file = Deployment.from_conf(KNOWN, path="/etc/redis/my.conf").settings
    assert (from_file["conf"], from_file["quorum"]) == ("my.conf", 2)


# Where everybody lives


@pytest.mark.parametrize(
    ("written", "canonical", "next_one"),
    [
        ("127.1", ("127.0.0.1", 6379), ("127.0.0.1", 6380)),
        ("0x7f.0.0.1", ("127.0.0.1", 6379), ("127.0.0.1", 6380)),
        ("0:0:0:0:0:0:0:1", ("::1", 6379), ("::1", 6380)),
        ("2001:DB8::1", ("2001:db8::1", 6379), ("2001:db8::2", 6379)),
        ("::FFFF:10.0.0.1", ("::ffff:10.0.0.1", 6379), ("::ffff:10.0.0.2", 6379)),
        ("::ffff:7f00:1", ("::ffff:127.0.0.1", 6379), ("::ffff:127.0.0.1", 6380)),
        # Where Sentinels and clients live otherwise.
        ("10.0.1.1", ("10.0.1.1", 6379), ("10.0.1.2", 6379)),
        ("10.0.2.1", ("10.0.2.1", 6379), ("10.0.2.2", 6379)),
    ],
)
def test_address_may_be_written_in_any_form(
    written: str, canonical: tuple[str, int], next_one: tuple[str, int]
) -> None:
    found = Deployment.from_conf(f"sentinel monitor m {written} 6379 2\n")
    assert found.master_address == (written, 6379)
    assert places(found)["redis-1"] == canonical
    assert places(found)["redis-2"] == next_one
    assert World(found, seed=1).run_until_calm(limit=60.0)


def test_two_forms_of_one_address_are_one_address() -> None:
    text = "sentinel monitor m 10.0.0.1 6379 1\nsentinel known-replica m 10.1 6379\n"
    with pytest.raises(DeploymentError, match=r"address 10.1:6379 is used twice"):
        World(Deployment.from_conf(text))


@pytest.mark.parametrize(
    ("host", "port", "problem"),
    [
        ("127.0.0.1", 65535, "no port of 127.0.0.1 is free from 65535 on"),
        ("255.255.255.254", 6379, "no address is free from 255.255.255.254 on"),
    ],
)
def test_range_of_addresses_that_is_too_small(host: str, port: int, problem: str) -> None:
    with pytest.raises(DeploymentError, match=f"^{problem}$"):
        World(Deployment(master_address=(host, port)))
    assert World(Deployment(master_address=(host, port), replicas=0)).run_until_calm(limit=60.0)


def test_addresses_of_the_file_come_before_those_that_are_invented() -> None:
    text = f"""
        sentinel resolve-hostnames yes
        sentinel monitor m myhost 6379 2
        sentinel known-replica m 10.0.3.1 6379
        sentinel known-sentinel m 10.0.3.2 6379 {B}
        """
    found = Deployment.from_conf("\n".join(line.strip() for line in text.splitlines()))
    lives = places(found.with_setting("replicas", "2"))
    assert lives["redis-1"] == ("10.0.3.3", 6379)
    assert lives["redis-2"] == ("10.0.3.1", 6379)
    assert lives["redis-3"] == ("10.0.3.4", 6379)
    assert World(found, seed=1).run_until_calm(limit=60.0)


def test_node_that_the_file_does_not_name_has_a_host_of_its_own() -> None:
    text = f"sentinel monitor m 10.0.0.1 1 1\nsentinel known-sentinel m 10.0.0.2 2 {B}\n"
    found = Deployment.from_conf(text, base=Deployment(replicas=1))
    assert places(found)["redis-2"] == ("10.0.0.3", 1)


def test_every_node_has_a_name_and_an_address_of_its_own() -> None:
    found = places(Deployment(sentinels=5, replicas=4, clients=3))
    assert list(found) == [
        *(f"redis-{n}" for n in range(1, 6)),
        *(f"sentinel-{n}" for n in range(1, 6)),
        *(f"client-{n}" for n in range(1, 4)),
    ]
    assert len(set(found.values())) == len(found)
    assert found["redis-2"] == ("10.0.0.2", 6379)


def test_priorities_are_those_of_the_replicas() -> None:
    world = World(Deployment(replicas=3, replica_priorities=(7, 0)))
    assert [s.server.settings.replica_priority for s in world.servers.values()] == [100, 7, 0, 100]


def test_what_a_simulation_leaves_out_of_a_file_is_said() -> None:
    deployment = Deployment.from_conf(
        "sentinel monitor m 10.0.0.1 6379 2\n"
        "sentinel auth-pass m secret\n"
        "sentinel rename-command m CONFIG guess\n"
        "sentinel notification-script m /bin/notify\n"
    )
    assert [note.partition(" ")[0] for note in deployment.left_out] == [
        "rename-command",
        "no",
        "auth-pass",
    ]
    assert Deployment().left_out == ()


def test_sentinels_that_listen_for_tls_only_are_reached_there() -> None:
    text = "port 0\ntls-port 26390\nsentinel monitor m 10.0.0.1 6379 2\n"
    assert Deployment.from_conf(text).sentinel_port == 26390
