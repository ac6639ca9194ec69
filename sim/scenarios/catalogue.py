"""The scenarios that are shipped, and those in files of your own."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from sim.scenarios.reading import read_scenario
from sim.scenarios.scenario import Scenario, ScenarioError
from sim.world.deployment import DEPLOYMENT_SETTINGS

__all__ = ["THEMES", "find_scenario", "shipped_scenarios", "stock_conf", "with_changes"]

SUFFIX = ".toml"
THEMES = (
    "Basics",
    "Quorum and majority",
    "Elections",
    "Detection",
    "Data",
    "Addresses",
    "Operations",
    "Peculiarities",
)
"""The themes of the shipped scenarios, in the order of the list."""


def shipped_names() -> list[str]:
    """The names of the shipped scenarios, sorted."""
    files = resources.files("sim.scenarios").joinpath("shipped").iterdir()
    return sorted(file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX))


def shipped_scenarios(*, variants: bool = False) -> list[Scenario]:
    """Every shipped scenario, in order of theme and name; with its variants behind it if wanted."""
    scenarios = sorted((find_scenario(name) for name in shipped_names()), key=_place)
    if not variants:
        return scenarios
    return [
        each
        for scenario in scenarios
        for each in (
            scenario,
            *(find_scenario(scenario.name, variant=v.name) for v in scenario.variants),
        )
    ]


def _place(scenario: Scenario) -> tuple[int, str, str]:
    known = scenario.theme in THEMES
    return (THEMES.index(scenario.theme) if known else len(THEMES), scenario.theme, scenario.name)


def find_scenario(
    which: str, *, variant: str = "", changes: Mapping[str, str] | None = None
) -> Scenario:
    """The shipped scenario of that name, or the one in the file of that path.

    `changes` are values of its parameters, as texts. Raises `ScenarioError`, also when there is no
    such scenario, variant or parameter.
    """
    if which.endswith(SUFFIX):
        path = Path(which)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
            raise ScenarioError(f"{which}: cannot be read: {reason}") from None
        return read_scenario(
            text,
            name=path.stem,
            path=which,
            changes=changes,
            variant=variant,
            read_file=lambda name: (path.parent / name).read_text(encoding="utf-8"),
        )
    if which not in shipped_names():
        near = get_close_matches(which, shipped_names())
        meant = f" (perhaps {' or '.join(near)})" if near else ""
        raise ScenarioError(
            f"no scenario is called {which!r}; expected a name from minisentinel-sim list{meant}, "
            f"or the path of a {SUFFIX} file"
        )
    folder = resources.files("sim.scenarios").joinpath("shipped")
    return read_scenario(
        folder.joinpath(which + SUFFIX).read_text(encoding="utf-8"),
        name=which,
        path=which + SUFFIX,
        changes=changes,
        variant=variant,
        read_file=lambda name: folder.joinpath(name).read_text(encoding="utf-8"),
    )


def with_changes(which: str, changes: Mapping[str, str], *, variant: str = "") -> Scenario:
    """The scenario with other values of its parameters, and other settings of its deployment.

    Raises `ScenarioError` for a name that is neither, `DeploymentError` for a wrong setting.
    """
    own = {name: value for name, value in changes.items() if name not in DEPLOYMENT_SETTINGS}
    scenario = find_scenario(which, variant=variant)
    parameters = [each.name for each in scenario.parameters]
    for name in own:
        if name not in parameters:
            known = ", ".join((*parameters, *DEPLOYMENT_SETTINGS))
            raise ScenarioError(f"unknown setting {name!r}; expected one of: {known}")
    if own:
        scenario = find_scenario(which, variant=variant, changes=own)
    deployment = scenario.deployment
    for name, value in changes.items():
        if name in DEPLOYMENT_SETTINGS:
            deployment = deployment.with_setting(name, value)
    return scenario.with_deployment(deployment)


def stock_conf() -> str:
    """The text of the example ``sentinel.conf`` that is shipped."""
    return resources.files("sim.scenarios").joinpath("sentinel.conf").read_text(encoding="utf-8")
