"""COMMAND: what commands there are, told from the catalogue (spec: commands §2)."""

from __future__ import annotations

from minisentinel.patterns import glob_matches
from minisentinel.replies import Error, Reply, Status, Unordered
from minisentinel.service.call import SYNTAX_ERROR, Call, Handler, Replies
from minisentinel.service.catalogue import (
    CATALOGUE,
    Argument,
    CommandFacts,
    canonical,
    find,
    find_by_name,
    rows,
)
from minisentinel.service.help_text import help_text

__all__ = ["COMMAND_SUBCOMMANDS", "command"]

NO_SUCH_COMMAND = Error("ERR Invalid command specified")
NO_KEYS = Error("ERR The command has no key arguments")
NO_KEY_POSITIONS: tuple[Reply, ...] = (0, 0, 0)
"""First key, last key, step: no command of a Sentinel has keys."""


def command(call: Call) -> Reply | Replies:
    """COMMAND alone: the facts about every command. [CMD-2-11]"""
    return tuple(_facts(each) for each in call.desk.commands.values())


def _info(call: Call) -> Reply | Replies:
    if len(call.words) == 2:
        return command(call)
    found = [find_by_name(name, call.desk.commands) for name in call.words[2:]]
    return tuple(_facts(facts) if facts is not None else None for facts in found)


def _facts(facts: CommandFacts) -> Reply:
    """Each command's once, since one request may ask for them thousands of times."""
    if facts.name not in _told:
        _told[facts.name] = _told_of(facts)
    return _told[facts.name]


_told: dict[str, Reply] = {}


def _told_of(facts: CommandFacts) -> Reply:
    subcommands = tuple(_facts(each) for each in facts.subcommands.values())
    return (
        facts.name,
        facts.arity,
        Unordered(Status(flag) for flag in facts.flags),
        *NO_KEY_POSITIONS,
        Unordered(Status(f"@{category}") for category in facts.categories),
        Unordered(facts.hints),
        Unordered(()),
        # A quirk of real servers: no subcommands are a set, some are an array.
        subcommands or Unordered(()),
    )


def _count(call: Call) -> Reply | Replies:
    return len(call.desk.commands)


def _docs(call: Call) -> Reply | Replies:
    """Unknown commands are left out, and one that is named twice comes once."""
    if len(call.words) == 2:
        return {facts.name: _documentation(facts) for facts in call.desk.commands.values()}
    found = [find_by_name(name, call.desk.commands) for name in call.words[2:]]
    return {facts.name: _documentation(facts) for facts in found if facts is not None}


def _documentation(facts: CommandFacts) -> dict[str, Reply]:
    told: dict[str, Reply] = {
        "summary": facts.summary,
        "since": facts.since,
        "group": facts.group,
        "complexity": facts.complexity,
    }
    if facts.deprecated_since:
        told["doc_flags"] = Unordered((Status("deprecated"),))
        told["deprecated_since"] = facts.deprecated_since
        told["replaced_by"] = facts.replaced_by
    if facts.arguments:
        told["arguments"] = tuple(_argument(each) for each in facts.arguments)
    if facts.subcommands:
        told["subcommands"] = {
            each.name: _documentation(each) for each in facts.subcommands.values()
        }
    return told


def _argument(argument: Argument) -> dict[str, Reply]:
    told: dict[str, Reply] = {"name": argument.name, "type": argument.type}
    if not argument.arguments:
        told["display_text"] = argument.shown or argument.name
    if argument.token:
        told["token"] = argument.token
    if argument.since:
        told["since"] = argument.since
    if argument.deprecated_since:
        told["deprecated_since"] = argument.deprecated_since
    if argument.flags:
        told["flags"] = Unordered(Status(flag) for flag in argument.flags)
    if argument.arguments:
        told["arguments"] = tuple(_argument(each) for each in argument.arguments)
    return told


def _list(call: Call) -> Reply | Replies:
    """The names of all commands and subcommands, or of those that a filter lets through."""
    words, every = call.words, tuple(rows(call.desk.commands))
    if len(words) == 2:
        return tuple(facts.name for facts in every)
    if len(words) != 5 or canonical(words[2]) != "filterby":
        return SYNTAX_ERROR
    wanted = words[4]
    match canonical(words[3]):
        case "module":
            return ()
        case "aclcat":
            category = canonical(wanted)
            return tuple(facts.name for facts in every if category in facts.categories)
        case "pattern":
            return tuple(
                facts.name for facts in every if glob_matches(wanted, facts.name, ignore_case=True)
            )
    return SYNTAX_ERROR


def _getkeys(call: Call) -> Reply | Replies:
    return NO_SUCH_COMMAND if find(call.words[2:], call.desk.commands) is None else NO_KEYS


def _help(call: Call) -> Reply | Replies:
    all_commands = CATALOGUE["command"]
    entries = [("(no subcommand)", all_commands.summary)]
    entries += [
        (syntax, all_commands.subcommands[name].summary)
        for syntax, name in (
            ("COUNT", "count"),
            ("LIST [FILTERBY (MODULE|ACLCAT|PATTERN) <value>]", "list"),
            ("INFO [<command-name> ...]", "info"),
            ("DOCS [<command-name> ...]", "docs"),
            ("GETKEYS <full-command>", "getkeys"),
            ("GETKEYSANDFLAGS <full-command>", "getkeysandflags"),
        )
    ]
    return help_text("COMMAND", entries)


COMMAND_SUBCOMMANDS: dict[str, Handler] = {
    "count": _count,
    "docs": _docs,
    "getkeys": _getkeys,
    "getkeysandflags": _getkeys,
    "help": _help,
    "info": _info,
    "list": _list,
}
