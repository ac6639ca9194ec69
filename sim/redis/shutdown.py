"""The orderly end of a server: SHUTDOWN and SIGTERM. [RED-10-7]"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from minisentinel.replies import Command, Error
from sim.redis.blocking import Blocked
from sim.redis.clients import NO_REPLY
from sim.redis.environment import Timer
from sim.redis.replication.attached import ReplicaState

if TYPE_CHECKING:
    from sim.redis.clients import Client
    from sim.redis.server import Server

__all__ = ["SaveChoice", "Shutdown"]

SaveChoice: TypeAlias = Literal["save", "nosave"] | None

LOOK_US = 100_000
FAILED = Error("ERR Errors trying to SHUTDOWN. Check logs.")


class Shutdown:
    """Ends one server, once: a master waits for its replicas first.

    For up to ``shutdown-timeout`` seconds writes wait, and replicas that are behind may catch up.
    Then a server with save points writes a dump, unless told otherwise; if that fails it stays,
    unless forced.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: Client | None = None
        self._choice: SaveChoice = None
        self._force = False
        self._deadline_us = 0
        self._timer: Timer | None = None
        self._held: list[Blocked] = []

    @property
    def is_waiting(self) -> bool:
        """Whether replicas are waited for."""
        return self._timer is not None

    def begin(
        self,
        client: Client | None,
        choice: SaveChoice = None,
        *,
        now: bool = False,
        force: bool = False,
    ) -> None:
        """Shut down for `client`, who hears of it only if that fails."""
        server = self._server
        self._client, self._choice, self._force = client, choice, force
        timeout_us = 0 if now else server.settings.shutdown_timeout * 1_000_000
        self._deadline_us = server.environment.now_us() + timeout_us
        if timeout_us and not self._all_caught_up():
            server.propagate((("REPLCONF", "GETACK", "*"),))
            self._timer = server.environment.after(LOOK_US, self._look)
            server.update_guard()
        else:
            self._end()

    def hold(self, client: Client, command: Command) -> None:
        """Let a write wait: it is executed if the shutdown fails."""
        held = Blocked(client, lambda: None)
        held.waiting.append(command)
        self._server.blocked.add(held, 0)
        self._held.append(held)

    def abort(self) -> bool:
        """``SHUTDOWN ABORT``: go on as before; False if nothing was under way."""
        if self._timer is None:
            return False
        self._timer.cancel()
        self._timer = None
        self._fail()
        return True

    def _all_caught_up(self) -> bool:
        server = self._server
        return server.is_replica or all(
            replica.acked_offset >= server.history.offset
            for replica in server.replicas
            if replica.state is ReplicaState.ONLINE
        )

    def _look(self, _: object) -> None:
        self._timer = None
        if self._all_caught_up() or self._server.environment.now_us() >= self._deadline_us:
            self._end()
        else:
            self._timer = self._server.environment.after(LOOK_US, self._look)

    def _end(self) -> None:
        server = self._server
        saves = self._choice == "save" or (self._choice is None and bool(server.settings.save))
        if saves and not server.loading and not server.persistence.save_now() and not self._force:
            self._fail()
        else:
            server.environment.shut_down()

    def _fail(self) -> None:
        self._server.update_guard()
        held, self._held = self._held, []
        for blocked in held:
            self._server.blocked.release(blocked, NO_REPLY)
        if self._client is not None:
            self._client.reply(FAILED)
            self._client = None
