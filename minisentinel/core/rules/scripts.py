"""When user scripts start, when they are tried again, and when they have taken too long."""

from __future__ import annotations

from minisentinel.core.state import ScriptEnd, ScriptJob
from minisentinel.core.timing import (
    SCRIPT_QUEUE_LIMIT,
    SCRIPT_RUNS_LIMIT,
    SCRIPTS_AT_ONCE,
    Timing,
)

__all__ = ["ScriptRules"]

_MOST_DOUBLINGS = 32


class ScriptRules:
    """The queue of user scripts (spec: failover §9.3)."""

    __slots__ = ()

    def is_too_long(self, length: int) -> bool:
        """Whether a queue of so many jobs must lose one that does not run.

        [FAI-9.3-1] [GEN-3-29]
        """
        return length > SCRIPT_QUEUE_LIMIT

    def may_run_another(self, running: int) -> bool:
        """Whether one more script may run at the same time. [FAI-9.3-2] [GEN-3-30]"""
        return running < SCRIPTS_AT_ONCE

    def may_start(self, job: ScriptJob, now: int) -> bool:
        """Whether a job does not run, and has no delay to wait for; the boundary counts.

        [FAI-9.3-2]
        """
        return job.pid == 0 and job.not_before_ms <= now

    def should_retry(self, job: ScriptJob, end: ScriptEnd) -> bool:
        """Whether a job that ended is run again: its exit code asks for it, or it was killed.

        Runs are compared with the limit for equality, as real Sentinels do: a job whose process
        could not be made at its tenth run is past the limit, and goes on for ever.
        [FAI-9.3-5] [GEN-3-31]
        """
        return (end.exit_code == 1 or end.signal != 0) and job.runs != SCRIPT_RUNS_LIMIT

    def retry_delay_ms(self, job: ScriptJob, timing: Timing) -> int:
        """How long a job waits after its latest run; the delay doubles with every run.

        It stops growing after four thousand years, where numbers of 64 bits would overflow.
        [FAI-9.3-5] [FAI-9.3-8]
        """
        return timing.script_retry_delay << min(job.runs - 1, _MOST_DOUBLINGS)

    def is_overdue(self, job: ScriptJob, now: int, timing: Timing) -> bool:
        """Whether a running job has had more than its time. [FAI-9.3-7]"""
        return job.pid != 0 and now - job.started_ms > timing.script_max_runtime
