"""The numbers of a deployment that people change by name, in Sentinel's own units."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEPLOYMENT_SETTINGS", "DeploymentError", "Setting"]


class DeploymentError(ValueError):
    """A deployment cannot be built as described; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A whole number that `Deployment.with_setting` can change."""

    attribute: str
    minimum: int
    maximum: int
    about: str

    def check(self, name: str, value: object) -> None:
        """Raises `DeploymentError` unless `value` is a whole number within the limits."""
        if type(value) is not int or not self.minimum <= value <= self.maximum:
            raise self.error(name, repr(value))

    def error(self, name: str, value: str) -> DeploymentError:
        """That `value` will not do, and what would."""
        return DeploymentError(
            f"{name}={value}: expected a whole number from {self.minimum} to {self.maximum}"
        )


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
    "masters": Setting("masters", 1, 1000, "masters that the same Sentinels watch"),
    "replicas": Setting("replicas", 0, 100, "replicas of each master"),
    "clients": Setting("clients", 0, 100, "applications that write"),
}
