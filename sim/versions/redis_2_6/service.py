"""The commands of the first Sentinel that differ from today's.

Spec: sentinel-2.6 §7, §9, §11, §14."""

from __future__ import annotations

from minisentinel.core.effects import Answer, Effect
from minisentinel.core.instances import current_address
from minisentinel.core.state import Master
from minisentinel.core.text import strict_integer
from minisentinel.patterns import glob_matches
from minisentinel.replies import NOT_AN_INTEGER, NULL_ARRAY, OK, Command, Error, Reply
from minisentinel.service import Service
from sim.versions.redis_2_6 import failover
from sim.versions.redis_2_6.leader import answer
from sim.versions.redis_2_6.memory import OldContext
from sim.versions.redis_2_6.selection import has_candidate
from sim.versions.redis_2_6.switch import reset

__all__ = ["OldService"]

SHARED = ("masters", "slaves", "sentinels", "pending-scripts")
"""Subcommands that are answered as today, in today's words."""

SIZES = {
    "failover": 3,
    "get-master-addr-by-name": 3,
    "is-master-down-by-addr": 4,
    "reset": 3,
}


class OldService(Service):
    """Today's face, with the old answers to SENTINEL."""

    def command(self, now_ms: int, client: int, words: Command) -> list[Effect]:
        """Carry out a client's command."""
        if len(words) < 2 or words[0].lower() != "sentinel" or words[1].lower() in SHARED:
            return super().command(now_ms, client, words)
        out = self.sentinel.step(now_ms)
        context = self.sentinel.context
        assert isinstance(context, OldContext)
        out.append(Answer(client, _carry_out(context, words)))
        return out


def _carry_out(ctx: OldContext, words: Command) -> Reply:
    name = words[1].lower()
    if name not in SIZES:
        return Error(f"ERR Unknown sentinel subcommand '{words[1]}'")
    if len(words) != SIZES[name]:
        return Error(f"ERR Wrong number of commands for 'sentinel {words[1]}'")
    if name == "is-master-down-by-addr":
        port = strict_integer(words[3])
        if port is None:
            return NOT_AN_INTEGER
        return answer(ctx, words[2], port)
    if name == "reset":
        return _reset(ctx, words[2])
    master = ctx.state.masters.get(words[2])
    if name == "failover":
        return Error("ERR No such master with that name") if master is None else _fail(ctx, master)
    return NULL_ARRAY if master is None else _address(master)


def _address(master: Master) -> Reply:
    """Where clients are sent; nowhere before the first INFO."""
    if master.info_refresh == 0:
        return Error(
            "IDONTKNOW I have not enough information to reply. Please ask another Sentinel."
        )
    address = current_address(master)
    return (address.ip, str(address.port))


def _fail(ctx: OldContext, master: Master) -> Reply:
    """Neither permission nor leadership is asked for, but the 5 to 15 s are waited."""
    if master.failover_in_progress:
        return Error("INPROG Failover already in progress")
    if not has_candidate(ctx, master):
        return Error("NOGOODSLAVE No suitable slave to promote")
    failover.start(ctx, master, "commanded")
    master.force_failover = True
    return OK


def _reset(ctx: OldContext, pattern: str) -> Reply:
    chosen = [each for each in ctx.state.masters.values() if glob_matches(pattern, each.name)]
    for master in chosen:
        reset(ctx, master)
        ctx.emit("warning", "+reset-master", master)
    return len(chosen)
