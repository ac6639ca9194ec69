"""Failovers: from the fault to the last switch, cut into the phases that people speak of.

The phases of a failover follow each other without a gap, except that a manual failover has no
detection and no agreement. Each is cut at exact records:

===============  ========================================  ====================================
phase            from                                      to
===============  ========================================  ====================================
detection        what took the master down (``cause_us``)  first ``+sdown`` of it after that
agreement        that ``+sdown``                           first ``+odown`` of it
waiting          ``+odown``, or an attempt's abort         next ``+try-failover``
failed attempt   a loser's ``+try-failover``               its abort (the last, if some overlap)
election         the ``+try-failover`` of the winner, or   the winner's ``+elected-leader``
                 of the first rival still trying then
promotion        its ``+elected-leader``                   its ``+promoted-slave``
reconfiguration  its ``+promoted-slave``                   its own ``+switch-master``
===============  ========================================  ====================================

"First" is over all Sentinels. Phases that take no time at all, waiting mostly, are left out. The
leader's ``+failover-end`` comes in the same tick as its ``+switch-master``; followers switch about
when the reconfiguration begins. The winner is the attempt that promoted a replica; a phase that
the winner did not get to the end of (it crashed, or the trace ended) is marked incomplete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minisentinel.trace import SentinelEvent, Trace
from sim.judge.attempts import Attempt, find_attempts
from sim.judge.faults import Fault, find_faults
from sim.judge.flags import DownSpan, down_episodes, down_spans, switch_addresses
from sim.judge.nodes import Address, Nodes, find_nodes
from sim.judge.states import NodeHistory, node_histories

__all__ = ["Failover", "Phase", "Switch", "find_failovers"]

_HEALED_US = 2_000_000
"""A network that has been whole for so long is no reason to hold anybody to be down."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a failover, as the table of this module defines it.

    `detail` says why an attempt failed, or why a phase is not `complete`.
    """

    name: str
    start_us: int
    end_us: int
    complete: bool = True
    detail: str = ""

    @property
    def duration_us(self) -> int:
        """How long it took, in microseconds."""
        return self.end_us - self.start_us


@dataclass(frozen=True, slots=True)
class Switch:
    """At `time_us` `sentinel` began to name the new master."""

    sentinel: str
    time_us: int


@dataclass(frozen=True, slots=True)
class Failover:
    """All attempts to replace the master at `old` in one episode, and what came of them.

    `cause_us` is the beginning of the outage of the old master's process during which it was first
    agreed to be down, else the last harmful fault of the network before that, if it was not healed
    more than two seconds earlier; None if the trace shows neither, or if nobody held the master to
    be down (a manual failover). `winner` promoted a replica, which is now at `new`; both are None
    if nobody did. `switches` are all Sentinels that went from `old` to `new`, in order of time.
    """

    master: str
    old: Address
    attempts: tuple[Attempt, ...]
    winner: Attempt | None
    cause_us: int | None
    first_sdown_us: int | None
    first_odown_us: int | None
    switches: tuple[Switch, ...]
    phases: tuple[Phase, ...]

    @property
    def new(self) -> Address | None:
        """The address of the new master, None if there is none."""
        return self.winner.selected if self.winner else None

    @property
    def completed(self) -> bool:
        """Whether the winner got to the end."""
        return self.winner is not None and self.winner.outcome == "completed"

    @property
    def start_us(self) -> int:
        """The beginning of its first phase, or of its first attempt."""
        return self.phases[0].start_us if self.phases else self.attempts[0].started_us

    @property
    def end_us(self) -> int:
        """The end of its last phase, or of its last attempt."""
        return self.phases[-1].end_us if self.phases else self.attempts[-1].ended_us

    @property
    def duration_us(self) -> int:
        """From the fault (or else the first thing seen of it) to the leader's switch."""
        return self.end_us - self.start_us

    def phase(self, name: str) -> Phase | None:
        """The last phase called `name`; None if there was none."""
        return next((phase for phase in reversed(self.phases) if phase.name == name), None)


def find_failovers(trace: Trace) -> tuple[Failover, ...]:
    """Every failover of the trace, in order of their first attempt.

    Attempts belong together if they want to replace the same master (name and address) and some
    Sentinel held it to be down without interruption from one to the other.
    """
    attempts = find_attempts(trace)
    if not attempts:
        return ()
    episodes = down_episodes(down_spans(trace))
    groups: dict[tuple[str, Address, int], list[Attempt]] = {}
    spans_of: dict[tuple[str, Address, int], tuple[DownSpan, ...]] = {}
    for number, attempt in enumerate(attempts):
        place = (attempt.master, attempt.old)
        index, spans = _episode(episodes.get(place, ()), attempt.started_us)
        # Without an episode an attempt stands for itself: negative numbers never meet an index.
        key = (*place, index if spans else -1 - number)
        groups.setdefault(key, []).append(attempt)
        spans_of[key] = spans
    causes = _Causes(find_nodes(trace), node_histories(trace), find_faults(trace))
    switches = _switches(trace)
    return tuple(
        _failover(group, spans_of[key], causes, switches.get(key[0], []))
        for key, group in groups.items()
    )


def _episode(
    episodes: tuple[tuple[DownSpan, ...], ...], time_us: int
) -> tuple[int, tuple[DownSpan, ...]]:
    """Number and spans of the episode that covers `time_us`; no spans if none does."""
    for index, spans in enumerate(episodes):
        if spans[0].start_us <= time_us <= max(span.end_us for span in spans):
            return index, spans
    return -1, ()


def _switches(trace: Trace) -> dict[str, list[tuple[int, str, Address, Address]]]:
    """Per master name, every switch as (time, sentinel, old, new)."""
    switches: dict[str, list[tuple[int, str, Address, Address]]] = {}
    for entry, data in trace.of(SentinelEvent):
        if data.name == "+switch-master":
            addresses = switch_addresses(data)
            if addresses is not None:
                switches.setdefault(data.master, []).append((entry.time_us, entry.node, *addresses))
    return switches


@dataclass(frozen=True, slots=True)
class _Causes:
    nodes: Nodes
    histories: Mapping[str, NodeHistory]
    faults: tuple[Fault, ...]

    def of(self, old: Address, by_us: int) -> int | None:
        """What brought the master at `old` down, given that it was held to be down at `by_us`."""
        node = self.nodes.at(old)
        history = self.histories.get(node.name) if node else None
        outages = [each for each in history.outages if each[0] <= by_us] if history else []
        if outages and by_us < outages[-1][1]:
            return outages[-1][0]
        times = [start for start, _ in outages[-1:]]
        # A fault of another node explains nothing; one that is recorded on the network may, unless
        # the network had been whole again for a while.
        culprits = ("network", node.name if node else "")
        healed_us = max((each for each in self._heals() if each <= by_us - _HEALED_US), default=-1)
        times += [
            fault.time_us
            for fault in self.faults
            if fault.node in culprits and fault.time_us <= by_us and not fault.is_remedy
            if fault.node != "network" or fault.time_us > healed_us
        ]
        return max(times, default=None)

    def _heals(self) -> list[int]:
        return [each.time_us for each in self.faults if each.verb == "heal"]


def _failover(
    attempts: list[Attempt],
    spans: tuple[DownSpan, ...],
    causes: _Causes,
    switches: list[tuple[int, str, Address, Address]],
) -> Failover:
    first = attempts[0]
    promoted = [attempt for attempt in attempts if attempt.promoted_us is not None]
    # Who dies after the promotion leaves it to another one to promote again, and to finish.
    winner = next((each for each in promoted if each.outcome == "completed"), None)
    winner = winner or next(iter(promoted), None)
    odowns = [span.start_us for span in spans if span.flag == "odown"]
    odown_us = min(odowns, default=None)
    cause_us = causes.of(first.old, first.started_us if odown_us is None else odown_us)
    sdowns = [span.start_us for span in spans if span.flag == "sdown"]
    # A Sentinel with troubles of its own may have thought so long before the fault.
    sdown_us = min((t for t in sdowns if cause_us is None or t >= cause_us), default=None)
    if sdown_us is None:
        sdown_us, cause_us = min(sdowns, default=None), None
    seen = tuple(
        Switch(sentinel, time_us)
        for time_us, sentinel, old, new in switches
        if winner is not None and (old, new) == (first.old, winner.selected)
        if time_us >= (winner.promoted_us or 0)
    )
    return Failover(
        master=first.master,
        old=first.old,
        attempts=tuple(attempts),
        winner=winner,
        cause_us=cause_us,
        first_sdown_us=sdown_us,
        first_odown_us=odown_us,
        switches=_once_each(seen),
        phases=_phases(attempts, winner, cause_us, sdown_us, odown_us),
    )


def _once_each(switches: tuple[Switch, ...]) -> tuple[Switch, ...]:
    """The first switch of every Sentinel: a later one belongs to a later failover."""
    first: dict[str, Switch] = {}
    for switch in switches:
        first.setdefault(switch.sentinel, switch)
    return tuple(first.values())


def _phases(
    attempts: list[Attempt],
    winner: Attempt | None,
    cause_us: int | None,
    sdown_us: int | None,
    odown_us: int | None,
) -> tuple[Phase, ...]:
    phases: list[Phase] = []
    if cause_us is not None and sdown_us is not None:
        phases.append(Phase("detection", cause_us, sdown_us))
    if sdown_us is not None and odown_us is not None:
        phases.append(Phase("agreement", sdown_us, odown_us))
    reached = odown_us
    final_us = _final_election_us(attempts, winner)
    for attempt in attempts:
        if final_us is not None and attempt.started_us >= final_us:
            break
        last = phases[-1] if phases else None
        if last is not None and last.name == "failed attempt" and attempt.started_us < last.end_us:
            end = max(last.end_us, attempt.ended_us)
            phases[-1] = Phase(last.name, last.start_us, end, last.complete, last.detail)
            reached = end
            continue
        if reached is not None and reached < attempt.started_us:
            phases.append(Phase("waiting", reached, attempt.started_us))
        finished = attempt.outcome != "unfinished"
        phases.append(
            Phase("failed attempt", attempt.started_us, attempt.ended_us, finished, attempt.outcome)
        )
        reached = attempt.ended_us
    if winner is not None and final_us is not None:
        phases = [_cut(phase, final_us) for phase in phases]
        if reached is not None and reached < final_us:
            phases.append(Phase("waiting", reached, final_us))
        phases += _winning_phases(winner, final_us)
    return tuple(phase for phase in phases if phase.duration_us > 0)


def _final_election_us(attempts: list[Attempt], winner: Attempt | None) -> int | None:
    """When the election that `winner` won began: with it, or with a rival that still tried then."""
    if winner is None:
        return None
    return min(
        attempt.started_us
        for attempt in attempts
        if attempt.started_us <= winner.started_us and attempt.ended_us > winner.started_us
    )


def _cut(phase: Phase, end_us: int) -> Phase:
    """`phase`, ended by `end_us` at the latest: a rival may start while a loser still hopes."""
    end = min(phase.end_us, end_us)
    return Phase(phase.name, min(phase.start_us, end), end, phase.complete, phase.detail)


def _winning_phases(winner: Attempt, start: int) -> list[Phase]:
    phases: list[Phase] = []
    completed = winner.outcome == "completed"
    for name, end in (
        ("election", winner.elected_us),
        ("promotion", winner.promoted_us),
        ("reconfiguration", winner.ended_us if completed else None),
    ):
        if end is None:
            phases.append(Phase(name, start, winner.ended_us, False, winner.outcome))
            break
        phases.append(Phase(name, start, end))
        start = end
    return phases
