"""Telling servers whom to follow, and turning a master object to another address.

Spec: failover §5 (the transaction) and §6 (switch and reset).
"""

from __future__ import annotations

from minisentinel.core.address import Address, AddressError, same_address
from minisentinel.core.context import Context
from minisentinel.core.due import look_at
from minisentinel.core.instances import (
    DuplicateInstance,
    create_replica,
    destroy_peer,
    destroy_replica,
)
from minisentinel.core.links import close_all, send
from minisentinel.core.state import FailoverState, Instance, Master, ReplyTo, Role
from minisentinel.trace import FailoverStateChanged

__all__ = [
    "change_address",
    "enter_state",
    "follow",
    "follow_no_one",
    "reset_master",
    "switch",
]


def follow(ctx: Context, instance: Instance, address: Address) -> bool:
    """Tell a server to replicate from `address`; False if it could not be queued."""
    return _transaction(ctx, instance, ctx.announced(address), str(address.port))


def follow_no_one(ctx: Context, instance: Instance) -> bool:
    """Tell a server to be a master; False if it could not be queued."""
    return _transaction(ctx, instance, "NO", "ONE")


def _transaction(ctx: Context, instance: Instance, host: str, port: str) -> bool:
    """Six commands whose replies say nothing that INFO will not say better.

    Clients are disconnected so that they ask a Sentinel where the master is now.
    [FAI-5-1] to [FAI-5-9]
    """
    for words in (
        ("MULTI",),
        ("SLAVEOF", host, port),
        ("CONFIG", "REWRITE"),
        ("CLIENT", "KILL", "TYPE", "normal"),
        ("CLIENT", "KILL", "TYPE", "pubsub"),
        ("EXEC",),
    ):
        if not send(ctx, instance, ReplyTo.IGNORED, *words):
            return False
    return True


def enter_state(ctx: Context, master: Master, after: FailoverState, why: str) -> None:
    """Take the failover machine of `master` to another state; `why` is for the trace. [FAI-2-7]"""
    before, master.failover_state = master.failover_state, after
    master.failover_state_change_time = ctx.now
    if ctx.tracing:
        ctx.note(
            FailoverStateChanged(
                master=master.name,
                epoch=master.failover_epoch,
                before=before.value,
                after=after.value,
                why=why,
            )
        )


def switch(ctx: Context, master: Master, shown: str, host: str, port: int) -> None:
    """Announce that `master` moves to `host` (`shown` in the event) and `port`, and move it.

    If the host means nothing at this moment, the event is out and nothing else happens.
    [FAI-6.1-1] [FAI-6.2-1]
    """
    old = master.address
    ctx.emit(
        "warning",
        "+switch-master",
        master,
        f"{master.name} {ctx.announced(old)} {old.port} {shown} {port}",
    )
    try:
        address = ctx.address(host, port, allow_unresolved=False)
    except AddressError:
        return
    change_address(ctx, master, address)


def change_address(ctx: Context, master: Master, address: Address) -> None:
    """Turn `master` to `address`; the other known servers and the old master become replicas.

    Its peers stay; replicas are new objects that know nothing yet. Spec: failover §6.2.
    [FAI-6.2-2] to [FAI-6.2-6], [CFG-5-8]
    """
    state = ctx.state
    addresses = [
        replica.address
        for replica in master.replicas.values()
        if not same_address(replica.address, address)
    ]
    if not same_address(master.address, address):
        addresses.append(master.address)
    reset_master(ctx, master, keep_peers=True)
    master.address = address
    master.o_down_since = master.s_down_since = 0
    for other in addresses:
        try:
            replica = create_replica(state, master, other, ctx.now)
        except DuplicateInstance:
            continue
        ctx.emit("notice", "+slave", replica)
    ctx.save()


def reset_master(ctx: Context, master: Master, *, keep_peers: bool) -> None:
    """Forget replicas, votes, flags and any failover; epochs and settings stay (failover §6.3).

    [FAI-6.3-1] to [FAI-6.3-9], [FAI-7-2]
    """
    now = ctx.now
    for replica in list(master.replicas.values()):
        ctx.close(destroy_replica(ctx.state, master, replica))
    if not keep_peers:
        for peer in list(master.peers.values()):
            ctx.close(destroy_peer(ctx.state, master, peer))
    link = master.link
    close_all(ctx, link)
    link.act_ping_time = link.last_avail_time = link.last_pong_time = now
    link.last_ping_time = 0

    master.subjectively_down = master.objectively_down = False
    master.script_kill_sent = master.rebooted = False
    master.failover_in_progress = master.force_failover = False
    master.leader = ""
    kept = ctx.profile.election.epochs_after_reset(master)
    master.config_epoch, master.leader_epoch = kept
    if master.failover_state is not FailoverState.NONE:
        enter_state(ctx, master, FailoverState.NONE, "reset")
    master.failover_state_change_time = 0
    master.failover_start_time = 0
    master.promoted_replica = ""
    master.last_tally = None
    master.runid = ""
    master.role_reported = Role.MASTER
    master.role_reported_time = now
    look_at(ctx.state, master)
