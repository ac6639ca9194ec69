"""Searching for a run in which a promise is broken: random stories, judged and made smaller.

- `choosing`: who makes the choices, `Dice` with a seed or hypothesis.
- `deployments`, `schedules`, `stories`: what they are about; a story is a scenario and a seed.
- `checking`: a story is run and judged; a bad one is saved and can be seen again.
- `strategies`: the same for hypothesis (extra ``search``), which shrinks; import it by its name.
- `grounds`, `hunting`: planted bugs are looked for where they show.
- `simplifying`, `shrinking`: a story that was made by dice is made as small as can be.
- `profiles`: how long a search takes.
- `soak`: many stories on all processors for as long as you like: ``python -m sim.search soak``.

A property of your own deployment, as a test for pytest::

    from sim import Deployment, Trace
    from sim.search.strategies import for_all_stories

    @for_all_stories(Deployment(sentinels=3, replicas=2, clients=1))
    def test_clients_are_served_again(trace: Trace) -> bool:
        ...
"""

from sim.search.checking import (
    Claim,
    Outcome,
    Problem,
    StoryFailed,
    check,
    judge,
    play,
    save,
)
from sim.search.choosing import Chooser, Dice
from sim.search.deployments import any_deployment, small_deployment
from sim.search.profiles import PROFILES, SearchProfile, search_profile
from sim.search.schedules import MAKERS, Schedule
from sim.search.stories import (
    KINDS,
    Story,
    any_story,
    election_story,
    make_story,
    random_story,
    story_in,
    wild_story,
)

__all__ = [
    "KINDS",
    "MAKERS",
    "PROFILES",
    "Chooser",
    "Claim",
    "Dice",
    "Outcome",
    "Problem",
    "Schedule",
    "SearchProfile",
    "Story",
    "StoryFailed",
    "any_deployment",
    "any_story",
    "check",
    "election_story",
    "judge",
    "make_story",
    "play",
    "random_story",
    "save",
    "search_profile",
    "small_deployment",
    "story_in",
    "wild_story",
]
