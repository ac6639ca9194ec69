"""Applications in the virtual world: coroutines that talk to Sentinels and servers.

- `textbook`: the client that keeps to every guideline; read this first.
- `listening`, `asking`: the same with the optional guidelines, and with more caution.
- `mistakes`: the well-known wrong ones, each the textbook client with one method replaced.
- `workload`: how much, how fast, which keys. `kinds`: all kinds by name, and groups of clients.
- `application`, `connection`, `program`, `errors`: what they stand on.
"""

from sim.clients.application import Application
from sim.clients.asking import AskingClient
from sim.clients.connection import ClientProcess, Connection, ConnectionLost
from sim.clients.errors import (
    MasterUnknown,
    NoMaster,
    NoReplica,
    NoServer,
    SentinelsUnreachable,
)
from sim.clients.kinds import CLIENT_KINDS, ClientGroup
from sim.clients.listening import ListeningClient
from sim.clients.mistakes import (
    FirstSentinelClient,
    NoTimeoutClient,
    PubSubOnlyClient,
    StaticAddressClient,
    StickyClient,
    UnverifiedClient,
)
from sim.clients.textbook import TextbookClient
from sim.clients.workload import PARAMETERS, Parameter, Request, Workload, WorkloadError

__all__ = [
    "CLIENT_KINDS",
    "PARAMETERS",
    "Application",
    "AskingClient",
    "ClientGroup",
    "ClientProcess",
    "Connection",
    "ConnectionLost",
    "FirstSentinelClient",
    "ListeningClient",
    "MasterUnknown",
    "NoMaster",
    "NoReplica",
    "NoServer",
    "NoTimeoutClient",
    "Parameter",
    "PubSubOnlyClient",
    "Request",
    "SentinelsUnreachable",
    "StaticAddressClient",
    "StickyClient",
    "TextbookClient",
    "UnverifiedClient",
    "Workload",
    "WorkloadError",
]
