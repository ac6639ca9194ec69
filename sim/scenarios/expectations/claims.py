"""What is seen in a run, eventually or never: events of Sentinels, and states of the world."""

from __future__ import annotations

from minisentinel.trace import Entry, SentinelEvent, Trace
from sim.invariants import Verdict
from sim.invariants.verdicts import holds, is_broken, is_unknown
from sim.judge import Nodes, find_nodes, trace_end_us
from sim.scenarios.comparisons import Comparison
from sim.scenarios.expectations.cast import Cast
from sim.scenarios.expectations.states import STATES
from sim.scenarios.scenario import Claim
from sim.trace import CommandAnswered

__all__ = ["judge_claim"]


def judge_claim(trace: Trace, claim: Claim, cast: Cast) -> Verdict:
    """The verdict on one claim; unknown if what it counts from never happened."""
    start = _start_us(trace, claim, cast)
    if start is None:
        return is_unknown(f"{claim.since} never happened")
    end = trace_end_us(trace)
    if claim.within is not None:
        end = min(end, start + round(claim.within * 1e6))
    if claim.state:
        return _judge_state(trace, claim, start, end)
    return _judge_event(trace, claim, cast, start, end)


def _start_us(trace: Trace, claim: Claim, cast: Cast) -> int | None:
    if claim.since == "":
        return cast.first_fault_us
    if isinstance(claim.since, float):
        return round(claim.since * 1e6)
    if claim.since in cast.moments:
        return cast.moments[claim.since]
    return next(
        (
            entry.time_us
            for entry in trace.entries
            if isinstance(entry.data, SentinelEvent)
            and entry.data.name == claim.since
            and entry.time_us >= cast.first_fault_us
        ),
        None,
    )


def _judge_state(trace: Trace, claim: Claim, start: int, end: int) -> Verdict:
    # It has to begin in time; how long it holds from then on is another matter.
    held = [
        (max(since, start), until)
        for since, until in STATES[claim.state].intervals(trace)
        if until > start and since <= end
    ]
    needed = round(claim.lasting * 1e6)
    found = [(since, until) for since, until in held if until - since >= needed]
    if found:
        since, until = found[0]
        told = f"{claim.state} from {since / 1e6:.3f} s for {(until - since) / 1e6:.3f} s"
    else:
        longest = max((until - since for since, until in held), default=0)
        told = f"{claim.state} for {longest / 1e6:.3f} s at the longest"
        told = told if longest else f"{claim.state} was not seen"
    return holds(told) if bool(found) == claim.eventually else is_broken(told)


def _judge_event(trace: Trace, claim: Claim, cast: Cast, start: int, end: int) -> Verdict:
    nodes = find_nodes(trace)
    speakers = {node for name in claim.by for node in cast.members(name)}
    subjects = set(cast.members(claim.about)) if claim.about else set()
    seen = [
        entry
        for entry in trace.entries
        if start <= entry.time_us <= end
        and (not speakers or entry.node in speakers)
        and _matches(entry, claim, subjects, nodes)
    ]
    wanted = claim.count or Comparison.parse(">= 1")
    told = _told(seen, claim)
    if not claim.eventually:
        return is_broken(told, *seen[:1]) if seen else holds(told)
    return holds(told) if wanted.allows(len(seen)) else is_broken(told)


def _matches(entry: Entry, claim: Claim, subjects: set[str], nodes: Nodes) -> bool:
    data = entry.data
    if claim.answer:
        return isinstance(data, CommandAnswered) and claim.answer in data.reply
    return (
        isinstance(data, SentinelEvent)
        and data.name == claim.event
        and (not claim.text or claim.text in data.payload)
        and (not subjects or nodes.name_at((data.host, data.port)) in subjects)
    )


def _told(seen: list[Entry], claim: Claim) -> str:
    what = claim.event or f"the answer {claim.answer!r}"
    if not seen:
        return f"{what} was not {'given' if claim.answer else 'said'}"
    first = f"{what} by {seen[0].node} at {seen[0].time_us / 1e6:.3f} s"
    return first if len(seen) == 1 else f"{len(seen)} times, first {first}"
