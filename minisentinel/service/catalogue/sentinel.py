"""SENTINEL and its subcommands, with the names that Valkey added."""

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

__all__ = ["SENTINEL"]

NAME = (text("master-name"),)
EVERY_MASTER = "O(N), N being the number of masters"
EVERY_REPLICA = "O(N), N being the number of replicas"
ASK = (text("ip"), integer("port"), integer("current-epoch"), text("runid"))


def _sentinel(
    name: str,
    arity: int,
    summary: str,
    complexity: str = "O(1)",
    *,
    since: str = "2.8.4",
    arguments: tuple[Argument, ...] = (),
    flags: str = "admin",
    deprecated_since: str = "",
    replaced_by: str = "",
) -> CommandFacts:
    """[CMD-15-1] [CMD-4-24]"""
    return command(
        f"sentinel|{name}",
        arity,
        flags,
        summary,
        since=since,
        group="sentinel",
        complexity=complexity,
        arguments=arguments,
        deprecated_since=deprecated_since,
        replaced_by=replaced_by,
    )


SENTINEL = command(
    "sentinel",
    -2,
    "admin",
    "Everything that only a Sentinel does.",
    since="2.8.4",
    group="sentinel",
    complexity="That of the subcommand",
    subcommands=(
        _sentinel(
            "ckquorum",
            3,
            "Tells whether enough Sentinels are within reach to fail over a master.",
            "O(N), N being the number of Sentinels",
            arguments=NAME,
        ),
        _sentinel(
            "config",
            -4,
            "Shows or changes settings of this Sentinel.",
            "O(N), N being the number of settings",
            since="6.2.0",
            arguments=(
                one_of(
                    "action",
                    block("set", text("parameter"), text("value"), token="SET", multiple=True),
                    text("parameter", token="GET", multiple=True),
                ),
            ),
        ),
        _sentinel(
            "debug",
            -2,
            "Shows or changes the periods of the protocol.",
            "O(N), N being the number of periods",
            since="7.0.0",
            arguments=(
                block("data", text("parameter"), text("value"), optional=True, multiple=True),
            ),
        ),
        _sentinel(
            "failover",
            3,
            "Fails over a master without asking other Sentinels.",
            EVERY_REPLICA,
            arguments=NAME,
        ),
        _sentinel("flushconfig", 2, "Writes the configuration file anew."),
        _sentinel(
            "get-master-addr-by-name", 3, "Tells where a master is to be found.", arguments=NAME
        ),
        _sentinel(
            "get-primary-addr-by-name",
            3,
            "The same as GET-MASTER-ADDR-BY-NAME.",
            since="8.0.0",
            arguments=NAME,
        ),
        _sentinel("help", 2, "Explains the subcommands.", since="6.2.0", flags="loading stale"),
        _sentinel(
            "info-cache",
            -3,
            "Shows the latest INFO of masters and their replicas.",
            "O(N), N being the number of masters and replicas",
            since="3.2.0",
            arguments=(text("nodename", multiple=True),),
        ),
        _sentinel(
            "is-master-down-by-addr",
            6,
            "Asks for an opinion on a master, or for a vote.",
            EVERY_MASTER,
            arguments=ASK,
        ),
        _sentinel(
            "is-primary-down-by-addr",
            6,
            "The same as IS-MASTER-DOWN-BY-ADDR.",
            EVERY_MASTER,
            since="8.0.0",
            arguments=ASK,
        ),
        _sentinel("master", 3, "Describes a master.", arguments=NAME),
        _sentinel("masters", 2, "Describes all masters.", EVERY_MASTER),
        _sentinel(
            "monitor",
            6,
            "Watches a new master.",
            arguments=(text("name"), text("ip"), integer("port"), integer("quorum")),
        ),
        _sentinel("myid", 2, "Tells the id of this Sentinel.", since="6.2.0"),
        _sentinel(
            "pending-scripts",
            2,
            "Lists the scripts that run or wait.",
            "O(N), N being the number of scripts",
        ),
        _sentinel("primaries", 2, "The same as MASTERS.", EVERY_MASTER, since="8.0.0"),
        _sentinel("primary", 3, "The same as MASTER.", since="8.0.0", arguments=NAME),
        _sentinel("remove", 3, "Stops watching a master.", arguments=NAME),
        _sentinel(
            "replicas",
            3,
            "Describes the replicas of a master.",
            EVERY_REPLICA,
            since="5.0.0",
            arguments=NAME,
        ),
        _sentinel(
            "reset",
            3,
            "Forgets the replicas and Sentinels of all masters whose names match.",
            EVERY_MASTER,
            arguments=(pattern("pattern"),),
        ),
        _sentinel(
            "sentinels",
            3,
            "Describes the other Sentinels that watch a master.",
            "O(N), N being the number of Sentinels",
            arguments=NAME,
        ),
        _sentinel(
            "set",
            -5,
            "Changes settings of a master.",
            arguments=(
                text("master-name"),
                block("data", text("option"), text("value"), multiple=True),
            ),
        ),
        _sentinel(
            "simulate-failure",
            -3,
            "Arms a crash at a chosen moment of a failover.",
            since="3.2.0",
            arguments=(
                one_of(
                    "mode",
                    option("", name="crash-after-election"),
                    option("", name="crash-after-promotion"),
                    option("", name="help"),
                    optional=True,
                    multiple=True,
                ),
            ),
        ),
        _sentinel(
            "slaves",
            3,
            "The same as REPLICAS.",
            EVERY_REPLICA,
            since="2.8.0",
            arguments=NAME,
            deprecated_since="5.0.0",
            replaced_by="`SENTINEL REPLICAS`",
        ),
    ),
)
