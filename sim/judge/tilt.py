"""When a Sentinel was in TILT: it did not trust its clock, watched, and did not act."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Data, SentinelEvent, Trace
from sim.judge.nodes import trace_end_us
from sim.trace import ProcessChanged

__all__ = ["TiltSpan", "find_tilts"]


@dataclass(frozen=True, slots=True)
class TiltSpan:
    """`sentinel` was in TILT from `start_us` to `end_us`; entering it again prolongs it."""

    sentinel: str
    start_us: int
    end_us: int


def find_tilts(trace: Trace) -> tuple[TiltSpan, ...]:
    """Every TILT of the trace, in order of their beginning (spec: monitoring §8).

    It ends by ``-tilt``, by the death of the process, or with the trace.
    """
    since: dict[str, int] = {}
    spans: list[TiltSpan] = []
    for entry, data in trace.of(SentinelEvent, ProcessChanged):
        if isinstance(data, SentinelEvent) and data.name == "+tilt":
            since.setdefault(entry.node, entry.time_us)
        elif entry.node in since and _ends(data):
            spans.append(TiltSpan(entry.node, since.pop(entry.node), entry.time_us))
    end_us = trace_end_us(trace)
    spans += [TiltSpan(sentinel, start_us, end_us) for sentinel, start_us in since.items()]
    return tuple(sorted(spans, key=lambda span: span.start_us))


def _ends(data: Data) -> bool:
    if isinstance(data, SentinelEvent):
        return data.name == "-tilt"
    return isinstance(data, ProcessChanged) and data.is_end
