"""Traces with less in them: recordings of real Sentinels, and our own with records taken away."""

from __future__ import annotations

from minisentinel.trace import Entry, Header, SentinelEvent, Trace
from tools.compare_reference.recordings import Run

__all__ = ["from_recording", "thinned"]

SUBJECTS = ("master", "slave", "sentinel")


def from_recording(run: Run) -> Trace:
    """The events of a recorded run of real Sentinels, as a trace that has nothing else."""
    start_ms = min(moment.time_ms for moment in run.moments)
    entries = []
    for moment in run.moments:
        if moment.event[:1] not in ("+", "-"):
            continue
        words = moment.payload.split()
        subject = words[0] if words and words[0] in SUBJECTS else ""
        at = words.index("@") + 1 if "@" in words else 1
        name = words[0] if moment.event == "+switch-master" else words[at] if subject else ""
        host, port = (words[2], _port(words[3])) if subject and len(words) > 3 else ("", 0)
        payload = moment.payload
        if moment.event == "+switch-master":
            payload = " ".join([*words[:2], str(_port(words[2])), words[3], str(_port(words[4]))])
        event = SentinelEvent(
            level="warning",
            name=moment.event,
            payload=payload,
            master=name,
            subject=subject,
            host=host,
            port=port,
        )
        entries.append(Entry((moment.time_ms - start_ms) * 1000, moment.who, event))
    return Trace(Header(), entries)


def _port(text: str) -> int:
    """Recordings call the ports by the names of their servers."""
    return int(text) if text.isdigit() else 1 + sum(map(ord, text))


def thinned(trace: Trace, *kinds: str) -> Trace:
    """The trace without the records of these kinds."""
    return Trace(trace.header, [each for each in trace.entries if each.kind not in kinds])
