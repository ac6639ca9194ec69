"""Creating, finding, renaming and destroying the instances that a Sentinel watches.

Spec: monitoring §1.3, §1.4 and §3.2.
"""

from __future__ import annotations

import zlib
from bisect import bisect
from collections.abc import Iterator
from typing import TypeAlias, TypeVar

from minisentinel.core.address import Address, bracketed, same_address
from minisentinel.core.dice import Dice
from minisentinel.core.state import (
    Connection,
    FailoverState,
    Instance,
    Link,
    Master,
    Peer,
    Replica,
    Role,
    State,
)

__all__ = [
    "DuplicateInstance",
    "Gone",
    "create_master",
    "create_peer",
    "create_replica",
    "current_address",
    "destroy_master",
    "destroy_peer",
    "destroy_replica",
    "find_master_by_address",
    "find_replica",
    "peers_with_runid",
    "share_link",
]

I = TypeVar("I", bound=Instance)  # noqa: E741

Gone: TypeAlias = list[tuple[Instance, Connection]]
"""Connections that nobody needs any more, each with an instance that it led to."""


class DuplicateInstance(ValueError):
    """The table has an instance of that name already."""


def _serial(state: State) -> int:
    serial = state.next_serial
    state.next_serial = serial + 1
    return serial


def _rank(state: State, name: str) -> tuple[int, str]:
    checksum = zlib.crc32(name.encode("utf-8", "surrogateescape"))
    # Scrambled, because checksums alone keep too much order: most permutations would never occur.
    return Dice(state.table_seed << 32 | checksum).draw(), name


def _insert(state: State, table: dict[str, I], instance: I) -> None:
    """Put `instance` into `table`, which stays in the process's arbitrary but fixed order.

    [MON-1.3-2] [GEN-1-5]
    """
    if instance.name in table:
        raise DuplicateInstance(instance.name)
    names = list(table)
    at = bisect(names, _rank(state, instance.name), key=lambda name: _rank(state, name))
    later = [(name, table.pop(name)) for name in names[at:]]
    table[instance.name] = instance
    table.update(later)
    state.instances[instance.serial] = instance
    state.quiet_until = 0


def _new_link(state: State, serial: int, now: int) -> Link:
    """[MON-3.1-5]"""
    return Link(
        users=[serial],
        last_avail_time=now,
        # Not zero although nothing was sent: an instance that is never reached must time out.
        act_ping_time=now,
        last_pong_time=now,
    )


def create_master(state: State, name: str, address: Address, quorum: int, now: int) -> Master:
    """Start to watch a master; raises `DuplicateInstance`. [MON-1.3-12] [GEN-3-5] [GEN-3-6]"""
    serial = _serial(state)
    master = Master(
        serial=serial,
        name=name,
        master_name=name,
        address=address,
        link=_new_link(state, serial, now),
        down_after=state.timing.default_down_after,
        failover_timeout=state.timing.default_failover_timeout,
        last_pub_time=now,
        role_reported=Role.MASTER,
        role_reported_time=now,
        config_change_time=now,
        quorum=quorum,
    )
    _insert(state, state.masters, master)
    return master


def create_replica(state: State, master: Master, address: Address, now: int) -> Replica:
    """Add a replica to `master`; raises `DuplicateInstance`. [MON-1.4-1]"""
    serial = _serial(state)
    replica = Replica(
        serial=serial,
        name=bracketed(address.announced(state.announce_hostnames), address.port),
        master_name=master.name,
        address=address,
        link=_new_link(state, serial, now),
        down_after=master.down_after,
        last_pub_time=now,
        role_reported=Role.REPLICA,
        role_reported_time=now,
        config_change_time=now,
    )
    _insert(state, master.replicas, replica)
    return replica


def create_peer(state: State, master: Master, address: Address, runid: str, now: int) -> Peer:
    """Add another Sentinel to `master`, with a link of its own; raises `DuplicateInstance`.

    [MON-1.4-2]
    """
    serial = _serial(state)
    peer = Peer(
        serial=serial,
        name=runid,
        runid=runid,
        master_name=master.name,
        address=address,
        link=_new_link(state, serial, now),
        down_after=master.down_after,
        last_pub_time=now,
        last_hello_time=now,
        last_master_down_reply_time=now,
    )
    _insert(state, master.peers, peer)
    return peer


def share_link(state: State, peer: Peer) -> bool:
    """Let `peer` use the link to the same Sentinel that another master has, if there is one.

    Only a link that is fresh and unshared is given up. Spec: monitoring §3.2. [MON-3.2-1]
    """
    if len(peer.link.users) > 1:
        return False
    for master in state.masters.values():
        twin = master.peers.get(peer.runid)
        if twin is None or twin is peer or master.name == peer.master_name:
            continue
        peer.link = twin.link
        twin.link.users.append(peer.serial)
        return True
    return False


def _release(state: State, instance: Instance) -> Gone:
    """Forget `instance`; the connections to close if nobody else uses its link. [MON-1.3-33]"""
    del state.instances[instance.serial]
    link = instance.link
    link.users.remove(instance.serial)
    if link.users:
        return []
    return [(instance, connection) for connection in detach_connections(state, link)]


def detach_connections(state: State, link: Link) -> list[Connection]:
    """Take both connections off `link`, which is disconnected from then on."""
    gone = [c for c in (link.command, link.pubsub) if c is not None]
    for connection in gone:
        del state.connections[connection.id]
    if link.command is not None:
        link.pending_commands = 0
    link.command = link.pubsub = None
    link.disconnected = True
    return gone


def destroy_replica(state: State, master: Master, replica: Replica) -> Gone:
    """Forget a replica; returns the connections that must be closed."""
    del master.replicas[replica.name]
    if master.promoted_replica == replica.name:
        master.promoted_replica = ""
    return _release(state, replica)


def destroy_peer(state: State, master: Master, peer: Peer) -> Gone:
    """Forget a peer; returns the connections that must be closed (none while shared). [GOS-7-1]"""
    del master.peers[peer.name]
    return _release(state, peer)


def destroy_master(state: State, master: Master) -> Gone:
    """Forget a master with all that belongs to it; returns the connections to be closed."""
    gone: Gone = []
    for replica in list(master.replicas.values()):
        gone += destroy_replica(state, master, replica)
    for peer in list(master.peers.values()):
        gone += destroy_peer(state, master, peer)
    del state.masters[master.name]
    return gone + _release(state, master)


def current_address(master: Master) -> Address:
    """The address that clients and other Sentinels are told (spec: gossip §2.1).

    From the observed promotion on it is the promoted replica's. [GOS-2.1-1]
    """
    if master.failover_in_progress and master.promoted_replica:
        told = (FailoverState.RECONF_REPLICAS, FailoverState.UPDATE_CONFIG)
        if master.failover_state in told:
            return master.replicas[master.promoted_replica].address
    return master.address


def find_replica(master: Master, address: Address) -> Replica | None:
    """The replica of `master` at `address`."""
    for replica in master.replicas.values():
        if same_address(replica.address, address):
            return replica
    return None


def find_master_by_address(state: State, address: Address) -> Master | None:
    """The first master at `address`, whatever its name."""
    for master in state.masters.values():
        if same_address(master.address, address):
            return master
    return None


def peers_with_runid(state: State, runid: str) -> Iterator[tuple[Master, Peer]]:
    """Every entry of the Sentinel `runid`, under each master that it shares with us."""
    for master in list(state.masters.values()):
        peer = master.peers.get(runid)
        if peer is not None:
            yield master, peer
