"""Subcommands for an operator in trouble, or who wants to see some (spec: commands §12, §13)."""

from __future__ import annotations

from minisentinel.core import failover
from minisentinel.core.context import Context
from minisentinel.core.selection import has_candidate
from minisentinel.core.state import Master, ScriptJob
from minisentinel.replies import OK, Command, Error, Reply

__all__ = ["fail_over", "flushconfig", "pending_scripts", "simulate_failure"]


def fail_over(ctx: Context, master: Master) -> Reply:
    """Fail over at the operator's word, without agreement (spec: failover §8).

    [CMD-4-10] [FAI-8-1] to [FAI-8-5], [MON-8-9]
    """
    if master.failover_in_progress:
        return Error("INPROG Failover already in progress")
    if not has_candidate(ctx, master):
        return Error("NOGOODSLAVE No suitable replica to promote")
    ctx.log("notice", f"Executing user requested FAILOVER of '{master.name}'")
    failover.start(ctx, master, "commanded")
    master.force_failover = True
    return OK


def flushconfig(ctx: Context, words: Command) -> Reply:
    """Save the configuration, also if its file has vanished. [CMD-4-17] [CFG-5-12]"""
    ctx.save()
    return OK


def pending_scripts(ctx: Context, words: Command) -> Reply:
    """The queue of user scripts, oldest first (spec: commands §12). [CMD-4-19]"""
    return tuple(_pending(job, ctx.now) for job in ctx.state.scripts)


def _pending(job: ScriptJob, now: int) -> Reply:
    """[CMD-12-1]"""
    if job.pid:
        state, timing = "running", {"run-time": str(now - job.started_ms)}
    else:
        state, timing = "scheduled", {"run-delay": str(max(job.not_before_ms - now, 0))}
    return {
        "argv": job.argv,
        "flags": state,
        "pid": str(job.pid),
        **timing,
        "retry-num": str(job.runs),
    }


def simulate_failure(ctx: Context, words: Command) -> Reply:
    """Arm a crash at a chosen moment of a failover (spec: commands §13). [CMD-4-20] [CMD-13-1]"""
    state = ctx.state
    state.crash_after_election = state.crash_after_promotion = False
    for word in words[2:]:
        match word.lower():
            case "crash-after-election":
                state.crash_after_election = True
            case "crash-after-promotion":
                state.crash_after_promotion = True
            case "help":
                return ("crash-after-election", "crash-after-promotion")
            case _:
                return Error("ERR Unknown failure simulation specified")
        ctx.log("warning", f"Failure simulation: this Sentinel will {word.lower()}")
    return OK
