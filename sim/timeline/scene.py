"""Everything that a timeline shows, computed once from the trace, and the moments that matter."""

from __future__ import annotations

from collections.abc import Mapping
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
    NodeHistory,
    Nodes,
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
    node_histories,
    replication_lag,
    trace_end_us,
)

_RECENT_US = 500_000

__all__ = ["Scene", "crossings", "moments", "read_scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """The views of one trace that the picture is made of."""

    header: Header
    end_us: int
    nodes: Nodes
    histories: Mapping[str, NodeHistory]
    faults: tuple[Fault, ...]
    flags: tuple[DownSpan, ...]
    attempts: tuple[Attempt, ...]
    failovers: tuple[Failover, ...]
    corrections: tuple[Correction, ...]
    ballots: tuple[Ballot, ...]
    clients: tuple[ClientHistory, ...]
    writes: Writes
    lag: tuple[LagSeries, ...]

    @property
    def zero_us(self) -> int:
        """Where the time axis has its zero: the first fault, else the beginning of the run."""
        return self.faults[0].time_us if self.faults else 0


def read_scene(trace: Trace) -> Scene:
    """Compute all views of `trace`."""
    return Scene(
        header=trace.header,
        end_us=trace_end_us(trace),
        nodes=find_nodes(trace),
        histories=node_histories(trace),
        faults=find_faults(trace),
        flags=down_spans(trace),
        attempts=find_attempts(trace),
        failovers=find_failovers(trace),
        corrections=find_corrections(trace),
        ballots=find_ballots(trace),
        clients=find_clients(trace),
        writes=account_for_writes(trace),
        lag=replication_lag(trace),
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
    for failover in scene.failovers:
        times |= {switch.time_us for switch in failover.switches}
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
