"""Applications in the virtual world: coroutines that talk to Sentinels and servers."""

from sim.clients.connection import ClientProcess, Connection, ConnectionLost
from sim.clients.discovery import (
    Discovery,
    MasterUnknown,
    NoMaster,
    SentinelsUnreachable,
)
from sim.clients.writer import WriterClient

__all__ = [
    "ClientProcess",
    "Connection",
    "ConnectionLost",
    "Discovery",
    "MasterUnknown",
    "NoMaster",
    "SentinelsUnreachable",
    "WriterClient",
]
