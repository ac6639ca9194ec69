"""A scenario: a deployment, what is done to it and when, and what is expected to come of it.

The file format is TOML; `docs/scenarios.md` describes it for those who write one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from sim.network.latency import Latency
from sim.scenarios.comparisons import Comparison
from sim.world.deployment import Deployment

__all__ = [
    "Claim",
    "Expectation",
    "Fault",
    "Parameter",
    "Repetition",
    "Scenario",
    "ScenarioError",
    "Source",
    "Variant",
]


class ScenarioError(ValueError):
    """A scenario file cannot be understood; the text names file, line, key and remedy."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """A fault that happens again: every `every` seconds, or on average if it is `random`.

    Each pause is up to `jitter` seconds longer or shorter. It ends after `times`, or when the run
    is `until` seconds old, whichever is first of those that are given.
    """

    every: float
    jitter: float = 0.0
    random: bool = False
    times: int | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something done to the world: the verb `do` to `node`, all `nodes`, or `groups` of them.

    Its moment is `at` seconds since the start, or else `after` seconds since the fault before it,
    or, if `when` names an event of Sentinel, since any Sentinel said so after the fault before:
    the `nth` time, as far as `by` and `about` (nodes) are given. Such a thing is noticed within a
    tenth of a second, or in the instant if `at_once`. ``calm`` stands where an event may. What does
    not come in time fails the run, or, if it is to come `within` so many seconds, leaves the fault
    out. `alias` names the fault, and the nodes that were hit, for later: ``master`` means another
    node by then. The rest is what single verbs need. Of a delay, `milliseconds` are the lowest and
    the highest, or `latency` is any distribution; the latter counts if both are given.
    """

    do: str
    at: float | None = None
    after: float = 0.0
    when: str = ""
    node: str = ""
    alias: str = ""
    groups: tuple[tuple[str, ...], ...] = ()
    seconds: float = 0.0
    keep_data: bool = True
    nodes: tuple[str, ...] = ()
    by: str = ""
    about: str = ""
    nth: int = 1
    at_once: bool = False
    within: float | None = None
    repeat: Repetition | None = None
    words: tuple[str, ...] = ()
    to: str = ""
    milliseconds: tuple[float, float] = (0.0, 0.0)
    one_way: bool = False
    latency: Latency | None = None
    loss: float = 0.0
    megabits_per_second: float = 0.0
    host_name: str = ""
    parts_per_million: float = 0.0
    busy: Latency | None = None
    free: Latency | None = None
    factor: float = 1.0

    @property
    def targets(self) -> tuple[str, ...]:
        """The names that it is aimed at, without those in groups."""
        return (*((self.node,) if self.node else ()), *self.nodes)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of a node that it mentions."""
        grouped = tuple(name for group in self.groups for name in group)
        others = tuple(name for name in (self.to, self.by, self.about) if name)
        return (*self.targets, *grouped, *others)

    def __str__(self) -> str:
        """What is done to whom, without the moment."""
        arrow = " -> " if self.one_way else " | "
        groups = arrow.join(", ".join(group) for group in self.groups)
        words = f": {' '.join(self.words)}" if self.words else ""
        whom = ", ".join(self.targets) or groups or self.host_name
        return f"{self.do} {whom}".rstrip() + words


@dataclass(frozen=True, slots=True)
class Expectation:
    """A claim about the run, by its name, with the value that it is expected to have."""

    name: str
    value: bool | int | str | Comparison | tuple[str, ...]

    def __str__(self) -> str:
        if self.value is True:
            return self.name
        if self.value is False:
            return f"not {self.name}"
        value = ", ".join(self.value) if isinstance(self.value, tuple) else self.value
        return f"{self.name} {value}"


@dataclass(frozen=True, slots=True)
class Claim:
    """That something is seen in the run (`eventually`), or never.

    It is an `event`, said by `by` about `about` as far as those are given, with `text` in it, as
    often as `count` allows; or an `answer` that an operator had from `by`; or a `state` that holds
    for `lasting` seconds. It is looked for from
    `since` on (a moment in seconds, the alias of a fault, or an event; the first fault if empty),
    for `within` seconds if that is given.
    """

    eventually: bool
    event: str = ""
    answer: str = ""
    state: str = ""
    by: tuple[str, ...] = ()
    about: str = ""
    text: str = ""
    count: Comparison | None = None
    lasting: float = 0.0
    since: str | float = ""
    within: float | None = None

    def __str__(self) -> str:
        words = [
            "eventually" if self.eventually else "never",
            self.event or self.state or f"answer {self.answer!r}",
        ]
        if self.text:
            words.append(f"({self.text})")
        if self.about:
            words.append(f"about {self.about}")
        if self.by:
            words.append(f"by {' or '.join(self.by)}")
        if self.count is not None:
            words.append(f"{self.count} times")
        if self.lasting:
            words.append(f"for {self.lasting:g} s")
        if self.within is not None:
            words.append(f"within {self.within:g} s")
        if self.since != "":
            moment = f"{self.since:g} s" if isinstance(self.since, float) else self.since
            words.append(f"{'of' if self.within is not None else 'since'} {moment}")
        return " ".join(words)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that the file uses by its name (``"$name"``) and that a run may change."""

    name: str
    value: bool | int | float | str
    about: str


@dataclass(frozen=True, slots=True)
class Variant:
    """The same story with something else in force; see `Scenario.variant`."""

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a scenario was read from, and what was changed while reading."""

    text: str
    path: str
    name: str
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named story: who is there, what happens, how long it is watched, what should be true.

    `calm_for`, `limit` and `watch_for` are seconds. The run ends when all has been well for
    `calm_for`, or `watch_for` after the last fault if that is given. It is given up `limit` after
    the last fault, and what the settings allow a Sentinel for a failover and one lost election on
    top of that (`patience`). An event that a fault waits for is given up after the same time, and
    the run has failed. The Sentinels play by the rules of `profile`. The run is judged by the
    safety invariants, and by those that `invariants` names beside them.
    """

    name: str
    title: str
    theme: str
    about: str
    deployment: Deployment
    faults: tuple[Fault, ...]
    expectations: tuple[Expectation, ...]
    calm_for: float = 3.0
    limit: float = 300.0
    watch_for: float | None = None
    notice: str = ""
    helps: str = ""
    claims: tuple[Claim, ...] = ()
    profile: str = "modern"
    parameters: tuple[Parameter, ...] = ()
    variants: tuple[Variant, ...] = ()
    variant: str = ""
    invariants: tuple[str, ...] = ()
    source: Source | None = field(default=None, compare=False, repr=False)

    @property
    def full_name(self) -> str:
        """Its name, with that of the variant behind a slash."""
        return f"{self.name}/{self.variant}" if self.variant else self.name

    def with_deployment(self, deployment: Deployment) -> Scenario:
        """The same story in another deployment."""
        return dataclasses.replace(self, deployment=deployment)

    @property
    def patience(self) -> float:
        """How many seconds the world gets to become calm, or to say what a fault waits for."""
        deployment = self.deployment
        allowed_ms = deployment.down_after_milliseconds + 3 * deployment.failover_timeout
        return self.limit + allowed_ms / 1000
