"""The periods and limits of the protocol, in milliseconds (spec: README §3)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "COMMAND_LIMIT",
    "DESYNC_MS",
    "FAST_INFO_PERIOD_MS",
    "RUNID_LENGTH",
    "SCRIPTS_AT_ONCE",
    "SCRIPT_QUEUE_LIMIT",
    "SCRIPT_RUNS_LIMIT",
    "SCRIPT_WORDS_LIMIT",
    "Timing",
]

FAST_INFO_PERIOD_MS = 1000
"""INFO period towards replicas while their master is in trouble; DEBUG does not change it."""

COMMAND_LIMIT = 100
"""Unanswered commands per instance on a link at which periodic commands stop."""

RUNID_LENGTH = 40  # [GEN-3-28]
DESYNC_MS = 1000
"""Start times of attempts are spread over 0..999 ms."""

SCRIPT_QUEUE_LIMIT = 256
SCRIPTS_AT_ONCE = 16
SCRIPT_RUNS_LIMIT = 10
"""A job that fails in its last run is given up."""

SCRIPT_WORDS_LIMIT = 16
"""The path of a script and fifteen arguments; further ones are dropped."""


@dataclass(slots=True)
class Timing:
    """Process-wide values, all in milliseconds; ``SENTINEL DEBUG`` changes them at run time.

    [GEN-3-1] to [GEN-3-13], [GEN-3-21]
    """

    info_period: int = 10_000
    ping_period: int = 1_000
    ask_period: int = 1_000
    publish_period: int = 2_000
    default_down_after: int = 30_000
    default_failover_timeout: int = 180_000
    tilt_trigger: int = 2_000
    tilt_period: int = 30_000
    slave_reconf_timeout: int = 10_000
    min_link_reconnect_period: int = 15_000
    election_timeout: int = 10_000
    script_max_runtime: int = 60_000
    script_retry_delay: int = 30_000
