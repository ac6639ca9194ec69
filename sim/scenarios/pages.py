"""Pages of the documentation that are made from the code: the schema, and the gallery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.scenarios.expectations import EXPECTATIONS, STATES
from sim.scenarios.profiles import PROFILES
from sim.scenarios.reading import TABLES
from sim.scenarios.reading.faults import ROLES
from sim.scenarios.reading.tables import Table
from sim.scenarios.scenario import Scenario
from sim.scenarios.verbs import VERBS

__all__ = ["gallery_page", "schema_page"]

MADE = "<!-- Made by `make scenario-pages`; do not edit. -->"


def schema_page() -> str:
    """The reference of scenario files, in Markdown: every table, key, verb, expectation, state."""
    lines = [
        "# Scenario files: the reference",
        "",
        MADE,
        "",
        "Every table and key that a scenario file may hold. [Writing a scenario](scenarios.md) "
        "tells how they are used. Times are seconds of virtual time; a setting with Sentinel's or "
        "Redis' own name has that one's unit. A key without a default may be left out, unless it "
        "is required.",
    ]
    for table in TABLES:
        lines += ["", *_table(table)]
        if table.name == "faults":
            lines += ["", *_verbs(), "", *_roles()]
        elif table.name == "expect.eventually":
            lines += ["", *_states()]
    lines += ["", *_profiles()]
    return "\n".join(lines) + "\n"


def gallery_page(scenarios: Sequence[Scenario]) -> str:
    """All scenarios with their pictures, and what there is to see in them, in Markdown."""
    lines = [
        "# Gallery",
        "",
        MADE,
        "",
        "Every scenario that is shipped: what happens, what to notice, and what would have helped. "
        "Each picture is the run with seed 1. `minisentinel-sim run NAME` plays one, `--plot` "
        "draws it, `minisentinel-sim describe NAME` tells its faults and what is expected of it.",
    ]
    theme = ""
    for scenario in scenarios:
        if scenario.theme != theme:
            theme = scenario.theme
            lines += ["", f"## {theme}"]
        lines += [
            "",
            f"### `{scenario.name}`: {scenario.title}",
            "",
            *_paragraph(scenario.about),
            "",
            f"![{scenario.title}](images/{scenario.name}.png)",
        ]
        if scenario.notice:
            lines += ["", *_paragraph(f"**What to notice.** {scenario.notice}")]
        if scenario.helps:
            lines += ["", *_paragraph(f"**What would have helped.** {scenario.helps}")]
        for variant in scenario.variants:
            lines += ["", *_paragraph(f"**Variant `{variant.name}`.** {variant.about}")]
    return "\n".join(lines) + "\n"


def _paragraph(text: str) -> list[str]:
    return text.strip().splitlines()


def _table(table: Table) -> list[str]:
    heading = f"## `{table.title}`" if table.name else "## Head"
    lines = [heading, "", table.about]
    if table.keys:
        rows = [
            (
                f"`{key.name}`" + (" (required)" if key.required else ""),
                key.kind.expected,
                key.default,
                key.about,
            )
            for key in table.keys
        ]
        lines += ["", *_rows(("Key", "Value", "Default", "Meaning"), rows)]
    return lines


def _verbs() -> list[str]:
    rows = [
        (
            f"`{name}`",
            ", ".join(f"`{key}`" for key in verb.needs),
            ", ".join(f"`{key}`" for key in verb.may),
            verb.about,
        )
        for name, verb in VERBS.items()
    ]
    return ["### Verbs", "", *_rows(("`do`", "Needs", "May have", "What is done"), rows)]


def _roles() -> list[str]:
    rows = [(f"`{name}`", about) for name, about in ROLES.items()]
    return [
        "### Who is meant",
        "",
        "A node is called by its name (`redis-1`, `sentinel-2`, `client-1`), by the name of its "
        "box or site, by a name that `as` gave it, or by one of these:",
        "",
        *_rows(("Name", "Who"), rows),
    ]


def _states() -> list[str]:
    rows = [(f"`{name}`", state.about) for name, state in STATES.items()]
    return ["### States", "", *_rows(("State", "It holds while"), rows)]


def _profiles() -> list[str]:
    known = ", ".join(f"`{name}`" for name in PROFILES)
    clients = ", ".join(f"`{name}`" for name, kind in EXPECTATIONS.items() if kind.needs_clients)
    return [
        "## Profiles",
        "",
        f"The rules that Sentinels may play by in a variant: {known}.",
        "",
        "## What needs clients",
        "",
        f"Where nobody writes these say nothing, and are refused: {clients}.",
    ]


def _rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [row(headings), "|" + "---|" * len(headings), *(row(cells) for cells in rows)]
