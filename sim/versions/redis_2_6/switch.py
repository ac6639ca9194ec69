"""Switch, redirect and reset: all replicas and all Sentinels are forgotten (sentinel-2.6 §13)."""

from __future__ import annotations

from minisentinel.core.address import Address, AddressError, same_address
from minisentinel.core.instances import create_replica
from minisentinel.core.reconfiguration import reset_master
from minisentinel.core.state import Master
from sim.versions.redis_2_6.memory import OldContext

__all__ = ["redirect", "reset", "switch_to_promoted"]


def reset(ctx: OldContext, master: Master) -> None:
    """Forget all but the settings."""
    memory = ctx.memory
    for instance in (*master.replicas.values(), *master.peers.values()):
        memory.demote.pop(instance.serial, None)
        memory.permitted.pop(instance.serial, None)
    memory.leading.pop(master.serial, None)
    reset_master(ctx, master, keep_peers=False)


def _turn_to(ctx: OldContext, master: Master, address: Address) -> None:
    reset(ctx, master)
    master.address = address
    master.s_down_since = master.o_down_since = 0


def switch_to_promoted(ctx: OldContext, master: Master) -> None:
    """This Sentinel's own end of the failover; the old master is awaited, to be demoted."""
    old = master.address
    promoted = master.replicas.get(master.promoted_replica)
    new = promoted.address if promoted is not None else old
    ctx.emit(
        "warning",
        "+switch-master",
        master,
        f"{master.name} {old.ip} {old.port} {new.ip} {new.port}",
    )
    _turn_to(ctx, master, new)
    if not same_address(old, new):
        awaited = create_replica(ctx.state, master, old, ctx.now)
        ctx.memory.demote[awaited.serial] = None


def redirect(ctx: OldContext, master: Master, host: str, port: int) -> None:
    """The master says that it follows another server: so that one is the master."""
    try:
        address = ctx.address(host, port, allow_unresolved=False)
    except AddressError:
        return
    old = master.address
    ctx.emit(
        "warning",
        "+redirect-to-master",
        master,
        f"{master.name} {old.ip} {old.port} {host} {port}",
    )
    _turn_to(ctx, master, address)
