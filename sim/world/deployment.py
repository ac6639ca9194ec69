"""A deployment as a person describes it: how many of what, with which settings.

The settings carry Sentinel's own names and units. A deployment may come from a real
``sentinel.conf``: then names, addresses and settings are those of the file, and only what the file
does not name (further replicas, Sentinels, clients) is added.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from minisentinel.config import IncludeReader, load, rewrite
from minisentinel.core import Address, Dice, snapshot
from minisentinel.core.saved import SavedConfiguration, SavedMaster
from minisentinel.core.state import Instance
from minisentinel.core.timing import Timing
from sim.network.latency import Latency, Uniform

__all__ = ["DEPLOYMENT_SETTINGS", "Deployment", "DeploymentError", "KnownSentinel"]

InstanceT = TypeVar("InstanceT", bound=Instance)

LOCAL_NETWORK = Uniform(150, 450)
"""One-way delays within a data centre, in microseconds."""


class DeploymentError(ValueError):
    """A deployment cannot be built as described; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class KnownSentinel:
    """A Sentinel that a configuration file names."""

    host: str
    port: int
    myid: str


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Servers, Sentinels and clients, and how they are configured. Immutable: see `with_setting`.

    `quorum` None means a majority of the Sentinels. Milliseconds where Sentinel has milliseconds.
    `replica_priorities` are for redis-2, redis-3, ... (100 where none is given). Of the fields
    that a configuration file fills, `conf` holds what it persists and `names` maps host names to
    simulated addresses.
    """

    sentinels: int = 3
    replicas: int = 2
    clients: int = 2
    master_name: str = "mymaster"
    quorum: int | None = None
    down_after_milliseconds: int = 5_000
    failover_timeout: int = 60_000
    parallel_syncs: int = 1
    master_reboot_down_after_period: int = 0
    replica_priorities: tuple[int, ...] = ()
    latency: Latency = LOCAL_NETWORK

    master_address: tuple[str, int] = ("10.0.0.1", 6379)
    sentinel_port: int = 26379
    known_replicas: tuple[tuple[str, int], ...] = ()
    known_sentinels: tuple[KnownSentinel, ...] = ()
    conf: SavedConfiguration | None = field(default=None, repr=False)
    names: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def effective_quorum(self) -> int:
        """The quorum that the Sentinels are configured with."""
        return self.sentinels // 2 + 1 if self.quorum is None else self.quorum

    def with_setting(self, name: str, value: str) -> Deployment:
        """A copy with one setting changed, under the name that Sentinel or the deployment gives it.

        Raises `DeploymentError` naming what was expected.
        """
        setting = DEPLOYMENT_SETTINGS.get(name)
        if setting is None:
            known = ", ".join(DEPLOYMENT_SETTINGS)
            raise DeploymentError(f"unknown setting {name!r}; expected one of: {known}")
        expected = f"{name}={value}: expected a whole number from {setting.minimum}"
        try:
            number = int(value)
        except ValueError:
            raise DeploymentError(expected) from None
        if not setting.minimum <= number <= setting.maximum:
            raise DeploymentError(f"{expected} to {setting.maximum}")
        return dataclasses.replace(self, **{setting.attribute: number})  # type: ignore[arg-type]

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
        names: dict[str, str] = {}
        loaded = load(
            text,
            path=path,
            facts=_EveryName(names),
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
        others = tuple(
            KnownSentinel(*_written(each.address), each.runid)
            for each in _in_file_order(watched.peers)
        )
        own_port = loaded.state.announce_port or loaded.server.port
        return dataclasses.replace(
            base,
            sentinels=len(others) + 1 if others else base.sentinels,
            replicas=max(len(chosen.replicas), 0) or base.replicas,
            master_name=name,
            quorum=chosen.quorum,
            down_after_milliseconds=watched.down_after,
            failover_timeout=watched.failover_timeout,
            parallel_syncs=chosen.parallel_syncs,
            master_reboot_down_after_period=chosen.reboot_down_after,
            master_address=_written(watched.address),
            sentinel_port=own_port,
            known_replicas=tuple(
                _written(each.address) for each in _in_file_order(watched.replicas)
            ),
            known_sentinels=others,
            conf=dataclasses.replace(saved, masters=(chosen,)),
            names=tuple(names.items()),
        )

    def sentinel_conf(self, myid: str, port: int) -> str:
        """The configuration file that the Sentinel `myid` starts with."""
        base = self.conf or SavedConfiguration(
            myid="",
            current_epoch=0,
            deny_scripts_reconfig=True,
            resolve_hostnames=False,
            announce_hostnames=False,
            announce_ip="",
            announce_port=0,
            sentinel_user="",
            sentinel_pass="",
            masters=(_PLAIN_MASTER,),
        )
        # What the file says of its own Sentinel's announced address holds for that one only; the
        # simulated network translates no addresses, and servers and clients resolve no names.
        saved = dataclasses.replace(
            base,
            myid=myid,
            announce_hostnames=False,
            announce_ip="",
            announce_port=0,
            masters=(self._saved_master(base.masters[0]),),
        )
        return rewrite(f"port {port}\n", saved)

    def _saved_master(self, base: SavedMaster) -> SavedMaster:
        timing = Timing()
        same = self.down_after_milliseconds == timing.default_down_after
        same_timeout = self.failover_timeout == timing.default_failover_timeout
        return dataclasses.replace(
            base,
            name=self.master_name,
            host=self.master_address[0],
            port=self.master_address[1],
            quorum=self.effective_quorum,
            down_after=None if same else self.down_after_milliseconds,
            failover_timeout=None if same_timeout else self.failover_timeout,
            parallel_syncs=self.parallel_syncs,
            reboot_down_after=self.master_reboot_down_after_period,
            replicas=self.known_replicas[: self.replicas],
            peers=(),
            # The simulated servers know their commands by their usual names only.
            renamed_commands=(),
        )


_PLAIN_MASTER = SavedMaster(
    name="mymaster",
    host="",
    port=0,
    quorum=1,
    down_after=None,
    failover_timeout=None,
    parallel_syncs=1,
    reboot_down_after=0,
    notification_script="",
    client_reconfig_script="",
    auth_pass="",
    auth_user="",
    config_epoch=0,
    leader_epoch=0,
    replicas=(),
    peers=(),
    renamed_commands=(),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A whole number that `Deployment.with_setting` can change."""

    attribute: str
    minimum: int
    maximum: int
    about: str


DEPLOYMENT_SETTINGS: dict[str, Setting] = {
    "down-after-milliseconds": Setting(
        "down_after_milliseconds", 1, 10**9, "silence after which an instance is down"
    ),
    "failover-timeout": Setting("failover_timeout", 1, 10**9, "limit of a failover, milliseconds"),
    "parallel-syncs": Setting("parallel_syncs", 1, 1000, "replicas reconfigured at the same time"),
    "quorum": Setting("quorum", 1, 1000, "Sentinels that must agree that the master is down"),
    "master-reboot-down-after-period": Setting(
        "master_reboot_down_after_period", 0, 10**9, "patience with a restarted master, ms"
    ),
    "sentinels": Setting("sentinels", 1, 100, "Sentinels of the deployment"),
    "replicas": Setting("replicas", 0, 100, "replicas of the master"),
    "clients": Setting("clients", 0, 100, "applications that write"),
}


class _EveryName:
    """A world in which every host name resolves, each to an address of its own."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def resolve(self, name: str) -> str | None:
        key = name.lower()
        if key not in self._names:
            self._names[key] = f"10.0.3.{len(self._names) + 1}"
        return self._names[key]

    def is_executable(self, path: str) -> bool:
        return True


def _in_file_order(table: Mapping[str, InstanceT]) -> list[InstanceT]:
    """The instances of a table, which is in no order, as the file named them."""
    return sorted(table.values(), key=lambda each: each.serial)


def _written(address: Address) -> tuple[str, int]:
    """An address as the file wrote it."""
    return (address.hostname, address.port)
