"""Reading a real ``redis.conf``: what of it a simulated server does, and what is left out."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.config.errors import Refused
from minisentinel.config.generic import GENERIC
from minisentinel.config.lexer import source_lines
from minisentinel.words import UnbalancedQuotes, split_words
from sim.redis.directives import DIRECTIVES
from sim.redis.settings import Settings

__all__ = ["ConfError", "RedisConf", "read_conf"]


class ConfError(ValueError):
    """A ``redis.conf`` that a real server would refuse; the text names line and reason."""

    def __init__(self, number: int, line: str, reason: str) -> None:
        super().__init__(f"line {number}: {line!r}: {reason}")
        self.number = number
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RedisConf:
    """The `settings` that a file asks for, and the names of directives that are `left_out`.

    What is left out is right but has no meaning here: paths, logs, limits of what is not simulated.
    """

    settings: Settings
    left_out: tuple[str, ...]


def read_conf(text: str) -> RedisConf:
    """Read the text of a ``redis.conf``; raises `ConfError`.

    Several ``save`` lines add up, and an empty one takes back those before it, as in the real
    server; of other directives the last line counts.
    """
    settings = Settings()
    left_out: dict[str, None] = {}
    has_own_save = False
    for line in source_lines(text):
        if line.says_nothing:
            continue
        try:
            name, *values = split_words(line.text)
            name = name.lower()
            _check(name, tuple(values))
            if name in ("replicaof", "slaveof"):
                settings.replicaof = _master(*values)
            elif name == "save":
                points = DIRECTIVES[name].parse(" ".join(values))
                settings.save = (*settings.save, *points) if has_own_save and points else points
                has_own_save = True
            elif name in DIRECTIVES:
                directive = DIRECTIVES[name]
                now = getattr(settings, directive.attribute)
                setattr(settings, directive.attribute, directive.parse(" ".join(values), now))
            else:
                left_out[name] = None
        except UnbalancedQuotes:
            raise ConfError(line.number, line.text, "Unbalanced quotes") from None
        except (Refused, ValueError) as problem:
            raise ConfError(line.number, line.text, str(problem)) from None
    return RedisConf(settings, tuple(left_out))


def _check(name: str, values: tuple[str, ...]) -> None:
    kind = GENERIC.get(name)
    if kind is None:
        raise ValueError("Bad directive or wrong number of arguments")
    kind.check(values)


def _master(host: str, port: str) -> tuple[str, int] | None:
    if host.lower() == "no" and port.lower() == "one":
        return None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("Invalid master port")
    return host, int(port)
