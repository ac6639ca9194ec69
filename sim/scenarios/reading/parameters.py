"""The tables ``[parameters.NAME]``, and the places where their values are used as ``"$NAME"``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import TEXT, Kind
from sim.scenarios.reading.tables import Key, Table, table_of
from sim.scenarios.scenario import Parameter, ScenarioError
from sim.world.deployment import DEPLOYMENT_SETTINGS

__all__ = ["PARAMETERS", "read_parameters", "with_values"]

Value = bool | int | float | str
NAME = re.compile(r"[a-z][a-z0-9-]*")
USE = re.compile(r"\$([a-z][a-z0-9-]*)")


def _value(value: object) -> Value:
    if not isinstance(value, bool | int | float | str):
        raise ValueError
    return value


PARAMETERS = Table(
    "parameters.NAME",
    'Values that a run may change with `--set NAME=VALUE`, used anywhere else as `"$NAME"`.',
    (
        Key(
            "default",
            Kind("a number, a text, or true or false", _value),
            "the value unless a run says otherwise",
            required=True,
        ),
        Key("about", TEXT, "what it means", required=True),
    ),
)


def read_parameters(
    file: ScenarioFile, document: Mapping[str, Any], changes: Mapping[str, str]
) -> tuple[Parameter, ...]:
    """The parameters with the values that `changes` (texts) give them; others keep the default."""
    parameters = []
    for name, table in table_of(file, document, "parameters").items():
        where = f"parameters.{name}"
        if not isinstance(table, dict):
            problem = f"expected a table [{where}] with default and about, found {table!r}"
            raise file.error("parameters", name, problem)
        if not NAME.fullmatch(name) or name in DEPLOYMENT_SETTINGS:
            problem = "expected a name of small letters, digits and dashes that no setting has"
            raise file.error(where, "", problem)
        found = PARAMETERS.read(file, table, name=where)
        value = found["default"]
        if name in changes:
            value = _changed(name, value, changes[name])
        parameters.append(Parameter(name, value, found["about"]))
    return tuple(parameters)


def _changed(name: str, default: Value, text: str) -> Value:
    """What `text` means where such a `default` stands; raises `ScenarioError`."""
    if isinstance(default, bool):
        if text in ("true", "false"):
            return text == "true"
        raise ScenarioError(f"{name}={text}: expected true or false")
    if isinstance(default, int | float):
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            raise ScenarioError(f"{name}={text}: expected a number") from None
    return text


def with_values(
    file: ScenarioFile, document: Mapping[str, Any], parameters: tuple[Parameter, ...]
) -> dict[str, Any]:
    """The document with every ``"$name"`` replaced by the value of the parameter `name`.

    A text that is nothing else becomes the value itself, a number if it is one; within a longer
    text the value is inserted. Raises `ScenarioError` for a name that is none.
    """
    values = {each.name: each.value for each in parameters}

    def replaced(value: Any, table: str, key: str, index: int) -> Any:
        if isinstance(value, str) and "$" in value:
            for match in USE.finditer(value):
                if match[1] not in values:
                    known = ", ".join(values) or "none are given"
                    problem = f"unknown parameter ${match[1]}; expected one of: {known}"
                    raise file.error(table, key, problem, index)
            whole = USE.fullmatch(value)
            if whole:
                return values[whole[1]]
            return USE.sub(lambda match: str(values[match[1]]), value)
        if isinstance(value, list):
            tables = bool(value) and all(isinstance(each, dict) for each in value)
            inner = f"{table}.{key}" if table else key
            return [
                replaced_table(each, inner, number) if tables else replaced(each, table, key, index)
                for number, each in enumerate(value)
            ]
        if isinstance(value, dict):
            return replaced_table(value, f"{table}.{key}" if table else key, 0)
        return value

    def replaced_table(found: Mapping[str, Any], table: str, index: int) -> dict[str, Any]:
        return {key: replaced(value, table, key, index) for key, value in found.items()}

    prose = ("title", "about", "notice", "helps", "theme", "parameters")
    return {
        key: value if key in prose else replaced(value, "", key, 0)
        for key, value in document.items()
    }
