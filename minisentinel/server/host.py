"""What the service tells of this process and machine."""

from __future__ import annotations

import os
import resource
import sys
from secrets import token_bytes, token_hex  # noqa: TID251 - passwords that nobody can guess

from minisentinel.server.clock import wall_clock_us
from minisentinel.service.host import CpuTimes, ProcessFacts

__all__ = ["ThisHost"]

RUNID_BYTES = 20


class ThisHost:
    """The process and the machine that this Sentinel runs on; one for each life of the process."""

    def __init__(self, config_file: str) -> None:
        system = os.uname()
        self.process = ProcessFacts(
            pid=os.getpid(),
            runid=token_hex(RUNID_BYTES),
            started_us=wall_clock_us(),
            executable=os.path.abspath(sys.argv[0] or sys.executable),
            config_file=config_file,
            os=f"{system.sysname} {system.release} {system.machine}",
            arch_bits=64 if sys.maxsize > 2**32 else 32,
            multiplexing_api="epoll" if sys.platform == "linux" else "kqueue",
            monotonic_clock="POSIX clock_gettime",
            compiler_version=_compiler_version(),
        )

    def clock_us(self) -> int:
        """The wall clock in Unix microseconds."""
        return wall_clock_us()

    def cpu_times(self) -> CpuTimes:
        """Processor time used so far."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Only Linux counts by thread; elsewhere the process is the best answer.
        thread = resource.getrusage(getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF))
        return CpuTimes(
            system=own.ru_stime,
            user=own.ru_utime,
            children_system=children.ru_stime,
            children_user=children.ru_utime,
            main_thread_system=thread.ru_stime,
            main_thread_user=thread.ru_utime,
        )

    def random_bytes(self, count: int) -> bytes:
        """Bytes that nobody can guess."""
        return token_bytes(count)


def _compiler_version() -> str:
    """Of the compiler that made this interpreter: ``12.2.0`` from ``GCC 12.2.0``."""
    compiler = sys.version.rpartition("[")[2].strip("]")
    words = [word for word in compiler.split() if word[:1].isdigit()]
    return words[0] if words else "0.0.0"
