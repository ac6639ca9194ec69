"""SENTINEL HELP."""

from __future__ import annotations

import re

from minisentinel.replies import Status
from minisentinel.service.sentinel import SUBCOMMANDS
from tests.core.bench import Bench

SYNTAX = """\
SENTINEL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CKQUORUM <master-name>
CONFIG SET param value [param value ...]
CONFIG GET <param> [param param param ...]
DEBUG [<param> <value> ...]
GET-MASTER-ADDR-BY-NAME <master-name>
FAILOVER <master-name>
FLUSHCONFIG
INFO-CACHE <master-name>
IS-MASTER-DOWN-BY-ADDR <ip> <port> <current-epoch> <runid>
MASTER <master-name>
MASTERS
MONITOR <name> <ip> <port> <quorum>
MYID
PENDING-SCRIPTS
REMOVE <master-name>
REPLICAS <master-name>
RESET <pattern>
SENTINELS <master-name>
SET <master-name> <option> <value> [<option> <value> ...]
SIMULATE-FAILURE [CRASH-AFTER-ELECTION] [CRASH-AFTER-PROMOTION] [HELP]
HELP
""".splitlines()


def lines() -> list[str]:
    reply = Bench().command("SENTINEL", "HELP")
    assert isinstance(reply, tuple)
    assert all(isinstance(line, Status) for line in reply)
    return [line.text for line in reply if isinstance(line, Status)]


def test_help_lists_every_form_in_order_and_explains_each() -> None:
    """[CMD-4-21] [CMD-14-1]"""
    found = lines()
    assert [line for line in found if not line.startswith("    ")] == SYNTAX
    assert found[-1] == "    Print this help."
    for this, following in zip(found[1:], [*found[2:], ""], strict=True):
        if not this.startswith("    "):
            assert re.match(r"    \S", following), this


def test_help_mentions_every_subcommand_but_other_spellings() -> None:
    """[CMD-4-1]"""
    mentioned = {line.split()[0].lower() for line in SYNTAX[1:]}
    others = {name for name in SUBCOMMANDS if "primar" in name} | {"slaves"}
    assert mentioned == SUBCOMMANDS.keys() - others
