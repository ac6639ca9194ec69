"""What a Redis server needs of the world around it, as narrow protocols.

The server's logic (`sim.redis.server`, `sim.redis.dispatch`) sees time, connections, timers and
the trace only through these. `sim.redis.node.RedisNode` implements them with a simulated process;
a test implements them with a few lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from minisentinel.trace import Data

if TYPE_CHECKING:
    from sim.redis.clients import Client

__all__ = ["Connection", "Environment", "Timer"]


class Connection(Protocol):
    """One side of a connection; `id` is never reused, addresses are as this side sees them."""

    @property
    def id(self) -> int:
        """Serial number."""

    @property
    def local(self) -> tuple[str, int]:
        """Host text and port of this side."""

    @property
    def remote(self) -> tuple[str, int]:
        """Host text and port of the other side."""

    @property
    def is_open(self) -> bool:
        """Established, and not known to be over."""

    def send(self, message: object, size: int) -> None:
        """Queue a message of `size` bytes; it leaves when the running step has ended.

        On a connection that is over nothing happens.
        """

    def close(self, *, after_output: bool = False) -> None:
        """Close this side, dropping what this step has queued unless `after_output` is set."""


class Timer(Protocol):
    """A call that has been asked for and has not happened yet."""

    def cancel(self) -> object:
        """Let it never happen."""


class Environment(Protocol):
    """The process that a server lives in."""

    @property
    def name(self) -> str:
        """The node's name, as on the trace."""

    @property
    def random(self) -> Random:
        """The node's own random stream."""

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended: `exit` and `out_of_memory` do so in the middle of a step.

        The step goes on to its end, but what it sends or asks for does not happen.
        """

    def now_us(self) -> int:
        """Time that only grows, in microseconds."""

    def unix_seconds(self) -> int:
        """The host's wall clock in whole seconds, which is what a Redis server reckons with."""

    def unix_ms(self) -> int:
        """The same clock in milliseconds, for the times to live of keys."""

    def record(self, data: Data) -> None:
        """Write on the trace."""

    def connect(self, host: str, port: int) -> Connection:
        """Begin to connect; the server is told whether it opened or failed."""

    def after(
        self, delay_us: int, callback: Callable[[Any], object], argument: Any = None
    ) -> Timer:
        """Call back on the server's thread, unless the process ends before."""

    def charge(self, duration_us: int) -> None:
        """The step being executed takes that much longer."""

    def unread(self, clients: Iterable[Client]) -> list[tuple[Client, int]]:
        """The clients that have not read what was sent to them, and how many bytes that is."""

    def room(self, client: Client) -> int | None:
        """How many bytes can be written to the client before its socket is full; None: any number.

        Its socket is that full when the client does not read, or a path carries less.
        """

    def shut_down(self) -> None:
        """End the process in order: connections are closed."""

    def exit(self, status: int) -> None:
        """End the process at once."""

    def out_of_memory(self) -> None:
        """The operating system kills the process."""
