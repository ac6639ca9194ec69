"""What a Sentinel keeps on disk, as a frozen snapshot of its state.

A save must hold what was true at that moment of a step, although the step goes on; so the effect
that asks for it carries this snapshot. Spec: config §6.1 and §7.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.core.address import Address, same_address
from minisentinel.core.instances import current_address
from minisentinel.core.state import Master, State

__all__ = ["SavedConfiguration", "SavedMaster", "snapshot"]

HostPort = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SavedMaster:
    """The persistent part of a master; hosts are in announced form.

    `down_after` and `failover_timeout` are None when they equal the process's default, which is
    how the real server decides not to write them. [CFG-7-2] [CFG-7-3]
    """

    name: str
    host: str
    port: int
    quorum: int
    down_after: int | None = None
    failover_timeout: int | None = None
    parallel_syncs: int = 1
    reboot_down_after: int = 0
    notification_script: str = ""
    client_reconfig_script: str = ""
    auth_pass: str = ""
    auth_user: str = ""
    config_epoch: int = 0
    leader_epoch: int = 0
    replicas: tuple[HostPort, ...] = ()
    peers: tuple[tuple[str, int, str], ...] = ()
    renamed_commands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SavedConfiguration:
    """The persistent part of a whole Sentinel.

    An `announce_ip` that is set but empty is written, and loaded as not set (spec: gossip §8).
    [CFG-7-1] [CFG-7-4]
    """

    myid: str
    current_epoch: int = 0
    deny_scripts_reconfig: bool = True
    resolve_hostnames: bool = False
    announce_hostnames: bool = False
    announce_ip: str | None = None
    announce_port: int = 0
    sentinel_user: str = ""
    sentinel_pass: str = ""
    loglevel: str = "notice"
    users: tuple[str, ...] | None = None
    masters: tuple[SavedMaster, ...] = ()


def snapshot(state: State) -> SavedConfiguration:
    """The persistent part of `state`, now."""
    return SavedConfiguration(
        myid=state.myid,
        current_epoch=state.current_epoch,
        deny_scripts_reconfig=state.deny_scripts_reconfig,
        resolve_hostnames=state.resolve_hostnames,
        announce_hostnames=state.announce_hostnames,
        announce_ip=state.announce_ip,
        announce_port=state.announce_port,
        sentinel_user=state.sentinel_user,
        sentinel_pass=state.sentinel_pass,
        loglevel=state.loglevel,
        users=state.users,
        masters=tuple(_saved_master(state, master) for master in state.masters.values()),
    )


def _host(address: Address, by_name: bool) -> str:
    """The announced host; an unresolved name is kept, where a real Sentinel loses it.

    [CFG-6.1-24] [CFG-6.1-28]
    """
    return address.announced(by_name) or address.hostname


def _saved_master(state: State, master: Master) -> SavedMaster:
    """[CFG-6.1-5] to [CFG-6.1-7], [CFG-6.1-16] [CFG-6.1-17] [CFG-6.1-25]"""
    by_name = state.announce_hostnames
    timing = state.timing
    now_at = current_address(master)
    # Each place once: a file that names one twice is refused. A real Sentinel may write such a file
    # during a failover, if a master has counted itself among its replicas.
    replicas: dict[HostPort, None] = {}
    for replica in master.replicas.values():
        address = replica.address
        if same_address(address, now_at):
            # The promoted replica is already written as the master: remember the old one instead.
            address = master.address
        replicas[_host(address, by_name), address.port] = None
    same = master.down_after == timing.default_down_after
    same_timeout = master.failover_timeout == timing.default_failover_timeout
    return SavedMaster(
        name=master.name,
        host=_host(now_at, by_name),
        port=now_at.port,
        quorum=master.quorum,
        down_after=None if same else master.down_after,
        failover_timeout=None if same_timeout else master.failover_timeout,
        parallel_syncs=master.parallel_syncs,
        reboot_down_after=master.reboot_down_after,
        notification_script=master.notification_script,
        client_reconfig_script=master.client_reconfig_script,
        auth_pass=master.auth_pass,
        auth_user=master.auth_user,
        config_epoch=master.config_epoch,
        leader_epoch=master.leader_epoch,
        replicas=tuple(replicas),
        peers=tuple(
            (_host(peer.address, by_name), peer.address.port, peer.runid)
            for peer in master.peers.values()
            if peer.runid
        ),
        renamed_commands=tuple(master.renamed_commands.values()),
    )
