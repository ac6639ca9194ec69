"""SENTINEL HELP (spec: commands §14)."""

from __future__ import annotations

from minisentinel.core.context import Context
from minisentinel.replies import Command, Reply
from minisentinel.service.help_text import help_text

__all__ = ["show_help"]

_ENTRIES = (
    (
        "CKQUORUM <master-name>",
        "Count the Sentinels that can be reached: enough to declare the master down,",
        "and enough to elect a leader?",
    ),
    (
        "CONFIG SET param value [param value ...]",
        "Change settings of the whole Sentinel, all of them or none.",
    ),
    (
        "CONFIG GET <param> [param param param ...]",
        "Read settings of the whole Sentinel; patterns such as announce-* work too.",
    ),
    (
        "DEBUG [<param> <value> ...]",
        "Without arguments, list the periods of the protocol in milliseconds.",
        "With arguments, change them until this process ends.",
    ),
    (
        "GET-MASTER-ADDR-BY-NAME <master-name>",
        "Where to connect to: the current host and port of the master.",
    ),
    (
        "FAILOVER <master-name>",
        "Promote a replica now, without asking the other Sentinels.",
    ),
    (
        "FLUSHCONFIG",
        "Write settings and state to the configuration file, also if that is gone.",
    ),
    (
        "INFO-CACHE <master-name>",
        "What the master and its replicas last answered to INFO, and how long ago.",
    ),
    (
        "IS-MASTER-DOWN-BY-ADDR <ip> <port> <current-epoch> <runid>",
        "Used between Sentinels: give an opinion on a master, or a vote.",
    ),
    (
        "MASTER <master-name>",
        "All that is known of one master.",
    ),
    (
        "MASTERS",
        "All that is known of every master.",
    ),
    (
        "MONITOR <name> <ip> <port> <quorum>",
        "Watch one more master.",
    ),
    (
        "MYID",
        "The id of this Sentinel.",
    ),
    (
        "PENDING-SCRIPTS",
        "The user scripts that run or wait to be run.",
    ),
    (
        "REMOVE <master-name>",
        "Watch this master no longer.",
    ),
    (
        "REPLICAS <master-name>",
        "All that is known of the replicas of a master.",
    ),
    (
        "RESET <pattern>",
        "Forget replicas, Sentinels and failures of the masters whose name matches.",
    ),
    (
        "SENTINELS <master-name>",
        "All that is known of the other Sentinels that watch a master.",
    ),
    (
        "SET <master-name> <option> <value> [<option> <value> ...]",
        "Change settings of one master, one after the other.",
    ),
    (
        "SIMULATE-FAILURE [CRASH-AFTER-ELECTION] [CRASH-AFTER-PROMOTION] [HELP]",
        "Crash at that moment of the next failover that this Sentinel leads.",
    ),
)

_REPLY = help_text("SENTINEL", _ENTRIES)


def show_help(ctx: Context, words: Command) -> Reply:
    """One line for each form, and below it what it is for. [CMD-4-21] [CMD-14-1]"""
    return _REPLY
