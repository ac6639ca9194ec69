"""One attached replica, as its master sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from sim.redis.clients import Client
from sim.redis.replication.messages import StreamPart, Unit

__all__ = ["AttachedReplica", "ReplicaState"]


class ReplicaState(Enum):
    """How far an attached replica is; the values are INFO's words.

    A replica that is sent a snapshot which was never a file counts as waiting for it to the end:
    only a file is *sent in bulk*.
    """

    WAIT_BGSAVE = "wait_bgsave"
    SEND_BULK = "send_bulk"
    ONLINE = "online"


@dataclass(slots=True, eq=False)
class AttachedReplica:
    """One replica as its master sees it; offsets in bytes, times in whole seconds.

    `sync` names its full resynchronisation once that has begun. From then on, while `streaming` is
    false, the stream waits in `queue`: the snapshot must be loaded first, which the first REPLCONF
    ACK tells.
    """

    client: Client
    state: ReplicaState
    waiting_since: int
    acked_offset: int = 0
    acked_seconds: int = 0
    streaming: bool = False
    sync: str = ""
    queue: list[Unit] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The address it announced, or else the one it connects from."""
        return self.client.announced_ip or self.client.address[0]

    @property
    def port(self) -> int:
        """The port it said it listens on."""
        return self.client.listening_port

    @property
    def is_in_line(self) -> bool:
        """It needs a full resynchronisation that has not begun."""
        return self.state is ReplicaState.WAIT_BGSAVE and not self.sync

    def send(self, message: object, size: int) -> None:
        """Send `size` bytes, unless the connection is gone."""
        connection = self.client.connection
        if connection is not None and connection.is_open:
            connection.send(message, size)

    def stream(self, units: tuple[Unit, ...]) -> None:
        """Send units of the stream."""
        if units:
            self.send(StreamPart(units), sum(unit.size for unit in units))
