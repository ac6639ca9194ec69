"""Whether Sentinels that watch the same master report and keep the same, field by field.

Compared are the maps of SENTINEL MASTERS, REPLICAS and SENTINELS, fields in their order, and the
`sentinel` lines of the configuration files. Ages and momentary counts (`rules.MOVING`) are left
out, and so is what belongs to the one who reports:

- a Sentinel does not list itself, so each is compared as the others see it;
- `voted-leader` and `voted-leader-epoch` are known only to who asked for that vote, and so is the
  flag `master_down`: Redis and ours forget that opinion after a while, Valkey 9 keeps it;
- in the file, `myid` is its own, and so are `leader-epoch` (the last vote given) and the settings
  that no hello carries (`down-after-milliseconds`, `failover-timeout`, `parallel-syncs`);
- quotes around a word of a line mean nothing: Valkey writes them around run ids.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Sequence

from tests.live.ensemble import MASTER, SentinelNode
from tests.live.rules import MOVING
from tests.live.waiting import Refusal

__all__ = ["disagreement", "must_agree"]

OWN_FIELDS = {"voted-leader", "voted-leader-epoch", "down-after-milliseconds"}
OWN_LINES = {
    "myid",
    "leader-epoch",
    "down-after-milliseconds",
    "failover-timeout",
    "parallel-syncs",
}


def must_agree(sentinels: Sequence[SentinelNode]) -> bool:
    """A probe: true, or a `Refusal` that shows the first disagreement."""
    difference = disagreement(sentinels)
    if difference:
        raise Refusal(difference)
    return True


def disagreement(sentinels: Sequence[SentinelNode]) -> str:
    """What two of them report or keep differently; empty if all agree."""
    first, *others = sentinels
    for other in others:
        pair = f"{first.name} ({first.kind}) and {other.name} ({other.kind})"
        for what, one, two in (
            ("report", _report(first, other), _report(other, first)),
            ("keep", _kept(first), _kept(other)),
        ):
            if one != two:
                changes = difflib.unified_diff(one, two, lineterm="", n=3)
                return "\n".join([f"{pair} {what} differently:", *list(changes)[2:]])
    return ""


def _report(viewer: SentinelNode, other: SentinelNode) -> list[str]:
    """What `viewer` says, without what it says of `other`, who does not list itself."""
    entries = [
        *(("master", entry) for entry in viewer.masters()),
        *(("replica", entry) for entry in _by_name(viewer.replicas())),
        *(
            ("sentinel", entry)
            for entry in _by_name(viewer.sentinels())
            if entry["runid"] != other.runid
        ),
    ]
    return [
        f"{kind} {entry['name']}: {name} {value}"
        for kind, entry in entries
        for name, value in _comparable(entry)
    ]


def _by_name(entries: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(entries, key=lambda entry: entry["name"])


def _comparable(entry: dict[str, str]) -> Iterable[tuple[str, str]]:
    # The names of the other fields are compared too: they must stand in the same order.
    for name, value in entry.items():
        if name in MOVING or name in OWN_FIELDS:
            yield name, "<its own>"
        elif name == "flags":
            yield name, ",".join(flag for flag in value.split(",") if flag != "master_down")
        else:
            yield name, value


def _kept(sentinel: SentinelNode) -> list[str]:
    """The `sentinel` lines of its file that all should share, and itself as the others know it."""
    lines = [
        shlex.join(shlex.split(line))
        for line in sentinel.conf.read_text(encoding="utf-8").splitlines()
        if line.startswith("sentinel ") and line.split()[1] not in OWN_LINES
    ]
    own = f"sentinel known-sentinel {MASTER} 127.0.0.1 {sentinel.port} {sentinel.runid}"
    return sorted([*lines, own])
