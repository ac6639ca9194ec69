"""A profile of which more differs than Sentinels: the servers that they watch do too."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.core import Profile
from sim.redis import Server

__all__ = ["ServerProfile", "server_of"]


@dataclass(frozen=True, slots=True)
class ServerProfile(Profile):
    """Rules for Sentinels, and the class of the servers of their world."""

    server: type[Server] = Server


def server_of(profile: Profile) -> type[Server]:
    """The class of the servers of a world that plays by `profile`."""
    return profile.server if isinstance(profile, ServerProfile) else Server
