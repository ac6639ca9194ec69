"""One run: let everybody meet, write, cut, heal, and read what is left.

Nothing is scripted by the clock of the world: the cut comes when each client has done ten writes,
and is lifted when client 1 has had the time to add the last number that was published as lost. That
time is taken from the pace of its first ten writes, so that it is the same in all variants, also in
those where errors hold the clients up.
"""

from __future__ import annotations

from sim.jepsen.accounting import MINORITY, Outcome
from sim.jepsen.client import Reader, SetClient
from sim.jepsen.plan import NODES, Variant
from sim.jepsen.published import FIRST_LOST, LAST_LOST, NUMBERS, WRITES_BEFORE_CUT
from sim.world import World

__all__ = ["Experiment", "run_experiment"]

LOOK_US = 20_000
"""How often it is looked whom the Sentinels name."""

MEETING_LIMIT_S = 120.0
WRITING_LIMIT_S = 1_200.0
SETTLING_LIMIT_S = 300.0
INFO_PERIOD_S = 10.0
CLIENT_ADDRESS = "10.0.3.{}"


class ExperimentFailed(RuntimeError):
    """A run did not come to its end; the text says where it stopped."""


class Experiment:
    """The world of one run; `world.trace` tells everything afterwards."""

    def __init__(self, variant: Variant, seed: int) -> None:
        self.variant = variant
        self.world = World(
            variant.deployment,
            seed=seed,
            profile=variant.profile,
            scenario="jepsen-2013",
            settings={"variant": variant.name},
        )
        world = self.world
        plan = world.plan
        self._first_master = (plan.servers[0].ip, plan.servers[0].port)
        self._master_name = world.deployment.master_name
        self._switched: list[int | None] = [None] * NODES
        self.clients: list[SetClient] = []
        for number, place in enumerate(plan.sentinels):
            name = f"client-{number + 1}"
            self.clients.append(
                SetClient(
                    name,
                    world.network.add_host(name, CLIENT_ADDRESS.format(number + 1)),
                    world.network,
                    loop=world.loop,
                    sentinel=(place.ip, place.port),
                    master_name=self._master_name,
                    numbers=range(number, NUMBERS, NODES),
                    wait_replicas=variant.wait_replicas,
                )
            )

    def run(self) -> Outcome:
        """All of it. Raises `ExperimentFailed`."""
        world = self.world
        self._expect(world.run_until(self._have_met, MEETING_LIMIT_S), "the Sentinels never met")
        # The timers have any phase when the experiment begins.
        world.run(world.streams.get("jepsen:begin").uniform(0, INFO_PERIOD_S))
        for client in self.clients:
            client.start()
        self._expect(world.run_until(self._have_begun, WRITING_LIMIT_S, look_us=1_000), "no writes")
        cut_us, heal_us = self._cut()
        self._expect(
            world.run_until(self._are_done, WRITING_LIMIT_S, look_us=LOOK_US), "no end of writes"
        )
        self._expect(
            world.run_until(self._is_settled, SETTLING_LIMIT_S, look_us=LOOK_US), "no settlement"
        )
        survivors = self._read()
        master = world.master
        world.end("duration")
        return Outcome(
            variant=self.variant.name,
            seed=world.seed,
            attempts=tuple(tuple(each.attempts) for each in self.clients),
            survivors=survivors,
            cut_us=cut_us,
            heal_us=heal_us,
            switched_us=tuple(self._switched),
            final_master=master,
        )

    def _expect(self, came_true: bool, otherwise: str) -> None:
        if not came_true:
            raise ExperimentFailed(
                f"{self.variant.name}, seed {self.world.seed}: {otherwise} "
                f"until {self.world.now:.0f} s"
            )

    # The course of things

    def _have_met(self) -> bool:
        """Whether every Sentinel names the first master and knows all others and all replicas."""
        for node in self.world.sentinels.values():
            if not node.ready or node.names_as_master(self._master_name) != self._first_master:
                return False
            master = node.sentinel.state.masters[self._master_name]
            known = (*master.replicas.values(), master)
            if len(master.peers) < NODES - 1 or len(known) < NODES:
                return False
            if any(each.info_refresh == 0 for each in known):
                return False
        return True

    def _have_begun(self) -> bool:
        return all(len(each.attempts) >= WRITES_BEFORE_CUT for each in self.clients)

    def _cut(self) -> tuple[int, int]:
        """Cut the first nodes off from the others, and heal in time; when each happened, in µs."""
        world, pace = self.world, self.clients[0].attempts
        first, last = pace[0], pace[WRITES_BEFORE_CUT - 1]
        period_us = (last.started_us - first.started_us) / (WRITES_BEFORE_CUT - 1)
        writes = (LAST_LOST - FIRST_LOST) // NODES + 1
        cut_us = world.kernel.now
        heal_us = cut_us + round(writes * period_us)
        sides = [
            [f"{kind}-{n}" for n in numbers for kind in ("redis", "sentinel")]
            for numbers in (range(1, MINORITY + 1), range(MINORITY + 1, NODES + 1))
        ]
        partition = world.partition(*sides)

        def is_over() -> bool:
            self._look()
            return world.kernel.now >= heal_us

        world.run_until(is_over, look_us=LOOK_US)
        world.heal(partition)
        return cut_us, world.kernel.now

    def _look(self) -> None:
        """Note who names another master for the first time."""
        for number, node in enumerate(self.world.sentinels.values()):
            if (
                self._switched[number] is None
                and node.names_as_master(self._master_name) != self._first_master
            ):
                self._switched[number] = self.world.kernel.now

    def _are_done(self) -> bool:
        self._look()
        return all(each.is_done for each in self.clients)

    def _is_settled(self) -> bool:
        """Whether all name one server, which is a master, and all others follow, maybe in a row."""
        self._look()
        world = self.world
        named = {node.names_as_master(self._master_name) for node in world.sentinels.values()}
        servers = list(world.servers.values())
        masters = [
            (node.host.address, node.server.settings.port)
            for node in servers
            if not node.server.is_replica
        ]
        return (
            len(masters) == 1
            and named == set(masters)
            and not any(node.server.loading for node in servers)
            and all(node.server.upstream.is_up for node in servers if node.server.is_replica)
        )

    def _read(self) -> frozenset[int]:
        """The set, as the first node's Sentinel leads to it."""
        world, place = self.world, self.world.plan.sentinels[0]
        reader = Reader(
            "reader",
            world.network.add_host("reader", CLIENT_ADDRESS.format(NODES + 1)),
            world.network,
            loop=world.loop,
            sentinel=(place.ip, place.port),
            master_name=self._master_name,
        )
        reader.start()
        found = world.run_until(lambda: reader.members is not None, SETTLING_LIMIT_S)
        self._expect(found, "nobody could read")
        assert reader.members is not None
        return reader.members


def run_experiment(variant: Variant, seed: int) -> Outcome:
    """One run of `variant`. Raises `ExperimentFailed`."""
    return Experiment(variant, seed).run()
