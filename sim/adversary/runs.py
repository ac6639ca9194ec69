"""A run: a start and a list of moves. It is replayed, judged, told, and made shorter.

Whatever a search found is only believed when its moves, applied again one by one to the same start,
lead to the same breach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minisentinel.trace import Entry, Header, NodeStarted, SentinelEvent, Trace
from sim.adversary.history import Breach
from sim.adversary.moves import BadMove, Move
from sim.adversary.settling import START_MS
from sim.adversary.world import Situation, World

__all__ = ["Run", "replay", "shrink", "told"]


@dataclass(frozen=True, slots=True)
class Run:
    """What a list of moves led to: the last situation, the breaches, and the trace.

    `by_move` are the entries of each move, in order.
    """

    moves: tuple[Move, ...]
    situation: Situation
    breaches: tuple[Breach, ...]
    trace: Trace
    by_move: tuple[tuple[Entry, ...], ...]


def replay(world: World, start: Situation, moves: Sequence[Move], *, skip: bool = False) -> Run:
    """Make the moves, one after the other; raises `BadMove`, or with `skip` leaves such moves out.

    The trace begins with what led to the start. The time of an entry is the latest clock of any
    Sentinel so far, since the very beginning.
    """
    situation, made = start, []
    breaches: list[Breach] = []
    by_move: list[tuple[Entry, ...]] = []
    entries = _cast(world)
    now_us = 0
    for node, now_ms, data in world.prologue:
        now_us = max(now_us, (now_ms - START_MS) * 1000)
        entries.append(Entry(now_us, node, data))
    for move in moves:
        try:
            outcome = world.apply(situation, move)
        except BadMove:
            if skip:
                continue
            raise
        situation = outcome.situation
        breaches += outcome.breaches
        made.append(move)
        told_now = []
        for node, now_ms, data in outcome.records:
            now_us = max(now_us, (now_ms - START_MS) * 1000)
            told_now.append(Entry(now_us, node, data))
        by_move.append(tuple(told_now))
        entries += told_now
    header = Header(scenario=world.plan.name, started_at_ms=START_MS)
    trace = Trace(header, entries)
    return Run(tuple(made), situation, tuple(breaches), trace, tuple(by_move))


def _cast(world: World) -> list[Entry]:
    plan = world.plan
    return [
        Entry(
            0,
            name,
            NodeStarted(
                type="sentinel" if name in plan.sentinel_names else "redis",
                host=plan.addresses[name][0],
                port=plan.addresses[name][1],
                runid=plan.runids[name],
            ),
        )
        for name in (*plan.server_names, *plan.sentinel_names)
    ]


def shrink(
    world: World,
    start: Situation,
    moves: Sequence[Move],
    still: Callable[[Run], bool],
) -> tuple[Move, ...]:
    """A shorter list after which `still` holds, from which no single move can be left out.

    A move that makes no sense any more without an earlier one goes with it.
    """
    kept = list(replay(world, start, moves, skip=True).moves)
    size = max(1, len(kept) // 2)
    while size:
        at, shorter = 0, False
        while at < len(kept):
            tried = replay(world, start, kept[:at] + kept[at + size :], skip=True)
            if still(tried):
                kept, shorter = list(tried.moves), True
            else:
                at += size
        if not shorter or size > 1:
            size //= 2
    return tuple(kept)


def told(run: Run) -> list[str]:
    """The run for people: every move, and under it what the Sentinels said."""
    lines = []
    for number, (move, entries) in enumerate(zip(run.moves, run.by_move, strict=True), 1):
        lines.append(f"{number:>3}. {move}")
        for entry in entries:
            data = entry.data
            if isinstance(data, SentinelEvent):
                lines.append(f"       {entry.node}: {data.name} {data.payload}")
            elif (text := _SHOWN.get(data.kind)) is not None:
                lines.append(f"       {entry.node}: {text(data)}")
    return lines


_SHOWN: dict[str, Callable[..., str]] = {
    "vote-received": lambda d: (
        f"has the vote of {d.peer[:2]}.. for {d.candidate[:2]}.., epoch {d.epoch}"
    ),
    "vote-refused": lambda d: f"refuses {d.candidate[:2]}.. in epoch {d.epoch}: {d.reason}",
    "votes-counted": lambda d: (
        f"counts for epoch {d.epoch}: "
        + ", ".join(f"{who[:2]}.. {n}" for who, n in d.votes)
        + f"; needs {d.needed}"
    ),
}
