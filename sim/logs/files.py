"""Log files: whose they are, and which of their lines are a Sentinel's.

The log of a Sentinel may be in pieces, as rotation leaves them (``x.log``, ``x.log.1``,
``x.log.2.gz``), and a file may hold the logs of several, each line with a name before it.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sim.logs.line import EXAMPLE, SENTINEL, Line, Stamp, parse_line

__all__ = ["Log", "LogError", "Placed", "Strange", "read_files"]

_PIECE = re.compile(r"(?P<name>.+?)\.(?:log|txt)(?:[.-]\d[\d.-]*)?(?:\.gz)?")
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9_.:-]+)=(?P<path>.+)", re.DOTALL)
_SHOWN = 60


class LogError(ValueError):
    """A log cannot be understood; the message names file, line and what was expected."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A line and where it stands."""

    path: str
    number: int
    line: Line


@dataclass(frozen=True, slots=True)
class Strange:
    """A line that no Sentinel has written, and why it was left out."""

    path: str
    number: int
    text: str
    why: str


@dataclass(slots=True)
class Log:
    """Everything that the Sentinel called `name` has written, piece after piece."""

    name: str
    lines: list[Placed] = field(default_factory=list)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, in the order in which they were written."""
        return tuple(dict.fromkeys(each.path for each in self.lines))


@dataclass(slots=True)
class _File:
    name: str
    path: str
    given: bool
    lines: list[Placed] = field(default_factory=list)
    strange: list[Strange] = field(default_factory=list)


def read_files(logs: Sequence[str]) -> tuple[list[Log], list[Strange]]:
    """The logs in files, given as ``FILE`` or ``NAME=FILE``, and the lines that were left out.

    A Sentinel is called by the name before its lines, or as its file without ``.log`` and what
    rotation adds; files of the same name in different directories by these directories.

    Raises OSError, or `LogError`: a file has no line of a Sentinel, or two Sentinels the same name.
    """
    files = [_opened(each) for each in logs]
    _tell_apart(files)
    for file in files:
        _read(file)
    found: dict[str, list[_File]] = {}
    for file in files:
        found.setdefault(file.name, []).append(file)
    result: dict[str, Log] = {}
    for pieces in found.values():
        _expect_some(pieces)
        for piece in sorted((each for each in pieces if each.lines), key=_first_ms):
            _distribute(piece, result)
    return list(result.values()), [each for file in files for each in file.strange]


def _opened(given: str) -> _File:
    """The file meant by an argument: a file of that very name, or ``NAME=FILE``."""
    named = None if Path(given).exists() else _NAMED.fullmatch(given)
    if named is not None:
        return _File(named["name"], named["path"], given=True)
    name = Path(given).name
    piece = _PIECE.fullmatch(name)
    return _File(piece["name"] if piece else Path(given).stem, given, given=False)


def _tell_apart(files: Sequence[_File]) -> None:
    """Names for files of the same name in different directories; raises `LogError` in vain."""
    homes: dict[str, dict[str, None]] = {}
    for file in files:
        if not file.given:
            homes.setdefault(file.name, {})[str(Path(file.path).absolute().parent)] = None
    for file in files:
        if not file.given and len(homes[file.name]) > 1:
            names = [Path(home).name for home in homes[file.name]]
            if len(set(names)) < len(names):
                raise LogError(
                    f"{file.path}: several files are called {file.name!r}; "
                    "expected a name for each, as NAME=FILE"
                )
            file.name = Path(file.path).absolute().parent.name
    taken = Counter(str(Path(file.path).absolute()) for file in files)
    for path, count in taken.items():
        if count > 1:
            raise LogError(f"{path}: expected every file once, found it {count} times")


def _read(file: _File) -> None:
    texts = _text(file.path).split("\n")
    partial = texts.pop()
    sentinels: set[int] = set()
    for number, text in enumerate(texts, start=1):
        line = parse_line(text)
        if line is not None and line.role == SENTINEL:
            sentinels.add(line.pid)
        if line is not None and line.pid in sentinels and line.role in (SENTINEL, ""):
            file.lines.append(Placed(file.path, number, line))
        elif text.strip():
            why = "not a line of a Sentinel" if line is None else "a line of a data server"
            file.strange.append(Strange(file.path, number, text, why))
    if partial.strip():
        file.strange.append(Strange(file.path, len(texts) + 1, partial, "has no end"))


def _text(path: str) -> str:
    data = Path(path).read_bytes()
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error):
            raise LogError(f"{path}: expected a gzip file, found a damaged one") from None
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _expect_some(pieces: Sequence[_File]) -> None:
    """Raise `LogError` if not a single line is a Sentinel's."""
    if any(piece.lines for piece in pieces):
        return
    expected = f"expected a line of a Sentinel's log, such as {EXAMPLE!r}"
    strange = [each for piece in pieces for each in piece.strange]
    if not strange:
        raise LogError(f"{pieces[0].path}, line 1: {expected}, found nothing")
    first = strange[0]
    text = first.text if len(first.text) <= _SHOWN else f"{first.text[:_SHOWN]}…"
    remark = f" ({first.why})" if "server" in first.why else ""
    raise LogError(f"{first.path}, line {first.number}: {expected}, found {text!r}{remark}")


def _first_ms(file: _File) -> int:
    stamps = (each.line.stamp for each in file.lines)
    return next((stamp.ms for stamp in stamps if isinstance(stamp, Stamp)), 0)


def _distribute(file: _File, logs: dict[str, Log]) -> None:
    """Add the lines of a file to the logs that they belong to."""
    labels = dict.fromkeys(each.line.label for each in file.lines)
    if file.given and len(labels) > 1:
        told = ", ".join(label or "(nobody)" for label in labels)
        raise LogError(f"{file.path}: expected the log of {file.name} alone, found {told}")
    for each in file.lines:
        name = file.name if file.given or not each.line.label else each.line.label
        logs.setdefault(name, Log(name)).lines.append(each)
