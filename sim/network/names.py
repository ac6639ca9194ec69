"""Host names of the virtual world: what they resolve to, and how long the asker waits for that.

Programs of the kind we simulate ask with the blocking ``getaddrinfo``: nothing else happens in them
until the answer is there. A name that nobody has is answered as fast as any other; a name server
that does not answer keeps the asker waiting until it gives up. Nothing is remembered between two
questions, as in the C library.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.kernel.streams import Streams
from sim.network.latency import Constant, Latency

__all__ = ["HOSTS_FILE", "RESOLVER_TIMEOUT_US", "Names"]

HOSTS_FILE = Constant(0)
"""What looking a name up costs while nobody says otherwise: as from a file of the asker's host."""

RESOLVER_TIMEOUT_US = 10_000_000
"""Two attempts of 5 s at one name server, the defaults of the GNU C library."""


class Names:
    """The names of a world; upper and lower case are the same.

    `delay` is how long an answer takes, `timeout_us` how long an asker waits for none.
    """

    def __init__(
        self,
        streams: Streams,
        names: Mapping[str, str] | None = None,
        *,
        delay: Latency = HOSTS_FILE,
        timeout_us: int = RESOLVER_TIMEOUT_US,
    ) -> None:
        self.delay = delay
        self.timeout_us = timeout_us
        self._streams = streams
        self._addresses: dict[str, str] = {}
        self._silent: dict[str, None] = {}
        self._all_silent = False
        for name, address in (names or {}).items():
            self.point(name, address)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._addresses

    @property
    def addresses(self) -> Mapping[str, str]:
        """All names, in lower case, and their addresses."""
        return self._addresses

    # What can be done to names.

    def point(self, name: str, address: str) -> None:
        """Let `name` resolve to the numeric `address` from the next question on."""
        if not name or not address:
            raise ValueError(f"expected a name and an address, found {name!r} and {address!r}")
        self._addresses[name.lower()] = address

    def remove(self, name: str) -> None:
        """Let `name` be unknown: askers are told so (NXDOMAIN)."""
        self._addresses.pop(name.lower(), None)

    def silence(self, name: str | None = None) -> None:
        """Answer no question for `name` (None: no question at all); askers wait in vain."""
        if name is None:
            self._all_silent = True
        else:
            self._silent[name.lower()] = None

    def answer(self, name: str | None = None) -> None:
        """Answer questions for `name` (None: all questions) again."""
        if name is None:
            self._all_silent = False
            self._silent.clear()
        else:
            self._silent.pop(name.lower(), None)

    # What askers use.

    def look_up(self, name: str, asker: str) -> tuple[str | None, int]:
        """The address of `name` or None, and how long the asker has waited for that in µs.

        `asker` names the host that asks: each draws its delays from a stream of its own.
        """
        key = name.lower()
        if self._all_silent or key in self._silent:
            return None, self.timeout_us
        took_us = self.delay.draw(self._streams.get(f"names:{asker}"))
        return self._addresses.get(key), took_us
