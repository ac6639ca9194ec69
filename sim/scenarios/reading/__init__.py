"""Reading scenario files: TOML, checked against declared tables, with errors that help.

One module for each part of a file: `deployment` (who is there, and how it is configured),
`clients`, `faults`, `expectations`, `parameters`, `variants`; the head and ``[run]`` are here.
`kinds` and `tables` say what a value and a table may be, `file` knows the lines. Every error names
the file, the line, the key and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.scenarios.reading import deployment as _deployment
from sim.scenarios.reading.clients import CLIENTS, read_clients
from sim.scenarios.reading.expectations import (
    CLAIM,
    EXPECT,
    INVARIANTS,
    read_claims,
    read_expectations,
)
from sim.scenarios.reading.faults import FAULTS, read_faults
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import POSITIVE_SECONDS, SECONDS, TEXT
from sim.scenarios.reading.parameters import PARAMETERS, read_parameters, with_values
from sim.scenarios.reading.tables import Key, Table, check_keys, table_of
from sim.scenarios.reading.variants import VARIANTS, read_variants, variant_named
from sim.scenarios.scenario import Scenario, ScenarioError, Source
from sim.scenarios.verbs import VERBS

__all__ = ["TABLES", "VERBS", "read_scenario"]

HEAD = Table(
    "",
    "What it is.",
    (
        Key("title", TEXT, "one line, shown by `list` and above the summary", required=True),
        Key("theme", TEXT, "the group under which `list` shows it", "Other"),
        Key("about", TEXT, "what happens and why, for people"),
        Key("notice", TEXT, "what to look at in the picture and in the log"),
        Key("helps", TEXT, "which settings would have helped"),
    ),
)
RUN = Table(
    "run",
    "How long it is watched.",
    (
        Key("calm-for", SECONDS, "the run ends when everything has been well for so long", "3"),
        Key(
            "limit",
            SECONDS,
            "after the last fault, the patience with a world that does not become calm",
            "300",
        ),
        Key(
            "watch-for",
            POSITIVE_SECONDS,
            "the run ends so long after the last fault, calm or not; for stories that do not end",
        ),
        Key(
            "invariants",
            INVARIANTS,
            "the invariants that must hold beside those that are judged in every run, by name, or "
            "`all`: what must be true at the end, and while there are no serious faults",
        ),
    ),
)
TABLES = (HEAD, *_deployment.TABLES, CLIENTS, PARAMETERS, FAULTS, RUN, EXPECT, CLAIM, VARIANTS)
"""Every table of a scenario file, in the order in which people read them."""

_TOP = (
    *(key.name for key in HEAD.keys),
    *("deployment", "settings", "servers", "boxes", "sites", "links", "nodes", "network", "names"),
    *("parameters", "clients", "faults", "run", "expect", "variants"),
)


def read_scenario(
    text: str,
    *,
    name: str,
    path: str,
    changes: Mapping[str, str] | None = None,
    variant: str = "",
    read_file: _deployment.ReadFile | None = None,
) -> Scenario:
    """The scenario in `text`; raises `ScenarioError`.

    `changes` are values of its parameters, as texts; with `variant` it is that one. `read_file`
    gives the text of a file that it names.
    """
    file = ScenarioFile(path, text)
    document = file.document
    check_keys(file, "", document, _TOP)
    head = HEAD.read(file, {key: document[key] for key in document if key in _HEAD_KEYS})
    variants = read_variants(file, document)
    changes = dict(changes or {})
    profile = "modern"
    if variant:
        document, values, profile = variant_named(file, document, variant)
        changes = {**values, **changes}
    parameters = read_parameters(file, document, changes)
    for change in changes:
        if change not in [each.name for each in parameters]:
            known = ", ".join(each.name for each in parameters) or "it has none"
            raise ScenarioError(
                f"{path}: no parameter is called {change!r}; expected one of: {known}"
            )
    document = with_values(file, document, parameters)
    run = RUN.read(file, table_of(file, document, "run"))
    deployment = _deployment.read_deployment(file, document, read_file or _no_file)
    deployment = read_clients(file, document, deployment)
    faults = read_faults(
        file,
        document,
        deployment.topology.groups,
        [name for name, _ in deployment.host_names],
    )
    return Scenario(
        name=name,
        title=head["title"],
        theme=head.get("theme", "Other"),
        about=head.get("about", "").strip(),
        deployment=deployment,
        faults=faults,
        expectations=read_expectations(file, document, deployment, faults),
        calm_for=run.get("calm-for", 3.0),
        limit=run.get("limit", 300.0),
        watch_for=run.get("watch-for"),
        notice=head.get("notice", "").strip(),
        helps=head.get("helps", "").strip(),
        claims=read_claims(file, document, deployment, faults),
        profile=profile,
        parameters=parameters,
        variants=variants,
        variant=variant,
        invariants=run.get("invariants", ()),
        source=Source(text, path, name, tuple(changes.items())),
    )


_HEAD_KEYS = frozenset(key.name for key in HEAD.keys)


def _no_file(path: str) -> str:
    raise ValueError(f"{path} cannot be read: this scenario is in no folder")
