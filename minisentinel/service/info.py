"""INFO of a Sentinel: for now the one section that is its own (spec: commands §3)."""

from __future__ import annotations

from collections.abc import Sequence

from minisentinel.core.context import Context
from minisentinel.core.state import Master

__all__ = ["info_text"]

ALL = {"default", "all", "everything"}


def info_text(ctx: Context, sections: Sequence[str]) -> str:
    """The text of the wanted sections; without arguments, of all."""
    wanted = {section.lower() for section in sections}
    if wanted and not wanted & (ALL | {"sentinel"}):
        return ""
    state = ctx.state
    since = (ctx.now - state.tilt_start_time) // 1000 if state.tilt else -1
    lines = [
        "# Sentinel",
        f"sentinel_masters:{len(state.masters)}",
        f"sentinel_tilt:{int(state.tilt)}",
        f"sentinel_tilt_since_seconds:{since}",
        "sentinel_running_scripts:0",
        "sentinel_scripts_queue_length:0",
        f"sentinel_simulate_failure_flags:"
        f"{int(state.crash_after_election) + 2 * int(state.crash_after_promotion)}",
    ]
    lines += [_master_line(ctx, i, m) for i, m in enumerate(state.masters.values())]
    return "\r\n".join(lines) + "\r\n"


def _master_line(ctx: Context, number: int, master: Master) -> str:
    status = "odown" if master.objectively_down else "sdown" if master.subjectively_down else "ok"
    return (
        f"master{number}:name={master.name},status={status},"
        f"address={ctx.announced(master.address)}:{master.address.port},"
        f"slaves={len(master.replicas)},sentinels={len(master.peers) + 1}"
    )
