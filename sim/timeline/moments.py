"""The moments of a run that a reader wants to see closely: they decide where time is shortened.

What happens again and again in the same way is a story that its beginning and its end tell. All of
it is drawn, but what is in between does not claim room on the axis.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.judge import Ballot, Fault, Health
from sim.timeline.scene import Scene

__all__ = ["crossings", "lone_faults", "moments"]

_RECENT_US = 500_000

_OFTEN = 3
"""What happens more often is a repetition."""

_TEDIOUS = 5
"""More failed attempts than this are."""


def moments(scene: Scene) -> list[int]:
    """The times at which something happened that a reader wants to see closely, in order.

    Times before the first fault are left out (a group that is being set up is a story of its own),
    unless there was no fault at all. So is what the Sentinels think of anybody but the master, and
    how replicas answer the leader: that is drawn, but needs no room of its own. Of repetitions
    (faults, corrections, attempts that fail) only the first and the last count.
    """
    repeated, series = _repetitions(scene.faults)
    times = {fault.time_us for fault in scene.faults if fault.time_us not in repeated}
    for flag in scene.flags:
        if flag.subject == "master":
            times |= {flag.start_us, flag.end_us}
    times |= {edge for tilt in scene.tilts for edge in (tilt.start_us, tilt.end_us)}
    times |= {edge for busy in scene.busy for edge in (busy.start_us, busy.end_us)}
    times |= {switch.time_us for switch in scene.switches}
    tedious = _tedious(scene)
    times |= {
        time
        for time in _election_times(scene)
        if not any(start_us < time < end_us for start_us, end_us in tedious)
    }
    times |= _correction_times(scene)
    for history in scene.histories.values():
        for role_or_link in (history.role, history.link_up):
            times |= {span.start_us for span in role_or_link}
        for number, span in enumerate(history.health):
            before = history.health[number - 1] if number else None
            is_end = before is not None and before.value in (Health.PAUSED, Health.BLOCKED)
            began_us = before.start_us if before is not None and is_end else span.start_us
            if began_us not in series:
                times.add(span.start_us)
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


def lone_faults(scene: Scene) -> list[int]:
    """The times of faults, in order, without those that are repetitions."""
    repeated, _ = _repetitions(scene.faults)
    return sorted({fault.time_us for fault in scene.faults} - repeated)


def _repetitions(faults: Iterable[Fault]) -> tuple[set[int], set[int]]:
    """The times at which only such faults were done as had been done before and came again.

    And the times of all faults of such series.
    """
    series: dict[tuple[str, str, str], list[int]] = {}
    for fault in faults:
        series.setdefault((fault.node, fault.verb, fault.detail), []).append(fault.time_us)
    long = [times for times in series.values() if len(times) > _OFTEN]
    lone = {time for times in series.values() if len(times) <= _OFTEN for time in times}
    edges = {time for times in long for time in (times[0], times[-1])}
    of_series = {time for times in long for time in times} - lone
    return of_series - edges, of_series


def _correction_times(scene: Scene) -> set[int]:
    """When servers were corrected; of one that is told in vain, the first and the last time."""
    series: dict[tuple[str, int], list[int]] = {}
    for each in scene.corrections:
        series.setdefault(each.server, []).append(each.time_us)
    return {
        time
        for times in series.values()
        for time in (times if len(times) <= _OFTEN else (times[0], times[-1]))
    }


def _election_times(scene: Scene) -> set[int]:
    """Of attempts, votes and phases."""
    times: set[int] = set()
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
    if scene.selection.part("phases"):
        for failover in scene.failovers:
            times |= {time for phase in failover.phases for time in (phase.start_us, phase.end_us)}
    for ballot in scene.ballots:
        times |= set(_steps(ballot))
    return times


def _tedious(scene: Scene) -> list[tuple[int, int]]:
    """From the end of the second of many failed attempts to the beginning of the last."""
    found = []
    for failover in scene.failovers:
        failed = [phase for phase in failover.phases if phase.name == "failed attempt"]
        if len(failed) > _TEDIOUS:
            found.append((failed[1].end_us, failed[-1].start_us))
    return found


def _steps(ballot: Ballot) -> tuple[int, ...]:
    times = (ballot.asked_us, ballot.decided_us, ballot.answered_us)
    return tuple(time for time in times if time is not None)
