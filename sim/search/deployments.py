"""Random deployments: how many of what, where they stand, and settings sensible and silly."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sim.clients import CLIENT_KINDS, ClientGroup, Workload
from sim.network.latency import Uniform
from sim.search.choosing import Chooser
from sim.world.deployment import Deployment
from sim.world.topology import Box, Link, NodeSettings, Site, Topology

__all__ = ["any_deployment", "comes_to_rest", "is_known", "names_of", "small_deployment"]

MOST_SERVERS = 15
"""Of all groups together: what a run costs grows with the square of a deployment."""

DELAYS_MS = ((0.2, 0.5), (9, 12), (40, 90))
"""One-way delays between two sites: a street, a country, an ocean."""

DIRECTIVES = (
    ("min-replicas-to-write", "1"),
    ("appendonly", "yes"),
    ("save", ""),
    ("repl-backlog-size", "16384"),
    ("replica-serve-stale-data", "no"),
)


def small_deployment(choose: Chooser) -> Deployment:
    """One master with none to four replicas, one to five Sentinels, short periods."""
    sentinels = choose.choice((3, 1, 2, 4, 5))
    replicas = choose.choice((1, 2, 0, 3, 4))
    return Deployment(
        sentinels=sentinels,
        replicas=replicas,
        clients=choose.choice((1, 0)),
        # One more than there are Sentinels: such a quorum is never reached.
        quorum=choose.choice((1, *range(2, sentinels + 2))),
        down_after_milliseconds=choose.choice((1000, 2000, 500)),
        failover_timeout=choose.choice((3000, 1000, 6000, 10000)),
        parallel_syncs=choose.integer(1, 2),
        replica_priorities=tuple(choose.choice((100, 100, 50, 0)) for _ in range(replicas)),
    )


def any_deployment(choose: Chooser) -> Deployment:
    """One to seven Sentinels, none to six replicas, one to five masters that share the Sentinels.

    Quorums from 1 to one more than there are Sentinels, priorities with 0 among them, clients of
    all kinds, with and without WAIT, servers with and without min-replicas and persistence; all in
    one place, on shared machines, on two or three sites or both, and there as usual, behind mapped
    ports, with host names, or with a replica that follows another one.
    """
    sentinels = choose.choice((3, 3, 1, 2, 5, 4, 7, 6))
    masters = choose.choice((1, 1, 1, 1, 2, 2, 3, 4, 5))
    most = min(6, MOST_SERVERS // masters - 1)
    replicas = choose.choice([each for each in (1, 2, 2, 0, 3, 4, 5, 6) if each <= most])
    groups = _client_groups(choose, sentinels)
    where = Deployment(
        sentinels=sentinels,
        masters=masters,
        replicas=replicas,
        clients=sum(each.count for each in groups),
        groups=groups,
        quorum=choose.choice((None, None, 1, *range(2, sentinels + 2))),
        down_after_milliseconds=choose.choice((1000, 1000, 2000, 500, 5000)),
        failover_timeout=choose.choice((3000, 10_000, 1000, 6000, 20_000)),
        parallel_syncs=choose.choice((1, 1, 2, 6)),
        master_reboot_down_after_period=choose.choice((0, 0, 0, 2000)),
        replica_priorities=tuple(choose.choice((100, 100, 100, 50, 0)) for _ in range(replicas)),
        directives=_directives(choose),
    )
    return _placed(choose, where)


def names_of(where: Deployment) -> tuple[list[str], list[str], list[str]]:
    """The servers, the Sentinels and the clients of a deployment."""
    counts = ((where.replicas + 1) * where.masters, where.sentinels, where.clients)
    servers, sentinels, clients = (
        [f"{kind}-{number}" for number in range(1, count + 1)]
        for kind, count in zip(("redis", "sentinel", "client"), counts, strict=True)
    )
    return servers, sentinels, clients


def _client_groups(choose: Chooser, sentinels: int) -> tuple[ClientGroup, ...]:
    return tuple(
        ClientGroup(
            kind=choose.choice(("textbook", "textbook", *CLIENT_KINDS)),
            count=choose.choice((1, 1, 2)),
            first_sentinel=choose.integer(1, sentinels),
            workload=_workload(choose),
        )
        for _ in range(choose.choice((1, 0, 1, 2)))
    )


def _workload(choose: Chooser) -> Workload:
    """Few operations a second: their number adds little but time."""
    waits = choose.choice((0, 0, 1, 2))
    return Workload(
        rate=choose.choice((2.0, 1.0, 5.0)),
        pace=choose.choice(("uneven", "fixed", "poisson")),
        reads=choose.choice((0.0, 0.0, 0.5)),
        read_from=choose.choice(("master", "master", "replica")),
        keys=choose.choice(("own", "own", "uniform")),
        pipeline=choose.choice((1, 1, 1, 5)),
        wait_replicas=waits,
        wait_milliseconds=choose.choice((1000, 300)) if waits else 1000,
    )


def _directives(choose: Chooser) -> tuple[tuple[str, str], ...]:
    chosen = tuple(each for each in DIRECTIVES if choose.choice((False, False, False, True)))
    if ("min-replicas-to-write", "1") in chosen:
        chosen += (("min-replicas-max-lag", choose.choice(("10", "2"))),)
    return chosen


def comes_to_rest(where: Deployment) -> bool:
    """Whether all Sentinels ever know all servers, so that the world can become calm.

    Not where a replica follows another one, which the master does not tell, nor where somebody
    cannot be found (`is_known`).
    """
    return is_known(where) and not any(node.follows for node in where.topology.nodes)


def is_known(where: Deployment) -> bool:
    """Whether nobody is in a container and does not say at which port it is reached."""
    return not any(
        node.published_port is not None and not node.announces for node in where.topology.nodes
    )


# Where they stand


def _placed(choose: Chooser, where: Deployment) -> Deployment:
    """Each on a machine of its own, or not, in one place or not, and found as usual or not."""
    kind = choose.choice(("apart", "apart", "apart", "boxes", "sites", "boxed sites"))
    boxes = _boxes(where) if "box" in kind else ()
    sites, links = _sites(choose, where, boxes) if "sites" in kind else ((), ())
    nodes: tuple[NodeSettings, ...] = ()
    match choose.choice(("usual", "usual", "usual", "usual", "names", "ports", "chain")):
        case "ports":
            nodes = _ports(choose, where)
        case "names":
            names = tuple((f"{node}.example", node) for node in (*_servers(where), "sentinel-1"))
            where = dataclasses.replace(
                where,
                host_names=names,
                resolve_hostnames=True,
                announce_hostnames=choose.choice((False, True)),
            )
        case "chain" if where.replicas > 1:
            # The last replica of the first master follows the first one.
            nodes = (NodeSettings(name=f"redis-{where.replicas + 1}", follows="redis-2"),)
    taken = [each.name for each in nodes]
    nodes += tuple(each for each in _own_settings(choose, where) if each.name not in taken)
    topology = Topology(boxes=boxes, sites=sites, links=links, nodes=nodes)
    return dataclasses.replace(where, topology=topology)


def _servers(where: Deployment) -> list[str]:
    return names_of(where)[0]


def _ports(choose: Chooser, where: Deployment) -> tuple[NodeSettings, ...]:
    """Containers, each with a port of its machine; they say so, or they do not."""
    announces = choose.choice((True, True, True, False))
    servers, sentinels, _ = names_of(where)
    chosen = servers if choose.choice((True, False)) else servers + sentinels
    return tuple(
        NodeSettings(name=node, published_port=7000 + number, announces=announces)
        for number, node in enumerate(chosen, start=1)
    )


def _boxes(where: Deployment) -> tuple[Box, ...]:
    """A server and a Sentinel on each machine, as far as there are both."""
    servers, sentinels, _ = names_of(where)
    return tuple(
        Box(f"box-{number}", pair)
        for number, pair in enumerate(zip(servers, sentinels, strict=False), start=1)
    )


def _sites(
    choose: Chooser, where: Deployment, boxes: Sequence[Box]
) -> tuple[tuple[Site, ...], tuple[Link, ...]]:
    """Two or three sites, with machines and nodes dealt out to them like cards."""
    boxed = [node for box in boxes for node in box.nodes]
    alone = [node for nodes in names_of(where) for node in nodes if node not in boxed]
    hands = _dealt([*(box.name for box in boxes), *alone], choose.choice((2, 2, 3)))
    names = [f"site-{number}" for number in range(1, len(hands) + 1)]
    links = []
    for one, first in enumerate(names):
        for second in names[one + 1 :]:
            low, high = choose.choice(DELAYS_MS)
            links.append(Link(first, second, Uniform(round(low * 1000), round(high * 1000))))
    sites = tuple(Site(name, nodes) for name, nodes in zip(names, hands, strict=True))
    return sites, tuple(links)


def _dealt(nodes: Sequence[str], count: int) -> list[tuple[str, ...]]:
    return [hand for number in range(count) if (hand := tuple(nodes[number::count]))]


def _own_settings(choose: Chooser, where: Deployment) -> tuple[NodeSettings, ...]:
    """Now and then a Sentinel with a quorum or a patience of its own."""
    if choose.choice((False, False, False, True)):
        name = f"sentinel-{choose.integer(1, where.sentinels)}"
        slow = f"sentinel down-after-milliseconds {where.master_name} 4000"
        quorum = choose.choice((None, 1, 2))
        return (NodeSettings(name=name, quorum=quorum, conf=(slow,)),)
    return ()
