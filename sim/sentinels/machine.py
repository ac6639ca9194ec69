"""A profile of which more differs than rules: the machine that plays by them is another one too."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.core import Profile, Sentinel
from minisentinel.service import Service

__all__ = ["MachineProfile", "machine_of"]


@dataclass(frozen=True, slots=True)
class MachineProfile(Profile):
    """Rules, and the classes of the state machine and of its face that play by them.

    A Sentinel from before epochs and votes is no set of rules for today's machine. Such a version
    lives outside of the core as subclasses of `Sentinel` and `Service`, which take the same inputs
    and give the same kind of effects, so that every world can run it.
    """

    sentinel: type[Sentinel] = Sentinel
    service: type[Service] = Service


def machine_of(profile: Profile) -> tuple[type[Sentinel], type[Service]]:
    """The classes that play by `profile`: today's, unless it brings its own."""
    if isinstance(profile, MachineProfile):
        return profile.sentinel, profile.service
    return Sentinel, Service
