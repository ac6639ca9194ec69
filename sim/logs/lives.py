"""The lives of a Sentinel: its log, cut where its process ended and another one began."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from minisentinel.trace import Data
from sim.logs.files import LogError, Placed

__all__ = ["Life", "Timed", "cut_into_lives"]

_STARTING = re.compile(r"\S+ (?:Redis|Valkey|\S+) is starting \S+")
_ID = re.compile(r"Sentinel ID is (?P<runid>\S+)")
_PORT = re.compile(r"Running mode=sentinel, port=(?P<port>\d+)\.")
_EVENT = re.compile(r"[+-][a-z]")
_STOPPED = ("Sentinel is now ready to exit", "User requested shutdown")
_CRASHED = re.compile(r".*(?:BUG REPORT START|crashed by signal|Guru Meditation)")


@dataclass(frozen=True, slots=True)
class Timed:
    """A line at a time, in Unix milliseconds."""

    ms: int
    placed: Placed


@dataclass(slots=True)
class Life:
    """The lines of one process, from its start or from where the log begins, and what they prove.

    `began_here` says that the log shows the start. `runid` and `port` are what it said of itself,
    empty and 0 if it did not. `ending` is the last thing that is known of it: ``stopped`` (in
    order), ``exited`` (a crash that it reported), ``killed`` (another life follows, without a word
    between), or empty: the log ends first.
    """

    lines: list[Timed] = field(default_factory=list)
    records: list[tuple[Timed, Data]] = field(default_factory=list)
    began_here: bool = False
    runid: str = ""
    port: int = 0
    ending: str = ""

    @property
    def pid(self) -> int:
        """The process id."""
        return self.lines[0].placed.line.pid


def cut_into_lives(lines: Iterable[Timed]) -> list[Life]:
    """The lives in a log, in order, at least one if there is a line.

    A life begins with another process id; with the greeting of a server; or with an id when one has
    been told already, for in a container every process has the same number.

    Raises `LogError` if two processes take turns: the log of two Sentinels in one file.
    """
    lives: list[Life] = []
    acted = greeted = False
    for each in lines:
        line = each.placed.line
        starting, told = _STARTING.fullmatch(line.text), _ID.fullmatch(line.text)
        life = lives[-1] if lives else None
        if (
            life is None
            or life.pid != line.pid
            or (starting and (greeted or acted or life.runid))
            or (told and (acted or life.runid))
        ):
            if not (starting or told or line.text.startswith(("+monitor", "WARNING"))):
                _expect_new_process(lives, each)
            life = Life()
            lives.append(life)
            acted = greeted = False
        life.lines.append(each)
        greeted = greeted or starting is not None
        acted = acted or _EVENT.match(line.text) is not None
        life.began_here = life.began_here or bool(starting or told)
        _note(life, line.text, told)
    for life in lives[:-1]:
        life.ending = life.ending or "killed"
    return lives


def _note(life: Life, text: str, told: re.Match[str] | None) -> None:
    if told:
        life.runid = told["runid"]
    elif port := _PORT.fullmatch(text):
        life.port = int(port["port"])
    elif text.startswith(_STOPPED):
        life.ending = "stopped"
    elif _CRASHED.match(text):
        life.ending = "exited"


def _expect_new_process(lives: list[Life], found: Timed) -> None:
    placed = found.placed
    pid = placed.line.pid
    if any(life.pid == pid for life in lives):
        raise LogError(
            f"{placed.path}, line {placed.number}: expected the log of one Sentinel, found process "
            f"{pid} again after process {lives[-1].pid}; each needs a file of its own"
        )
