"""A scenario: a deployment, what is done to it and when, and what is expected to come of it.

The file format is TOML; `docs/scenarios.md` describes it for those who write one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from sim.world.deployment import Deployment

__all__ = ["Expectation", "Fault", "Scenario", "ScenarioError"]


class ScenarioError(ValueError):
    """A scenario file cannot be understood; the text names file, line, key and remedy."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something done to the world: the verb `do` to `node` (or `groups`).

    Its moment is `at` seconds since the start, or else `after` seconds since the fault before it,
    or, if `when` names an event of Sentinel, since any Sentinel said so after the fault before.
    `alias` names the node that was hit, for later faults: ``master`` means another node by then.
    """

    do: str
    at: float | None = None
    after: float = 0.0
    when: str = ""
    node: str = ""
    alias: str = ""
    groups: tuple[tuple[str, ...], ...] = ()
    seconds: float = 0.0
    keep_data: bool = True

    def __str__(self) -> str:
        """What is done to whom, without the moment."""
        groups = " | ".join(", ".join(group) for group in self.groups)
        return f"{self.do} {self.node or groups}".rstrip()


@dataclass(frozen=True, slots=True)
class Expectation:
    """A claim about the run, by its name, with the value that it is expected to have."""

    name: str
    value: bool | int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named story: who is there, what happens, how long it is watched, what should be true.

    `calm_for` and `limit` are seconds. The run ends when all has been well for `calm_for`. It is
    given up `limit` after the last fault, and what the settings allow a Sentinel for a failover
    and one lost election on top of that (`patience`). An event that a fault waits for is given up
    after the same time, and the run has failed.
    """

    name: str
    title: str
    theme: str
    about: str
    deployment: Deployment
    faults: tuple[Fault, ...]
    expectations: tuple[Expectation, ...]
    calm_for: float = 3.0
    limit: float = 300.0

    def with_deployment(self, deployment: Deployment) -> Scenario:
        """The same story in another deployment."""
        return dataclasses.replace(self, deployment=deployment)

    @property
    def patience(self) -> float:
        """How many seconds the world gets to become calm, or to say what a fault waits for."""
        deployment = self.deployment
        allowed_ms = deployment.down_after_milliseconds + 3 * deployment.failover_timeout
        return self.limit + allowed_ms / 1000
