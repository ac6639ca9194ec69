"""The map that describes an instance in SENTINEL MASTER, REPLICAS and SENTINELS.

Spec: commands §5 (fields and their order) and README §5 (flags and their order).
"""

from __future__ import annotations

from minisentinel.core.context import Context, subject_of
from minisentinel.core.state import Instance, Master, Peer, Replica, Role, Server
from minisentinel.replies import Reply

__all__ = ["flags_of", "instance_map"]


def flags_of(instance: Instance) -> str:
    """The comma-joined flags, in the order that clients know. [GEN-5-1] to [GEN-5-16]"""
    master = instance if isinstance(instance, Master) else None
    replica = instance if isinstance(instance, Replica) else None
    peer = instance if isinstance(instance, Peer) else None
    shown = (
        ("s_down", instance.subjectively_down),
        ("o_down", master is not None and master.objectively_down),
        (subject_of(instance), True),
        ("disconnected", instance.link.disconnected),
        ("master_down", peer is not None and peer.master_down),
        ("failover_in_progress", master is not None and master.failover_in_progress),
        ("promoted", replica is not None and replica.promoted),
        ("reconf_sent", replica is not None and replica.reconf_sent),
        ("reconf_inprog", replica is not None and replica.reconf_inprog),
        ("reconf_done", replica is not None and replica.reconf_done),
        ("force_failover", master is not None and master.force_failover),
        ("script_kill_sent", instance.script_kill_sent),
        ("master_reboot", master is not None and master.rebooted),
    )
    return ",".join(flag for flag, present in shown if present)


def instance_map(ctx: Context, instance: Instance) -> dict[str, Reply]:
    """Every field of an instance, as text, in the fixed order.

    [CMD-5-1] to [CMD-5-15], [CMD-5-34] to [CMD-5-37]
    """
    now, link = ctx.now, instance.link
    fields: dict[str, str | int] = {
        "name": instance.name,
        "ip": ctx.announced(instance.address),
        "port": instance.address.port,
        "runid": instance.runid,
        "flags": flags_of(instance),
        "link-pending-commands": link.pending_commands,
        "link-refcount": len(link.users),
    }
    if isinstance(instance, Master) and instance.failover_in_progress:
        fields["failover-state"] = instance.failover_state.value
    fields["last-ping-sent"] = now - link.act_ping_time if link.act_ping_time else 0
    fields["last-ok-ping-reply"] = now - link.last_avail_time
    fields["last-ping-reply"] = now - link.last_pong_time
    if instance.subjectively_down:
        fields["s-down-time"] = now - instance.s_down_since
    if isinstance(instance, Master) and instance.objectively_down:
        fields["o-down-time"] = now - instance.o_down_since
    fields["down-after-milliseconds"] = instance.down_after
    if isinstance(instance, Server):
        fields |= _server_fields(instance, now)
    if isinstance(instance, Master):
        fields |= _master_fields(instance)
    elif isinstance(instance, Replica):
        fields |= _replica_fields(instance)
    elif isinstance(instance, Peer):
        fields |= {
            "last-hello-message": now - instance.last_hello_time,
            "voted-leader": instance.leader or "?",
            "voted-leader-epoch": instance.leader_epoch,
        }
    return {name: str(value) for name, value in fields.items()}


def _server_fields(server: Server, now: int) -> dict[str, str | int]:
    """[CMD-5-16] to [CMD-5-18]"""
    return {
        "info-refresh": now - server.info_refresh if server.info_refresh else 0,
        "role-reported": "master" if server.role_reported is Role.MASTER else "slave",
        "role-reported-time": now - server.role_reported_time,
    }


def _master_fields(master: Master) -> dict[str, str | int]:
    """[CMD-5-19] to [CMD-5-26]"""
    fields: dict[str, str | int] = {
        "config-epoch": master.config_epoch,
        "num-slaves": len(master.replicas),
        "num-other-sentinels": len(master.peers),
        "quorum": master.quorum,
        "failover-timeout": master.failover_timeout,
        "parallel-syncs": master.parallel_syncs,
    }
    if master.notification_script:
        fields["notification-script"] = master.notification_script
    if master.client_reconfig_script:
        fields["client-reconfig-script"] = master.client_reconfig_script
    return fields


def _replica_fields(replica: Replica) -> dict[str, str | int]:
    """[CMD-5-27] to [CMD-5-33]"""
    return {
        "master-link-down-time": replica.master_link_down_time,
        "master-link-status": "ok" if replica.master_link_up else "err",
        "master-host": replica.reported_master_host or "?",
        "master-port": replica.reported_master_port,
        "slave-priority": replica.priority,
        "slave-repl-offset": replica.repl_offset,
        "replica-announced": replica.announced,
    }
