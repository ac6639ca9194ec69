"""The tables ``[[variants]]``: the same story with other values, other rules, another end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.scenarios.profiles import PROFILES
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import NAME, TEXT, Kind, choice
from sim.scenarios.reading.tables import Key, Table, array_of_tables, table_of
from sim.scenarios.scenario import ScenarioError, Variant

__all__ = ["VARIANTS", "read_variants", "variant_named"]


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError
    return value


VARIANTS = Table(
    "variants",
    "The same story with something else in force, run with `--variant NAME`.",
    (
        Key("name", NAME, "its name", required=True),
        Key("about", TEXT, "what is different, and what comes of it", required=True),
        Key("profile", choice(tuple(PROFILES)), "the rules that the Sentinels play by", "modern"),
        Key("set", Kind("a table of parameters", _mapping), "other values of parameters"),
        Key(
            "expect",
            Kind("a table [variants.expect]", _mapping),
            "what is expected then, in place of all of `[expect]`",
        ),
    ),
    many=True,
)


def read_variants(file: ScenarioFile, document: Mapping[str, Any]) -> tuple[Variant, ...]:
    """The names of all variants, and what they are about."""
    variants: dict[str, Variant] = {}
    parameters = table_of(file, document, "parameters")
    for index, table in enumerate(array_of_tables(file, document, "variants")):
        found = VARIANTS.read(file, table, index)
        name = found["name"]
        if name in variants:
            raise file.error("variants", "name", f"{name!r} is the name of another one", index)
        for key in found.get("set", {}):
            if key not in parameters:
                known = ", ".join(parameters) or "none are given"
                problem = f"unknown parameter {key!r}; expected one of: {known}"
                raise file.error("variants", "set", problem, index)
        if not {"profile", "set"} & found.keys():
            problem = "nothing is different; expected 'profile' or 'set' beside it"
            raise file.error("variants", "name", problem, index)
        variants[name] = Variant(name, found["about"])
    return tuple(variants.values())


def variant_named(
    file: ScenarioFile, document: Mapping[str, Any], name: str
) -> tuple[dict[str, Any], dict[str, str], str]:
    """The document of the variant `name`, its values of parameters, and its profile.

    Raises `ScenarioError` for a name that is none.
    """
    variants = array_of_tables(file, document, "variants")
    for table in variants:
        if table.get("name") == name:
            changed = dict(document)
            if "expect" in table:
                changed["expect"] = table["expect"]
            values = {key: _written(value) for key, value in table.get("set", {}).items()}
            return changed, values, table.get("profile", "modern")
    known = ", ".join(str(each.get("name")) for each in variants) or "it has none"
    raise ScenarioError(f"{file.path}: no variant is called {name!r}; expected one of: {known}")


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
