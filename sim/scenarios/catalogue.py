"""The scenarios that are shipped, and those in files of your own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sim.scenarios.reading import read_scenario
from sim.scenarios.scenario import Scenario, ScenarioError

__all__ = ["find_scenario", "shipped_scenarios", "stock_conf"]

SUFFIX = ".toml"


def shipped_names() -> list[str]:
    """The names of the shipped scenarios, sorted."""
    files = resources.files("sim.scenarios").iterdir()
    return sorted(file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX))


def shipped_scenarios() -> list[Scenario]:
    """Every shipped scenario, in order of theme and name."""
    return sorted(
        (find_scenario(name) for name in shipped_names()), key=lambda each: (each.theme, each.name)
    )


def find_scenario(which: str) -> Scenario:
    """The shipped scenario of that name, or the one in the file of that path.

    Raises `ScenarioError`, also when there is no such scenario.
    """
    if which.endswith(SUFFIX):
        path = Path(which)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is no UTF-8 text"
            raise ScenarioError(f"{which}: cannot be read: {reason}") from None
        return read_scenario(text, name=path.stem, path=which)
    if which not in shipped_names():
        known = ", ".join(shipped_names())
        raise ScenarioError(
            f"no scenario is called {which!r}; expected one of: {known}; "
            f"or the path of a {SUFFIX} file"
        )
    file = resources.files("sim.scenarios").joinpath(which + SUFFIX)
    return read_scenario(file.read_text(encoding="utf-8"), name=which, path=which + SUFFIX)


def stock_conf() -> str:
    """The text of the example ``sentinel.conf`` that is shipped."""
    return resources.files("sim.scenarios").joinpath("sentinel.conf").read_text(encoding="utf-8")
