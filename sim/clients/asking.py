"""A client that believes nothing for longer than one operation."""

from __future__ import annotations

from typing import ClassVar

from sim.clients.connection import Connection
from sim.clients.textbook import TextbookClient
from sim.clients.workload import Server

__all__ = ["AskingClient"]


class AskingClient(TextbookClient):
    """The textbook client that asks a Sentinel before every operation, trouble or not.

    It pays for it with a connection to a Sentinel and a round trip each time. It leaves a master
    that was replaced as soon as its Sentinel knows.
    """

    kind: ClassVar[str] = "asking"

    async def connection(self, number: int, server: Server) -> Connection:
        """As ever, after a look whether the master is still where it was."""
        if server == "master":
            self.leave_others_than(await self.locate(server))
        return await super().connection(number, server)
