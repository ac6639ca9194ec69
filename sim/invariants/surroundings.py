"""Who can act, and whether everybody can hear everybody: what a bound in time depends on.

A claim that something happens in time is only fair while nobody stands still and the network is as
it should be. What is known of that is told here from the records of faults and processes; where it
cannot be known, the answer is that it is not known, and nothing is claimed.
"""

from __future__ import annotations

from minisentinel.trace import Entry, NodeStarted, ProcessChanged, SentinelEvent
from sim.invariants.fault_texts import is_plain_command, target_of
from sim.trace import FaultInjected

__all__ = ["SURROUNDINGS", "Surroundings"]

SURROUNDINGS = (NodeStarted, ProcessChanged, SentinelEvent, FaultInjected)
"""What `Surroundings.note` wants to see."""

RECOVERY_US = 20_000_000
"""So long after a network is whole again, and down-after on top, no link of a Sentinel is stuck any
more: one that hears nothing is given up when it is 15 s old (monitoring §6.1)."""

_HARMLESS = frozenset(
    {"kill", "stop", "restart", "rolling_restart", "supervise", "pause", "resume", "block", "add"}
)
"""Faults of which the records of processes tell all; and `add`, which harms nobody."""

_TIMELESS = frozenset({"stall", "end_stalls", "silence_names", "answer_names"})
"""Faults that make some stand still, and nobody writes down whom, or when."""

_SLOW_ONES = frozenset({"step_clock", "drift_clock", "slow_disk"})
"""Faults after which a node has times of its own."""


class Surroundings:
    """Follows a trace: who can act since when, and since when the network is whole."""

    __slots__ = ("_awake", "_odd", "_open", "_slow", "_tilted", "_timeless", "_whole_us", "types")

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        """What each node is that has started."""
        self._awake: dict[str, int] = {}
        self._tilted: set[str] = set()
        self._slow: set[str] = set()
        self._open: dict[tuple[str, str], int] = {}
        self._whole_us: int | None = None
        self._timeless = self._odd = False

    def note(self, entry: Entry) -> None:
        """Take the next entry into account."""
        data, node = entry.data, entry.node
        match data:
            case NodeStarted():
                self.types[node] = data.type
                self._awake[node] = entry.time_us
                self._tilted.discard(node)
            case ProcessChanged(change="resumed" | "unblocked"):
                self._awake[node] = entry.time_us
            case ProcessChanged(change=change) if change != "started":
                self._awake.pop(node, None)
            case SentinelEvent(name="+tilt"):
                self._tilted.add(node)
            case SentinelEvent(name="-tilt"):
                self._tilted.discard(node)
                if node in self._awake:
                    self._awake[node] = entry.time_us
            case FaultInjected():
                self._fault(entry, data)
            case _:
                pass

    def _fault(self, entry: Entry, data: FaultInjected) -> None:
        verb, node = data.verb, entry.node
        match verb:
            case "partition":
                self._open[verb, ""] = 1
            case "heal":
                self._end("partition", "", entry)
            case "hold":
                key = (node, target_of(data))
                self._open[key] = self._open.get(key, 0) + 1
            case "release":
                self._end(node, target_of(data), entry)
            case "delay" | "lose" | "narrow":
                self._open["path", ""] = self._open.get(("path", ""), 0) + 1
            case "repair" | "break_disk":
                if node == "network":
                    self._end("path", "", entry)
            case "power_off":
                self._open[verb, node] = 1
            case "power_on":
                self._end("power_off", node, entry)
            case "command":
                self._odd = self._odd or not is_plain_command(data)
            case _ if verb in _TIMELESS:
                self._timeless = True
            case _ if verb in _SLOW_ONES:
                self._slow.add(node)
            case _ if verb not in _HARMLESS:
                self._odd = True

    def _end(self, one: str, other: str, entry: Entry) -> None:
        left = self._open.pop((one, other), 0) - 1
        if left > 0:
            self._open[one, other] = left
        self._whole_us = entry.time_us

    def runs_since(self, node: str) -> int | None:
        """Since when this node runs without a pause, in the time of everybody; None if unknown."""
        if self._timeless or node in self._slow:
            return None
        return self._awake.get(node)

    def acts_since(self, sentinel: str) -> int | None:
        """Since when this Sentinel runs and is not in TILT; None if it is not so."""
        return None if sentinel in self._tilted else self.runs_since(sentinel)

    def undisturbed_since(self) -> int | None:
        """Since when nothing is wrong with the network; None if something is, or may be.

        What was sent before may still wait to be sent again, for as long as the trouble lasted.
        """
        if self._open or self._odd or self._timeless or "redis" not in self.types.values():
            return None
        return self._whole_us or 0

    def whole_since(self, down_after_ms: int) -> int | None:
        """Since when Sentinels hear at once whoever runs; None if that is not known."""
        since_us = self.undisturbed_since()
        if since_us is None or self._whole_us is None:
            return since_us
        return since_us + RECOVERY_US + down_after_ms * 1000
