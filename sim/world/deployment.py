"""A deployment as a person describes it: how many of what, with which settings.

The settings carry Sentinel's own names and units. A deployment may come from a real
``sentinel.conf``: then names, addresses and settings are those of the file, and only what the file
does not name (further replicas, Sentinels, clients) is added.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import PurePath
from typing import Any, TypeVar

from minisentinel.config import IncludeReader, load
from minisentinel.core import Address, Dice, snapshot
from minisentinel.core.address import bracketed, numeric_ip
from minisentinel.core.saved import SavedConfiguration
from minisentinel.core.state import Instance
from sim.clients import ClientGroup
from sim.network.latency import Distances, Latency, Uniform
from sim.network.names import HOSTS_FILE
from sim.network.network import LOOPBACK
from sim.redis.settings import Machine
from sim.world.redis_conf import check_directives, check_redis_conf, server_settings
from sim.world.settings import DEPLOYMENT_SETTINGS, DeploymentError
from sim.world.showing import deployment_table
from sim.world.topology import Topology

__all__ = ["DEPLOYMENT_SETTINGS", "Deployment", "DeploymentError", "KnownSentinel"]

InstanceT = TypeVar("InstanceT", bound=Instance)

LOCAL_NETWORK = Uniform(150, 450)
"""One-way delays within a data centre, in microseconds."""

ORDINARY_MACHINE = Machine()
ONE_PLACE = Topology()

HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
NAMED_NETWORK = IPv4Address("10.0.3.1")
"""From here on live hosts that a configuration file calls by name."""


@dataclass(frozen=True, slots=True)
class KnownSentinel:
    """A Sentinel that a configuration file names."""

    host: str
    port: int
    myid: str


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Servers, Sentinels and clients, and how they are configured. Immutable: see `with_setting`.

    There are `masters`, each with as many `replicas`, which the same Sentinels watch; the first one
    is called `master_name`, the second the same with ``-2``, and clients are those of the first.
    `quorum` None means a majority of the Sentinels. Milliseconds where Sentinel has milliseconds.
    There are `clients` applications, all alike, unless `groups` says which ones, in which case
    `clients` is how many they are (see `with_groups`). `replica_priorities` are for redis-2,
    redis-3, ... (100 where none is given). `redis_conf` is the text of a ``redis.conf`` for every
    server, `directives` are further ones, `machine` is what a server runs on; what is particular
    about single nodes, and where they are, is in `topology`. Of the fields that a configuration
    file fills, `conf` holds what it persists, `conf_name` is what the file is called, and `names`
    maps host names to simulated addresses.

    `latency` is what lies between two machines and `loopback` within one. `host_names` are pairs of
    a host name and the node whose machine it means. With `resolve_hostnames` Sentinels look names
    up, all files call hosts by their names, and with `announce_hostnames` Sentinels do so too when
    they speak of them. `name_delay` is how long a look-up keeps the asker waiting.

    Raises `DeploymentError` for what cannot be built.
    """

    sentinels: int = 3
    masters: int = 1
    replicas: int = 2
    clients: int = 2
    master_name: str = "mymaster"
    quorum: int | None = None
    down_after_milliseconds: int = 5_000
    failover_timeout: int = 60_000
    parallel_syncs: int = 1
    master_reboot_down_after_period: int = 0
    replica_priorities: tuple[int, ...] = ()
    groups: tuple[ClientGroup, ...] = ()
    latency: Latency | Distances = LOCAL_NETWORK
    loopback: Latency = LOOPBACK
    redis_conf: str = field(default="", repr=False)
    directives: tuple[tuple[str, str], ...] = ()
    machine: Machine = ORDINARY_MACHINE
    topology: Topology = ONE_PLACE
    host_names: tuple[tuple[str, str], ...] = ()
    resolve_hostnames: bool = False
    announce_hostnames: bool = False
    name_delay: Latency = HOSTS_FILE

    master_address: tuple[str, int] = ("10.0.0.1", 6379)
    sentinel_port: int = 26379
    known_replicas: tuple[tuple[str, int], ...] = ()
    known_sentinels: tuple[KnownSentinel, ...] = ()
    conf: SavedConfiguration | None = field(default=None, repr=False)
    conf_name: str = ""
    names: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name, setting in DEPLOYMENT_SETTINGS.items():
            value = getattr(self, setting.attribute)
            if not (name == "quorum" and value is None):
                setting.check(name, value)
        _check_master_name(self.master_name)
        priorities = self.replica_priorities
        if len(priorities) > self.replicas or any(
            type(each) is not int or each < 0 for each in priorities
        ):
            raise DeploymentError(
                f"replica priorities {', '.join(map(str, priorities))}: expected whole numbers "
                f"from 0, one at most for each of {self.replicas} replicas"
            )
        if self.groups and sum(each.count for each in self.groups) != self.clients:
            raise DeploymentError(
                f"clients={self.clients}: expected as many as the groups of clients have together"
            )
        for group in self.groups:
            if group.first_sentinel > self.sentinels:
                raise DeploymentError(
                    f"first-sentinel={group.first_sentinel}: expected the number of a Sentinel, "
                    f"1 to {self.sentinels}"
                )
        for name, _ in self.host_names:
            _check_host_name(name)
        if self.announce_hostnames and not self.resolve_hostnames:
            raise DeploymentError(
                "announce-hostnames: expected resolve-hostnames too; "
                "who is told a name has to look it up"
            )
        _check_port(self.sentinel_port, f"port {self.sentinel_port} of the Sentinels")
        problem = check_redis_conf(self.redis_conf)
        if problem:
            raise DeploymentError(f"redis.conf, {problem}")
        for directives in (self.directives, *(each.directives for each in self.topology.nodes)):
            problem = check_directives(directives)
            if problem:
                raise DeploymentError(problem)
        others = ((each.host, each.port) for each in self.known_sentinels)
        for host, port in (self.master_address, *self.known_replicas, *others):
            self.ip_of(host)
            _check_port(port, f"address {bracketed(host, port)}")

    @property
    def master_names(self) -> tuple[str, ...]:
        """What the Sentinels call the masters, in order."""
        further = (f"{self.master_name}-{n}" for n in range(2, self.masters + 1))
        return (self.master_name, *further)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the configuration file says and the simulation does not do, for people."""
        if self.conf is None:
            return ()
        master, notes = self.conf.masters[0], []
        if master.renamed_commands:
            notes.append("rename-command is left out: simulated servers rename nothing")
        if master.notification_script or master.client_reconfig_script:
            notes.append("no script is run in a simulation")
        if master.auth_pass and not self._servers_ask_for_a_password:
            notes.append("auth-pass is of no use: the servers ask for no password")
        return tuple(notes)

    @property
    def _servers_ask_for_a_password(self) -> bool:
        settings = server_settings(
            self.redis_conf, self.directives, port=0, replicaof=None, replica_priority=None
        )
        return bool(settings.requirepass)

    @property
    def effective_quorum(self) -> int:
        """The quorum that the Sentinels are configured with."""
        return self.sentinels // 2 + 1 if self.quorum is None else self.quorum

    @property
    def client_groups(self) -> tuple[ClientGroup, ...]:
        """The clients, group by group: textbook ones where nobody says otherwise."""
        return self.groups or (ClientGroup(count=self.clients),)

    @property
    def settings(self) -> dict[str, Any]:
        """What is in force, for people who read a trace: plain JSON, no paths of this machine."""
        settings: dict[str, Any] = {
            name: getattr(self, setting.attribute) for name, setting in DEPLOYMENT_SETTINGS.items()
        }
        settings["quorum"] = self.effective_quorum
        settings["replica-priorities"] = list(self.replica_priorities)
        settings["master"] = self.master_name
        for name, value in (
            ("resolve-hostnames", self.resolve_hostnames),
            ("announce-hostnames", self.announce_hostnames),
        ):
            if value:
                settings[name] = value
        if self.groups:
            settings["client-groups"] = [each.settings for each in self.groups]
        settings.update(self.directives)
        if self.conf_name:
            settings["conf"] = self.conf_name
        return settings

    def _repr_html_(self) -> str:
        return deployment_table(self)._repr_html_()

    def host_name_of(self, node: str) -> str:
        """What configuration files call the machine of `node`; empty: by its address."""
        if not self.resolve_hostnames:
            return ""
        return next((name for name, each in self.host_names if each == node), "")

    def ip_of(self, host: str) -> str:
        """The canonical text of the address of `host`; raises `DeploymentError` if it has none."""
        named = {name.lower(): ip for name, ip in self.names}
        ip = numeric_ip(named.get(host.lower(), host))
        if ip is None:
            raise DeploymentError(
                f"address {host!r}: expected a numeric IP address, or a name that has one in names"
            )
        return ip

    def with_setting(self, name: str, value: str) -> Deployment:
        """A copy with one setting changed, under the name that Sentinel or the deployment gives it.

        With fewer replicas the priorities of those that are gone go too. Raises `DeploymentError`
        naming what was expected.
        """
        setting = DEPLOYMENT_SETTINGS.get(name)
        if setting is None:
            known = ", ".join(DEPLOYMENT_SETTINGS)
            raise DeploymentError(f"unknown setting {name!r}; expected one of: {known}")
        try:
            number = int(value)
        except ValueError:
            raise setting.error(name, value) from None
        setting.check(name, number)
        if name == "clients" and self.groups:
            return self._with_clients(number)
        return self._with(**{setting.attribute: number})

    def with_groups(self, groups: Iterable[ClientGroup]) -> Deployment:
        """A copy with these clients. Raises `DeploymentError`."""
        groups = tuple(groups)
        count = sum(each.count for each in groups)
        DEPLOYMENT_SETTINGS["clients"].check("clients", count)
        return self._with(groups=groups, clients=count)

    def _with_clients(self, count: int) -> Deployment:
        """A copy with `count` clients, if they are all of one group."""
        if len(self.groups) != 1:
            raise DeploymentError(
                f"clients={count}: expected a deployment whose clients are all alike; "
                f"this one has {len(self.groups)} groups of them"
            )
        return self.with_groups([dataclasses.replace(self.groups[0], count=count)])

    def _with(self, **changes: Any) -> Deployment:
        """A copy with these fields changed, without the priorities of replicas that are gone."""
        replicas = changes.get("replicas", self.replicas)
        priorities = self.replica_priorities[:replicas]
        return dataclasses.replace(self, replica_priorities=priorities, **changes)

    @classmethod
    def from_conf(
        cls,
        text: str,
        *,
        path: str = "sentinel.conf",
        master: str | None = None,
        base: Deployment | None = None,
        read_include: IncludeReader | None = None,
    ) -> Deployment:
        """The deployment that a ``sentinel.conf`` describes, the rest taken from `base`.

        With several masters the first is taken, or the one called `master`. Raises ConfigError
        for a file that cannot be understood, `DeploymentError` when it names no such master.
        """
        base = base or cls()
        loaded = load(
            text,
            path=path,
            facts=_EveryName(),
            now_ms=1,
            dice=Dice(0),
            read_include=read_include,
        )
        saved = snapshot(loaded.state)
        in_file_order = _in_file_order(loaded.state.masters)
        if not in_file_order:
            raise DeploymentError(
                f"{path}: no master to watch; expected a line: "
                "sentinel monitor <master-name> <ip> <port> <quorum>"
            )
        name = in_file_order[0].name if master is None else master
        chosen = next((each for each in saved.masters if each.name == name), None)
        if chosen is None:
            known = ", ".join(each.name for each in in_file_order)
            raise DeploymentError(f"{path}: no master called {name!r}; it monitors: {known}")
        watched = loaded.state.masters[name]
        address = _written(watched.address)
        replicas = tuple(_written(each.address) for each in _in_file_order(watched.replicas))
        others = tuple(
            KnownSentinel(*_written(each.address), each.runid)
            for each in _in_file_order(watched.peers)
        )
        try:
            return base._with(
                sentinels=len(others) + 1 if others else base.sentinels,
                masters=1,
                replicas=len(replicas) or base.replicas,
                master_name=name,
                quorum=chosen.quorum,
                down_after_milliseconds=watched.down_after,
                failover_timeout=watched.failover_timeout,
                parallel_syncs=chosen.parallel_syncs,
                master_reboot_down_after_period=chosen.reboot_down_after,
                master_address=address,
                sentinel_port=loaded.state.announce_port
                or loaded.server.port
                or loaded.server.tls_port,
                known_replicas=replicas,
                known_sentinels=others,
                conf=dataclasses.replace(saved, masters=(chosen,)),
                conf_name=PurePath(path).name,
                names=_invent_addresses(
                    [address[0], *(host for host, _ in replicas), *(each.host for each in others)]
                ),
            )
        except DeploymentError as problem:
            raise DeploymentError(f"{path}: {problem}") from None


class _EveryName:
    """A world in which every host name resolves: while a file is read, a name stands for itself."""

    def resolve(self, name: str) -> str | None:
        return name.lower()

    def is_executable(self, path: str) -> bool:
        return True


def _invent_addresses(hosts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """An address for each of `hosts` that is a name; none that another of them has."""
    hosts = list(hosts)
    own = {numeric_ip(host) for host in hosts}
    names = dict.fromkeys(host.lower() for host in hosts if numeric_ip(host) is None)
    free = (ip for number in itertools.count() if (ip := str(NAMED_NETWORK + number)) not in own)
    return tuple(zip(names, free, strict=False))


def _check_port(port: object, what: str) -> None:
    if type(port) is not int or not 0 < port < 65536:
        raise DeploymentError(f"{what}: expected a port from 1 to 65535")


def _check_host_name(name: str) -> None:
    if not HOST_NAME.fullmatch(name) or numeric_ip(name) is not None:
        raise DeploymentError(
            f"host name {name!r}: expected letters, digits, dashes and dots, and no address"
        )


def _check_master_name(name: str) -> None:
    """A name has to fit between the blanks of a directive and the commas of a hello."""
    if not name or not name.isprintable() or any(char in " ,\"'" for char in name):
        raise DeploymentError(
            f"master name {name!r}: expected printable characters, no blank, comma or quote"
        )


def _in_file_order(table: Mapping[str, InstanceT]) -> list[InstanceT]:
    """The instances of a table, which is in no order, as the file named them."""
    return sorted(table.values(), key=lambda each: each.serial)


def _written(address: Address) -> tuple[str, int]:
    """An address as the file wrote it."""
    return (address.hostname, address.port)
