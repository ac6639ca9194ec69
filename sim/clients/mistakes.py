"""The well-known wrong clients: the textbook client, each with one guideline left out.

What each costs stands in its docstring; `tests/clients/test_mistakes.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sim.clients.connection import Connection
from sim.clients.listening import ListeningClient
from sim.clients.textbook import Address, TextbookClient
from sim.clients.workload import Server

__all__ = [
    "FirstSentinelClient",
    "NoTimeoutClient",
    "PubSubOnlyClient",
    "StaticAddressClient",
    "StickyClient",
    "UnverifiedClient",
]


class StickyClient(TextbookClient):
    """Keeps an open connection to a master that was demoted, or is about to be.

    Left out: a connection that timed out is closed and the master looked up anew [CLT-1-11], and so
    it is after ``-READONLY`` [CLT-1-13]. When a frozen master goes on, this client goes on with it,
    and what it writes until the demotion is acknowledged and lost. A replica made by hand, whose
    clients nobody disconnects, refuses it for ever.
    """

    kind: ClassVar[str] = "sticky"

    def give_up(self, connection: Connection) -> None:
        """It will surely be better next time."""


class FirstSentinelClient(TextbookClient):
    """Knows a list of Sentinels and asks the first.

    Left out: the others are asked when it does not answer, or does not know [CLT-1-2]. When the
    machine dies on which that Sentinel and the master live, everybody else follows the failover.
    """

    kind: ClassVar[str] = "first-sentinel"

    def sentinels_to_ask(self) -> Sequence[Address]:
        """The first of the list, which never changes."""
        return tuple(self.sentinels[:1])


class PubSubOnlyClient(ListeningClient):
    """Believes the last ``+switch-master`` that it heard, and asks nobody again.

    Left out: every reconnection begins with a discovery [CLT-1-11], which messages only trigger and
    never replace [CLT-1-19]. A message that is missed (that Sentinel was dead, or the connection to
    it cut) is not repeated: the client tries the old address for ever.
    """

    kind: ClassVar[str] = "pubsub-only"
    believed: Address | None = None

    async def locate(self, server: Server) -> Address:
        """Where the master was said to be; asked once, at the start."""
        if server != "master":
            return await super().locate(server)
        if self.believed is None:
            self.believed = await super().locate(server)
        return self.believed

    async def heard(self, payload: str) -> None:
        """``name old-ip old-port new-ip new-port``: taken at its word."""
        match payload.split(" "):
            case (self.master_name, _, _, host, port):
                self.believed = (host, int(port))
                await self.look_again()


class NoTimeoutClient(TextbookClient):
    """Waits for an answer until it comes.

    Left out: short timeouts, for Sentinels [CLT-1-2] as for servers. A host that lost its power, a
    partition, a frozen process say nothing: this client hangs until the server goes on, or until
    TCP gives up, a quarter of an hour later.
    """

    kind: ClassVar[str] = "no-timeout"

    def patience(self, seconds: float) -> float | None:
        """For ever."""
        return None


class UnverifiedClient(TextbookClient):
    """Takes the word of a Sentinel for what a server is.

    Left out: the server is asked for its ``ROLE`` [CLT-1-9]. A Sentinel that was away names the
    old master, and that one is a replica now, perhaps far behind: reads are stale, and writes
    refused one by one.
    """

    kind: ClassVar[str] = "unverified"

    async def verify(self, connection: Connection, server: Server) -> None:
        """Everybody is what he should be."""


class StaticAddressClient(UnverifiedClient):
    """Has the address of the master in its configuration, and needs no Sentinel.

    Left out: all of the discovery [CLT-1-1]. No failover helps it. When the old master returns, it
    takes this client's writes until it is demoted; all of them are lost, and later ones refused.
    """

    kind: ClassVar[str] = "static-address"

    async def locate(self, server: Server) -> Address:
        """Where the master was on the day this was installed."""
        return self.first_master
