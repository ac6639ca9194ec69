"""The configuration file that a Sentinel of a deployment starts with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from minisentinel.config import rewrite
from minisentinel.core.saved import SavedConfiguration, SavedMaster
from minisentinel.core.timing import Timing
from sim.world.deployment import Deployment
from sim.world.plan import Place
from sim.world.topology import NodeSettings

__all__ = ["sentinel_conf"]

HostPort = tuple[str, int]


def sentinel_conf(
    deployment: Deployment,
    place: Place,
    masters: Sequence[HostPort],
    announced: HostPort | None = None,
) -> str:
    """The text of the file that the Sentinel at `place` starts with.

    `masters` is where it believes the masters to be, in their order, each as an address or a host
    name; `announced` is what it tells others of itself, if that is not what it sees of itself.
    """
    own = deployment.topology.settings_of(place.name)
    base = deployment.conf or SavedConfiguration(myid="")
    plain = SavedMaster(
        deployment.master_name, *deployment.master_address, deployment.effective_quorum
    )
    first = base.masters[0] if base.masters else plain
    names = (own.master_name or deployment.master_name, *deployment.master_names[1:])
    # What a real file says of its own Sentinel's announced address, and whether it looks names up,
    # holds for that one's network only.
    saved = dataclasses.replace(
        base,
        myid=place.myid,
        resolve_hostnames=base.resolve_hostnames or deployment.resolve_hostnames,
        announce_hostnames=deployment.announce_hostnames,
        announce_ip=announced[0] if announced else None,
        announce_port=announced[1] if announced else 0,
        masters=tuple(
            _master(deployment, own, name, plain if number else first, address, number == 0)
            for number, (name, address) in enumerate(zip(names, masters, strict=True))
        ),
    )
    port = place.inner_port or place.port
    # Of two lines that say the same thing the later one counts.
    return rewrite(f"port {port}\n", saved) + "".join(f"{line}\n" for line in own.conf)


def _master(
    deployment: Deployment,
    own: NodeSettings,
    name: str,
    base: SavedMaster,
    address: HostPort,
    is_first: bool,
) -> SavedMaster:
    timing = Timing()
    same = deployment.down_after_milliseconds == timing.default_down_after
    same_timeout = deployment.failover_timeout == timing.default_failover_timeout
    return dataclasses.replace(
        base,
        name=name,
        host=address[0],
        port=address[1],
        quorum=own.quorum or deployment.effective_quorum,
        down_after=None if same else deployment.down_after_milliseconds,
        failover_timeout=None if same_timeout else deployment.failover_timeout,
        parallel_syncs=deployment.parallel_syncs,
        reboot_down_after=deployment.master_reboot_down_after_period,
        replicas=deployment.known_replicas[: deployment.replicas] if is_first else (),
        peers=(),
        # The simulated servers know their commands by their usual names only.
        renamed_commands=(),
    )
