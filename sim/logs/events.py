"""From the words of a log line to the records of a trace that they prove."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypedDict

from minisentinel.trace import Data, LogLine, SentinelEvent, VoteGranted, VoteReceived

__all__ = ["Interpreter", "masters_named", "mentioned_sentinel", "switch_in"]

Address = tuple[str, int]

_NUMBER = re.compile(r"[0-9]{1,20}")
_EVENT = re.compile(r"(?P<name>[+-][a-z][a-z-]*)(?: (?P<payload>.*))?")
_VOTE = re.compile(r"(?P<peer>\S+) voted for (?P<candidate>\S+) (?P<epoch>[0-9]{1,20})")
_OF_NOBODY = frozenset(
    {"+tilt", "-tilt", "+script-child", "-script-child", "-script-error", "-script-timeout"}
)
"""Events without a subject (spec: events §3)."""

_ENDS = frozenset({"+switch-master", "+reset-master", "-monitor"})
"""What ends an attempt, besides its being given up."""


class _About(TypedDict):
    master: str
    subject: str
    host: str
    port: int


_NOBODY = _About(master="", subject="", host="", port=0)


class Interpreter:
    """Turns the texts of one Sentinel's log, in order, into records.

    An event becomes the `SentinelEvent` that a Sentinel of ours would have written, and any other
    text a `LogLine`. Votes are in the log completely, so they become `VoteGranted` and
    `VoteReceived` too. Other records (why somebody was held to be down, whose opinions were
    counted, what was saved) say more than a log does, and are not made up.

    ``+new-epoch``, ``+vote-for-leader`` and "voted for" do not name their master. It is told where
    it can be known: the log has only one (`sole` is its name, else empty), or an attempt to fail it
    over has just begun.
    """

    def __init__(self, sole: str = "") -> None:
        self.runid = ""
        """The id by which this Sentinel voted for itself, or that it said it has; empty so far."""
        self._sole = sole
        self._open: dict[str, None] = {}
        self._candidate_for = ""
        self._places: dict[str, Address] = {}

    def read(self, level: str, text: str) -> list[Data]:
        """What a line proves; at least the event or the text itself."""
        event = _EVENT.fullmatch(text)
        if event is None or not _has_plain_numbers(event["payload"] or ""):
            return self._log_line(level, text)
        name, payload = event["name"], event["payload"] or ""
        about = self._about(name, payload)
        self._follow_attempts(name, about["master"])
        found: list[Data] = [SentinelEvent(level=level, name=name, payload=payload, **about)]
        if name == "+vote-for-leader":
            found += self._vote(about["master"], payload)
        elif name == "+switch-master" and (switch := switch_in(payload)) is not None:
            self._places[about["master"]] = switch[1]
        return found

    def _follow_attempts(self, name: str, master: str) -> None:
        if name == "+try-failover":
            self._open[master] = None
            self._candidate_for = master
        elif name in _ENDS or name.startswith("-failover-abort-"):
            self._open.pop(master, None)

    def _about(self, name: str, payload: str) -> _About:
        words = payload.split(" ")
        if (named := _instance(words)) is not None:
            master, place = _master_of(words)
            self._places[master] = place
            return named
        if name == "+switch-master" and (switch := switch_in(payload)) is not None:
            host, port = switch[0]
            return _About(master=words[0], subject="master", host=host, port=port)
        if name in _OF_NOBODY:
            return _NOBODY
        return self._known(self._candidate_for if name == "+vote-for-leader" else "")

    def _known(self, master: str) -> _About:
        """What is known of the master whose event does not name it."""
        master = master or self._sole
        if not master:
            return _NOBODY
        host, port = self._places.get(master, ("", 0))
        return _About(master=master, subject="master", host=host, port=port)

    def _vote(self, master: str, payload: str) -> Iterable[Data]:
        words = payload.split()
        if len(words) != 2 or not _is_number(words[1]):
            return
        if self._candidate_for:
            # An attempt opens a new epoch, and its first vote is its own (spec: election §7).
            self.runid = self.runid or words[0]
            self._candidate_for = ""
        if master:
            yield VoteGranted(master=master, candidate=words[0], epoch=int(words[1]))

    def _log_line(self, level: str, text: str) -> list[Data]:
        found: list[Data] = [LogLine(level=level, text=text)]
        # Peers are asked for votes, and say whom they chose, only while an attempt is under way.
        master = next(iter(self._open)) if len(self._open) == 1 else self._sole
        vote = _VOTE.fullmatch(text)
        if vote is not None and master:
            candidate, epoch = vote["candidate"], int(vote["epoch"])
            found.append(
                VoteReceived(master=master, peer=vote["peer"], candidate=candidate, epoch=epoch)
            )
        return found


def masters_named(texts: Iterable[str]) -> set[str]:
    """The names of all masters that these lines speak of."""
    names = set()
    for text in texts:
        event = _EVENT.fullmatch(text)
        if event is None:
            continue
        payload = event["payload"] or ""
        words = payload.split(" ")
        if _instance(words) is not None:
            names.add(_master_of(words)[0])
        elif event["name"] == "+switch-master" and switch_in(payload) is not None:
            names.add(words[0])
    return names


def mentioned_sentinel(event: SentinelEvent) -> tuple[str, Address] | None:
    """The id of the Sentinel that an event is about, and where it is."""
    words = event.payload.split(" ")
    if event.name == "+sentinel-address-switch" and len(words) == 10 and _is_number(words[7]):
        return words[9], (words[5], int(words[7]))
    if event.name == "+sentinel-invalid-addr" or event.subject != "sentinel":
        return None
    return words[1], (event.host, event.port)


def _has_plain_numbers(payload: str) -> bool:
    """Whether all numbers are as a Sentinel writes them; others only stand in damaged lines."""
    return all(_is_number(word) for word in payload.split() if word.isdigit())


def _is_number(word: str) -> bool:
    return _NUMBER.fullmatch(word) is not None


def _instance(words: list[str]) -> _About | None:
    """The instance that a payload begins with (spec: events §2); None if it does not."""
    if len(words) >= 4 and words[0] == "master" and _is_number(words[3]):
        return _About(master=words[1], subject="master", host=words[2], port=int(words[3]))
    if (
        len(words) >= 8
        and words[0] in ("slave", "sentinel")
        and words[4] == "@"
        and _is_number(words[3])
        and _is_number(words[7])
    ):
        return _About(master=words[5], subject=words[0], host=words[2], port=int(words[3]))
    return None


def _master_of(words: list[str]) -> tuple[str, Address]:
    """The master that an instance belongs to, and its address; `words` begin with an instance."""
    at = 1 if words[0] == "master" else 5
    return words[at], (words[at + 1], int(words[at + 2]))


def switch_in(payload: str) -> tuple[Address, Address] | None:
    """The old and the new address in a ``+switch-master``."""
    words = payload.split(" ")
    if len(words) != 5 or not (_is_number(words[2]) and _is_number(words[4])):
        return None
    return (words[1], int(words[2])), (words[3], int(words[4]))
