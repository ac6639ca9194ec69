"""What the service tells of its process and machine, and cannot know without asking them.

A driver hands in a `Host`: the live server asks its operating system, and a simulated node
answers for its virtual machine. `FixedHost` is the plain one, whose clock stands until it is set.
Spec: commands §3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from minisentinel.core.dice import Dice

__all__ = ["CpuTimes", "FixedHost", "Host", "ProcessFacts"]


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """What stays the same for the life of a process.

    `runid` names this life of the process, and is not the Sentinel's id. `started_us` is the wall
    clock at its start (Unix microseconds). `executable` and `config_file` are absolute paths.
    """

    pid: int
    runid: str
    started_us: int
    executable: str = ""
    config_file: str = ""
    os: str = "Simulated"
    arch_bits: int = 64
    multiplexing_api: str = "simulated"
    monotonic_clock: str = "simulated"
    compiler_version: str = "0.0.0"
    """Shown as ``gcc_version``: of the compiler that the interpreter was built with."""


class CpuTimes(NamedTuple):
    """Processor time so far, in seconds: of the process, its ended children, its main thread."""

    system: float = 0.0
    user: float = 0.0
    children_system: float = 0.0
    children_user: float = 0.0
    main_thread_system: float = 0.0
    main_thread_user: float = 0.0


class Host(Protocol):
    """The process and the machine around a Sentinel; every answer is at hand, nothing blocks."""

    @property
    def process(self) -> ProcessFacts:
        """What stays the same for the life of the process."""
        ...

    def clock_us(self) -> int:
        """The wall clock in Unix microseconds."""
        ...

    def cpu_times(self) -> CpuTimes:
        """Processor time used so far."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """`count` bytes that nobody can guess (a simulation draws them from a seed)."""
        ...


SOME_PROCESS = ProcessFacts(pid=1, runid="0" * 40, started_us=1_700_000_000_000_000)
NO_TIMES = CpuTimes()


@dataclass(slots=True)
class FixedHost:
    """A made-up host, the same in every run: for tests, and for whoever needs no better one.

    `now_us` is what its clock says; set it to let time pass. Random bytes come from `dice`.
    """

    process: ProcessFacts = SOME_PROCESS
    now_us: int = SOME_PROCESS.started_us
    cpu: CpuTimes = NO_TIMES
    dice: Dice = field(default_factory=lambda: Dice(0))

    def clock_us(self) -> int:
        """The time that was set."""
        return self.now_us

    def cpu_times(self) -> CpuTimes:
        """The times that were set."""
        return self.cpu

    def random_bytes(self, count: int) -> bytes:
        """The next `count` bytes of the dice."""
        return bytes.fromhex(self.dice.hex(2 * count))
