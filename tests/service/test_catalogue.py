"""The catalogue against what a real Sentinel says of its commands, and against who runs them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.replies import Command
from minisentinel.service.catalogue import (
    CATALOGUE,
    CATEGORIES,
    CommandFacts,
    canonical,
    find,
    find_by_name,
    rows,
)
from minisentinel.service.sentinel import SUBCOMMANDS
from tests.service.front import Front

REAL = """
acl -2 | - | slow
acl|cat -2 | noscript loading stale | slow
acl|deluser -3 | admin noscript loading stale | admin slow dangerous
acl|dryrun -4 | admin noscript loading stale | admin slow dangerous
acl|genpass -2 | noscript loading stale | slow
acl|getuser 3 | admin noscript loading stale | admin slow dangerous
acl|help 2 | loading stale | slow
acl|list 2 | admin noscript loading stale | admin slow dangerous
acl|load 2 | admin noscript loading stale | admin slow dangerous
acl|log -2 | admin noscript loading stale | admin slow dangerous
acl|save 2 | admin noscript loading stale | admin slow dangerous
acl|setuser -3 | admin noscript loading stale | admin slow dangerous
acl|users 2 | admin noscript loading stale | admin slow dangerous
acl|whoami 2 | noscript loading stale | slow
auth -2 | noscript loading stale fast no_auth allow_busy | fast connection
client -2 | - | slow
client|caching 3 | noscript loading stale | slow connection
client|getname 2 | noscript loading stale | slow connection
client|getredir 2 | noscript loading stale | slow connection
client|help 2 | loading stale | slow connection
client|id 2 | noscript loading stale | slow connection
client|info 2 | noscript loading stale | slow connection
client|kill -3 | admin noscript loading stale | admin slow dangerous connection
client|list -2 | admin noscript loading stale | admin slow dangerous connection
client|no-evict 3 | admin noscript loading stale | admin slow dangerous connection
client|pause -3 | admin noscript loading stale | admin slow dangerous connection
client|reply 3 | noscript loading stale | slow connection
client|setinfo 4 | noscript loading stale | slow connection
client|setname 3 | noscript loading stale | slow connection
client|tracking -3 | noscript loading stale | slow connection
client|trackinginfo 2 | noscript loading stale | slow connection
client|unblock -3 | admin noscript loading stale | admin slow dangerous connection
client|unpause 2 | admin noscript loading stale | admin slow dangerous connection
command -1 | loading stale | slow connection
command|count 2 | loading stale | slow connection
command|docs -2 | loading stale | slow connection
command|getkeys -3 | loading stale | slow connection
command|getkeysandflags -3 | loading stale | slow connection
command|help 2 | loading stale | slow connection
command|info -2 | loading stale | slow connection
command|list -2 | loading stale | slow connection
hello -1 | noscript loading stale fast no_auth allow_busy | fast connection
info -1 | loading stale | slow dangerous
ping -1 | fast | fast connection
psubscribe -2 | pubsub noscript loading stale | pubsub slow
publish 3 | pubsub loading stale fast | pubsub fast
punsubscribe -1 | pubsub noscript loading stale | pubsub slow
role 1 | noscript loading stale fast | admin fast dangerous
sentinel -2 | admin | admin slow dangerous
sentinel|ckquorum 3 | admin | admin slow dangerous
sentinel|config -4 | admin | admin slow dangerous
sentinel|debug -2 | admin | admin slow dangerous
sentinel|failover 3 | admin | admin slow dangerous
sentinel|flushconfig 2 | admin | admin slow dangerous
sentinel|get-master-addr-by-name 3 | admin | admin slow dangerous
sentinel|help 2 | loading stale | slow
sentinel|info-cache -3 | admin | admin slow dangerous
sentinel|is-master-down-by-addr 6 | admin | admin slow dangerous
sentinel|master 3 | admin | admin slow dangerous
sentinel|masters 2 | admin | admin slow dangerous
sentinel|monitor 6 | admin | admin slow dangerous
sentinel|myid 2 | admin | admin slow dangerous
sentinel|pending-scripts 2 | admin | admin slow dangerous
sentinel|remove 3 | admin | admin slow dangerous
sentinel|replicas 3 | admin | admin slow dangerous
sentinel|reset 3 | admin | admin slow dangerous
sentinel|sentinels 3 | admin | admin slow dangerous
sentinel|set -5 | admin | admin slow dangerous
sentinel|simulate-failure -3 | admin | admin slow dangerous
sentinel|slaves 3 | admin | admin slow dangerous
shutdown -1 | admin noscript loading stale no_multi allow_busy | admin slow dangerous
subscribe -2 | pubsub noscript loading stale | pubsub slow
unsubscribe -1 | pubsub noscript loading stale | pubsub slow
"""
"""COMMAND INFO of a real Sentinel (Redis 8.2): name and arity, flags, categories."""

ALIASES = {
    "sentinel|get-primary-addr-by-name": "sentinel|get-master-addr-by-name",
    "sentinel|is-primary-down-by-addr": "sentinel|is-master-down-by-addr",
    "sentinel|primaries": "sentinel|masters",
    "sentinel|primary": "sentinel|master",
}
"""Names that only Valkey has, and what they mean."""


def described(facts: CommandFacts) -> str:
    """A row in the form of `REAL`."""
    flags = " ".join(facts.flags) or "-"
    return f"{facts.name} {facts.arity} | {flags} | {' '.join(facts.categories)}"


def test_commands_are_those_of_a_real_sentinel() -> None:
    """[CMD-1-11] [CMD-2-11] [CMD-2-12] [CMD-2-13] [CMD-15-1]"""
    ours = sorted(described(facts) for facts in rows() if facts.name not in ALIASES)
    assert ours == sorted(REAL.strip().splitlines())


@pytest.mark.parametrize("alias", ALIASES)
def test_what_valkey_added_is_as_what_it_means(alias: str) -> None:
    """[CMD-4-1]"""
    facts, meant = find_by_name(alias), find_by_name(ALIASES[alias])
    assert facts is not None
    assert meant is not None
    assert described(facts).replace(alias, "") == described(meant).replace(meant.name, "")


def test_sentinel_s_table_has_the_same_subcommands_and_arities() -> None:
    """[CMD-4-1]"""
    subcommands = CATALOGUE["sentinel"].subcommands
    assert {name: each.arity for name, each in SUBCOMMANDS.items()} == {
        name: each.arity for name, each in subcommands.items()
    }


def test_rows_are_complete() -> None:
    """[CMD-2-11]"""
    for facts in rows():
        assert facts.summary.endswith(".")
        assert facts.since
        assert facts.complexity
        assert facts.group in ("connection", "pubsub", "sentinel", "server")
        assert set(facts.categories) <= set(CATEGORIES)
        assert find_by_name(facts.name) is facts
        assert find(tuple(facts.name.split("|"))) is facts


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("PING", "x"), "ping"),
        (("client",), "client"),
        (("Client", "KILL", "x"), "client|kill"),
        (("COMMAND",), "command"),
        (("command", "COUNT"), "command|count"),
        (("command", "x"), None),
        (("client|kill",), None),
        (("x",), None),
        ((), None),
    ],
)
def test_find(words: Command, name: str | None) -> None:
    """[CMD-1-3] [CMD-1-4]"""
    facts = find(words)
    assert (facts.name if facts is not None else None) == name


@pytest.mark.parametrize(
    ("name", "fits", "does_not"),
    [("role", (1,), (0, 2)), ("auth", (2, 3, 9), (0, 1)), ("client|setinfo", (4,), (3, 5))],
)
def test_arity(name: str, fits: tuple[int, ...], does_not: tuple[int, ...]) -> None:
    """[CMD-1-5]"""
    facts = find_by_name(name)
    assert facts is not None
    assert all(facts.accepts(count) for count in fits)
    assert not any(facts.accepts(count) for count in does_not)


def test_only_ascii_has_another_case() -> None:
    """[CMD-1-1]"""
    assert canonical("PiNG") == "ping"
    assert canonical("\u212aILL") == "\u212aILL"


# --- nothing that a client says does harm ---

OPTIONS = """on off yes no BCAST OPTIN OPTOUT PREFIX REDIRECT TYPE ID ADDR SKIPME MAXAGE USER AUTH
SETNAME FILTERBY ACLCAT PATTERN WRITE LIB-NAME 0 1 2 3 -1 99999999999999999999 default normal
mymaster * ["""
ODD = ("", "a b", "\r\n", "\udcff", "é", "x" * 300)
WORDS = st.sampled_from(
    [*sorted({word for facts in rows() for word in facts.name.split("|")}), *OPTIONS.split(), *ODD]
)
STARTS = st.sampled_from([(), *(tuple(facts.name.split("|")) for facts in rows())])


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3), st.builds(lambda a, b: (*a, *b), STARTS, st.lists(WORDS, max_size=5))
        ),
        max_size=30,
    )
)
def test_whatever_clients_say_has_replies_that_can_be_sent(said: list[tuple[int, Command]]) -> None:
    """[CMD-1-1]"""
    front = Front()
    front.connect()
    front.connect("HELLO", "3")
    for client, words in said:
        front.say(client, *words)
        if front.exited is not None:
            return
    front.wait(100)
