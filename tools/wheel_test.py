"""Build a wheel from the tree and use it in an empty environment, far from the checkout.

The wheel is installed without an index, which proves that it has no run-time dependencies, and the
commands run in an empty directory, which proves that it carries everything they read.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

__all__ = ["main", "missing_files"]

ROOT = Path(__file__).resolve().parent.parent
DIGEST_LINE = re.compile(r"digest [0-9a-f]{64}")


class WheelTestError(Exception):
    """The wheel does not do what it must; the message says what."""


def missing_files(wheel: Path, root: Path) -> list[str]:
    """The files of the packages under `root` that a wheel must carry and `wheel` lacks."""
    wanted = [
        path.relative_to(root).as_posix()
        for package in ("minisentinel", "sim")
        for path in sorted((root / package).rglob("*"))
        if path.suffix in {".py", ".toml", ".conf"} or path.name == "py.typed"
    ]
    with zipfile.ZipFile(wheel) as archive:
        carried = frozenset(archive.namelist())
    return [name for name in wanted if name not in carried]


def run(command: list[str | Path], directory: Path) -> str:
    """Run `command` in `directory`, away from the checkout; its output. Raises on a failure."""
    print("+", " ".join(str(word) for word in command), flush=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=directory, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise WheelTestError(f"exit status {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def try_wheel(scratch: Path) -> None:
    """Build, install and use the wheel below `scratch`. Raises `WheelTestError`."""
    run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", scratch, ROOT], scratch
    )
    (wheel,) = scratch.glob("*.whl")
    if missing := missing_files(wheel, ROOT):
        raise WheelTestError(f"{wheel.name} lacks {', '.join(missing)}")

    environment = scratch / "environment"
    venv.create(environment, with_pip=True)
    bin_directory = environment / ("Scripts" if os.name == "nt" else "bin")
    python = bin_directory / "python"
    run([python, "-m", "pip", "install", "--quiet", "--no-index", wheel], scratch)

    empty = scratch / "empty"
    empty.mkdir()
    names = run([bin_directory / "minisentinel-sim", "list"], empty)
    if "kill-master" not in names:
        raise WheelTestError(f"`list` does not name kill-master:\n{names}")
    lines = run([bin_directory / "minisentinel-sim", "run", "kill-master"], empty).splitlines()
    if not lines or not DIGEST_LINE.fullmatch(lines[-1]):
        raise WheelTestError("the last line of `run kill-master` is no digest: " + repr(lines[-1:]))
    if run([python, "-m", "sim", "list"], empty) != names:
        raise WheelTestError("`python -m sim list` and `minisentinel-sim list` differ")
    by_module = run([python, "-m", "minisentinel", "--help"], empty)
    by_command = run([bin_directory / "minisentinel", "--help"], empty)
    if not by_module or not by_command:
        raise WheelTestError("`minisentinel --help` prints nothing")
    if left := sorted(path.name for path in empty.iterdir()):
        raise WheelTestError(f"files were left in the working directory: {left}")
    print(f"{wheel.name} works on its own; {lines[-1]}")


def main() -> int:
    """Run the test in a temporary directory; 0 when the wheel works, 1 when not."""
    with tempfile.TemporaryDirectory(prefix="wheel-test-") as scratch:
        try:
            try_wheel(Path(scratch))
        except WheelTestError as problem:
            print(f"wheel test failed: {problem}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
