"""Run the code that stands in pages, and compare what it prints with what the page says.

``python -m tools.pages [--write] PAGE ...``; with ``--write`` the page gets what was printed.

A page is run from top to bottom in an empty folder of its own:

- A block ``python`` is executed; all of a page share their variables. If a block ``text`` comes
  next, it is what was printed.
- In a block ``console``, lines that begin with ``$`` are commands, and the others their output.
- After ``<!-- file: NAME -->`` a block is a file of that name.
- After ``<!-- not run: WHY -->`` a block is only shown.

A line ``...`` stands for any number of lines of output.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "blocks", "main", "matches", "run"]

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(
    r"(?:<!-- (?P<mark>file|not run): (?P<what>[^>]+?) -->\n)?"
    r"^```(?P<language>[a-z]+)\n(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
COMMANDS = {"minisentinel": "minisentinel", "minisentinel-sim": "sim"}
"""The commands of the project and the packages that they are, so that no installation is needed."""
COMMAND_LIMIT_SECONDS = 3600
"""Only a command that never ends takes so long."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where its `body` begins in the page, and what a comment before it says."""

    language: str
    body: str
    start: int
    mark: str
    what: str
    follows: bool
    """Whether only blank lines are between it and the block before."""


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        mark, what = match["mark"] or "", (match["what"] or "").strip()
        follows = bool(found) and not text[end : match.start()].strip()
        found.append(
            Block(match["language"], match["body"], match.start("body"), mark, what, follows)
        )
        end = match.end()
    return found


def run(text: str) -> Iterator[tuple[Block, str]]:
    """Run the code of a page in the current folder: each block that shows output, with the output.

    Raises what the code of a block raises.
    """
    variables: dict[str, object] = {"__name__": "__main__"}
    printed: str | None = None
    for block in blocks(text):
        before, printed = printed, None
        if block.mark == "not run":
            continue
        if block.mark == "file":
            Path(block.what).write_text(block.body, encoding="utf-8")
        elif block.language == "python":
            stream = io.StringIO()
            with contextlib.redirect_stdout(stream):
                # Executing what the page shows is what this is for.
                exec(compile(block.body, f"<block at {block.start}>", "exec"), variables)
            printed = stream.getvalue()
        elif block.language == "console":
            yield block, "".join(_console(block.body))
        elif block.language == "text" and block.follows and before is not None:
            yield block, before


def _console(body: str) -> Iterator[str]:
    """The commands of a block, each with what it prints."""
    for match in re.finditer(r"^\$ ((?:.*\\\n)*.*)\n", body, re.MULTILINE):
        yield match[0]
        done = subprocess.run(
            ["sh", "-c", match[1]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=COMMAND_LIMIT_SECONDS,
            check=False,
        )
        yield done.stdout


def matches(shown: str, printed: str) -> bool:
    """Whether `printed` is what is `shown`, where a line ``...`` stands for any lines."""
    parts = re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)
    return re.fullmatch("(?:.*\n)*?".join(map(re.escape, parts)), printed) is not None


def _provide_commands(folder: Path) -> None:
    """Make the commands of this project runnable by their names, and the others as they were."""
    for name, package in COMMANDS.items():
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {package} "$@"\n')
        script.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["MPLBACKEND"] = "Agg"
    os.environ["COLUMNS"] = "100"


def _get_fonts_ready(folder: Path) -> None:
    """Let matplotlib look for fonts now: the first command that draws would complain of the wait.

    It complains, too, if it can keep nowhere what it has found.
    """
    if importlib.util.find_spec("matplotlib") is None:
        return
    ready = [sys.executable, "-c", "import matplotlib.font_manager"]
    done = subprocess.run(ready, cwd=folder, capture_output=True, text=True, check=False)
    if "MPLCONFIGDIR" in done.stderr:
        os.environ["MPLCONFIGDIR"] = str(folder)
        subprocess.run(ready, cwd=folder, capture_output=True, check=False)


def _check(page: Path, *, write: bool) -> list[str]:
    """Run a page; what differs from it."""
    text = page.read_text(encoding="utf-8")
    new, differences = text, []
    for block, printed in run(text):
        if matches(block.body, printed):
            continue
        line = text.count("\n", 0, block.start) + 1
        differences.append(f"{page}:{line}: shown is\n{block.body}\nand printed was\n{printed}")
        shift = len(new) - len(text)
        at = block.start + shift
        new = new[:at] + printed + new[at + len(block.body) :]
    if write and differences:
        page.write_text(new, encoding="utf-8")
        return []
    return differences


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 if all pages show what is printed, 1 if not."""
    parser = argparse.ArgumentParser(prog="tools.pages", description="Run the code in pages.")
    parser.add_argument("--write", action="store_true", help="write what is printed into the pages")
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE")
    options = parser.parse_args(arguments)
    failures = 0
    with tempfile.TemporaryDirectory() as commands:
        _provide_commands(Path(commands))
        _get_fonts_ready(Path(commands))
        for page in map(Path.resolve, options.pages):
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                differences = _check(page, write=options.write)
            print(*differences, sep="\n", end="" if not differences else "\n")
            failures += bool(differences)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
