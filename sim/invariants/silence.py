"""Failure detection: who does not run must be held to be down."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

from minisentinel.trace import (
    Entry,
    Header,
    LinkChanged,
    MasterSettings,
    NodeStarted,
    PingMissed,
    ProcessChanged,
    SentinelEvent,
    TimingSet,
)
from sim.invariants.invariant import Invariant, Kind, Watch
from sim.invariants.known import Address, Cast, Rulebook, switched_to
from sim.invariants.verdicts import Verdict, Violation, holds, is_unknown
from sim.trace import FaultInjected, HostNamed

__all__ = ["SILENCE_IS_NOTICED"]

CROWDED_MS = 2_000
"""Who is not answered for so long may have a hundred commands on that connection soon: fourteen
ticks a second, each with a hello, a question about the master, and a PING at the most."""


@dataclass(slots=True)
class _Silence:
    """What a Sentinel knows of one instance: since when it must count, and whether it noticed."""

    since_us: int
    witness: Entry
    subject: str
    is_down: bool = False
    round: int = 0


class _Noticed(Watch):
    """Death and pause are read from the records of processes; cut networks are not judged.

    The patience of a Sentinel with an instance that does not run begins anew when the Sentinel
    started, went on after a pause or left TILT, when it got to know the instance, or when a switch
    made a new object of it. What a file told it at its start is not known here and not judged,
    except for the master; nor who is known by a name, which may lead elsewhere tomorrow.

    Over a connection with a hundred commands that wait for answers no PING is sent (monitoring §4:
    MON-4-1). If late answers take away some of them just then, the PING among them, nothing is
    missed any more for as long as the connection stands. Where PINGs have ceased like that after a
    long silence, nobody is judged.
    """

    def __init__(self, _: Header) -> None:
        self._cast = Cast()
        self._rules = Rulebook()
        self._known: dict[tuple[str, str, Address], _Silence] = {}
        self._dead: dict[Address, Entry] = {}
        self._addresses: dict[str, Address] = {}
        self._absent: set[str] = set()
        self._exempt: set[str] = set()
        self._missed: dict[tuple[str, Address], int] = {}
        """When a PING was missed last on a connection that has been silent for long."""
        self._no_names = False
        self._tilted: set[str] = set()
        self._due: list[tuple[int, int, tuple[str, str, Address], int]] = []
        self._serial = 0
        self._noticed = 0

    def see(self, entry: Entry) -> Violation | None:
        broken = self._overdue(entry) if self._due and self._due[0][0] <= entry.time_us else None
        data, node = entry.data, entry.node
        match data:
            case SentinelEvent():
                self._event(entry, data)
            case NodeStarted():
                self._started(entry, data)
            case HostNamed():
                self._cast.note(entry)
            case ProcessChanged():
                self._process(entry, data)
            case MasterSettings() | TimingSet():
                self._rules.note(entry)
            case PingMissed() if data.waiting_ms >= CROWDED_MS:
                self._missed[node, (data.host, data.port)] = entry.time_us
            case PingMissed():
                # It waits for another PING than before: they go on.
                self._missed.pop((node, (data.host, data.port)), None)
            case LinkChanged(connection="command"):
                self._missed.pop((node, (data.host, data.port)), None)
            case FaultInjected() if "clock" in data.verb or data.verb == "slow_disk":
                self._exempt.add(node)
            case FaultInjected(verb="silence_names"):
                # Who waits for an answer about a name does nothing else.
                self._exempt.update(self._cast.types)
                self._no_names = True
            case _:
                pass
        return broken

    def _started(self, entry: Entry, data: NodeStarted) -> None:
        self._cast.note(entry)
        self._rules.note(entry)
        self._addresses[entry.node] = (data.host, data.port)
        self._dead.pop((data.host, data.port), None)
        self._absent.discard(entry.node)
        self._tilted.discard(entry.node)
        if self._no_names:
            self._exempt.add(entry.node)
        if data.type == "sentinel":
            self._drop(entry.node, "", ())
            self._missed = {key: at for key, at in self._missed.items() if key[0] != entry.node}

    def _process(self, entry: Entry, data: ProcessChanged) -> None:
        node = entry.node
        address = self._addresses.get(node)
        if data.is_end or data.change in ("paused", "blocked"):
            self._absent.add(node)
            if data.is_end:
                self._drop(node, "", ())
            lives_there = address is not None and self._cast.at.get(address, node) == node
            if address is not None and lives_there and address not in self._dead:
                self._dead[address] = entry
                self._count(entry, lambda key: key[2] == address)
        elif data.change in ("resumed", "unblocked"):
            self._absent.discard(node)
            if address is not None:
                self._dead.pop(address, None)
            self._count(entry, lambda key: key[0] == node)

    def _event(self, entry: Entry, data: SentinelEvent) -> None:
        node, master = entry.node, data.master
        key = (node, master, (data.host, data.port))
        match data.name:
            case "+monitor" | "+slave" | "+sentinel":
                self._learn(entry, key, data.subject)
            case "+sdown" if (known := self._known.get(key)) is not None:
                known.is_down = True
                known.round = 0
                self._noticed += key[2] in self._dead
            case "-sdown" if key in self._known:
                self._known[key].is_down = False
                self._count(entry, lambda each: each == key)
            case "+switch-master":
                self._drop(node, master, ("master", "slave"))
                address = switched_to(data)
                if address is not None:
                    self._learn(entry, (node, master, address), "master")
            case "+reset-master" | "-monitor":
                self._drop(node, master, ("master", "slave", "sentinel"))
                if data.name == "+reset-master":
                    self._learn(entry, key, "master")
            case "+sentinel-address-switch" | "+sentinel-address-update" | "+sentinel-invalid-addr":
                self._drop(node, "", ("sentinel",))
            case "+tilt":
                self._tilted.add(node)
            case "-tilt":
                self._tilted.discard(node)
                self._count(entry, lambda each: each[0] == node)
            case _:
                pass

    def _learn(self, entry: Entry, key: tuple[str, str, Address], subject: str) -> None:
        self._known[key] = _Silence(entry.time_us, entry, subject)
        self._count(entry, lambda each: each == key)

    def _drop(self, node: str, master: str, subjects: tuple[str, ...]) -> None:
        for key in [
            key
            for key, each in self._known.items()
            if key[0] == node
            and master in ("", key[1])
            and (not subjects or each.subject in subjects)
        ]:
            del self._known[key]

    def _count(self, entry: Entry, concerns: object) -> None:
        """Begin to count anew for the pairs concerned whose target does not run."""
        assert callable(concerns)
        for key, known in self._known.items():
            if not concerns(key) or key[2] not in self._dead:
                continue
            settings = self._rules.of(key[0], key[1])
            if settings is None:
                continue
            self._serial += 1
            known.round = self._serial
            known.witness = entry
            timing = self._rules.timing(key[0])
            slack_ms = 2 * timing.ping_period_ms + 1000
            due_us = entry.time_us + (settings.down_after_ms + slack_ms) * 1000
            heappush(self._due, (due_us, self._serial, key, known.round))

    def _overdue(self, entry: Entry) -> Violation | None:
        broken = None
        while self._due and self._due[0][0] <= entry.time_us:
            due_us, _, key, round = heappop(self._due)
            known = self._known.get(key)
            node, _, address = key
            if (
                known is None
                or known.round != round
                or known.is_down
                or node in self._absent
                or node in self._exempt
                or node in self._tilted
                or address not in self._dead
                or self._may_be_crowded(entry, key)
            ):
                continue
            who = self._cast.place(*address)
            broken = broken or Violation(
                entry,
                f"{node} should have held {who} to be down since {due_us / 1e6:.1f} s",
                tuple(dict.fromkeys((self._dead[address], known.witness))),
            )
        return broken

    def _may_be_crowded(self, entry: Entry, key: tuple[str, str, Address]) -> bool:
        node, _, address = key
        ping_us = self._rules.timing(node).ping_period_ms * 1000
        return entry.time_us - self._missed.get((node, address), entry.time_us) > 2 * ping_us

    def finish(self) -> Verdict:
        if "redis" not in self._cast.types.values():
            return is_unknown("the trace does not tell when servers run")
        return holds(f"{self._noticed} times a silent one was noticed in time")


SILENCE_IS_NOTICED = Invariant(
    "silence-is-noticed",
    "Whoever does not run for longer than down-after, and three seconds more, is subjectively down "
    "for every running Sentinel that watches it.",
    "A Sentinel that goes on trusting the dead never starts a failover. The three seconds are what "
    "the rules may lose: a ping period until the next PING, one until the next connection, ticks.",
    "monitoring §4.2: MON-4.2-1; monitoring §3.3: MON-3.3-1; monitoring §6.2: MON-6.2-2",
    Kind.SAFETY,
    _Noticed,
)
