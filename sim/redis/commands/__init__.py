"""The commands of the simulated server, a module for each of Redis' groups, and the table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from minisentinel.replies import Command, Error
from sim.redis.commands import (
    administration,
    connection,
    hashes,
    keys,
    lists,
    persistence,
    pubsub,
    replication,
    scripting,
    sets,
    sorted_sets,
    strings,
    transactions,
)
from sim.redis.commands.spec import Allow, CommandSpec, Handler, wrong_arity

__all__ = ["COMMANDS", "Allow", "CommandSpec", "Handler", "find"]

COMMANDS: Mapping[str, CommandSpec] = MappingProxyType(
    {
        spec.name: spec
        for module in (
            connection,
            keys,
            strings,
            lists,
            sets,
            sorted_sets,
            hashes,
            transactions,
            scripting,
            pubsub,
            replication,
            persistence,
            administration,
        )
        for spec in module.COMMANDS
    }
)
"""Every command by its lower-case name; subcommands hang below their container."""

QUOTED_ARGUMENTS_MAX = 128


def find(command: Command) -> CommandSpec | Error:
    """The command that these words mean, or the error that a real server gives."""
    spec = COMMANDS.get(command[0].lower()) if command else None
    if spec is None:
        return _unknown(command)
    if spec.subcommands and len(command) > 1:
        subcommand = spec.subcommands.get(command[1].lower())
        if subcommand is None:
            return Error(
                f"ERR unknown subcommand '{command[1]:.128}'. Try {spec.name.upper()} HELP."
            )
        spec = subcommand
    if not spec.accepts(command):
        return wrong_arity(spec.name)
    return spec


def _unknown(command: Command) -> Error:
    name = command[0] if command else ""
    arguments = ""
    for word in command[1:]:
        if len(arguments) >= QUOTED_ARGUMENTS_MAX:
            break
        arguments += f"'{word[: QUOTED_ARGUMENTS_MAX - len(arguments)]}' "
    return Error(f"ERR unknown command '{name:.128}', with args beginning with: {arguments}")
