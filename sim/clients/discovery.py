"""Finding the master through the Sentinels, by the book (spec: clients §1, rules 1 to 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sim.clients.connection import ClientProcess, Connection, ConnectionLost

__all__ = ["Discovery", "MasterUnknown", "NoMaster", "SentinelsUnreachable"]

Address = tuple[str, int]


class SentinelsUnreachable(Exception):
    """No Sentinel answered (rule 4)."""


class MasterUnknown(Exception):
    """Sentinels answered, but none knows a master of that name (rule 6)."""


class NoMaster(Exception):
    """The server that Sentinels name cannot be reached or is no master (rules 7 and 8)."""


class Discovery:
    """A list of Sentinels, the one that answered last in front, and a master's name."""

    def __init__(
        self,
        process: ClientProcess,
        sentinels: Sequence[Address],
        master_name: str,
        *,
        sentinel_timeout_s: float = 0.3,
        server_timeout_s: float = 0.5,
    ) -> None:
        self._process = process
        self.sentinels = list(sentinels)
        self.master_name = master_name
        self._sentinel_timeout_s = sentinel_timeout_s
        self._server_timeout_s = server_timeout_s

    async def connect(self) -> Connection:
        """A connection to the master, its role verified.

        Raises `SentinelsUnreachable`, `MasterUnknown` or `NoMaster`.
        """
        host, port = await self._ask_sentinels()
        where = f"{host}:{port}"
        try:
            connection = await self._process.open(host, port, self._server_timeout_s)
        except ConnectionLost as problem:
            raise NoMaster(f"{where}: {problem}") from None
        try:
            async with asyncio.timeout(self._server_timeout_s):
                role = await connection.call("ROLE")
        except (ConnectionLost, TimeoutError) as problem:
            connection.close()
            raise NoMaster(f"{where}: {str(problem) or 'timed out'}") from None
        if not (isinstance(role, tuple) and role and role[0] == "master"):
            connection.close()
            raise NoMaster(f"{where}: no master")
        return connection

    async def _ask_sentinels(self) -> Address:
        """The address that the first Sentinel to answer gives (rules 2, 3, 5)."""
        answered = False
        for sentinel in list(self.sentinels):
            try:
                async with asyncio.timeout(self._sentinel_timeout_s):
                    address = await self._ask(sentinel)
            except (ConnectionLost, TimeoutError):
                continue
            answered = True
            if address is None:
                continue
            self.sentinels.remove(sentinel)
            self.sentinels.insert(0, sentinel)
            return address
        if answered:
            raise MasterUnknown(f"no Sentinel knows {self.master_name!r}")
        raise SentinelsUnreachable("no Sentinel can be reached")

    async def _ask(self, sentinel: Address) -> Address | None:
        connection = await self._process.open(*sentinel, self._sentinel_timeout_s)
        try:
            reply = await connection.call("SENTINEL", "get-master-addr-by-name", self.master_name)
        finally:
            connection.close()
        match reply:
            case (str(host), str(port)):
                return host, int(port)
        return None
