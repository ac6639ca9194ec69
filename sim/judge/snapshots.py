"""The cluster at one moment: who lives, in which role, and what every Sentinel believes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from minisentinel.trace import (
    ConfigurationBelieved,
    ConfigurationSaved,
    Entry,
    FailoverStateChanged,
    SentinelEvent,
    Trace,
    VoteGranted,
)
from sim.judge.flags import DownSpan, down_spans
from sim.judge.nodes import Address, Node, find_nodes, trace_end_us
from sim.judge.spans import Span, Track, span_at
from sim.judge.states import Health, NodeHistory, node_histories
from sim.judge.tilt import TiltSpan, find_tilts
from sim.trace import ProcessChanged

__all__ = ["Belief", "Moments", "SentinelView", "ServerView", "Snapshot", "snapshot_at"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServerView:
    """A Redis server at one moment.

    `role` is ``master`` or ``replica`` of `follows`, with a link to it that is up or not; None
    where nothing is known, and `link_up` of a master.
    """

    name: str
    health: Health | None
    role: str | None = None
    follows: str | None = None
    link_up: bool | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """What a Sentinel holds of one `master`.

    `server` is who it takes for the master, by the configuration of `config_epoch`. It holds the
    nodes in `down` to be subjectively down, and the server `agreed_down` (none if empty) to be
    objectively down: while it makes the other replicas follow, a leader names the new master
    already, and that is still the old one.
    The last vote that it gave, in epoch `vote_epoch` (0: none yet), went to `vote`, which is empty
    if the trace does not tell. `failover` is the state of its failover machine.
    """

    master: str
    server: str
    config_epoch: int
    down: tuple[str, ...] = ()
    agreed_down: str = ""
    vote: str = ""
    vote_epoch: int = 0
    failover: str = "none"


@dataclass(frozen=True, slots=True)
class SentinelView:
    """A Sentinel at one moment; of a dead one the beliefs are those of its file."""

    name: str
    health: Health | None
    current_epoch: int = 0
    tilt: bool = False
    beliefs: tuple[Belief, ...] = ()

    def believes(self, master: str) -> Belief | None:
        """What it holds of `master`; None if it does not watch it."""
        return next((each for each in self.beliefs if each.master == master), None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All servers and Sentinels at `time_us`, in the order in which they started.

    Nodes that come later are there already, with a `health` of None, so that two snapshots of one
    run show the same nodes. Two snapshots are equal if nothing has changed but the time.
    """

    time_us: int = field(compare=False)
    servers: tuple[ServerView, ...]
    sentinels: tuple[SentinelView, ...]

    @property
    def masters(self) -> tuple[str, ...]:
        """The names of all masters that a Sentinel watches, sorted."""
        return tuple(sorted({each.master for one in self.sentinels for each in one.beliefs}))

    def server(self, name: str) -> ServerView:
        """The server called `name`; raises KeyError."""
        return {each.name: each for each in self.servers}[name]

    def sentinel(self, name: str) -> SentinelView:
        """The Sentinel called `name`; raises KeyError."""
        return {each.name: each for each in self.sentinels}[name]


def snapshot_at(trace: Trace, at: float) -> Snapshot:
    """The cluster at `at` seconds of the run; see `Moments.at`."""
    return Moments(trace).at(at)


@dataclass(frozen=True, slots=True)
class _Configuration:
    address: Address
    epoch: int


@dataclass(frozen=True, slots=True)
class _Vote:
    candidate: str
    epoch: int


@dataclass(slots=True)
class _Watch:
    """What one Sentinel holds of one master, over time."""

    configuration: Track[_Configuration] = field(default_factory=Track)
    vote: Track[_Vote] = field(default_factory=Track)
    failover: Track[str] = field(default_factory=Track)


@dataclass(slots=True)
class _Mind:
    """A Sentinel over time."""

    epoch: Track[int] = field(default_factory=Track)
    watches: dict[str, _Watch] = field(default_factory=dict)

    def watch(self, master: str) -> _Watch:
        return self.watches.setdefault(master, _Watch())


class Moments:
    """Every moment of a run: reads the trace once, and answers for any time of it.

    Beliefs come from the records that Sentinels write beside their events; a log of a foreign
    Sentinel has none, and gives Sentinels without beliefs.
    """

    def __init__(self, trace: Trace) -> None:
        self._nodes = find_nodes(trace)
        self._end_us = trace_end_us(trace)
        self._histories = node_histories(trace)
        self._down: tuple[DownSpan, ...] = down_spans(trace)
        self._tilts: tuple[TiltSpan, ...] = find_tilts(trace)
        self._minds = {node.name: _Mind() for node in self._nodes.of_type("sentinel")}
        for entry in trace.entries:
            mind = self._minds.get(entry.node)
            if mind is not None:
                _follow(mind, entry)
        for mind in self._minds.values():
            for track in _tracks(mind):
                track.finish(self._end_us + 1)

    def at(self, at: float) -> Snapshot:
        """The cluster at `at` seconds, everything included that happened at that very time.

        Raises ValueError for a time that is not in the trace.
        """
        time_us = round(at * 1_000_000)
        if not 0 <= time_us <= self._end_us:
            raise ValueError(f"expected a time from 0 s to {self._end_us / 1e6:g} s, found {at:g}")
        return self._at_us(time_us)

    def changes(self, since: float = 0.0, until: float | None = None) -> tuple[Snapshot, ...]:
        """The snapshot at `since`, and one for every moment until `until` at which it changes.

        The end of the trace, if `until` is None. Raises ValueError as `at` does.
        """
        last = self._end_us / 1e6 if until is None else until
        first, end = self.at(since), self.at(last)
        found = [first]
        for time_us in sorted(self._turning_points()):
            if first.time_us < time_us <= end.time_us:
                snapshot = self._at_us(time_us)
                if snapshot != found[-1]:
                    found.append(snapshot)
        return tuple(found)

    def _turning_points(self) -> set[int]:
        spans: list[Span[Any]] = []
        for history in self._histories.values():
            spans.extend((*history.health, *history.role, *history.link_up))
        for mind in self._minds.values():
            for track in _tracks(mind):
                spans.extend(track.spans)
        points = {edge for span in spans for edge in (span.start_us, span.end_us)}
        points |= {edge for each in self._down for edge in (each.start_us, each.end_us)}
        points |= {edge for each in self._tilts for edge in (each.start_us, each.end_us)}
        return points

    def _at_us(self, time_us: int) -> Snapshot:
        return Snapshot(
            time_us,
            tuple(self._server(node, time_us) for node in self._nodes.of_type("redis")),
            tuple(self._sentinel(node, time_us) for node in self._nodes.of_type("sentinel")),
        )

    def _server(self, node: Node, time_us: int) -> ServerView:
        history: NodeHistory = self._histories[node.name]
        role = history.role_at(time_us)
        follows = self._nodes.name_at(role.master) if role and role.master else None
        return ServerView(
            node.name,
            history.health_at(time_us),
            role.name if role else None,
            follows,
            history.link_at(time_us),
        )

    def _sentinel(self, node: Node, time_us: int) -> SentinelView:
        mind = self._minds[node.name]
        return SentinelView(
            node.name,
            self._histories[node.name].health_at(time_us),
            _value_at(mind.epoch, time_us) or 0,
            any(self._holds(each, node.name, time_us) for each in self._tilts),
            tuple(
                belief
                for master, watch in sorted(mind.watches.items())
                if (belief := self._belief(node.name, master, watch, time_us)) is not None
            ),
        )

    def _belief(self, sentinel: str, master: str, watch: _Watch, time_us: int) -> Belief | None:
        configuration = _value_at(watch.configuration, time_us)
        if configuration is None:
            return None
        held = [
            each
            for each in self._down
            if each.master == master and self._holds(each, sentinel, time_us)
        ]
        vote = _value_at(watch.vote, time_us) or _Vote("", 0)
        return Belief(
            master,
            self._nodes.name_at(configuration.address),
            configuration.epoch,
            tuple(self._nodes.name_at(each.address) for each in held if each.flag == "sdown"),
            next((self._nodes.name_at(e.address) for e in held if e.flag == "odown"), ""),
            self._nodes.name_of_id(vote.candidate),
            vote.epoch,
            _value_at(watch.failover, time_us) or "none",
        )

    def _holds(self, span: DownSpan | TiltSpan, sentinel: str, time_us: int) -> bool:
        # What lasts until the trace ends holds at its very end too.
        lasts = time_us < span.end_us or span.end_us == self._end_us == time_us
        if isinstance(span, DownSpan) and span.ended_by != "open":
            lasts = time_us < span.end_us
        return span.sentinel == sentinel and span.start_us <= time_us and lasts


def _tracks(mind: _Mind) -> Iterator[Track[Any]]:
    yield mind.epoch
    for watch in mind.watches.values():
        yield from (watch.configuration, watch.vote, watch.failover)


def _value_at(track: Track[T], time_us: int) -> T | None:
    span = span_at(track.spans, time_us)
    return None if span is None else span.value


def _follow(mind: _Mind, entry: Entry) -> None:
    """Take note of one entry of this Sentinel."""
    data, now = entry.data, entry.time_us
    match data:
        case ConfigurationBelieved():
            known = _Configuration((data.host, data.port), data.config_epoch)
            mind.watch(data.master).configuration.change(now, known)
        case VoteGranted():
            mind.watch(data.master).vote.change(now, _Vote(data.candidate, data.epoch))
        case FailoverStateChanged():
            mind.watch(data.master).failover.change(now, data.after)
        case ConfigurationSaved():
            mind.epoch.change(now, data.current_epoch)
            for master, _, vote_epoch in data.epochs:
                vote = mind.watch(master).vote
                if vote_epoch and (vote.value is None or vote.value.epoch != vote_epoch):
                    vote.change(now, _Vote("", vote_epoch))
        case SentinelEvent(name="+new-epoch") if data.payload.isdecimal():
            mind.epoch.change(now, int(data.payload))
        case SentinelEvent(name="-monitor"):
            watch = mind.watch(data.master)
            watch.configuration.change(now, None)
            watch.vote.change(now, None)
            watch.failover.change(now, None)
        case ProcessChanged() if data.is_end:
            for watch in mind.watches.values():
                watch.failover.change(now, None)
        case _:
            pass
