"""The periods of the specification, as SENTINEL DEBUG names them; milliseconds."""

from __future__ import annotations

__all__ = ["DEFAULT_PERIODS"]

DEFAULT_PERIODS = {
    "INFO-PERIOD": "10000",
    "PING-PERIOD": "1000",
    "ASK-PERIOD": "1000",
    "PUBLISH-PERIOD": "2000",
    "DEFAULT-DOWN-AFTER": "30000",
    "DEFAULT-FAILOVER-TIMEOUT": "180000",
    "TILT-TRIGGER": "2000",
    "TILT-PERIOD": "30000",
    "SLAVE-RECONF-TIMEOUT": "10000",
    "MIN-LINK-RECONNECT-PERIOD": "15000",
    "ELECTION-TIMEOUT": "10000",
    "SCRIPT-MAX-RUNTIME": "60000",
    "SCRIPT-RETRY-DELAY": "30000",
}
"""In the order in which they are shown. Spec: README §3."""
