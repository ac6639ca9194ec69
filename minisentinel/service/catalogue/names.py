"""The names by which clients call commands, where ``rename-command`` has changed some.

A renamed command keeps its own name in all that is said about it (errors, COMMAND, CLIENT LIST) and
in access rules, as in a real server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minisentinel.service.catalogue import CATALOGUE, CommandFacts, canonical

__all__ = ["check_renames", "commands_by_name"]

Renames = Iterable[tuple[str, str]]


def commands_by_name(renames: Renames) -> Mapping[str, CommandFacts]:
    """The commands by the names that call them; each of `renames` is a name and the new one.

    A command whose new name is empty cannot be called. What `check_renames` refuses is left out.
    """
    return _renamed(renames)[0]


def check_renames(renames: Renames) -> str | None:
    """What a real server says of these ``rename-command`` lines; None if it accepts them."""
    return _renamed(renames)[1]


def _renamed(renames: Renames) -> tuple[dict[str, CommandFacts], str | None]:
    commands, fault = dict(CATALOGUE), None
    for name, new_name in renames:
        facts = commands.pop(canonical(name), None)
        if facts is None:
            fault = "No such command in rename-command"
        elif new_name and canonical(new_name) in commands:
            fault = "Target command name already exists"
        elif new_name:
            commands[canonical(new_name)] = facts
    return commands, fault
