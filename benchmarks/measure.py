"""One measurement, in a process of its own; and many, in interleaved rounds.

A process of its own, because some contestants patch asyncio for everyone, because the garbage of
one should not be collected at the cost of another, and because peak memory is that of a process.
Interleaved, because a machine is faster at one time than at another: each round visits everybody.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.rows import ROWS, Row
from benchmarks.workloads import WORKLOADS, Workload

__all__ = ["Result", "Sample", "compare"]

_ROOT: Final = Path(__file__).resolve().parent.parent
_TOLERANCE: Final = 0.01  # of the events; when a run ends they are an estimate
_FEWEST_EVENTS: Final = 2_000


@dataclass(frozen=True)
class Sample:
    """What one process measured."""

    events: int
    seconds: float
    """CPU time of the process, so that other programs on the machine count less."""
    memory_bytes: int
    """How much the peak of the resident memory grew over that after the imports."""


@dataclass(frozen=True)
class Result:
    """What one contestant did for one workload."""

    row: Row
    workload: str
    events: int
    speeds: tuple[float, ...]
    """Events per second of CPU time, round by round."""
    memory_bytes: int

    @property
    def speed(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.speeds)

    @property
    def spread(self) -> float:
        """(Fastest - slowest) / median of the rounds."""
        return (max(self.speeds) - min(self.speeds)) / self.speed

    def ratio_to(self, other: Result) -> float:
        """How many times as fast as `other`: the median of the ratios of each round."""
        pairs = zip(self.speeds, other.speeds, strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)


def compare(
    rows: list[Row], workloads: list[str], *, rounds: int, divisor: int, say: Callable[[str], None]
) -> list[Result]:
    """Measure all rows with all workloads, `rounds` times in turn.

    `divisor` makes every workload smaller. Raises RuntimeError when a contestant fails or does not
    do the work.
    """
    pairs = [(name, row) for name in workloads for row in rows if _does(row, name)]
    samples: dict[tuple[str, str], list[Sample]] = {(name, row.module): [] for name, row in pairs}
    for number in range(rounds):
        for name, row in pairs:
            say(f"round {number + 1} of {rounds}: {name}, {row.title}")
            samples[name, row.module].append(_measure_apart(row.module, name, divisor))
    return [_summary(row, name, samples[name, row.module]) for name, row in pairs]


def _does(row: Row, workload: str) -> bool:
    return hasattr(importlib.import_module(f"benchmarks.contestants.{row.module}"), workload)


def _summary(row: Row, workload: str, samples: list[Sample]) -> Result:
    return Result(
        row=row,
        workload=workload,
        events=samples[0].events,
        speeds=tuple(sample.events / sample.seconds for sample in samples),
        memory_bytes=int(statistics.median(sample.memory_bytes for sample in samples)),
    )


def _measure_apart(module: str, workload: str, divisor: int) -> Sample:
    command = [sys.executable, "-m", "benchmarks.measure", module, workload, str(divisor)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{module} failed at {workload}:\n{done.stderr}")
    return Sample(**json.loads(done.stdout))


def _measure_here(module: str, name: str, divisor: int) -> Sample:
    contestant = importlib.import_module(f"benchmarks.contestants.{module}")
    row = next(row for row in ROWS if row.module == module)
    full = WORKLOADS[name]
    events_wanted = full.events // (divisor * row.divisor.get(name, 1))
    work: Workload = replace(full, events=max(events_wanted, _FEWEST_EVENTS))
    assert work.end > 0  # and everything that is drawn in advance has been drawn
    run: Callable[[Workload], int] = getattr(contestant, name)
    gc.collect()
    memory = _peak_memory()
    started = time.process_time()
    events = run(work)
    seconds = time.process_time() - started
    if abs(events - work.events) > max(work.events * _TOLERANCE, _FEWEST_EVENTS / 10):
        raise RuntimeError(f"{module} did {events} of {work.events} events")
    return Sample(events=events, seconds=seconds, memory_bytes=_peak_memory() - memory)


def _peak_memory() -> int:
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where the other figure is inherited from the parent process
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _main(arguments: list[str]) -> None:
    module, workload, divisor = arguments
    print(json.dumps(asdict(_measure_here(module, workload, int(divisor)))), flush=True)
    os._exit(0)  # the contestants' unfinished tasks need not be destroyed one by one


if __name__ == "__main__":
    _main(sys.argv[1:])
