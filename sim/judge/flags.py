"""Who thought whom to be down, and when: SDOWN and ODOWN as spans per Sentinel and target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minisentinel.trace import Entry, SentinelEvent, Trace
from sim.judge.nodes import Address, trace_end_us
from sim.trace import ProcessChanged

__all__ = ["DownSpan", "down_episodes", "down_spans", "switch_addresses"]


@dataclass(frozen=True, slots=True)
class DownSpan:
    """`sentinel` held a target to be down from `start_us` until `end_us`.

    `flag` is ``sdown`` or ``odown``; the target is told by `subject` (master, slave or sentinel),
    `address` and the `master` it belongs to. `ended_by` is ``cleared`` (the Sentinel said so),
    ``switched`` (the object was replaced by a switch of its master, which drops flags without a
    word), ``reset`` (the same by SENTINEL RESET or REMOVE), ``died`` (the Sentinel was killed) or
    ``open`` (the trace ended first). `entry` is the event that began it.
    """

    sentinel: str
    flag: str
    master: str
    subject: str
    address: Address
    start_us: int
    end_us: int
    ended_by: str
    entry: Entry


_Key = tuple[str, str, str, str, Address]


def down_spans(trace: Trace) -> tuple[DownSpan, ...]:
    """Every SDOWN and ODOWN span of every Sentinel, in order of their beginning.

    A ``+switch-master`` ends the spans of the old master's object and of all its replicas, but not
    those of Sentinels (spec: failover §6.2, events §6.2).
    """
    open_spans: dict[_Key, Entry] = {}
    spans: list[DownSpan] = []

    def close(time_us: int, ended_by: str, concerns: Callable[[_Key], bool]) -> None:
        for key in [key for key in open_spans if concerns(key)]:
            entry = open_spans.pop(key)
            spans.append(DownSpan(*key, entry.time_us, time_us, ended_by, entry))

    for entry, data in trace.of(ProcessChanged, SentinelEvent):
        if isinstance(data, ProcessChanged):
            if data.is_end:
                close(entry.time_us, "died", _of_sentinel(entry.node))
            continue
        if not isinstance(data, SentinelEvent):
            continue
        sign, name = data.name[:1], data.name[1:]
        if name in ("sdown", "odown"):
            key = (entry.node, name, data.master, data.subject, (data.host, data.port))
            if sign == "+":
                open_spans.setdefault(key, entry)
            elif key in open_spans:
                close(entry.time_us, "cleared", key.__eq__)
        elif data.name == "+switch-master":
            _close_master(close, entry, data.master, "switched", ("master", "slave"))
        elif data.name in ("+reset-master", "-monitor"):
            _close_master(close, entry, data.master, "reset", ("master", "slave", "sentinel"))
    close(trace_end_us(trace), "open", lambda key: True)
    return tuple(sorted(spans, key=lambda span: span.start_us))


def _of_sentinel(node: str) -> Callable[[_Key], bool]:
    return lambda key: key[0] == node


def _close_master(
    close: Callable[[int, str, Callable[[_Key], bool]], None],
    entry: Entry,
    master: str,
    ended_by: str,
    subjects: tuple[str, ...],
) -> None:
    def concerns(key: _Key) -> bool:
        return key[0] == entry.node and key[2] == master and key[3] in subjects

    close(entry.time_us, ended_by, concerns)


def down_episodes(
    spans: tuple[DownSpan, ...],
) -> dict[tuple[str, Address], tuple[tuple[DownSpan, ...], ...]]:
    """The spans of each (master name, address), grouped into episodes.

    An episode is a time in which at least one Sentinel held the master to be down without a gap.
    """
    episodes: dict[tuple[str, Address], list[list[DownSpan]]] = {}
    ends: dict[tuple[str, Address], int] = {}
    for span in spans:
        if span.subject != "master":
            continue
        key = (span.master, span.address)
        groups = episodes.setdefault(key, [])
        if groups and span.start_us <= ends[key]:
            groups[-1].append(span)
            ends[key] = max(ends[key], span.end_us)
        else:
            groups.append([span])
            ends[key] = span.end_us
    return {key: tuple(map(tuple, groups)) for key, groups in episodes.items()}


def switch_addresses(event: SentinelEvent) -> tuple[Address, Address] | None:
    """The old and the new address of a ``+switch-master``; None if its payload has no such form."""
    words = event.payload.split(" ")
    if len(words) != 5 or not (words[2].isdigit() and words[4].isdigit()):
        return None
    return (words[1], int(words[2])), (words[3], int(words[4]))
