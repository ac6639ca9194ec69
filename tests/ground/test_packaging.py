"""The package is what pyproject.toml promises: typed, without dependencies, on Python >= 3.11."""

from __future__ import annotations

import ast
import importlib.util
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

import minisentinel
import sim
from tools.wheel_test import missing_files

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = sorted(
    path for package in ("minisentinel", "sim") for path in (ROOT / package).rglob("*.py")
)


def test_the_packages_have_no_run_time_dependencies() -> None:
    assert PROJECT["project"]["dependencies"] == []


def test_the_oldest_python_promised_is_the_one_that_the_tools_check_for() -> None:
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert PROJECT["tool"]["mypy"]["python_version"] == "3.11"
    assert PROJECT["tool"]["ruff"]["target-version"] == "py311"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_is_in_the_language_of_python_3_11(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 11))


@pytest.mark.parametrize("extra", ["plot", "notebooks", "test", "docs", "bench", "dev"])
def test_extra_exists_and_is_not_empty(extra: str) -> None:
    assert PROJECT["project"]["optional-dependencies"][extra]


@pytest.mark.parametrize("package", ["minisentinel", "sim"])
def test_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


def test_both_packages_have_the_version_of_the_distribution() -> None:
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "minisentinel/__init__.py"
    assert sim.__version__ == minisentinel.__version__


@pytest.mark.parametrize("target", list(PROJECT["project"]["scripts"].values()))
def test_console_script_names_a_function_of_a_module_that_exists(target: str) -> None:
    module, _, function = target.partition(":")
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    names += [
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert function in names


def test_the_wheel_test_notices_a_file_that_was_left_behind(tmp_path: Path) -> None:
    for name in ("minisentinel/py.typed", "sim/scenarios/one.toml", "sim/scenarios/two.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("minisentinel/py.typed", "")
        archive.writestr("sim/scenarios/two.toml", "")
    assert missing_files(wheel, tmp_path) == ["sim/scenarios/one.toml"]
