"""Recorded logs of real Sentinels, as they were written; a directory for each kind of server.

Three Sentinels watch a master and two replicas on one machine (quorum 2, down-after 1.5 s and
failover-timeout 10 s). The master is killed, and starts again 16 s later; then the third Sentinel
is ended in order and starts again; then all end.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["DATA", "KINDS", "paths_of"]

DATA = Path(__file__).resolve().parent / "data"

KINDS = ("redis-7.0", "redis-8.2", "valkey-9.1")


def paths_of(kind: str) -> list[str]:
    """The three logs of a recording."""
    return [str(DATA / kind / f"sentinel-{number}.log") for number in (1, 2, 3)]
