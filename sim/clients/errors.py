"""Why a client has no server to talk to (spec: clients §1, rules 4 to 8)."""

from __future__ import annotations

__all__ = ["MasterUnknown", "NoMaster", "NoReplica", "NoServer", "SentinelsUnreachable"]


class NoServer(Exception):
    """Base of the others: nothing has been sent to any server."""


class SentinelsUnreachable(NoServer):
    """No Sentinel answered. [CLT-1-4]"""


class MasterUnknown(NoServer):
    """Sentinels answered, but none knows a master of that name. [CLT-1-8]"""


class NoMaster(NoServer):
    """The server that should be the master cannot be reached, or is none. [CLT-1-9]"""


class NoReplica(NoServer):
    """No replica can be reached, or the server that was chosen is none. [CLT-1-15]"""
