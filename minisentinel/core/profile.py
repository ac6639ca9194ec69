"""A profile: the set of rules that a Sentinel plays by, chosen when it is built.

Today's protocol is `MODERN`. A planted bug or an older version of Sentinel is another profile that
replaces a class of rules by a subclass; the core itself knows no variants.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.core.rules import (
    ElectionRules,
    FailoverRules,
    HelloRules,
    MonitoringRules,
    ScriptRules,
    SelectionRules,
)

__all__ = ["MODERN", "Profile"]


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of each part, bundled under a name."""

    name: str
    monitoring: MonitoringRules = MonitoringRules()
    hello: HelloRules = HelloRules()
    election: ElectionRules = ElectionRules()
    selection: SelectionRules = SelectionRules()
    failover: FailoverRules = FailoverRules()
    scripts: ScriptRules = ScriptRules()

    @property
    def times_by_the_book(self) -> bool:
        """Whether the rules that depend on time alone are the stock ones.

        Then `minisentinel.core.due` knows when they can next say something new.
        """
        return (
            type(self.monitoring) is MonitoringRules
            and type(self.hello) is HelloRules
            and type(self.election) is ElectionRules
        )


MODERN = Profile("modern")
