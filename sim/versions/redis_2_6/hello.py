"""What is learned from the hello of another Sentinel: that it is there (sentinel-2.6 §5)."""

from __future__ import annotations

from minisentinel.core.address import AddressError
from minisentinel.core.instances import DuplicateInstance, create_peer, destroy_peer
from minisentinel.core.state import Master, Peer
from minisentinel.lenient import leading_int
from sim.versions.redis_2_6.memory import OldContext

__all__ = ["receive"]


def receive(ctx: OldContext, master: Master, text: str) -> None:
    """A hello came over the Pub/Sub connection to `master`."""
    fields = text.split(":")
    if ctx.state.myid in text or len(fields) != 4:
        return
    host, port, runid = fields[0], leading_int(fields[1]), fields[2]
    peer = _known(master, host, port, runid) or _learn(ctx, master, host, port, runid)
    if peer is None:
        return
    peer.last_hello_time = ctx.now
    if leading_int(fields[3]):
        ctx.memory.permitted[peer.serial] = None
    else:
        ctx.memory.permitted.pop(peer.serial, None)


def _known(master: Master, host: str, port: int, runid: str) -> Peer | None:
    for peer in master.peers.values():
        if peer.runid == runid and (peer.address.ip, peer.address.port) == (host, port):
            return peer
    return None


def _learn(ctx: OldContext, master: Master, host: str, port: int, runid: str) -> Peer | None:
    """Take the sender in, in the place of whoever had its address or its run id."""
    doubles = [
        peer
        for peer in master.peers.values()
        if peer.runid == runid or (peer.address.ip, peer.address.port) == (host, port)
    ]
    for double in doubles:
        ctx.memory.permitted.pop(double.serial, None)
        ctx.close(destroy_peer(ctx.state, master, double))
    if doubles:
        ctx.emit("notice", "-dup-sentinel", master, f"%@ #duplicate of {host}:{port} or {runid}")
    try:
        address = ctx.address(host, port, allow_unresolved=False)
        # Peers are named by their address here, where today's are named by their id.
        peer = create_peer(ctx.state, master, address, f"{host}:{port}", ctx.now)
    except (AddressError, DuplicateInstance):
        return None
    ctx.emit("notice", "+sentinel", peer)
    peer.runid = runid
    return peer
