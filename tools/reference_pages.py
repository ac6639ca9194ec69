"""The pages of the reference that are made from the code: command lines, trace format, API.

``python -m tools.reference_pages --write`` writes them to ``docs/reference/``.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import importlib
import inspect
import io
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sim.trace
from minisentinel import cli as sentinel_command
from minisentinel.files import write_atomically
from minisentinel.trace import Data, Entry, Header, kinds
from minisentinel.trace.file import FORMAT, VERSION, encode_entry
from sim.cli import make_parser as simulator_parser
from sim.jepsen.__main__ import make_parser as jepsen_parser
from sim.search.__main__ import make_parser as search_parser
from sim.trace import FaultInjected

__all__ = ["API", "PAGES", "home_of", "main", "offered"]

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "<!-- Made by `make reference-pages`; do not edit. -->\n"

API: Sequence[tuple[str, Sequence[str]]] = (
    (
        "The simulator, to begin with",
        ("sim", "sim.world", "sim.scenarios", "sim.clients"),
    ),
    (
        "Judging, searching and measuring",
        (
            "sim.judge",
            "sim.invariants",
            "sim.search",
            "sim.mutants",
            "sim.adversary",
            "sim.campaigns",
            "sim.jepsen",
        ),
    ),
    (
        "Looking",
        (
            "sim.timeline",
            "sim.figures",
            "sim.exports",
            "sim.logs",
            "sim.trace",
            "minisentinel.trace",
        ),
    ),
    (
        "The protocol",
        (
            "minisentinel.core",
            "minisentinel.config",
            "minisentinel.service",
            "minisentinel.server",
        ),
    ),
)
"""The packages that the reference shows, by the heading they stand under."""

# --- API ---------------------------------------------------------------------------------------


def api_index() -> str:
    """The list of the packages."""
    lines = [
        "# The packages",
        "",
        MADE,
        "What each package offers under its own name, from the docstrings. Who wants to know how "
        "it works inside reads [the architecture](../../architecture.md) first, then the code.",
    ]
    for heading, packages in API:
        lines += ["", f"## {heading}", ""]
        lines += [f"- [{name}]({name}.md): {_first_line(name)}" for name in packages]
    entries = [name for _, packages in API for name in packages]
    lines += ["", ":::{toctree}", ":hidden:", "", *entries, ":::", ""]
    return "\n".join(lines)


def api_page(package: str) -> Callable[[], str]:
    """The page of a package; Sphinx fills it."""

    def page() -> str:
        elsewhere = [
            (name, home)
            for where, name, thing in offered()
            if where == package and (home := home_of(package, name, thing)) != package
        ]
        lines = [f"# {package}", "", MADE, "```{eval-rst}", f".. automodule:: {package}"]
        lines += ["   :members:"]
        if elsewhere:
            lines += [f"   :exclude-members: {', '.join(name for name, _ in elsewhere)}"]
        lines += ["```", ""]
        if elsewhere:
            lines += ["Also to be had here:", ""]
            lines += [f"- `{name}`, told of in [{home}]({home}.md)" for name, home in elsewhere]
            lines += [""]
        return "\n".join(lines)

    return page


def offered() -> Iterator[tuple[str, str, Any]]:
    """Classes and functions that the packages offer: package, name, and the thing itself."""
    for _, packages in API:
        for package in packages:
            module = importlib.import_module(package)
            for name in module.__all__:
                thing = getattr(module, name)
                if hasattr(thing, "__qualname__"):
                    yield package, name, thing


def home_of(package: str, name: str, thing: Any) -> str:
    """The package that tells of a thing: the nearest to its definition of those that offer it."""
    homes = [
        where
        for where, other, same in offered()
        if other == name and same is thing and f"{thing.__module__}.".startswith(f"{where}.")
    ]
    return max(homes, key=len, default=package)


def _first_line(package: str) -> str:
    doc = inspect.getdoc(importlib.import_module(package)) or ""
    return _markdown(doc.splitlines()[0].removeprefix(f"{package}: "))


# --- command lines -----------------------------------------------------------------------------


def command_lines() -> str:
    """Every command with its arguments, from the parsers."""
    lines = [
        "# Command lines",
        "",
        MADE,
        "Exit status of all: 0 all well, 1 something is not as it should be, 2 wrong usage or bad "
        "input; `minisentinel` has those of `redis-sentinel`, as below.",
        "",
        "## minisentinel",
        "",
        "```text",
        *_help_of_minisentinel().splitlines(),
        "```",
        "",
        "[A real Sentinel](../live.md) shows it at work.",
    ]
    lines += _parser_lines(simulator_parser(), 2, {"minisentinel-sim jepsen": jepsen_parser("")})
    lines += _parser_lines(search_parser(), 2, {})
    lines += [
        "",
        "`python -m sim.adversary` explores [elections in every order](../adversary.md); `--help` "
        "lists its commands. `make help` lists what a checkout can do.",
        "",
    ]
    return "\n".join(lines)


def _help_of_minisentinel() -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        sentinel_command.main(["--help"])
    return printed.getvalue()


def _parser_lines(
    parser: argparse.ArgumentParser,
    level: int,
    others: Mapping[str, argparse.ArgumentParser],
    short: str = "",
) -> Iterator[str]:
    """What `parser` takes; `others` stand in for subcommands that have a parser elsewhere."""
    yield from ("", f"{'#' * level} {parser.prog}", "")
    # Not format_help: its layout differs between versions of Python.
    taken = others.get(parser.prog, parser)
    about = taken.description or short
    if about:
        yield _cell(_sentence(about))
    groups = [action for action in taken._actions if isinstance(action, _Subparsers)]
    rows = [
        action
        for action in taken._actions
        if action not in groups and action.dest not in ("help", "version")
    ]
    if rows:
        yield from ("", "| Argument | Meaning |", "|---|---|")
        yield from (f"| {_argument(action)} | {_meaning(action)} |" for action in rows)
    for group in groups:
        helps = {each.dest: each.help or "" for each in group._choices_actions}
        for name, subparser in group.choices.items():
            yield from _parser_lines(subparser, level + 1, others, helps.get(name, ""))


_Subparsers = argparse._SubParsersAction


def _argument(action: argparse.Action) -> str:
    """The names of an argument, and what stands after them."""
    value = ""
    if action.nargs != 0:
        metavar = action.metavar or (
            "{" + ",".join(map(str, action.choices)) + "}"
            if action.choices is not None
            else action.dest.upper()
        )
        value = str(metavar)
        value = {"+": f"{value} ...", "*": f"[{value} ...]", "?": f"[{value}]"}.get(
            str(action.nargs), value
        )
    names = [f"{name} {value}".rstrip() for name in action.option_strings] or [value]
    needed = " (required)" if action.required and action.option_strings else ""
    return ", ".join(f"`{name}`".replace("|", "\\|") for name in names) + needed


def _meaning(action: argparse.Action) -> str:
    return _cell((action.help or "").replace("%(prog)s", "the program").replace("%%", "%"))


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _cell(text: str) -> str:
    """`text` in one line in which nothing is taken for markup."""
    return re.sub(r"([|<>*_])", r"\\\1", " ".join(text.split()))


# --- trace format ------------------------------------------------------------------------------

TRACE_INTRODUCTION = """\
# The trace format

{made}
A trace is a text file in UTF-8 with one JSON object a line ([JSON Lines](https://jsonlines.org)).
The simulator writes one with `minisentinel-sim run NAME --trace FILE`, a live Sentinel with
`minisentinel CONF --trace FILE`, and `minisentinel-sim import LOG... --out FILE` makes one of the
logs of real Sentinels; `sim.read_trace` reads them all. The first line is the header:

| Key | Value |
|---|---|
| `format` | `{format}` |
| `version` | {version}; a reader refuses a version that it does not know |
{header}

Every other line is an entry, in order of time. It begins with an envelope, and then has the fields
of its kind; a field with a default may be missing, and no other field may be there.

| Key | Value |
|---|---|
| `t` | integer: microseconds since the beginning of the run |
| `node` | text: who did or saw it, such as `redis-1`, `sentinel-2`, `client-1`, `network` |
| `kind` | text: one of the kinds below |

```json
{example}
```

The *digest* of a run is the SHA-256 of its entries in this form, each with a line feed: the keys in
this order, no spaces, everything beyond ASCII escaped. The header is no part of it.

A live trace has kinds of the first table only: a Sentinel knows what it saw, and not what the
servers did. What the records of servers mean together, and how the data set of each can be computed
from them, is told in [sim.trace](api/sim.trace.md).
"""
"""What stands above the kinds."""


def trace_format() -> str:
    """Every kind of record with its fields, from the classes."""
    header = "\n".join(f"| `{field.name}` | {_type(hint)} |" for field, hint in _fields(Header))
    example = encode_entry(Entry(20_000_000, "redis-1", FaultInjected(verb="kill", detail="")))
    introduction = TRACE_INTRODUCTION.format(
        made=MADE, format=FORMAT, version=VERSION, header=header, example=example
    )
    lines = [introduction]
    own = [each for each in kinds().values() if each.__module__.startswith("minisentinel.")]
    world = [each for each in kinds().values() if each.__module__.startswith(sim.trace.__name__)]
    for heading, classes in (
        ("What Sentinels write, simulated and live", own),
        ("What the simulated world adds", world),
    ):
        lines += [f"## {heading}", "", "| Kind | Says |", "|---|---|"]
        lines += [f"| [`{each.kind}`](#{each.kind}) | {_summary(each)} |" for each in classes]
        for each in classes:
            lines += ["", *_kind(each)]
        lines.append("")
    return "\n".join(lines)


def _kind(cls: type[Data]) -> list[str]:
    lines = [f"### {cls.kind}", "", _markdown(inspect.getdoc(cls) or "")]
    rows = [
        f"| `{field.name}` | {_type(hint)} | {_default(field)} |" for field, hint in _fields(cls)
    ]
    return [*lines, "", "| Field | Type | Default |", "|---|---|---|", *rows]


def _fields(cls: type) -> list[tuple[dataclasses.Field[object], object]]:
    hints = typing.get_type_hints(cls)
    return [(field, hints[field.name]) for field in dataclasses.fields(cls)]


def _summary(cls: type[Data]) -> str:
    text = _markdown((inspect.getdoc(cls) or "").split("\n\n")[0])
    return " ".join(text.split()).replace("|", "\\|")


def _type(hint: object) -> str:
    """How JSON spells a type."""
    names = {bool: "true or false", int: "integer", float: "number", str: "text"}
    if isinstance(hint, type) and hint in names:
        return names[hint]
    if hint is type(None):
        return "null"
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is dict:
        return "object"
    if typing.get_origin(hint) is tuple:
        if inner[1:] == (Ellipsis,):
            return f"list of {_type(inner[0])}"
        return f"list: {', '.join(map(_type, inner))}"
    return " or ".join(map(_type, inner)) if inner else str(hint)


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is dataclasses.MISSING:
        return ""
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{value!r}`" if value != "" else "empty"


def _markdown(doc: str) -> str:
    """A docstring as Markdown: there ``x`` is literal, and `x` a name."""
    return doc.replace("``", "`")


# --- all of them -------------------------------------------------------------------------------

PAGES: Mapping[str, Callable[[], str]] = {
    "command-lines.md": command_lines,
    "trace-format.md": trace_format,
    "api/index.md": api_index,
    **{f"api/{name}.md": api_page(name) for _, packages in API for name in packages},
}
"""The pages by their file in ``docs/reference/``, and what makes them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="reference_pages", description=__doc__)
    parser.add_argument("--write", action="store_true", required=True, help="write the pages")
    parser.parse_args(arguments)
    for name, page in PAGES.items():
        write_atomically(REFERENCE / name, page().encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
