"""The documentation leads somewhere: links resolve, code in pages runs, pages have their place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from minisentinel.trace import kinds
from tools import reference_pages
from tools.pages import blocks, matches

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]
)
LINK = re.compile(r"(?<!\\)\[[^\]\n]*(?<!\\)\]\(([^)\s]+)\)")
FLAGS = re.DOTALL | re.MULTILINE
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The fragments that the headings of `page` can be linked by."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_repository_resolve(page: Path) -> None:
    dead = []
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        found = target.exists() and target.is_relative_to(ROOT)
        if not found or (fragment and fragment not in anchors(target)):
            dead.append(link)
    assert not dead


def readme_python() -> str:
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    assert len(blocks) == 2, "the README shows a run and a property"
    return str(blocks[0])


def test_the_python_of_the_readme_has_fewer_than_ten_lines() -> None:
    lines = [line for line in readme_python().splitlines() if line.strip()]
    assert 0 < len(lines) < 10


@pytest.mark.real_io
def test_the_python_of_the_readme_prints_what_the_readme_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", readme_python()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = re.search(
        r"```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL
    )
    assert shown is not None
    assert done.stdout == shown[1]


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or not page.exists():
            continue
        seen.add(page)
        for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
            name = link.partition("#")[0]
            if name.endswith(".md") and not re.match(r"[a-z]+:", link):
                waiting.append((page.parent / name).resolve())
    orphans = [page.relative_to(ROOT).as_posix() for page in PAGES if page not in seen]
    assert not orphans


PAGES_WITH_CODE = sorted(
    page
    for pattern in ("tutorial/*.md", "howto/*.md", "looking.md")
    for page in (ROOT / "docs").glob(pattern)
    if any(block.language in ("python", "console") for block in blocks(page.read_text("utf-8")))
)


def test_tutorial_and_guides_have_code_that_is_run() -> None:
    names = {page.stem for page in PAGES_WITH_CODE}
    assert {"first-failover", "own-scenario", "live-sentinel", "planted-bug", "looking"} <= names


ALL_OF_THEM = "PAGES_ALL"


@pytest.mark.real_io
@pytest.mark.parametrize("page", PAGES_WITH_CODE, ids=lambda page: page.stem)
def test_code_in_a_page_prints_what_the_page_shows(page: Path) -> None:
    """What a newcomer types first, here; with ``make pages`` every page."""
    if page.parent.name != "tutorial" and not os.environ.get(ALL_OF_THEM):
        pytest.skip(f"with {ALL_OF_THEM}=1")
    done = subprocess.run(
        [sys.executable, "-m", "tools.pages", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real_io
def test_a_page_that_shows_something_else_is_found_out(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- file: a.txt -->\n```text\none\ntwo\n```\n"
        "```python\nprint(open('a.txt').read(), end='')\n```\n\n```text\none\n...\n```\n"
        "```console\n$ cat a.txt\none\n```\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "tools.pages", str(page)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout.count("shown is") == 1
    assert "$ cat a.txt\none\ntwo\n" in done.stdout


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a\nc\n", False),
        ("a\n...\n", "a\nb\nc\n", True),
        ("a\n...\nc\n", "a\nc\n", True),
        ("a\n...\nd\n", "a\nb\nc\n", False),
        ("", "a\n", False),
    ],
)
def test_three_dots_stand_for_any_lines(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same


@pytest.mark.parametrize("name", reference_pages.PAGES)
def test_reference_is_what_the_code_says(name: str) -> None:
    written = (reference_pages.REFERENCE / name).read_text(encoding="utf-8")
    assert written == reference_pages.PAGES[name](), "run: make reference-pages"


def test_reference_shows_every_kind_of_record_once() -> None:
    page = reference_pages.trace_format()
    assert re.findall(r"^### (.*)$", page, re.MULTILINE) == [*dict.fromkeys(kinds())]


def test_every_page_has_its_place_on_the_site() -> None:
    placed: set[Path] = set()
    waiting = [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        placed.add(page)
        for tree in re.findall(r"^:::\{toctree\}\n(.*?)^:::$", page.read_text("utf-8"), FLAGS):
            for name in tree.splitlines():
                if name and not name.startswith(":"):
                    base = ROOT if name.startswith("/") else page.parent
                    found = [
                        each.resolve()
                        for suffix in (".md", ".ipynb")
                        for each in base.glob(f"{name.lstrip('/')}{suffix}")
                    ]
                    assert found, f"{page.name} has {name} in its toctree"
                    waiting += [each for each in found if each.suffix == ".md"]
    assert [page for page in PAGES if page not in placed and page != ROOT / "README.md"] == []
