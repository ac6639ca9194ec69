"""Search by chance, for what is too large to be searched in every order.

A *walk* takes any possible move with equal probability. PCT (probabilistic concurrency testing,
Burckhardt and others, 2010) gives every agent a random priority and always lets the first one that
can move; at a few random steps the one that moves falls behind all others. A bug that needs `depth`
things to happen in a certain order is found by one run with a probability that does not depend on
how the rest is ordered: at least 1 / (n * k ** (depth - 1)) for n agents and k steps. Agents are
here the two directions of every connection, the timer of every Sentinel, and all faults together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sim.adversary.history import Breach
from sim.adversary.moves import Move
from sim.adversary.world import Situation, World

__all__ = ["Chooser", "Hunt", "Pct", "Walk", "hunt", "one_run"]


class Chooser:
    """Picks one of the moves that are possible."""

    def choose(self, moves: list[Move], step: int) -> Move:
        """One of `moves`, which is not empty; `step` counts from 0."""
        raise NotImplementedError


class Walk(Chooser):
    """Any of them."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def choose(self, moves: list[Move], step: int) -> Move:
        """Uniformly."""
        return self._random.choice(moves)


class Pct(Chooser):
    """Random priorities of agents, with `depth` - 1 changes within `steps`."""

    def __init__(self, random: Random, *, depth: int, steps: int) -> None:
        self._random = random
        self._priorities: dict[str, float] = {}
        chosen = random.sample(range(steps), min(depth - 1, steps))
        self._changes = {step: -n - 1.0 for n, step in enumerate(chosen)}

    def choose(self, moves: list[Move], step: int) -> Move:
        """Any move of the agent with the highest priority."""
        agents: dict[str, list[Move]] = {}
        for move in moves:
            agents.setdefault(_agent(move), []).append(move)
        for agent in agents:
            if agent not in self._priorities:
                self._priorities[agent] = self._random.random()
        first = max(agents, key=lambda agent: self._priorities[agent])
        if step in self._changes:
            self._priorities[first] = self._changes[step]
            first = max(agents, key=lambda agent: self._priorities[agent])
        return self._random.choice(agents[first])


def _agent(move: Move) -> str:
    if move.key is not None and move.verb != "drop" and not move.fuse:
        return f"{move.verb} {move.key.text()}"
    return f"timer of {move.node}" if move.verb == "tick" else "faults"


@dataclass(frozen=True, slots=True)
class Hunt:
    """What many runs came to: the number of runs and moves, and the breach with its moves, if any.

    `seed` is that of the run which found it.
    """

    runs: int
    moves: int
    seed: int = 0
    breach: Breach | None = None
    way: tuple[Move, ...] = ()


def one_run(
    world: World,
    start: Situation,
    chooser: Chooser,
    steps: int,
    stop: Callable[[Breach], bool],
) -> tuple[tuple[Move, ...], Breach | None]:
    """At most `steps` moves, until `stop` says so of a breach or nothing is possible any more."""
    situation, way = start, []
    for step in range(steps):
        moves = world.moves(situation, checked=False)
        move = None
        while moves:
            move = chooser.choose(moves, step)
            if world.is_worthwhile(situation, move):
                break
            moves.remove(move)
            move = None
        if move is None:
            break
        outcome = world.apply(situation, move)
        situation = outcome.situation
        way.append(move)
        for breach in outcome.breaches:
            if stop(breach):
                return tuple(way), breach
    return tuple(way), None


def hunt(
    world: World,
    start: Situation,
    *,
    runs: int,
    steps: int,
    depth: int = 0,
    first_seed: int = 0,
    stop: Callable[[Breach], bool] = lambda breach: True,
) -> Hunt:
    """Run after run, each by its own seed, until a breach is found; `depth` 0 is a plain walk."""
    done = 0
    for number in range(runs):
        seed = first_seed + number
        random = Random(seed)
        chooser = Pct(random, depth=depth, steps=steps) if depth else Walk(random)
        way, breach = one_run(world, start, chooser, steps, stop)
        done += len(way)
        if breach is not None:
            return Hunt(number + 1, done, seed, breach, way)
    return Hunt(runs, done)
