"""The command ``import``: the logs of real Sentinels become a trace."""

from __future__ import annotations

import argparse
import datetime
import sys
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any

from minisentinel.trace import write_trace
from sim.arguments import UsageError, seconds
from sim.cli.outputs import check_outputs, written
from sim.logs import Imported, Story, Strange, read_logs
from sim.tables import Table

__all__ = ["add_import"]

SHOWN = 3
"""So many of the lines that were left out are shown."""


def add_import(commands: Any) -> None:
    """``import LOG... --out TRACE``."""
    importing = commands.add_parser(
        "import",
        help="make a trace of the logs of real Sentinels",
        description="Read the log files of the Sentinels of one deployment (Redis, Valkey, "
        "minisentinel) and write what they prove as a trace, for plot, show, check and export. "
        "A log knows less than a trace: what it cannot tell is unknown to check.",
    )
    importing.add_argument(
        "logs",
        nargs="+",
        metavar="LOG",
        help="a log file, or NAME=FILE; pieces of a rotated log (x.log, x.log.1, x.log.2.gz) "
        "belong together, and a file may have several logs, each line after 'NAME | '",
    )
    importing.add_argument(
        "-o", "--out", required=True, metavar="FILE", help="the trace, as JSON Lines"
    )
    importing.add_argument(
        "--clock",
        action="append",
        default=[],
        metavar="NAME=SECONDS",
        help="add this to the times of one Sentinel, whose clock was wrong; may be repeated",
    )
    importing.add_argument(
        "--id",
        action="append",
        default=[],
        metavar="NAME=ID",
        help="the id of a Sentinel (SENTINEL MYID says it) whose log does not tell it; may be "
        "repeated",
    )
    importing.add_argument(
        "--zone",
        metavar="ZONE",
        help="the time zone of the logs, such as Europe/Berlin, where the clocks were changed in "
        "between (default: UTC, which is as good: only differences matter)",
    )
    importing.set_defaults(command=_import)


def _import(options: argparse.Namespace) -> int:
    clocks = dict(map(_clock, options.clock))
    ids = dict(map(_id, options.id))
    zone = _zone(options.zone) if options.zone else None
    paths = [given for each in options.logs for given in (each, each.partition("=")[2]) if given]
    check_outputs([options.out], *paths)
    try:
        found = read_logs(options.logs, clocks=clocks, ids=ids, zone=zone)
    except OSError as problem:
        raise UsageError(f"{problem.filename}: cannot be read: {problem.strerror}") from None
    written(options.out, lambda: write_trace(found.trace, options.out))
    for line in _report(found):
        print(line)
    for remark in _remarks(found, clocks, zone):
        print(f"minisentinel-sim: note: {remark}", file=sys.stderr)
    return 0


def _clock(text: str) -> tuple[str, float]:
    name, equals, amount = text.partition("=")
    try:
        if equals:
            return name, seconds(amount)
    except argparse.ArgumentTypeError:
        pass
    raise UsageError(f"--clock {text}: expected NAME=SECONDS, such as sentinel-2=+1.25")


def _id(text: str) -> tuple[str, str]:
    name, _, runid = text.partition("=")
    if not runid:
        raise UsageError(f"--id {text}: expected NAME=ID")
    return name, runid


def _zone(name: str) -> datetime.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise UsageError(
            f"--zone {name}: expected a time zone of this machine, such as Europe/Berlin"
        ) from None


def _report(found: Imported) -> Iterable[str]:
    """How much was read, of whom, and from when to when."""
    rows = tuple(
        (
            story.name,
            len(story.log.lines),
            story.events,
            len(story.lives),
            f"{(story.span_ms[0] - found.trace.header.started_at_ms) / 1000:.3f}",
            f"{(story.span_ms[1] - found.trace.header.started_at_ms) / 1000:.3f}",
            story.runid or "unknown",
        )
        for story in found.stories
    )
    yield str(Table(("Sentinel", "lines", "events", "lives", "from (s)", "to (s)", "id"), rows))
    start = datetime.datetime.fromtimestamp(found.trace.header.started_at_ms / 1000, datetime.UTC)
    yield f"0 s is {start:%Y-%m-%d %H:%M:%S}.{start.microsecond // 1000:03d}"
    for master, places in found.servers.items():
        yield f"{master}: " + ", ".join(f"{host}:{port}" for host, port in places)
    yield from _left_out(found.strange)


def _left_out(strange: tuple[Strange, ...]) -> Iterable[str]:
    count = len(strange)
    yield f"{count} line{'' if count == 1 else 's'} left out"
    for each in strange[:SHOWN]:
        yield f"  {each.path}, line {each.number}, {each.why}: {ascii(each.text[:60])[1:-1]}"
    if count > SHOWN:
        yield f"  and {count - SHOWN} more"


def _remarks(
    found: Imported, clocks: Mapping[str, float], zone: datetime.tzinfo | None
) -> Iterable[str]:
    for story in found.stories:
        if story.held:
            yield _set_back(story, zone)
        if not story.runid:
            yield (
                f"{story.name}: the log does not tell its id, so what others say of it is not "
                f"found; --id {story.name}=ID would help (SENTINEL MYID)"
            )
    for each in found.disagreements:
        amount = clocks.get(each.voter, 0.0) + each.late_ms / 1000
        yield (
            f"by their votes the clocks of {each.candidate} and {each.voter} differ; "
            f"--clock {each.voter}={amount:+.3f} would mend it"
        )


def _set_back(story: Story, zone: datetime.tzinfo | None) -> str:
    told = f"{story.name}: the clock went back by {story.back_ms / 1000:.3f} s"
    told += f"; {story.held} line{'' if story.held == 1 else 's'} got the time of the line before"
    if zone is None and story.back_ms > 1_000_000:
        told += "; if summer time ended, --zone would help"
    return told
