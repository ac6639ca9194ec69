"""Directives of a ``redis.conf``, from a real file and from people, as settings of a server."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from sim.redis.conf import ConfError, read_conf
from sim.redis.directives import DIRECTIVES
from sim.redis.settings import Settings

__all__ = ["check_directives", "check_redis_conf", "server_settings"]

PLACES = ("port", "replicaof", "slaveof")
"""Where a server is and whom it follows is up to the deployment."""


def check_redis_conf(text: str) -> str:
    """What is wrong with the text of a ``redis.conf``; empty if nothing is."""
    try:
        read_conf(text)
    except ConfError as problem:
        return str(problem)
    return ""


def check_directives(directives: Iterable[tuple[str, str]]) -> str:
    """What is wrong with the first wrong directive; empty if all are right."""
    for name, value in directives:
        directive = DIRECTIVES.get(name)
        if directive is None or name in PLACES:
            known = ", ".join(sorted(DIRECTIVES.keys() - set(PLACES)))
            return f"{name} is not simulated; expected one of: {known}"
        try:
            directive.parse(value, getattr(Settings(), directive.attribute))
        except ValueError as problem:
            return f"{name} {value}: {problem}"
    return ""


def server_settings(
    text: str,
    directives: Iterable[tuple[str, str]],
    *,
    port: int,
    replicaof: tuple[str, int] | None,
    replica_priority: int | None,
) -> Settings:
    """The settings of a server: those of a file, what is said beside it, and what its place says.

    `text` and `directives` are right (see `check_redis_conf` and `check_directives`); the last word
    on a directive counts. `replica_priority` None leaves it to them.
    """
    settings = read_conf(text).settings
    if replica_priority is not None:
        settings.replica_priority = replica_priority
    for name, value in directives:
        directive = DIRECTIVES[name]
        now = getattr(settings, directive.attribute)
        setattr(settings, directive.attribute, directive.parse(value, now))
    return dataclasses.replace(settings, port=port, replicaof=replicaof)
