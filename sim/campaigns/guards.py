"""What protects acknowledged writes when the master is cut off: the same cut with each guard."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from sim.clients import ClientGroup, Workload
from sim.judge import ClientAccount, account_for_clients
from sim.tables import Table
from sim.world import Deployment, World

__all__ = ["GUARDS", "Guard", "cut_off_master"]

QUIET_S = 20.0
AFTER_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What servers and clients do so that less is lost; nothing by default.

    A master refuses to write without `min_replicas` replicas heard of in the last `max_lag`
    seconds; a client holds a write for acknowledged when `wait_replicas` have it (``WAIT``).
    """

    min_replicas: int = 0
    max_lag: int = 10
    wait_replicas: int = 0

    def __str__(self) -> str:
        told = []
        if self.min_replicas:
            told.append(f"min-replicas-to-write {self.min_replicas}, lag {self.max_lag} s")
        if self.wait_replicas:
            told.append(f"WAIT {self.wait_replicas}")
        return " and ".join(told) or "nothing"

    def protect(self, deployment: Deployment) -> Deployment:
        """`deployment` with this guard, and clients that are alike."""
        workload = Workload(wait_replicas=self.wait_replicas)
        directives = (
            ("min-replicas-to-write", str(self.min_replicas)),
            ("min-replicas-max-lag", str(self.max_lag)),
        )
        group = ClientGroup(count=deployment.clients, workload=workload)
        return dataclasses.replace(deployment, directives=directives, groups=(group,))


GUARDS = (
    Guard(),
    Guard(min_replicas=1, max_lag=10),
    Guard(min_replicas=1, max_lag=3),
    Guard(wait_replicas=1),
)
"""Nothing, and what people try."""


def cut_off_master(
    guards: Iterable[Guard] = GUARDS,
    *,
    company: Iterable[str] = ("sentinel-1", "client-1"),
    seconds: float = 40.0,
    seed: int = 1,
) -> Table:
    """A row for each guard and client: the master and its `company` are cut off for `seconds`.

    There are three Sentinels, two replicas and two clients. Half a minute after the network is
    whole again it is counted what each client was promised, what of that is gone, what was refused
    it, and how long it was without a success, in seconds. Raises `sim.world.world.UnknownNode` for
    company that there is not.
    """
    company = tuple(company)
    rows = []
    for guard in guards:
        world = World(guard.protect(Deployment(failover_timeout=20_000)), seed=seed)
        world.run(QUIET_S)
        cut = world.partition([world.master, *company])
        world.run(seconds)
        world.heal(cut)
        world.run(AFTER_S)
        told = str(guard)
        for account in sorted(account_for_clients(world.trace), key=_name):
            side = "with the master" if account.client in company else "on the other side"
            rows.append((told, f"{account.client}, {side}", *_numbers(account)))
            told = ""
    headings = ("guard", "client", "acknowledged", "lost", "refused", "unknown", "without s")
    return Table(headings, tuple(rows))


def _name(account: ClientAccount) -> str:
    return account.client


def _numbers(account: ClientAccount) -> tuple[object, ...]:
    return (
        account.acknowledged,
        "?" if account.lost is None else account.lost,
        account.failed,
        account.unknown,
        round(account.longest_outage_us / 1e6, 1),
    )
