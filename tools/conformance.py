"""Which rule of the specification is kept where, and which test says so.

The rules are the ids in ``docs/spec/``. Code and tests cite them: ``[MON-6.2-4]`` names one rule,
``[MON-6.2-2] to [MON-6.2-4]`` all from one to another, ``monitoring §6.2`` (also ``§4 to §7`` and
``§1, §3``; a bare ``§3`` is of the page named last in that file) a section with its subsections; §0
is what stands before the first. The name of an event, in quotes in the core, cites its row of the
catalogue. ``docs/conformance.toml`` holds what only a person can say: that a rule or a section is
missing, partial, done or out of place, and why.

``python -m tools.conformance --write`` writes ``docs/conformance.md``; ``--check`` fails when it
is out of date, when something cited does not exist, or when a judgement contradicts the citations.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Citation", "Conformance", "ConformanceError", "Rule", "load", "main", "render"]

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "README": "GEN",
    "monitoring": "MON",
    "gossip": "GOS",
    "election": "ELE",
    "failover": "FAI",
    "commands": "CMD",
    "config": "CFG",
    "events": "EVT",
    "redis-node": "RED",
    "clients": "CLT",
    "sentinel-2.6": "OLD",
}
STATUSES = ("done", "cited", "partial", "missing", "out of place")
JUDGEMENTS = ("done", "partial", "missing", "out of place")

RULE_ID = r"([A-Z]{3})-(\d+(?:\.\d+)*)-(\d+)([a-z]?)"
TAG = re.compile(rf"<sup>\[({RULE_ID})\]</sup>")
EXACT = re.compile(rf"\[({RULE_ID})\]")
RANGE = re.compile(rf"\[(?P<first>{RULE_ID})\]\s+to\s+\[(?P<last>{RULE_ID})\]")
HEADING = re.compile(r"##+ (\d+(?:\.\d+)*)\.? ")
EVENT = re.compile(r'"([+-][a-z][a-z-]*)"')
EVENTS_OF_ROW = re.compile(r"(?:^|/ )([+-][a-z][a-z-]*)")
CORE = "minisentinel/core/"
NUMBER = r"§(\d+(?:\.\d+)*)"
NAMED = re.compile(rf"\b({'|'.join(PAGES)})(?:\.md)?`?[\s#]+(?=§)|{NUMBER}(?:\s+to\s+{NUMBER})?")


class ConformanceError(Exception):
    """The specification, a citation or a judgement is wrong; one line for each problem."""


BY_ID = 99
"""How close a citation by a rule's own id is; one of its section is as close as that is deep."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a rule is cited: the file, the function or class in it (empty: none), how closely."""

    path: str
    place: str
    closeness: int


@dataclass(slots=True)
class Rule:
    """A rule: its id, the page and section it stands in, how it begins, and who cites it."""

    id: str
    page: str
    section: str
    text: str
    code: list[Citation] = field(default_factory=list)
    tests: list[Citation] = field(default_factory=list)
    judgement: str = ""
    reason: str = ""

    @property
    def status(self) -> str:
        """One of `STATUSES`: a person's judgement, else what the citations say."""
        if self.judgement:
            return self.judgement
        if not self.code:
            return "missing"
        exactly_here, exactly_tested = is_cited_by_id(self.code), is_cited_by_id(self.tests)
        if self.tests and (exactly_here or exactly_tested):
            return "done"
        return "partial" if exactly_here else "cited"


def is_cited_by_id(citations: Iterable[Citation]) -> bool:
    """Does any of `citations` name the rule itself, and not only its section?"""
    return any(citation.closeness == BY_ID for citation in citations)


@dataclass(slots=True)
class Conformance:
    """All rules by id, in the order of the specification."""

    rules: dict[str, Rule]

    def of_section(self, page: str, section: str) -> list[Rule]:
        """The rules of a section and its subsections."""
        return [
            rule
            for rule in self.rules.values()
            if rule.page == page
            and (rule.section == section or rule.section.startswith(section + "."))
        ]


# --- the specification ---------------------------------------------------------------------------


def read_rules(directory: Path) -> tuple[Conformance, set[tuple[str, str]]]:
    """The rules and the sections of all pages. Raises `ConformanceError` for misplaced ids."""
    rules: dict[str, Rule] = {}
    sections: set[tuple[str, str]] = set()
    problems: list[str] = []
    for page, letters in PAGES.items():
        section, last = "0", (0, "")
        block: list[str] = []
        path = directory / f"{page}.md"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if heading := HEADING.match(line):
                section, last = heading[1], (0, "")
                sections.add((page, section))
            if begins_block(line):
                block = []
            if not line.startswith("#"):
                block.append(line)
            for tag in TAG.finditer(line):
                name, its_letters, its_section, count, letter = tag.groups()
                where = f"{path.name}, line {number}: {name}"
                if (its_letters, its_section) != (letters, section):
                    problems.append(f"{where} stands in section {section} of {letters}")
                elif (int(count), letter) <= last:
                    problems.append(f"{where} is out of order or there twice")
                last = (int(count), letter)
                sections.add((page, section))
                rules[name] = Rule(name, page, section, excerpt(block))
    if problems:
        raise ConformanceError("\n".join(problems))
    return Conformance(rules), sections


def begins_block(line: str) -> bool:
    """Does `line` open a new item, row, paragraph or code block of Markdown?"""
    return not line.strip() or bool(re.match(r"\s*([*-] |\d+\. |\||#|```)", line))


def excerpt(block: Sequence[str], limit: int = 72) -> str:
    """How a rule begins, as text for a table cell."""
    text = TAG.sub("", " ".join(line.strip() for line in block)).strip()
    text = re.sub(r"^([*-] |\d+\. )", "", text)
    text = text.strip("| ").replace("\\|", "\0")
    text = " · ".join(cell for cell in (part.strip() for part in text.split("|")) if cell)
    text = text.replace("\0", "|").replace("**", "").replace("`", "")
    if not text:
        return "(the code block above)"
    if len(text) > limit:
        text = text[:limit].rsplit(" ", 1)[0] + " …"
    return re.sub(r"([*_|\[\]])", r"\\\1", text).replace("<", "&lt;")


# --- citations and judgements --------------------------------------------------------------------


def cited_sections(text: str) -> Iterator[tuple[str, str, int]]:
    """Page, section and position of what `text` cites; the page is empty when none was named."""
    page = ""
    for match in NAMED.finditer(text):
        named, first, last = match.groups()
        at = match.start()
        if named:
            page = named
        elif last and "." not in first + last:
            yield from ((page, str(number), at) for number in range(int(first), int(last) + 1))
        else:
            yield from ((page, section, at) for section in (first, last) if section)


def cited_rules(conformance: Conformance, text: str) -> Iterator[tuple[str, int]]:
    """Id and position of the rules that `text` names, with those between two in ``a to b``."""
    for match in EXACT.finditer(text):
        if match[2] in PAGES.values():
            yield match[1], match.start()
    ids = list(conformance.rules)
    for match in RANGE.finditer(text):
        if match["first"] in conformance.rules and match["last"] in conformance.rules:
            between = ids[ids.index(match["first"]) + 1 : ids.index(match["last"])]
            yield from ((name, match.start()) for name in between)


def catalogue(conformance: Conformance) -> dict[str, str]:
    """The id of the rule that describes each event, by the event's name."""
    return {
        event: rule.id
        for rule in conformance.of_section("events", "3")
        for event in EVENTS_OF_ROW.findall(rule.text)
    }


def read_citations(
    conformance: Conformance,
    sections: set[tuple[str, str]],
    root: Path,
    folders: Sequence[str],
    *,
    tests: bool,
) -> list[str]:
    """Note who cites what in the Python files below `folders`; the problems found."""
    problems = []
    rows = catalogue(conformance)
    for path in sorted(path for name in folders for path in (root / name).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        places = Places(text)
        for page, section, at in cited_sections(text):
            if (page, section) not in sections:
                problems.append(f"{name} cites {page or 'no page'} §{section}: no such section")
            citation = Citation(name, places.at(at), 1 + section.count("."))
            for rule in conformance.of_section(page, section):
                (rule.tests if tests else rule.code).append(citation)
        by_id = list(cited_rules(conformance, text))
        if name.startswith(CORE):
            named = ((match[1], match.start()) for match in EVENT.finditer(text))
            by_id += [(rows[event], at) for event, at in named if event in rows]
        for cited, at in by_id:
            known = conformance.rules.get(cited)
            if known is None:
                problems.append(f"{name} cites [{cited}]: no such rule")
            else:
                citation = Citation(name, places.at(at), BY_ID)
                (known.tests if tests else known.code).append(citation)
    return problems


class Places:
    """Which function or class each position of a Python file is in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: list[tuple[int, int, str]] = []
        try:
            self._collect(ast.parse(text).body, "")
        except SyntaxError:
            self._spans = []

    def _collect(self, body: Iterable[ast.AST], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                name = prefix + node.name
                self._spans.append((start, node.end_lineno or start, name))
                if isinstance(node, ast.ClassDef):
                    self._collect(node.body, f"{name}.")

    def at(self, position: int) -> str:
        """The name of the innermost definition there, empty outside of all."""
        line = self._text.count("\n", 0, position) + 1
        inside = [(start, name) for start, end, name in self._spans if start <= line <= end]
        return max(inside)[1] if inside else ""


def read_judgements(conformance: Conformance, path: Path) -> list[str]:
    """Apply the judgements of ``conformance.toml``, sections before rules; the problems found."""
    try:
        judgements = tomllib.loads(path.read_text(encoding="utf-8")).get("judgement", [])
    except tomllib.TOMLDecodeError as problem:
        return [f"{path.name}: {problem}"]
    problems = []
    by_key: dict[str, tuple[str, str]] = {}
    for judgement in judgements:
        if judgement.keys() != {"rules", "status", "reason"}:
            problems.append(f"{path.name}: expected rules, status and reason in {judgement}")
            continue
        if judgement["status"] not in JUDGEMENTS:
            problems.append(f"{path.name}: expected a status ({', '.join(JUDGEMENTS)})")
        for key in judgement["rules"]:
            if key in by_key:
                problems.append(f"{path.name}: {key} is judged twice")
            by_key[key] = (judgement["status"], judgement["reason"])
    for key in sorted(by_key, key=lambda key: (key in conformance.rules, key.count("."))):
        judged = rules_named(conformance, key)
        if not judged:
            problems.append(f"{path.name}: {key}: no such rule or section")
        for rule in judged:
            rule.judgement, rule.reason = by_key[key]
    for rule in conformance.rules.values():
        if rule.judgement == "done" and not (rule.code and rule.tests):
            problems.append(f"{path.name}: {rule.id} is called done; no code or no test cites it")
        if rule.judgement in ("missing", "out of place") and is_cited_by_id(rule.code):
            problems.append(f"{path.name}: {rule.id} is called {rule.judgement}; code cites it")
    return problems


def rules_named(conformance: Conformance, key: str) -> list[Rule]:
    """The rule with the id `key`, or the rules of the section that it names."""
    if key in conformance.rules:
        return [conformance.rules[key]]
    letters, _, section = key.partition("-")
    pages = [page for page, its_letters in PAGES.items() if its_letters == letters]
    return [rule for page in pages for rule in conformance.of_section(page, section)]


def load(root: Path) -> Conformance:
    """Everything known about the rules of the checkout at `root`. Raises `ConformanceError`."""
    conformance, sections = read_rules(root / "docs" / "spec")
    problems = [
        *read_citations(conformance, sections, root, ("minisentinel", "sim"), tests=False),
        *read_citations(conformance, sections, root, ("tests",), tests=True),
        *read_judgements(conformance, root / "docs" / "conformance.toml"),
    ]
    if problems:
        raise ConformanceError("\n".join(problems))
    return conformance


# --- the page ------------------------------------------------------------------------------------

INTRODUCTION = """\
# Conformance

Every rule of the [specification](spec/README.md), where the code keeps it, and which test says so.
This page is made by `make conformance-write` from the citations in code and tests and from the
judgements in [conformance.toml](conformance.toml); `make check` fails when it is out of date. The
pages redis-node and clients are about the servers and clients of the simulator, not about a
Sentinel: most of their rules are cited by section only. The last page is about an old version of
Sentinel, which the simulator has as a profile outside of the core.

| Status | Meaning |
|---|---|
| done | code and a test cite it, at least one of them by its own id |
| cited | code cites its section; nobody has confirmed this rule by itself yet |
| partial | code cites it by its id and no test does; or a part of it is kept, as the reason says |
| missing | no code cites it, or a person says so |
| out of place | it asks for something that this project does not mean to do |
"""


def render(conformance: Conformance) -> str:
    """The text of ``docs/conformance.md``."""
    lines = [INTRODUCTION, "## Summary", ""]
    lines += [f"| Page | rules | {' | '.join(STATUSES)} |", "|---" * (len(STATUSES) + 2) + "|"]
    for page in PAGES:
        rules = [rule for rule in conformance.rules.values() if rule.page == page]
        lines.append(f"| [{page}](spec/{page}.md) | {tally(rules)} |")
    lines += [f"| all | {tally(list(conformance.rules.values()))} |", ""]
    for page in PAGES:
        lines += [
            f"## {page}",
            "",
            "| Rule | begins | code | tests | status |",
            "|---|---|---|---|---|",
        ]
        lines += [row(rule) for rule in conformance.rules.values() if rule.page == page]
        lines.append("")
    return "\n".join(lines)


def tally(rules: Sequence[Rule]) -> str:
    """The cells of a row of the summary: how many rules, and how many of each status."""
    counts = [sum(rule.status == status for rule in rules) for status in STATUSES]
    return " | ".join(str(count) for count in [len(rules), *counts])


def row(rule: Rule) -> str:
    """The row of one rule."""
    status = rule.status + (f": {rule.reason}" if rule.reason else "")
    return f"| {rule.id} | {rule.text} | {files(rule.code)} | {files(rule.tests)} | {status} |"


def files(citations: Sequence[Citation], limit: int = 3) -> str:
    """The files and places of a cell: of the closest citations only."""
    closest = max((citation.closeness for citation in citations), default=0)
    places: dict[str, dict[str, None]] = {}
    for citation in citations:
        if citation.closeness == closest:
            places.setdefault(citation.path, {})[citation.place] = None
    shown = [f"`{path}`{named(list(names), limit)}" for path, names in places.items()]
    return ", ".join(shown[:limit]) + more(shown, limit)


def named(places: Sequence[str], limit: int) -> str:
    """The definitions of one file that cite a rule, to follow its name."""
    names = [f"`{place}`" for place in places if place]
    return f" ({', '.join(names[:limit])}{more(names, limit)})" if names else ""


def more(items: Sequence[str], limit: int) -> str:
    """How many of `items` are not shown."""
    return f" and {len(items) - limit} more" if len(items) > limit else ""


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write or check the page; 0 when all is well, 1 when not."""
    parser = argparse.ArgumentParser(
        prog="tools.conformance", description="Which rule is kept where, and tested by what."
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write docs/conformance.md")
    action.add_argument("--check", action="store_true", help="fail when it is out of date")
    options = parser.parse_args(arguments)
    page = root / "docs" / "conformance.md"
    try:
        conformance = load(root)
    except ConformanceError as problems:
        print(problems, file=sys.stderr)
        return 1
    text = render(conformance)
    if options.write:
        page.write_text(text, encoding="utf-8", newline="\n")
    elif not page.exists() or page.read_text(encoding="utf-8") != text:
        print("docs/conformance.md is out of date: run `make conformance-write`", file=sys.stderr)
        return 1
    counts = [
        f"{sum(rule.status == status for rule in conformance.rules.values())} {status}"
        for status in STATUSES
    ]
    print(f"{len(conformance.rules)} rules: {', '.join(counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
