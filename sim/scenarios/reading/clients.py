"""The tables of a scenario file that say who the clients are and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.clients import CLIENT_KINDS, PARAMETERS, ClientGroup, Parameter, Workload
from sim.scenarios.reading.file import ScenarioFile
from sim.scenarios.reading.kinds import CREDENTIALS, Kind, choice
from sim.scenarios.reading.tables import Key, Table, array_of_tables, table_of
from sim.world.deployment import Deployment, DeploymentError

__all__ = ["CLIENTS", "read_clients"]


def _kind(parameter: Parameter) -> Kind:
    if parameter.choices:
        return choice(parameter.choices)

    def read(value: object) -> Any:
        if not parameter.accepts(value):
            raise ValueError
        return value if parameter.is_whole else float(value)  # type: ignore[arg-type]

    return Kind(parameter.expected, read)


def _whole(about: str) -> Kind:
    return _kind(Parameter("", about, 1, 100, is_whole=True))


DEFAULT = Workload()

CLIENTS = Table(
    "clients",
    "Clients that are all alike. Without such a table there are `deployment.clients` of the first "
    "kind, with all the defaults.",
    (
        Key("kind", choice(tuple(CLIENT_KINDS)), "what they do right or wrong", "textbook"),
        Key("count", _whole("clients"), "how many they are", "1"),
        Key("first-sentinel", _whole("number"), "the Sentinel at the head of their list", "1"),
        Key(
            "sentinel-auth",
            CREDENTIALS,
            "what they say to Sentinels, which ask for it if `requirepass` is in their `conf`",
            "nothing",
        ),
        Key(
            "server-auth",
            CREDENTIALS,
            "what they say to servers, which ask for it if `requirepass` is in `[servers]`",
            "nothing",
        ),
        *(
            Key(
                key,
                _kind(parameter),
                parameter.about,
                f"{default:g}"
                if isinstance(default := getattr(DEFAULT, parameter.attribute), float)
                else str(default),
            )
            for key, parameter in PARAMETERS.items()
        ),
    ),
    many=True,
)
"""``[[clients]]``, any number of them."""


def read_clients(
    file: ScenarioFile, document: Mapping[str, Any], deployment: Deployment
) -> Deployment:
    """`deployment` with the clients of the tables ``[[clients]]``, or of a single ``[clients]``.

    Raises `ScenarioError`.
    """
    found = document.get("clients", [])
    tables = [found] if isinstance(found, dict) else array_of_tables(file, document, CLIENTS.name)
    if not tables:
        return deployment
    if "clients" in table_of(file, document, "deployment"):
        problem = "expected either this or [[clients]], which say how many with 'count'"
        raise file.error("deployment", "clients", problem)
    groups = []
    for index, table in enumerate(tables):
        groups.append(_group(file, table, index))
        if groups[-1].first_sentinel > deployment.sentinels:
            problem = f"expected the number of a Sentinel, 1 to {deployment.sentinels}"
            raise file.error(CLIENTS.name, "first-sentinel", problem, index)
    try:
        return deployment.with_groups(groups)
    except DeploymentError as problem:
        raise file.error(CLIENTS.name, "count", str(problem)) from None


def _group(file: ScenarioFile, table: Mapping[str, Any], index: int) -> ClientGroup:
    values = CLIENTS.read(file, table, index)
    return ClientGroup(
        kind=values.get("kind", "textbook"),
        count=values.get("count", 1),
        first_sentinel=values.get("first-sentinel", 1),
        sentinel_auth=values.get("sentinel-auth", ()),
        server_auth=values.get("server-auth", ()),
        workload=Workload(
            **{each.attribute: values[key] for key, each in PARAMETERS.items() if key in values}
        ),
    )
