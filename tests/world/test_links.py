"""What a deployment says about its sites holds in the network that is built for it."""

from __future__ import annotations

from sim.network import Constant
from sim.world import Deployment, World
from sim.world.topology import Link, Site, Topology

SITES = (Site("here", ("redis-1", "sentinel-1")), Site("there", ("redis-2", "sentinel-2")))


def world_with(link: Link) -> World:
    return World(Deployment(clients=0, topology=Topology(sites=SITES, links=(link,))))


def test_a_link_gives_the_paths_between_its_sites_latency_loss_and_a_shared_pipe() -> None:
    world = world_with(Link("here", "there", Constant(9000), 125_000.0, 0.01))
    hosts = {name: node.host for name, node in world.nodes.items()}
    crossing = [
        world.network.path(hosts[one], hosts[other])
        for one in ("redis-1", "sentinel-1")
        for other in ("redis-2", "sentinel-2")
    ]
    for path in crossing:
        assert (path.latency, path.loss) == (Constant(9000), 0.01)
        assert path.pipe is crossing[0].pipe is not None
        assert path.back.pipe is crossing[0].back.pipe
        assert path.back.pipe is not path.pipe
    within = world.network.path(hosts["redis-1"], hosts["sentinel-1"])
    assert (within.latency, within.loss, within.pipe) == (world.deployment.latency, 0.0, None)


def test_a_link_without_a_latency_keeps_that_of_the_deployment() -> None:
    world = world_with(Link("here", "there", bytes_per_second=1000.0))
    path = world.network.path(world.node("redis-1").host, world.node("redis-2").host)
    assert path.latency == world.deployment.latency
    assert path.pipe is not None


def test_a_full_resynchronisation_over_a_narrow_link_takes_longer() -> None:
    """The data set itself takes as long as the machine says; what the link adds is small here."""

    def synchronised_at(link: Link) -> float:
        world = world_with(link)
        world.run(30)
        starts = [e.time_us for e in world.trace.of_kind("full-sync-loaded") if e.node == "redis-2"]
        return starts[0] / 1_000_000

    wide = synchronised_at(Link("here", "there", Constant(300)))
    narrow = synchronised_at(Link("here", "there", Constant(300), 100.0))
    assert narrow > wide + 1
