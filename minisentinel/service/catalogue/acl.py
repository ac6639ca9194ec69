"""ACL and its subcommands."""

from __future__ import annotations

from minisentinel.service.catalogue.facts import (
    Argument,
    CommandFacts,
    command,
    integer,
    one_of,
    option,
    text,
)

__all__ = ["ACL"]

EVERYWHERE = "noscript loading stale"
ADMIN = "admin noscript loading stale"
EVERY_USER = "O(N), N being the number of users"
ON_ALL = "request_policy:all_nodes response_policy:all_succeeded"


def _acl(
    name: str,
    arity: int,
    flags: str,
    summary: str,
    complexity: str = "O(1)",
    *,
    since: str = "6.0.0",
    arguments: tuple[Argument, ...] = (),
    hints: str = "",
) -> CommandFacts:
    return command(
        f"acl|{name}",
        arity,
        flags,
        summary,
        since=since,
        group="server",
        complexity=complexity,
        arguments=arguments,
        hints=hints,
    )


ACL = command(
    "acl",
    -2,
    "",
    "Who may connect, and what they may do.",
    since="6.0.0",
    group="server",
    complexity="That of the subcommand",
    subcommands=(
        _acl(
            "cat",
            -2,
            EVERYWHERE,
            "Names the categories of commands, or the commands of one category.",
            arguments=(text("category", optional=True),),
        ),
        _acl(
            "deluser",
            -3,
            ADMIN,
            "Removes users and closes their connections.",
            arguments=(text("username", multiple=True),),
            hints=ON_ALL,
        ),
        _acl(
            "dryrun",
            -4,
            ADMIN,
            "Tells whether a user may run a command, without running it.",
            since="7.0.0",
            arguments=(
                text("username"),
                text("command"),
                text("arg", optional=True, multiple=True),
            ),
        ),
        _acl(
            "genpass",
            -2,
            EVERYWHERE,
            "Makes up a password that is hard to guess.",
            arguments=(integer("bits", optional=True),),
        ),
        _acl(
            "getuser",
            3,
            ADMIN,
            "Shows the rules of a user.",
            "O(N), N being the number of the user's rules",
            arguments=(text("username"),),
        ),
        _acl("help", 2, "loading stale", "Explains the subcommands."),
        _acl("list", 2, ADMIN, "Shows all users as lines of an ACL file.", EVERY_USER),
        _acl("load", 2, ADMIN, "Reads the users from the ACL file anew.", EVERY_USER),
        _acl(
            "log",
            -2,
            ADMIN,
            "Lists, or forgets, what was refused lately.",
            "O(N), N being the number of entries shown",
            arguments=(one_of("operation", integer("count"), option("RESET"), optional=True),),
        ),
        _acl("save", 2, ADMIN, "Writes the users to the ACL file.", EVERY_USER, hints=ON_ALL),
        _acl(
            "setuser",
            -3,
            ADMIN,
            "Creates a user, or changes the rules of one.",
            "O(N), N being the number of rules given",
            arguments=(text("username"), text("rule", optional=True, multiple=True)),
            hints=ON_ALL,
        ),
        _acl("users", 2, ADMIN, "Lists the names of all users.", EVERY_USER),
        _acl("whoami", 2, EVERYWHERE, "Names the user of this connection."),
    ),
)
