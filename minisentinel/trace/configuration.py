"""What a Sentinel acts by, on the trace: its settings, and which configuration it believes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minisentinel.trace.entry import Data, record

__all__ = ["AttemptsDelayed", "ConfigurationBelieved", "MasterSettings", "TimingSet"]


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class MasterSettings(Data):
    """The settings by which this Sentinel watches `master` from now on; times in milliseconds."""

    kind: ClassVar[str] = "master-settings"
    master: str
    quorum: int
    down_after_ms: int
    failover_timeout_ms: int
    parallel_syncs: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class TimingSet(Data):
    """A period or limit of the protocol was changed at run time; all in milliseconds.

    Who has no such record goes by the values of the specification.
    """

    kind: ClassVar[str] = "timing-set"
    info_period_ms: int
    ping_period_ms: int
    ask_period_ms: int
    publish_period_ms: int
    tilt_trigger_ms: int
    tilt_period_ms: int
    slave_reconf_timeout_ms: int
    election_timeout_ms: int


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationBelieved(Data):
    """This Sentinel believes from now on that `master` is at `host` and `port`, by `config_epoch`.

    `before` is the config epoch that it had until now. `source` says where it comes from:
    ``loaded`` (its file, at a start), ``monitor`` (it was told to watch the master), ``promotion``
    (its own failover), ``hello`` (from `peer`), ``switch`` (the end of its own failover).
    """

    kind: ClassVar[str] = "configuration-believed"
    master: str
    host: str
    port: int
    config_epoch: int
    before: int
    source: str
    peer: str = ""


@record
@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsDelayed(Data):
    """This Sentinel starts no attempt for `master` before `rest_ms` and `random_ms` are over.

    `why` is ``attempt`` (its own one began) or ``vote`` (it voted for somebody else).
    """

    kind: ClassVar[str] = "attempts-delayed"
    master: str
    why: str
    rest_ms: int
    random_ms: int
