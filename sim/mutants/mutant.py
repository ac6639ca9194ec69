"""What a planted bug is: a profile with one wrong rule, and what there is to learn from it."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.core import Profile

__all__ = ["Mutant"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug.

    `sentence` says what is wrong, `lesson` what the right rule is good for, and `public_bug` what
    is known of a Sentinel that really did it, if there was one. `breaks` is the name of the
    invariant by which it is found out, `hunt` the kind of stories in which it is looked for
    (`sim.search.hunting`).
    """

    profile: Profile
    sentence: str
    lesson: str
    breaks: str
    hunt: str = "any"
    public_bug: str = ""

    @property
    def name(self) -> str:
        """The name of its profile."""
        return self.profile.name
