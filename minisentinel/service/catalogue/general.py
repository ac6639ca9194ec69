"""The commands that have no subcommands, and COMMAND."""

from __future__ import annotations

from minisentinel.service.catalogue.facts import (
    Argument,
    CommandFacts,
    block,
    command,
    integer,
    one_of,
    option,
    pattern,
    text,
)

__all__ = ["COMMAND", "PLAIN"]

EVERYWHERE = "noscript loading stale"
BEFORE_LOGIN = "noscript loading stale fast no_auth allow_busy"
SUBSCRIPTION = "pubsub noscript loading stale"
UNORDERED = "nondeterministic_output_order"
EVERY_NAME = "O(N), N being the number of commands asked for"


def _command(
    name: str,
    arity: int,
    summary: str,
    complexity: str,
    *,
    since: str,
    arguments: tuple[Argument, ...] = (),
    hints: str = "",
) -> CommandFacts:
    return command(
        f"command|{name}",
        arity,
        "loading stale",
        summary,
        since=since,
        group="server",
        categories="connection",
        complexity=complexity,
        arguments=arguments,
        hints=hints,
    )


COMMAND = command(
    "command",
    -1,
    "loading stale",
    "Describes all commands.",
    since="2.8.13",
    group="server",
    categories="connection",
    complexity="O(N), N being the number of commands",
    hints=UNORDERED,
    subcommands=(
        _command("count", 2, "Counts the commands.", "O(1)", since="2.8.13"),
        _command(
            "docs",
            -2,
            "Documents commands for people.",
            EVERY_NAME,
            since="7.0.0",
            arguments=(text("command-name", optional=True, multiple=True),),
            hints=UNORDERED,
        ),
        _command(
            "getkeys",
            -3,
            "Finds the keys among the arguments of a command.",
            "O(N), N being the number of arguments",
            since="2.8.13",
            arguments=(text("command"), text("arg", optional=True, multiple=True)),
        ),
        _command(
            "getkeysandflags",
            -3,
            "Finds the keys among the arguments of a command, and what it does with them.",
            "O(N), N being the number of arguments",
            since="7.0.0",
            arguments=(text("command"), text("arg", optional=True, multiple=True)),
        ),
        _command("help", 2, "Explains the subcommands.", "O(1)", since="5.0.0"),
        _command(
            "info",
            -2,
            "Describes commands for programs.",
            EVERY_NAME,
            since="2.8.13",
            arguments=(text("command-name", optional=True, multiple=True),),
            hints=UNORDERED,
        ),
        _command(
            "list",
            -2,
            "Names all commands, or some.",
            "O(N), N being the number of commands",
            since="7.0.0",
            arguments=(
                one_of(
                    "filterby",
                    text("module-name", token="MODULE"),
                    text("category", token="ACLCAT"),
                    pattern("pattern", token="PATTERN"),
                    token="FILTERBY",
                    optional=True,
                ),
            ),
            hints=UNORDERED,
        ),
    ),
)

PLAIN = (
    command(
        "auth",
        -2,
        BEFORE_LOGIN,
        "Logs in.",
        since="1.0.0",
        group="connection",
        categories="connection",
        complexity="O(N), N being the number of the user's passwords",
        arguments=(text("username", optional=True, since="6.0.0"), text("password")),
    ),
    command(
        "hello",
        -1,
        BEFORE_LOGIN,
        "Chooses the version of the protocol, logs in if asked to, and describes the server.",
        since="6.0.0",
        group="connection",
        categories="connection",
        arguments=(
            block(
                "arguments",
                integer("protover"),
                block("auth", text("username"), text("password"), token="AUTH", optional=True),
                text("clientname", token="SETNAME", optional=True),
                optional=True,
            ),
        ),
    ),
    command(
        "info",
        -1,
        "loading stale",
        "Reports on the state of the process.",
        since="1.0.0",
        group="server",
        categories="dangerous",
        arguments=(text("section", optional=True, multiple=True),),
        hints="nondeterministic_output request_policy:all_shards response_policy:special",
    ),
    command(
        "ping",
        -1,
        "fast",
        "Asks for a sign of life.",
        since="1.0.0",
        group="connection",
        categories="connection",
        arguments=(text("message", optional=True),),
        hints="request_policy:all_shards response_policy:all_succeeded",
    ),
    command(
        "psubscribe",
        -2,
        SUBSCRIPTION,
        "Listens to all channels whose names match a pattern.",
        since="2.0.0",
        group="pubsub",
        complexity="O(N), N being the number of patterns",
        arguments=(pattern("pattern", multiple=True),),
    ),
    command(
        "publish",
        3,
        "pubsub loading stale fast",
        "Says something on a channel.",
        since="2.0.0",
        group="pubsub",
        complexity="O(N+M), N listeners to the channel and M patterns of all connections",
        arguments=(text("channel"), text("message")),
    ),
    command(
        "punsubscribe",
        -1,
        SUBSCRIPTION,
        "Stops listening to patterns, all if none is named.",
        since="2.0.0",
        group="pubsub",
        complexity="O(N), N being the number of patterns",
        arguments=(pattern("pattern", optional=True, multiple=True),),
    ),
    command(
        "role",
        1,
        "noscript loading stale fast",
        "Tells what part the process plays: here, a Sentinel and the masters it watches.",
        since="2.8.12",
        group="server",
        categories="admin dangerous",
    ),
    command(
        "shutdown",
        -1,
        "admin noscript loading stale no_multi allow_busy",
        "Ends the process.",
        since="1.0.0",
        group="server",
        complexity="O(1) in a Sentinel",
        arguments=(
            one_of("save-selector", option("NOSAVE"), option("SAVE"), optional=True),
            option("NOW", optional=True, since="7.0.0"),
            option("FORCE", optional=True, since="7.0.0"),
            option("ABORT", optional=True, since="7.0.0"),
        ),
    ),
    command(
        "subscribe",
        -2,
        SUBSCRIPTION,
        "Listens to channels.",
        since="2.0.0",
        group="pubsub",
        complexity="O(N), N being the number of channels",
        arguments=(text("channel", multiple=True),),
    ),
    command(
        "unsubscribe",
        -1,
        SUBSCRIPTION,
        "Stops listening to channels, all if none is named.",
        since="2.0.0",
        group="pubsub",
        complexity="O(N), N being the number of channels",
        arguments=(text("channel", optional=True, multiple=True),),
    ),
)
