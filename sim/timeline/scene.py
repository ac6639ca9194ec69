"""Everything that a timeline shows, computed once from the trace, and the moments that matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minisentinel.trace import Header, Trace
from sim.judge import (
    Attempt,
    Ballot,
    ClientHistory,
    Correction,
    DownSpan,
    Failover,
    Fault,
    LagSeries,
    Node,
    NodeHistory,
    Nodes,
    TiltSpan,
    Writes,
    account_for_writes,
    down_spans,
    find_attempts,
    find_ballots,
    find_clients,
    find_corrections,
    find_failovers,
    find_faults,
    find_nodes,
    find_tilts,
    node_histories,
    replication_lag,
    trace_end_us,
)
from sim.timeline.selection import Selection

_RECENT_US = 500_000

__all__ = ["Scene", "crossings", "moments", "read_scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """The views of one trace that the picture is made of, without what is not shown.

    `nodes` are all, shown or not, because others speak of them; `lanes` are those that are shown.
    `zero_us` is where the time axis has its zero: the first fault, else the beginning of the run.
    """

    header: Header
    selection: Selection
    zero_us: int
    end_us: int
    nodes: Nodes
    lanes: tuple[Node, ...]
    histories: Mapping[str, NodeHistory]
    faults: tuple[Fault, ...]
    flags: tuple[DownSpan, ...]
    tilts: tuple[TiltSpan, ...]
    attempts: tuple[Attempt, ...]
    failovers: tuple[Failover, ...]
    corrections: tuple[Correction, ...]
    ballots: tuple[Ballot, ...]
    clients: tuple[ClientHistory, ...]
    writes: Writes
    lag: tuple[LagSeries, ...]


def read_scene(trace: Trace, only: Iterable[str] = (), hide: Iterable[str] = ()) -> Scene:
    """Compute all views of `trace`, and leave out what is not to be shown (see `Selection`).

    Raises ValueError for a word that names nothing in it.
    """
    nodes = find_nodes(trace)
    selection = Selection.of(only, hide, nodes.all)
    lanes = tuple(node for node in nodes.all if selection.lane(node))
    shown = {node.name for node in lanes}
    faults = find_faults(trace)
    attempts = find_attempts(trace)
    ballots = find_ballots(trace) if selection.part("votes") else ()
    corrections = find_corrections(trace) if selection.part("commands") else ()
    return Scene(
        header=trace.header,
        selection=selection,
        zero_us=faults[0].time_us if faults else 0,
        end_us=trace_end_us(trace),
        nodes=nodes,
        lanes=lanes,
        histories={name: each for name, each in node_histories(trace).items() if name in shown},
        faults=faults if selection.part("faults") else (),
        flags=tuple(each for each in down_spans(trace) if each.sentinel in shown),
        tilts=tuple(each for each in find_tilts(trace) if each.sentinel in shown),
        attempts=tuple(each for each in attempts if each.sentinel in shown),
        failovers=find_failovers(trace),
        corrections=tuple(each for each in corrections if each.sentinel in shown),
        ballots=tuple(each for each in ballots if {each.candidate, each.voter} <= shown),
        clients=tuple(each for each in find_clients(trace) if each.name in shown),
        writes=account_for_writes(trace),
        lag=tuple(each for each in replication_lag(trace) if each.replica in shown)
        if selection.part("lag")
        else (),
    )


def moments(scene: Scene) -> list[int]:
    """The times at which something happened that a reader wants to see closely, in order.

    Times before the first fault are left out (a group that is being set up is a story of its own),
    unless there was no fault at all. So is what the Sentinels think of anybody but the master, and
    how replicas answer the leader: that is drawn, but needs no room of its own.
    """
    times = {fault.time_us for fault in scene.faults}
    for flag in scene.flags:
        if flag.subject == "master":
            times |= {flag.start_us, flag.end_us}
    times |= {edge for tilt in scene.tilts for edge in (tilt.start_us, tilt.end_us)}
    for attempt in scene.attempts:
        steps = (
            attempt.started_us,
            attempt.elected_us,
            attempt.commanded_us,
            attempt.promoted_us,
            attempt.ended_us,
        )
        times |= {step for step in steps if step is not None}
        times |= {each.sent_us for each in attempt.reconfigurations}
    shown = {node.name for node in scene.lanes}
    for failover in scene.failovers:
        times |= {each.time_us for each in failover.switches if each.sentinel in shown}
        if scene.selection.part("phases"):
            times |= {time for phase in failover.phases for time in (phase.start_us, phase.end_us)}
    times |= {correction.time_us for correction in scene.corrections}
    for ballot in scene.ballots:
        times |= set(_steps(ballot))
    for history in scene.histories.values():
        for spans in (history.health, history.role, history.link_up):
            times |= {span.start_us for span in spans}
    for client in scene.clients:
        for window in client.failure_windows:
            times |= {window.start_us, window.end_us}
    first = scene.zero_us
    # The last success before the fault shows from when on a client had to do without.
    last_successes = [
        gap.start_us for client in scene.clients for gap in client.gaps if gap.start_us < first
    ]
    first = min([first, *(time for time in last_successes if time >= first - _RECENT_US)])
    kept = {time for time in times if first <= time < scene.end_us}
    return sorted(kept | {first}) if kept else [0, scene.end_us]


def crossings(scene: Scene) -> set[int]:
    """The times at which an arrow or a line crosses lanes, where text would be in its way."""
    times = {fault.time_us for fault in scene.faults}
    times |= {correction.time_us for correction in scene.corrections}
    for attempt in scene.attempts:
        times |= {each.sent_us for each in attempt.reconfigurations}
        times |= {time for time in (attempt.elected_us, attempt.commanded_us) if time is not None}
    for ballot in scene.ballots:
        times |= set(_steps(ballot))
    return times


def _steps(ballot: Ballot) -> tuple[int, ...]:
    times = (ballot.asked_us, ballot.decided_us, ballot.answered_us)
    return tuple(time for time in times if time is not None)
