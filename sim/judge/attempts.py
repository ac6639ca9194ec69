"""Failover attempts: what one Sentinel did from ``+try-failover`` to the end, whatever the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from minisentinel.trace import SentinelEvent, Trace
from sim.judge.flags import switch_addresses
from sim.judge.nodes import Address, trace_end_us
from sim.trace import ProcessChanged

__all__ = ["Attempt", "Correction", "Reconfiguration", "find_attempts", "find_corrections"]


@dataclass(frozen=True, slots=True)
class Reconfiguration:
    """The leader made one replica follow the new master; times are None if never observed.

    `sent_us` is ``+slave-reconf-sent``, `in_progress_us` ``+slave-reconf-inprog``, `done_us`
    ``+slave-reconf-done``: what the leader saw in the replica's INFO.
    """

    replica: Address
    sent_us: int
    in_progress_us: int | None = None
    done_us: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of `sentinel` to fail `master` over from `old`, in `epoch`.

    Each time is that of one event of this Sentinel, None if it never came: `started_us`
    ``+try-failover``, `elected_us` ``+elected-leader``, `selected_us` ``+selected-slave``,
    `commanded_us` ``+failover-state-wait-promotion`` (the promotion was sent), `promoted_us`
    ``+promoted-slave``. `ended_us` is the time of what ended the attempt, and `outcome` says what:

    - ``completed``: its own ``+switch-master`` to the replica that it promoted;
    - ``not-elected``, ``no-good-slave``, ``slave-timeout``: the abort event of that name;
    - ``superseded``: it switched to a newer configuration of another Sentinel;
    - ``reset``: SENTINEL RESET or REMOVE; ``crashed``: the Sentinel was killed;
    - ``unfinished``: the trace ended first.

    `forced_end` tells that reconfiguration ended by ``+failover-end-for-timeout``.
    """

    sentinel: str
    master: str
    old: Address
    epoch: int | None
    started_us: int
    ended_us: int
    outcome: str
    elected_us: int | None = None
    selected: Address | None = None
    selected_us: int | None = None
    commanded_us: int | None = None
    promoted_us: int | None = None
    reconfigurations: tuple[Reconfiguration, ...] = ()
    forced_end: bool = False

    @property
    def failed(self) -> bool:
        """Whether it was aborted by an abort event of its own."""
        return self.outcome in ("not-elected", "no-good-slave", "slave-timeout")


@dataclass(slots=True)
class _Draft:
    sentinel: str
    master: str
    old: Address
    epoch: int | None
    started_us: int
    elected_us: int | None = None
    selected: Address | None = None
    selected_us: int | None = None
    commanded_us: int | None = None
    promoted_us: int | None = None
    replicas: dict[Address, Reconfiguration] = field(default_factory=dict)
    forced_end: bool = False

    def finished(self, time_us: int, outcome: str) -> Attempt:
        return Attempt(
            sentinel=self.sentinel,
            master=self.master,
            old=self.old,
            epoch=self.epoch,
            started_us=self.started_us,
            ended_us=time_us,
            outcome=outcome,
            elected_us=self.elected_us,
            selected=self.selected,
            selected_us=self.selected_us,
            commanded_us=self.commanded_us,
            promoted_us=self.promoted_us,
            reconfigurations=tuple(self.replicas.values()),
            forced_end=self.forced_end,
        )


def find_attempts(trace: Trace) -> tuple[Attempt, ...]:
    """Every attempt of the trace, in order of their start; computed from events alone.

    The epoch of an attempt is that of the last ``+new-epoch`` which the Sentinel announced before
    ``+try-failover`` (spec: election §7, one tick).
    """
    attempts: list[Attempt] = []
    drafts: dict[tuple[str, str], _Draft] = {}
    epochs: dict[str, int] = {}

    def end(key: tuple[str, str], time_us: int, outcome: str) -> None:
        draft = drafts.pop(key, None)
        if draft is not None:
            attempts.append(draft.finished(time_us, outcome))

    for entry, data in trace.of(ProcessChanged, SentinelEvent):
        now = entry.time_us
        if isinstance(data, ProcessChanged):
            if data.is_end:
                for key in [key for key in drafts if key[0] == entry.node]:
                    end(key, now, "crashed")
            continue
        if not isinstance(data, SentinelEvent):
            continue
        if data.name == "+new-epoch":
            if data.payload.isdigit():
                epochs[entry.node] = int(data.payload)
            continue
        key = (entry.node, data.master)
        if data.name == "+try-failover":
            end(key, now, "reset")
            old = (data.host, data.port)
            drafts[key] = _Draft(entry.node, data.master, old, epochs.get(entry.node), now)
            continue
        draft = drafts.get(key)
        if draft is None:
            continue
        if data.name == "+switch-master":
            switch = switch_addresses(data)
            promoted = draft.promoted_us is not None and switch and switch[1] == draft.selected
            end(key, now, "completed" if promoted else "superseded")
        elif data.name.startswith("-failover-abort-"):
            end(key, now, data.name.removeprefix("-failover-abort-"))
        elif data.name in ("+reset-master", "-monitor"):
            end(key, now, "reset")
        else:
            _note_step(draft, data, now)
    for key in list(drafts):
        end(key, trace_end_us(trace), "unfinished")
    return tuple(sorted(attempts, key=lambda attempt: attempt.started_us))


def _note_step(draft: _Draft, event: SentinelEvent, now: int) -> None:
    """Write down the step of the attempt that `event` tells of, if it tells of one."""
    address = (event.host, event.port)
    known = draft.replicas.get(address)
    match event.name:
        case "+elected-leader":
            draft.elected_us = now
        case "+selected-slave":
            draft.selected, draft.selected_us = address, now
        case "+failover-state-wait-promotion":
            draft.commanded_us = now
        case "+promoted-slave":
            draft.promoted_us = now
        case "+slave-reconf-sent":
            draft.replicas[address] = Reconfiguration(address, now)
        case "+slave-reconf-inprog" if known:
            draft.replicas[address] = Reconfiguration(address, known.sent_us, now)
        case "+slave-reconf-done" if known:
            begun = known.in_progress_us
            draft.replicas[address] = Reconfiguration(address, known.sent_us, begun, now)
        case "+failover-end-for-timeout":
            draft.forced_end = True


@dataclass(frozen=True, slots=True)
class Correction:
    """Outside of any failover, `sentinel` told `server` to follow the master that it names.

    `event` is ``+convert-to-slave`` (a stray master) or ``+fix-slave-config`` (a replica of a wrong
    master).
    """

    sentinel: str
    master: str
    server: Address
    time_us: int
    event: str


def find_corrections(trace: Trace) -> tuple[Correction, ...]:
    """Every correction of the trace, in order of time."""
    return tuple(
        Correction(entry.node, data.master, (data.host, data.port), entry.time_us, data.name)
        for entry, data in trace.of(SentinelEvent)
        if data.name in ("+convert-to-slave", "+fix-slave-config")
    )
