"""Execute notebooks from a clean start, and fail where one of them does.

``python -m tools.notebooks [--write] [NOTEBOOK ...]``: all of ``notebooks/`` by default; with
``--write`` the outputs are kept in the files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

__all__ = ["execute", "main"]

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 3600
"""Only a cell that never ends, or a kernel that never starts, takes so long."""


def execute(path: Path, *, write: bool) -> str:
    """Run the notebook at `path`; what went wrong, or empty. `write` keeps its outputs."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        timeout=LIMIT_SECONDS,
        startup_timeout=LIMIT_SECONDS,
        iopub_timeout=LIMIT_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        # What a cell prints is one output, however many messages it came in.
        coalesce_streams=True,
    )
    try:
        client.execute()
    except CellExecutionError as problem:
        return str(problem)
    if write:
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of day: they would differ every time
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute the notebooks; 0 when all ran, 1 when one failed or there is none."""
    parser = argparse.ArgumentParser(prog="tools.notebooks", description="Execute notebooks.")
    parser.add_argument("--write", action="store_true", help="keep the outputs in the files")
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb"))
    if not paths:
        print("no notebooks found", file=sys.stderr)
        return 1
    failures = 0
    for path in paths:
        problem = execute(path, write=options.write)
        print(f"{path.name}: {'failed' if problem else 'ran'}", flush=True)
        if problem:
            print(problem, file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
