"""Reading the logs of several Sentinels as one trace."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from minisentinel.trace import (
    Data,
    Entry,
    Header,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    Trace,
    VoteReceived,
)
from sim.logs.clocks import Clock, Disagreement, find_disagreements
from sim.logs.events import (
    Address,
    Interpreter,
    masters_named,
    mentioned_sentinel,
    switch_in,
)
from sim.logs.files import Log, LogError, Strange, read_files
from sim.logs.lives import Life, Timed, cut_into_lives

__all__ = ["Imported", "Story", "UnknownSentinel", "read_logs"]

SCENARIO = "logs"
"""What the header of the trace calls the run."""


class UnknownSentinel(ValueError):
    """Something was said of a Sentinel that has no log."""


@dataclass(slots=True)
class Story:
    """What became of the log of one Sentinel.

    `lives` are its processes, `held` counts the lines that were stamped before the one above them,
    by `back_ms` milliseconds at the most.
    """

    name: str
    log: Log
    lives: list[Life]
    held: int
    back_ms: int

    @property
    def records(self) -> list[tuple[Timed, Data]]:
        """What all its lines prove, in order, each with the line."""
        return [record for life in self.lives for record in life.records]

    @property
    def runid(self) -> str:
        """Its id; empty if the log does not tell."""
        return next((life.runid for life in self.lives if life.runid), "")

    @property
    def events(self) -> int:
        """How many events it has."""
        return sum(isinstance(data, SentinelEvent) for _, data in self.records)

    @property
    def span_ms(self) -> tuple[int, int]:
        """The time of the first and of the last line, in Unix milliseconds."""
        return self.lives[0].lines[0].ms, self.lives[-1].lines[-1].ms


@dataclass(frozen=True, slots=True)
class Imported:
    """A trace made of logs, and what there is to say about that.

    `servers` are the addresses of data servers that the Sentinels spoke of, by the name of the
    master. `strange` are the lines left out, and `disagreements` tell whose clocks cannot be right.
    """

    trace: Trace
    stories: tuple[Story, ...]
    servers: Mapping[str, tuple[Address, ...]]
    strange: tuple[Strange, ...]
    disagreements: tuple[Disagreement, ...]


def read_logs(
    logs: Sequence[str],
    *,
    clocks: Mapping[str, float] | None = None,
    ids: Mapping[str, str] | None = None,
    zone: datetime.tzinfo | None = None,
) -> Imported:
    """Read log files, each given as ``FILE`` or ``NAME=FILE``, as one trace.

    `clocks` has seconds to add to the times of a Sentinel, by its name, and `ids` the id of one; a
    log tells that at a start, and by a vote for itself. `zone` is the time zone of stamps that do
    not name it; without one they are taken for UTC, which moves all alike. Time zero is the first
    line; the header's ``started_at_ms`` says when that was.

    The trace has what logs prove: events, log lines, votes given and received, starts and ends of
    Sentinels. Data servers are in it as addresses that events speak of: whether one ran, no log of
    a Sentinel tells. A Sentinel's address comes from its peers, who log where they found it.

    Raises OSError, `LogError` or `UnknownSentinel`.
    """
    offsets = clocks or {}
    found, strange = read_files(logs)
    given = ids or {}
    unknown = [name for name in (*offsets, *given) if name not in {log.name for log in found}]
    if unknown:
        known = ", ".join(log.name for log in found)
        raise UnknownSentinel(f"no log is of {unknown[0]!r}; expected one of {known}")
    stories = [_story(log, offsets.get(log.name, 0.0), zone) for log in found]
    for story in stories:
        for life in story.lives:
            # A Sentinel has its id for ever, so one that another life told will do.
            life.runid = life.runid or story.runid or given.get(story.name, "")
    whereabouts = _whereabouts(stories)
    for story in stories:
        _frame_lives(story, whereabouts)
    start_ms = min(story.span_ms[0] for story in stories)
    entries = [
        Entry((timed.ms - start_ms) * 1000, name, data) for timed, name, data in _merged(stories)
    ]
    names = {life.runid: story.name for story in stories for life in story.lives if life.runid}
    settings = {"logs": {story.name: list(story.log.paths) for story in stories}}
    return Imported(
        Trace(Header(SCENARIO, started_at_ms=start_ms, settings=settings), entries),
        tuple(stories),
        _servers(entries),
        tuple(strange),
        find_disagreements(entries, names),
    )


def _story(log: Log, offset: float, zone: datetime.tzinfo | None) -> Story:
    clock = Clock(zone, round(offset * 1000))
    timed = []
    for placed in log.lines:
        now = clock.read(placed.line.stamp)
        if now is not None:
            timed.append(Timed(now, placed))
    if not timed:
        first = log.lines[0]
        raise LogError(
            f"{first.path}, line {first.number}: expected a line with a time, found none"
        )
    lives = cut_into_lives(timed)
    names = masters_named(each.placed.line.text for each in timed)
    sole = next(iter(names)) if len(names) == 1 else ""
    for life in lives:
        interpreter = Interpreter(sole)
        for each in life.lines:
            line = each.placed.line
            life.records += [(each, data) for data in interpreter.read(line.level, line.text)]
        life.runid = life.runid or interpreter.runid
    return Story(log.name, log, lives, clock.held, clock.back_ms)


def _whereabouts(stories: Iterable[Story]) -> dict[str, list[tuple[int, Address]]]:
    """Where Sentinels were found by others, by id: times and addresses, in order of time."""
    found: dict[str, list[tuple[int, Address]]] = {}
    for story in stories:
        for timed, data in story.records:
            if isinstance(data, SentinelEvent) and (mention := mentioned_sentinel(data)):
                found.setdefault(mention[0], []).append((timed.ms, mention[1]))
    for places in found.values():
        places.sort(key=itemgetter(0))
    return found


def _frame_lives(story: Story, whereabouts: Mapping[str, list[tuple[int, Address]]]) -> None:
    """Put the beginning and the end of every life around its records."""
    for life in story.lives:
        first, last = life.lines[0], life.lines[-1]
        places = whereabouts.get(life.runid, [])
        earlier = [place for ms, place in places if ms < first.ms]
        later = [place for ms, place in places if ms >= first.ms]
        host, port = [*later, *reversed(earlier), ("", life.port)][0]
        started: Data = NodeStarted(type="sentinel", host=host, port=port, runid=life.runid)
        life.records.insert(0, (first, started))
        if life.began_here:
            life.records.insert(0, (first, ProcessChanged(change="started")))
        if life.ending:
            life.records.append((last, ProcessChanged(change=life.ending)))


def _merged(stories: Sequence[Story]) -> list[tuple[Timed, str, Data]]:
    """All records in order of time.

    In one file lines of one millisecond keep their order. Of several, those logs come last in which
    that millisecond shows something heard from another Sentinel.
    """
    one_file = len({path for story in stories for path in story.log.paths}) == 1
    keyed: list[tuple[tuple[int, int, int], Timed, str, Data]] = []
    for number, story in enumerate(stories):
        hearing = {timed.ms for timed, data in story.records if _is_hearsay(data)}
        for timed, data in story.records:
            tie = (timed.placed.number, 0) if one_file else (timed.ms in hearing, number)
            keyed.append(((timed.ms, *tie), timed, story.name, data))
    keyed.sort(key=itemgetter(0))
    return [each[1:] for each in keyed]


def _is_hearsay(data: Data) -> bool:
    return isinstance(data, VoteReceived) or (
        isinstance(data, SentinelEvent) and data.name == "+config-update-from"
    )


def _servers(entries: Iterable[Entry]) -> dict[str, tuple[Address, ...]]:
    """The addresses of servers in the events, by master, in the order in which they appear."""
    found: dict[str, dict[Address, None]] = {}
    for entry in entries:
        data = entry.data
        if isinstance(data, SentinelEvent) and data.subject in ("master", "slave") and data.port:
            known = found.setdefault(data.master, {})
            known[data.host, data.port] = None
            if data.name == "+switch-master" and (switch := switch_in(data.payload)) is not None:
                known[switch[1]] = None
    return {master: tuple(known) for master, known in found.items()}
