"""User scripts: one queue for the whole process, looked after at the end of every tick.

Jobs get into the queue through `Context.queue_script`: a notification script for every warning
about a master and what belongs to it, and `reconfigure_clients` when a master has moved. The
driver runs the processes. Spec: failover §9.
"""

from __future__ import annotations

from minisentinel.core.address import Address
from minisentinel.core.context import Context
from minisentinel.core.effects import KillScript, RunScript
from minisentinel.core.state import Master, ScriptEnd, ScriptJob

__all__ = [
    "look_after_scripts",
    "on_script_ended",
    "on_script_not_started",
    "on_script_started",
    "reconfigure_clients",
]

NO_PROCESS = 99
"""What stands for the signal when no process could be made."""


def reconfigure_clients(
    ctx: Context, master: Master, role: str, old: Address, new: Address
) -> None:
    """Queue the client reconfiguration script of `master`, if it has one (failover §9.2).

    `role` is ``leader`` or ``observer``; the state that the script is told is always ``start``.
    [FAI-9.2-1] to [FAI-9.2-4]
    """
    if not master.client_reconfig_script:
        return
    ctx.queue_script(
        master.client_reconfig_script,
        master.name,
        role,
        "start",
        ctx.announced(old),
        str(old.port),
        ctx.announced(new),
        str(new.port),
    )


def look_after_scripts(ctx: Context) -> None:
    """Start scripts, take note of those that ended, kill those that take too long.

    All three are decided here, before the driver has started anything; that makes no difference,
    since what starts in this tick neither ends nor is overdue in it.
    """
    _start(ctx)
    _reap(ctx)
    _kill_overdue(ctx)


def _start(ctx: Context) -> None:
    """Start jobs from the oldest, as many as may run at once (failover §9.3).

    Where no process can be made, a real Sentinel goes on to try all others in the same tick; here
    each failure uses up a place until the next tick. [FAI-9.3-2]
    """
    rules, jobs = ctx.profile.scripts, ctx.state.scripts
    running = sum(job.pid != 0 for job in jobs)
    for job in jobs:
        if not rules.may_run_another(running):
            break
        if rules.may_start(job, ctx.now):
            job.runs += 1
            job.started_ms = ctx.now
            running += 1
            ctx.out.append(RunScript(job.id, job.argv))


def on_script_started(ctx: Context, job_id: int, pid: int) -> None:
    """The driver has started a job as the process `pid`."""
    for job in ctx.state.scripts:
        if job.id == job_id:
            job.pid = pid
            ctx.emit("debug", "+script-child", None, str(pid))


def on_script_not_started(ctx: Context, job_id: int) -> None:
    """The driver could not make a process for a job; it stays where it is in the queue."""
    for job in ctx.state.scripts:
        if job.id == job_id:
            ctx.emit("warning", "-script-error", None, f"{job.argv[0]} {NO_PROCESS} 0")


def on_script_ended(ctx: Context, end: ScriptEnd) -> None:
    """A process is over; the next tick takes note of it."""
    ctx.state.script_ends.append(end)


def _reap(ctx: Context) -> None:
    """[FAI-9.3-3]"""
    ends, ctx.state.script_ends = ctx.state.script_ends, []
    for end in ends:
        ctx.emit("debug", "-script-child", None, f"{end.pid} {end.exit_code} {end.signal}")
        for job in ctx.state.scripts:
            if job.pid == end.pid:
                _settle(ctx, job, end)
                break


def _settle(ctx: Context, job: ScriptJob, end: ScriptEnd) -> None:
    """Done, to be tried again later, or given up. [FAI-9.3-4] to [FAI-9.3-6]"""
    rules = ctx.profile.scripts
    if rules.should_retry(job, end):
        job.pid = 0
        job.not_before_ms = ctx.now + rules.retry_delay_ms(job, ctx.state.timing)
        return
    if end.signal or end.exit_code:
        payload = f"{job.argv[0]} {end.signal} {end.exit_code}"
        ctx.emit("warning", "-script-error", None, payload)
    ctx.state.scripts.remove(job)


def _kill_overdue(ctx: Context) -> None:
    """Kill scripts that run for too long; said again at every tick until the end is seen.

    [FAI-9.3-7]
    """
    for job in ctx.state.scripts:
        if ctx.profile.scripts.is_overdue(job, ctx.now, ctx.state.timing):
            ctx.emit("warning", "-script-timeout", None, f"{job.argv[0]} {job.pid}")
            ctx.out.append(KillScript(job.pid))
