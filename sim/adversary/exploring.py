"""Systematic search: every order of everything, up to a bound, equal situations met only once.

Breadth first, so that the first way that is found to a breach has as few moves as any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sim.adversary.history import Breach
from sim.adversary.moves import Move
from sim.adversary.world import Situation, World

__all__ = ["Exploration", "explore"]


@dataclass(slots=True)
class Exploration:
    """What was searched and what was found.

    `states` are distinct situations, `transitions` moves tried from them, `depth` the most moves
    from the start to any of them. `exhausted` says that there is no other situation that the moves
    of the plan lead to; otherwise `bound` names what ended the search. `found` has, for each kind
    of breach, the first one and the moves that lead to it.
    """

    states: int = 0
    transitions: int = 0
    depth: int = 0
    exhausted: bool = False
    bound: str = ""
    layers: list[int] = field(default_factory=list)
    found: dict[str, tuple[Breach, tuple[Move, ...]]] = field(default_factory=dict)

    @property
    def claim(self) -> str:
        """``exhausted``, or which bound was reached."""
        return "exhausted" if self.exhausted else f"bound reached: {self.bound}"


def explore(
    world: World,
    start: Situation,
    *,
    max_states: int = 200_000,
    max_depth: int = 0,
    stop: Callable[[Breach], bool] = lambda breach: False,
) -> Exploration:
    """Search breadth first; a situation in which a promise was broken is not searched further.

    The search ends when there is nothing new, at `max_states` distinct situations, beyond
    `max_depth` moves (0: no limit), or when `stop` says so of a breach.
    """
    result = Exploration(states=1)
    numbers: dict[Situation, int] = {start: 0}
    origins: list[tuple[int, Move | None]] = [(0, None)]
    layer = [start]
    while layer:
        result.layers.append(len(layer))
        if max_depth and result.depth == max_depth:
            result.bound = f"{max_depth} moves"
            return result
        following: list[Situation] = []
        for situation in layer:
            here = numbers[situation]
            for move in world.moves(situation):
                outcome = world.apply(situation, move)
                result.transitions += 1
                new = outcome.situation not in numbers
                if new:
                    numbers[outcome.situation] = len(origins)
                    origins.append((here, move))
                    result.states += 1
                for breach in outcome.breaches:
                    if breach.what not in result.found:
                        way = (*_way(origins, here), move)
                        result.found[breach.what] = (breach, way)
                    if stop(breach):
                        result.bound = f"stopped at {breach.what}"
                        return result
                if new and not outcome.breaches:
                    following.append(outcome.situation)
                if result.states >= max_states:
                    result.bound = f"{max_states} states"
                    return result
        layer = following
        result.depth += bool(layer)
    result.exhausted = True
    return result


def _way(origins: list[tuple[int, Move | None]], to: int) -> tuple[Move, ...]:
    moves: list[Move] = []
    while True:
        to, move = origins[to]
        if move is None:
            return tuple(reversed(moves))
        moves.append(move)
