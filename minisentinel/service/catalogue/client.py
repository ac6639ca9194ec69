"""CLIENT and its subcommands."""

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

__all__ = ["CLIENT"]

EVERYWHERE = "noscript loading stale"
ADMIN = "admin noscript loading stale"
EVERY_CLIENT = "O(N), N being the number of connections"
ON_ALL = "request_policy:all_nodes response_policy:all_succeeded"


def _client(
    name: str,
    arity: int,
    flags: str,
    summary: str,
    complexity: str = "O(1)",
    *,
    since: str,
    arguments: tuple[Argument, ...] = (),
    hints: str = "",
) -> CommandFacts:
    return command(
        f"client|{name}",
        arity,
        flags,
        summary,
        since=since,
        group="connection",
        categories="connection",
        complexity=complexity,
        arguments=arguments,
        hints=hints,
    )


KILL_FILTER = one_of(
    "filter",
    text("old-format", shown="ip:port", deprecated_since="2.8.12"),
    one_of(
        "new-format",
        integer("client-id", token="ID", optional=True, since="2.8.12"),
        one_of(
            "client-type",
            option("NORMAL"),
            option("MASTER", since="3.2.0"),
            option("SLAVE"),
            option("REPLICA", since="5.0.0"),
            option("PUBSUB"),
            token="TYPE",
            optional=True,
            since="2.8.12",
        ),
        text("username", token="USER", optional=True),
        text("addr", shown="ip:port", token="ADDR", optional=True),
        text("laddr", shown="ip:port", token="LADDR", optional=True, since="6.2.0"),
        one_of("skipme", option("YES"), option("NO"), token="SKIPME", optional=True),
        integer("maxage", token="MAXAGE", optional=True, since="7.4.0"),
        multiple=True,
    ),
)

CLIENT = command(
    "client",
    -2,
    "",
    "What concerns connections of clients.",
    since="2.4.0",
    group="connection",
    complexity="That of the subcommand",
    subcommands=(
        _client(
            "caching",
            3,
            EVERYWHERE,
            "Says whether the keys of the next command are to be tracked.",
            since="6.0.0",
            arguments=(one_of("mode", option("YES"), option("NO")),),
        ),
        _client("getname", 2, EVERYWHERE, "Tells the name of this connection.", since="2.6.9"),
        _client(
            "getredir",
            2,
            EVERYWHERE,
            "Tells which connection gets this one's invalidation messages.",
            since="6.0.0",
        ),
        _client("help", 2, "loading stale", "Explains the subcommands.", since="5.0.0"),
        _client("id", 2, EVERYWHERE, "Tells the number of this connection.", since="5.0.0"),
        _client(
            "info",
            2,
            EVERYWHERE,
            "Describes this connection.",
            since="6.2.0",
            hints="nondeterministic_output",
        ),
        _client(
            "kill",
            -3,
            ADMIN,
            "Closes connections.",
            EVERY_CLIENT,
            since="2.4.0",
            arguments=(KILL_FILTER,),
        ),
        _client(
            "list",
            -2,
            ADMIN,
            "Describes all connections, or some.",
            EVERY_CLIENT,
            since="2.4.0",
            arguments=(
                one_of(
                    "client-type",
                    option("NORMAL"),
                    option("MASTER"),
                    option("REPLICA"),
                    option("PUBSUB"),
                    token="TYPE",
                    optional=True,
                    since="5.0.0",
                ),
                integer("client-id", token="ID", optional=True, multiple=True, since="6.2.0"),
            ),
            hints="nondeterministic_output",
        ),
        _client(
            "no-evict",
            3,
            ADMIN,
            "Protects this connection when memory for clients runs out, or no longer.",
            since="7.0.0",
            arguments=(one_of("enabled", option("ON"), option("OFF")),),
        ),
        _client(
            "pause",
            -3,
            ADMIN,
            "Lets the commands of clients wait for a while.",
            since="3.0.0",
            arguments=(
                integer("timeout"),
                one_of("mode", option("WRITE"), option("ALL"), optional=True, since="6.2.0"),
            ),
        ),
        _client(
            "reply",
            3,
            EVERYWHERE,
            "Says whether this connection wants replies.",
            since="3.2.0",
            arguments=(one_of("action", option("ON"), option("OFF"), option("SKIP")),),
        ),
        _client(
            "setinfo",
            4,
            EVERYWHERE,
            "Tells which library the client uses.",
            since="7.2.0",
            arguments=(
                one_of("attr", text("libname", token="LIB-NAME"), text("libver", token="LIB-VER")),
            ),
            hints=ON_ALL,
        ),
        _client(
            "setname",
            3,
            EVERYWHERE,
            "Names this connection.",
            since="2.6.9",
            arguments=(text("connection-name"),),
            hints=ON_ALL,
        ),
        _client(
            "tracking",
            -3,
            EVERYWHERE,
            "Says whether changes of keys that were read are to be told, and how.",
            "O(1), more with some of the options",
            since="6.0.0",
            arguments=(
                one_of("status", option("ON"), option("OFF")),
                integer("client-id", token="REDIRECT", optional=True),
                text("prefix", token="PREFIX", optional=True, multiple=True, multiple_token=True),
                option("BCAST", optional=True),
                option("OPTIN", optional=True),
                option("OPTOUT", optional=True),
                option("NOLOOP", optional=True),
            ),
        ),
        _client(
            "trackinginfo",
            2,
            EVERYWHERE,
            "Tells whether and how this connection is told of changes.",
            since="6.2.0",
        ),
        _client(
            "unblock",
            -3,
            ADMIN,
            "Ends another connection's wait in a blocking command.",
            "O(log N), N being the number of connections",
            since="5.0.0",
            arguments=(
                integer("client-id"),
                one_of("unblock-type", option("TIMEOUT"), option("ERROR"), optional=True),
            ),
        ),
        _client(
            "unpause",
            2,
            ADMIN,
            "Ends a pause of clients early.",
            "O(N), N being the number of connections that wait",
            since="6.2.0",
        ),
    ),
)
