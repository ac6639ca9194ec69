"""All kinds of clients by name, and groups of equal ones as a deployment describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sim.clients.asking import AskingClient
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
from sim.clients.workload import Workload, WorkloadError

__all__ = ["CLIENT_KINDS", "ClientGroup"]

CLIENT_KINDS: Mapping[str, type[TextbookClient]] = MappingProxyType(
    {
        each.kind: each
        for each in (
            TextbookClient,
            ListeningClient,
            AskingClient,
            StickyClient,
            FirstSentinelClient,
            PubSubOnlyClient,
            NoTimeoutClient,
            UnverifiedClient,
            StaticAddressClient,
        )
    }
)
"""The kinds of clients, the right ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientGroup:
    """`count` clients of one kind with one workload.

    `first_sentinel` is the number of the Sentinel at the head of their list; the list goes on with
    the next one, and round to the one before. `sentinel_auth` and `server_auth` are what they say
    to Sentinels and servers that ask for it: a password, or a user and a password. Raises
    `WorkloadError` for what cannot be.
    """

    kind: str = TextbookClient.kind
    count: int = 1
    first_sentinel: int = 1
    workload: Workload = field(default_factory=Workload)
    sentinel_auth: tuple[str, ...] = ()
    server_auth: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in CLIENT_KINDS:
            known = ", ".join(CLIENT_KINDS)
            raise WorkloadError(f"kind: expected one of: {known}; found {self.kind!r}")
        for name, value, lowest in (
            ("count", self.count, 0),
            ("first-sentinel", self.first_sentinel, 1),
        ):
            if type(value) is not int or not lowest <= value <= 100:
                raise WorkloadError(
                    f"{name}: expected a whole number from {lowest} to 100, found {value!r}"
                )
        for name, words in (
            ("sentinel-auth", self.sentinel_auth),
            ("server-auth", self.server_auth),
        ):
            if len(words) > 2 or not all(words):
                raise WorkloadError(
                    f"{name}: expected a password, or a user and a password; found {words!r}"
                )

    @property
    def settings(self) -> dict[str, Any]:
        """What is in force, as a scenario file would say it: kind, count, and what differs."""
        first = {"first-sentinel": self.first_sentinel} if self.first_sentinel != 1 else {}
        return {
            "kind": self.kind,
            "count": self.count,
            **first,
            **self.credentials,
            **self.workload.settings,
        }

    @property
    def credentials(self) -> dict[str, Any]:
        """What they say to whom, as a scenario file says it; nothing if they say nothing."""
        said = {"sentinel-auth": self.sentinel_auth, "server-auth": self.server_auth}
        return {
            key: list(words) if len(words) > 1 else words[0] for key, words in said.items() if words
        }
