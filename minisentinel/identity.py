"""Who this program says it is, decided once.

To clients it claims the Redis version whose behaviour it has, because they choose what to send by
it; what it really is stands in a field of its own.
"""

from __future__ import annotations

from minisentinel import __version__

__all__ = ["CLAIMED_VERSION", "OWN_VERSION", "OWN_VERSION_FIELD", "SERVER_NAME"]

SERVER_NAME = "redis"
"""What HELLO names as the server."""

CLAIMED_VERSION = "7.4.1"
"""The Redis version whose behaviour this is, named where a real Sentinel names its own."""

OWN_VERSION_FIELD = "minisentinel_version"
"""The field of INFO's section ``server`` that says what this is."""

OWN_VERSION = __version__
