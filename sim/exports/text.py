"""A run as text: a line for each event, a column for each node, as wide as the terminal is."""

from __future__ import annotations

from collections.abc import Iterator

from minisentinel.trace import Entry, Trace
from sim.exports.slices import Slice, Telling, tell
from sim.judge import find_nodes
from sim.judge.wording import Weight, Wording
from sim.trace import ProcessChanged

__all__ = ["text_lines"]

_LANES = ("", "client", "redis", "sentinel")

_RESET = "\033[0m"
_DIM = "\033[2m"
_BOLD = "\033[1m"
_RED = "\033[31m"
_GREEN = "\033[32m"


def text_lines(
    trace: Trace, part: Slice | None = None, *, colour: bool = False, width: int | None = None
) -> Iterator[str]:
    """A heading, and a line for each entry of `part`: time in seconds, lanes, node, words.

    Each node that has something to tell has a lane of two columns: a bar while it runs, a blank
    while it does not, and the glyph of the event where it acts. `width` is the longest line in
    columns (None: no limit), and `colour` adds ANSI colours: red is trouble, green its end, bold
    what the story is about.
    """
    told = list(tell(trace, part or Slice()))
    speaking = {each.entry.node for each in told}
    names = [name for name in _everybody(trace) if name in speaking]
    column = max((len(name) for name in names), default=0)
    yield from _heading(names)
    changes_first: dict[str, str] = {}
    for change, data in trace.of(ProcessChanged):
        changes_first.setdefault(change.node, data.change)
    # Who is not seen to start was there before: the network, or a Sentinel with a log cut short.
    running = {name: changes_first.get(name) != "started" for name in names}
    changes = iter(trace.entries)
    seen = -1
    for each in told:
        while seen < each.index:
            seen += 1
            _follow(running, next(changes))
        yield _line(each, names, running, column, colour, width)


def _everybody(trace: Trace) -> list[str]:
    """All nodes: the network and the world, then by type, and by number within a type."""
    nodes = find_nodes(trace).by_name

    def place(name: str) -> tuple[int, int, str]:
        kind = nodes[name].type if name in nodes else ""
        head = name.rstrip("0123456789")
        number = int(name[len(head) :] or 0)
        return _LANES.index(kind) if kind in _LANES else len(_LANES), number, name

    return sorted(dict.fromkeys(entry.node for entry in trace.entries), key=place)


def _heading(names: list[str]) -> Iterator[str]:
    """The name of every lane, on a line of its own above it."""
    for number, name in enumerate(names):
        lanes = "│ " * number + "┌ " + name
        yield f"{'':>12}  {lanes}"


def _follow(running: dict[str, bool], entry: Entry) -> None:
    data = entry.data
    if isinstance(data, ProcessChanged) and entry.node in running:
        running[entry.node] = not data.is_end


def _line(
    each: Telling,
    names: list[str],
    running: dict[str, bool],
    column: int,
    colour: bool,
    width: int | None,
) -> str:
    entry, wording = each.entry, each.wording
    lanes = "".join(
        (wording.glyph if name == entry.node else "│" if running[name] else " ") + " "
        for name in names
    )
    words = " ".join(wording.words.split())
    line = f"{entry.time_us / 1_000_000:>12.6f}  {lanes}{entry.node:<{column}}  {words}"
    if width is not None and len(line) > width:
        line = line[: width - 1] + "…"
    return f"{paint}{line}{_RESET}" if colour and (paint := _paint(wording)) else line


def _paint(wording: Wording) -> str:
    paint = _BOLD if wording.weight is Weight.TURN else ""
    if wording.is_ill:
        paint += _RED
    elif wording.is_well:
        paint += _GREEN
    elif wording.weight is Weight.ROUTINE:
        paint += _DIM
    return paint
