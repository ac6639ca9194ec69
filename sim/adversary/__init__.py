"""Cores alone, with the network as adversary.

A few Sentinels, servers as small as can be, and between them packets that an adversary delivers in
whatever order it likes, or never; it also says when a timer fires, who dies, and what is cut. A
situation is a value; a run is a list of moves, which prints, replays and shrinks.

=============  ======================================================================
`plan`         a small world, and how far its adversary may go
`moves`        what the adversary may do, as text
`world`        situations, and what a move makes of one
`minds`        Sentinels as values; every outcome is computed once
`freezing`     a Sentinel's state as one hashable value
`servers`      Redis servers as small as can be
`settling`     from the first start to the moment at which a search begins
`history`      what is remembered of the past, and the promises it breaks
`exploring`    every order of everything, equal situations met once
`chance`       plain walks, and PCT
`runs`         replaying, telling and shrinking lists of moves
`questions`    the searches that are worth making
`culprits`     planted bugs, and where each is caught
`variants`     other rules for elections
`aftermath`    what becomes of it when everything works again
=============  ======================================================================

``python -m sim.adversary explore`` asks all questions.
"""

from sim.adversary.exploring import Exploration, explore
from sim.adversary.history import Breach
from sim.adversary.moves import BadMove, Move, parse_moves
from sim.adversary.plan import Limits, Plan
from sim.adversary.questions import QUESTIONS, Question, ask, find_question
from sim.adversary.runs import Run, replay, shrink, told
from sim.adversary.settling import crisis, settled
from sim.adversary.variants import SAFER_TALLY
from sim.adversary.world import Situation, World

__all__ = [
    "QUESTIONS",
    "SAFER_TALLY",
    "BadMove",
    "Breach",
    "Exploration",
    "Limits",
    "Move",
    "Plan",
    "Question",
    "Run",
    "Situation",
    "World",
    "ask",
    "crisis",
    "explore",
    "find_question",
    "parse_moves",
    "replay",
    "settled",
    "shrink",
    "told",
]
