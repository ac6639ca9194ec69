"""One line of the log of a Redis or Valkey process: who wrote it, when, at what level, and what."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

__all__ = ["EXAMPLE", "SENTINEL", "Line", "Stamp", "parse_line"]

EXAMPLE = "4711:X 18 Oct 2024 09:11:23.045 # +sdown master mymaster 127.0.0.1 6379"
"""A line as a Sentinel writes it, for messages about lines that are none."""

SENTINEL = "X"
"""The role letter of a Sentinel; M and S are servers, C is the child of a server."""

_LEVELS = {".": "debug", "-": "verbose", "*": "notice", "#": "warning"}
_ROLES = {"sentinel": "X", "master": "M", "replica": "S", "RDB/AOF": "C"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = {name: number for number, name in enumerate(_MONTHS, start=1)}

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_PID = r"(?P<pid>\d{1,10})"
_STAMP = (
    r"(?:(?P<day>\d\d) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) "
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)\.(?P<ms>\d{3})"
    r"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<unix>\d{13}))"
)
_PLAIN = re.compile(rf"{_PID}:(?P<role>[XMSC]) {_STAMP} (?P<sign>[.\-*#]) ?(?P<text>.*)", re.ASCII)
_LOGFMT = re.compile(
    rf'pid={_PID} role=(?P<role>\S+) timestamp="?{_STAMP}"? level=(?P<sign>[a-z]+) '
    r'message="(?P<text>.*)"',
    re.ASCII,
)
_SIGNAL = re.compile(rf"{_PID}:signal-handler \(\d+\) .*", re.ASCII)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LABEL = re.compile(r"(\S+) +\| *$")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a line was written: milliseconds as the clock of its host showed them.

    `is_local` says that it is the time of an unnamed time zone, counted as if that were UTC;
    otherwise it is Unix time.
    """

    ms: int
    is_local: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of a log says.

    `label` is the name that somebody (``docker compose logs``, ``minisentinel-sim run``) put before
    it, as in ``NAME | LINE``; empty without one. A signal handler writes no role and no more than
    the second: then `role` is empty and `stamp` None.
    """

    label: str
    pid: int
    role: str
    stamp: Stamp | None
    level: str
    text: str


def parse_line(text: str) -> Line | None:
    """The parts of a line without its line feed; None if it is no line of a Redis or Valkey log.

    Read are ``PID:X DD Mon YYYY HH:MM:SS.mmm # text`` (Redis 5 and later, Valkey, minisentinel;
    spec: events §4), and what Valkey can be told to write instead: stamps in ISO 8601 or in
    milliseconds, and ``key=value`` lines. Something may stand before it.
    """
    plain = _COLOUR.sub("", text.rstrip("\r"))
    if found := _PLAIN.search(plain):
        level, words = _LEVELS[found["sign"]], found["text"]
    elif found := _LOGFMT.search(plain):
        level, words = found["sign"], found["text"].replace('\\"', '"').replace("\\\\", "\\")
    elif found := _SIGNAL.search(plain):
        return Line(_label(plain, found), int(found["pid"]), "", None, "warning", found[0])
    else:
        return None
    stamp = _stamp(found)
    if stamp is None or level not in _LEVELS.values():
        return None
    role = _ROLES.get(found["role"], found["role"])
    return Line(_label(plain, found), int(found["pid"]), role, stamp, level, words)


def _label(text: str, found: re.Match[str]) -> str:
    label = _LABEL.search(text[: found.start()])
    return label[1] if label else ""


def _stamp(found: re.Match[str]) -> Stamp | None:
    if found["unix"]:
        return Stamp(int(found["unix"]), is_local=False)
    try:
        if found["iso"]:
            return _sane(datetime.datetime.fromisoformat(found["iso"]), is_local=False)
        fields = (int(found[each]) for each in ("day", "hour", "minute", "second", "ms"))
        day, hour, minute, second, ms = fields
        year, month = int(found["year"]), _MONTH[found["month"]]
        # A leap second may be 60.
        at = datetime.datetime(
            year, month, day, hour, minute, min(second, 59), ms * 1000, datetime.UTC
        )
    except (KeyError, ValueError):
        return None
    return _sane(at, is_local=True)


def _sane(at: datetime.datetime, *, is_local: bool) -> Stamp | None:
    """The stamp of a time since there is Unix; None before, and at the end of all calendars."""
    ms = (at - _EPOCH) // datetime.timedelta(milliseconds=1)
    return Stamp(ms, is_local) if ms >= 0 and at.year < datetime.MAXYEAR else None
