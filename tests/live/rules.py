"""Named rules by which two replies are made comparable. Everything else is compared exactly.

Always: what is known to differ between the two sides (ports, run ids, directories) is replaced by
its name. The other rules are asked for by a line of a sequence, so that they hide as little as they
can.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tests.live.resp import Tree

__all__ = ["MOVING", "RULES", "comparable"]

MOVING = {
    "link-pending-commands": "a moment's count",
    "last-ping-sent": "an age",
    "last-ok-ping-reply": "an age",
    "last-ping-reply": "an age",
    "s-down-time": "an age",
    "o-down-time": "an age",
    "info-refresh": "an age",
    "role-reported-time": "an age",
    "last-hello-message": "an age",
    "slave-repl-offset": "grows with every PING of the master to its replicas",
    "run-time": "an age",
    "run-delay": "time to go",
    "pid": "the system's choice",
    "age-seconds": "an age",
    "entry-id": "a count of the process",
    "timestamp-created": "a time",
    "timestamp-last-updated": "a time",
}
"""Fields of instance maps whose values depend on the moment, and why."""

_CLIENT_MOVING = re.compile(
    r"\b(id|addr|laddr|fd|age|idle|qbuf|qbuf-free|argv-mem|multi-mem|rbs|rbp|obl|oll|omem|tot-mem"
    r"|events)=[^ \n]*"
)
_CLIENT_LATER = re.compile(
    r" (capa|io-thread|tot-net-in|tot-net-out|tot-cmds|read-events|parse-batch-[a-z-]+)=[^ \n]*"
)
"""Fields of a client's line that came after the version we claim."""

_INFO_LATER = re.compile(r"io_threaded_total_prefetch_|minisentinel_version:")
"""Fields of INFO that came after the version we claim, and the one that says what ours is."""

PRIMARIES = (
    "sentinel|get-primary-addr-by-name",
    "sentinel|is-primary-down-by-addr",
    "sentinel|primaries",
    "sentinel|primary",
)
"""Valkey's spellings, which ours knows as well and a Redis does not."""

_INFO_EXACT = re.compile(r"# |sentinel_|master\d|redis_mode:|tcp_port:|arch_bits:|config_file:")


def _everywhere(change: Callable[[Tree], Tree]) -> Callable[[Tree], Tree]:
    """A rule for one element, made a rule for all of them, inner ones first."""

    def rule(tree: Tree) -> Tree:
        children = tuple(rule(child) for child in tree.children)
        return change(replace(tree, children=children))

    return rule


def _values_of(names: set[str]) -> Callable[[Tree], Tree]:
    """A rule that forgets what follows a bulk string with one of these names."""

    def change(tree: Tree) -> Tree:
        children = list(tree.children)
        for index, child in enumerate(children[:-1]):
            if child.sign == "$" and child.text in names and not children[index + 1].children:
                children[index + 1] = replace(children[index + 1], text="<moving>")
        return replace(tree, children=tuple(children))

    return _everywhere(change)


def _integers(tree: Tree) -> Tree:
    return replace(tree, text="<integer>") if tree.sign == ":" else tree


def _sorted(tree: Tree) -> Tree:
    return replace(tree, children=tuple(sorted(tree.children, key=_lines)))


def _lines(tree: Tree) -> list[str]:
    return list(tree.lines())


def _sorted_if_alike(tree: Tree) -> Tree:
    signs = {child.sign for child in tree.children}
    return _sorted(tree) if len(signs) == 1 and signs <= {"+", "*", "~"} else tree


def _each_text(change: Callable[[str], str]) -> Callable[[Tree], Tree]:
    def of_element(tree: Tree) -> Tree:
        return replace(tree, text=change(tree.text)) if tree.sign in "$=" and tree.text else tree

    return _everywhere(of_element)


def _info(text: str) -> str:
    return "\r\n".join(
        line if _INFO_EXACT.match(line) else re.sub(r":.*", ":<value>", line)
        for line in text.split("\r\n")
        if not _INFO_LATER.match(line)
    )


def _client_line(text: str) -> str:
    return _CLIENT_MOVING.sub(r"\1=<value>", _CLIENT_LATER.sub("", text))


def _without_primaries(tree: Tree) -> Tree:
    def is_primary(child: Tree) -> bool:
        named = child.children[0] if child.children else child
        return named.sign == "$" and named.text in PRIMARIES

    # From the outside in: the name within such an entry is not to go before the entry itself.
    kept = [child for child in tree.children if not is_primary(child)]
    return replace(tree, children=tuple(_without_primaries(child) for child in kept))


def _cached(text: str) -> str:
    role = re.search(r"\r\nrole:(\w+)\r\n", text)
    return f"<what INFO of a {role[1]} says>" if role else text


def _syntax(tree: Tree) -> Tree:
    kept = (child for child in tree.children if not (child.text or "").startswith("    "))
    return replace(tree, children=tuple(kept))


def _names(tree: Tree) -> Tree:
    # A map in RESP2 is flat: there its keys are every other element as well.
    return replace(tree, sign="keys", children=tree.children[::2])


RULES: dict[str, Callable[[Tree], Tree]] = {
    # Ages and counts in instance maps and in the queue of scripts.
    "moving": _values_of(set(MOVING)),
    # Integers that a process counts for itself.
    "integers": _everywhere(_integers),
    # The version that a server claims.
    "version": _values_of({"version", "server"}),
    # The order of a hash table is anybody's.
    "sorted": _sorted,
    "sorted-last": lambda tree: replace(
        tree, children=(*tree.children[:-1], _sorted(tree.children[-1]))
    ),
    "sorted-deep": _everywhere(_sorted_if_alike),
    # Names of fields, and values where they are the protocol's.
    "info": _each_text(_info),
    "client-line": _each_text(_client_line),
    # The commands that only some know.
    "without-primaries": _without_primaries,
    # Ages, and texts of which only the sort is told.
    "cached": lambda tree: _everywhere(_integers)(_each_text(_cached)(tree)),
    # Lines of syntax; explanations are everybody's own words.
    "syntax": _syntax,
    "names": _names,
    "hexadecimal": _each_text(
        lambda text: re.sub(r"\A[0-9a-f]+\Z", f"<{len(text)} hexadecimal digits>", text)
    ),
}
"""Rules by name."""


def comparable(tree: Tree, rules: tuple[str, ...], names: dict[str, str]) -> Tree:
    """`tree` with `names` in place of what they stand for, and then by these rules."""
    if names:
        anything = re.compile("|".join(re.escape(word) for word in sorted(names, reverse=True)))

        def named(element: Tree) -> Tree:
            if not element.text:
                return element
            text = anything.sub(lambda match: names[match[0]], element.text)
            return replace(element, text=text)

        tree = _everywhere(named)(tree)
    for rule in rules:
        if rule in RULES:
            tree = RULES[rule](tree)
        else:
            assert rule.isdigit() or rule in ("replies", "silent"), f"no such rule: {rule}"
    return tree
