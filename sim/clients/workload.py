"""What an application wants of its servers: how much, how fast, which keys, and how sure.

A `Workload` is plain data that a scenario file can fill in; `Requests` draws from it.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Literal

from minisentinel.replies import Command

__all__ = ["PARAMETERS", "Parameter", "Request", "Requests", "Workload", "WorkloadError"]

Server = Literal["master", "replica"]


class WorkloadError(ValueError):
    """A workload cannot be had as described; the text names the key and what was expected."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A key of a client's table: the attribute it fills, and which values it may have.

    `choices` are the texts that it may be; without any it is a number from `minimum` to `maximum`,
    a whole one if `is_whole`.
    """

    attribute: str
    about: str
    minimum: float = 0
    maximum: float = 0
    is_whole: bool = False
    choices: tuple[str, ...] = ()

    @property
    def is_real(self) -> bool:
        """Whether it is a number with decimals."""
        return not (self.is_whole or self.choices)

    @property
    def expected(self) -> str:
        """What the value has to be, for people."""
        if self.choices:
            return f"one of: {', '.join(self.choices)}"
        kind = "a whole number" if self.is_whole else "a number"
        return f"{kind} from {self.minimum:g} to {self.maximum:g}"

    def accepts(self, value: object) -> bool:
        """Whether `value` will do."""
        if self.choices:
            return value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.is_whole and not isinstance(value, int):
            return False
        return self.minimum <= value <= self.maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What one client does all day.

    It performs `rate` operations a second as long as all goes well, `pipeline` at a time over each
    of its `connections`; `pace` says how it rests in between, counted from the end of the last
    ones (`uneven` ±50 %, `fixed`, or `poisson`). `rest_after_error` is the rest in seconds after
    an operation that did not succeed; 0: as ever. A share of `reads` of the batches only reads,
    from the server `read_from`.

    Keys: `own` writes a new one every time and reads those that this client wrote; `uniform` and
    `zipf` (weights 1, 1/2, 1/3, …) choose among `key_count` keys that all clients share. No two
    writes of a run have the same key and value, so that the trace can tell what became of each.

    After its writes a client waits for `wait_replicas` of them to have reached, by ``WAIT``, for
    `wait_milliseconds` at most. An answer is awaited for `timeout` seconds.

    Raises `WorkloadError`.
    """

    rate: float = 10.0
    pace: str = "uneven"
    rest_after_error: float = 0.0
    reads: float = 0.0
    read_from: str = "master"
    keys: str = "own"
    key_count: int = 100
    pipeline: int = 1
    connections: int = 1
    wait_replicas: int = 0
    wait_milliseconds: int = 1000
    timeout: float = 1.0

    def __post_init__(self) -> None:
        for key, parameter in PARAMETERS.items():
            value = getattr(self, parameter.attribute)
            if not parameter.accepts(value):
                raise WorkloadError(f"{key}: expected {parameter.expected}, found {value!r}")

    @property
    def period_s(self) -> float:
        """Seconds from one batch to the next on one connection, on average and at best."""
        return self.pipeline * self.connections / self.rate

    @property
    def answer_timeout_s(self) -> float:
        """How soon a batch should be answered, in seconds: WAIT may take its own time."""
        waiting = self.wait_milliseconds / 1000 if self.wait_replicas else 0.0
        return self.timeout + waiting

    @property
    def settings(self) -> dict[str, str | float]:
        """What differs from the defaults, by key."""
        return {
            key: value
            for key, each in PARAMETERS.items()
            if (value := getattr(self, each.attribute)) != getattr(DEFAULT, each.attribute)
        }


PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "rate": Parameter("rate", "operations a second while all is well", 0.001, 10_000),
        "pace": Parameter(
            "pace", "rests between operations", choices=("uneven", "fixed", "poisson")
        ),
        "rest-after-error": Parameter(
            "rest_after_error", "rest after trouble in seconds; 0: as ever", 0, 3600
        ),
        "reads": Parameter("reads", "share of operations that read", 0, 1),
        "read-from": Parameter("read_from", "who is asked", choices=("master", "replica")),
        "keys": Parameter("keys", "which keys", choices=("own", "uniform", "zipf")),
        "key-count": Parameter(
            "key_count", "keys that clients share, unless own", 1, 1_000_000, is_whole=True
        ),
        "pipeline": Parameter("pipeline", "operations sent at a time", 1, 1000, is_whole=True),
        "connections": Parameter(
            "connections", "connections of the pool, all busy", 1, 100, is_whole=True
        ),
        "wait-replicas": Parameter(
            "wait_replicas",
            "replicas that must have a write before it counts",
            0,
            100,
            is_whole=True,
        ),
        "wait-milliseconds": Parameter(
            "wait_milliseconds", "how long for, in milliseconds", 1, 10**6, is_whole=True
        ),
        "timeout": Parameter("timeout", "patience with a server in seconds", 0.001, 3600),
    }
)
"""The keys by which scenario files fill in a `Workload`."""

DEFAULT = Workload()


@dataclass(slots=True, eq=False)
class Request:
    """One operation on one key: `value` is written, None reads. `outcome` is empty to begin with.

    `target` is the server it was sent to, ``host:port``; empty while it was not.
    """

    key: str
    value: str | None
    started_us: int
    target: str = ""
    outcome: str = ""

    @property
    def name(self) -> str:
        """The command."""
        return "GET" if self.value is None else "SET"

    @property
    def command(self) -> Command:
        """The command with its arguments."""
        return ("GET", self.key) if self.value is None else ("SET", self.key, self.value)

    @property
    def write(self) -> str:
        """The id by which the trace knows this write; empty for a read."""
        return "" if self.value is None else f"{self.key}={self.value}"


@dataclass(slots=True)
class Requests:
    """Draws the requests of client `name` and the rests between them."""

    name: str
    workload: Workload
    random: Random
    writes: int = 0
    _weights: list[float] = field(default_factory=list)

    def next_batch(self, now_us: int) -> tuple[Request, ...]:
        """The next requests that go out together: all of them writes, or all of them reads."""
        reads = self.workload.reads
        is_read = reads > 0 and self.random.random() < reads
        if is_read and self.workload.keys == "own" and not self.writes:
            is_read = reads == 1
        draw = self._read if is_read else self._write
        return tuple(draw(now_us) for _ in range(self.workload.pipeline))

    def rest_s(self, *, after_error: bool = False) -> float:
        """How long to rest now, in seconds."""
        workload = self.workload
        if after_error and workload.rest_after_error:
            return workload.rest_after_error
        match workload.pace:
            case "fixed":
                return workload.period_s
            case "poisson":
                return -math.log(1.0 - self.random.random()) * workload.period_s
        return workload.period_s * (0.5 + self.random.random())

    def _write(self, now_us: int) -> Request:
        self.writes += 1
        if self.workload.keys == "own":
            return Request(f"{self.name}:{self.writes}", str(self.writes), now_us)
        return Request(self._shared_key(), f"{self.name}:{self.writes}", now_us)

    def _read(self, now_us: int) -> Request:
        if self.workload.keys == "own":
            number = 1 + self.random.randrange(max(1, self.writes))
            return Request(f"{self.name}:{number}", None, now_us)
        return Request(self._shared_key(), None, now_us)

    def _shared_key(self) -> str:
        count = self.workload.key_count
        if self.workload.keys == "uniform":
            return f"key:{1 + self.random.randrange(count)}"
        if not self._weights:
            self._weights = list(itertools.accumulate(1 / rank for rank in range(1, count + 1)))
        place = self.random.random() * self._weights[-1]
        return f"key:{1 + min(bisect_right(self._weights, place), count - 1)}"
