"""Processes: what every node of the virtual world is.

- `thread`: the single thread, its inbox, its timers, and the rounds in which it works.
- `process`: the program around it, on a host, with connections, a life and a death.
"""

from sim.process.process import Process, Watcher
from sim.process.thread import NEVER, READ_LIMIT_BYTES, SLICE_US, ProcessState, Thread, Timer

__all__ = [
    "NEVER",
    "READ_LIMIT_BYTES",
    "SLICE_US",
    "Process",
    "ProcessState",
    "Thread",
    "Timer",
    "Watcher",
]
