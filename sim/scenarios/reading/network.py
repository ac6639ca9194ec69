"""What the network is like where nobody says more, and what its hosts are called."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import DELAY, DISTANCES, NAME
from sim.scenarios.reading.tables import Key, Table, table_of
from sim.world.deployment import Deployment, DeploymentError

__all__ = ["NAMES", "NETWORK", "read_network"]

NETWORK = Table(
    "network",
    "What lies between two machines of which `[[links]]` says nothing.",
    (
        Key("milliseconds", DELAY, "the one-way delay of a message", "[0.15, 0.45]"),
        Key(
            "round-trips",
            DISTANCES,
            "in place of that, the milliseconds there and back: every two machines have a distance "
            "of their own, drawn once",
        ),
        Key(
            "lookup-milliseconds",
            DELAY,
            "how long it takes to look a host name up; whoever asks waits for the answer",
            "0",
        ),
    ),
)
NAMES = Table(
    "names",
    'Host names: `"name" = "node"`, the machine of which it means. Configuration files use them if '
    "`resolve-hostnames` of `[settings]` is true.",
    (),
)


def read_network(
    file: ScenarioFile, document: Mapping[str, Any], deployment: Deployment
) -> Deployment:
    """`deployment` with the network and the host names of these tables.

    Raises `ScenarioError`.
    """
    found = NETWORK.read(file, table_of(file, document, "network"))
    if "milliseconds" in found and "round-trips" in found:
        raise file.error("network", "round-trips", "expected either 'milliseconds' or this")
    names = []
    for name, node in table_of(file, document, "names").items():
        try:
            names.append((name, NAME.read(node)))
            deployment = dataclasses.replace(deployment, host_names=tuple(names))
        except DeploymentError as problem:
            raise file.error("names", name, str(problem)) from None
        except ValueError:
            what = f"expected the name of a node, found {node!r}"
            raise file.error("names", name, what) from None
    return dataclasses.replace(
        deployment,
        latency=found.get("round-trips", found.get("milliseconds", deployment.latency)),
        name_delay=found.get("lookup-milliseconds", deployment.name_delay),
    )
