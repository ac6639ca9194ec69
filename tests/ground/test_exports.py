"""Every public module says what it offers, and offers what it says."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def module_name(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def defines_something(path: Path) -> bool:
    """Is there more in the module than a docstring?"""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(not isinstance(node, ast.Expr | ast.ImportFrom | ast.Import) for node in body)


PUBLIC = {
    module_name(path): path
    for package in ("minisentinel", "sim")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.name != "__main__.py" and not path.stem.startswith("_") | (path.stem == "__init__")
}
PUBLIC |= {
    module_name(path): path
    for package in ("minisentinel", "sim")
    for path in sorted((ROOT / package).rglob("__init__.py"))
}


def names(name: str) -> list[str]:
    """`__all__` of a module; what needs an extra that is not installed is skipped."""
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.split(".")[0] not in ("minisentinel", "sim"):
            pytest.skip(f"needs {missing.name}")
        raise
    exported: list[str] = module.__all__
    for exported_name in exported:
        assert hasattr(module, exported_name), f"{name} has no {exported_name}"
    return exported


@pytest.mark.parametrize("name", [name for name, path in PUBLIC.items() if defines_something(path)])
def test_public_module_offers_what_its_all_says(name: str) -> None:
    exported = names(name)
    assert len(exported) == len(set(exported)), "a name is there twice"
