"""Gossip: hello messages, through which Sentinels meet and configurations spread.

A hello (`minisentinel.hello`) is published on a channel of every server that is monitored and sent
directly to every known Sentinel. Spec: gossip.
"""

from __future__ import annotations

from functools import lru_cache

from minisentinel.core.address import AddressError, host_is, same_address
from minisentinel.core.context import Context
from minisentinel.core.election import raise_epoch
from minisentinel.core.failover import give_up_if_overtaken
from minisentinel.core.instances import (
    DuplicateInstance,
    create_peer,
    current_address,
    destroy_peer,
    peers_with_runid,
    share_link,
)
from minisentinel.core.links import close_all, send
from minisentinel.core.reconfiguration import switch
from minisentinel.core.scripts import reconfigure_clients
from minisentinel.core.state import Instance, Master, Peer, ReplyTo
from minisentinel.core.text import cut
from minisentinel.hello import HELLO_CHANNEL, Hello
from minisentinel.replies import Error, Reply

__all__ = ["on_hello_reply", "payload", "publish_if_due", "receive"]

PAYLOAD_LIMIT = 1069

_parse_again = lru_cache(maxsize=512)(Hello.parse)
"""For texts that a Sentinel may have sent; a longer one is not to be remembered."""


def payload(ctx: Context, master: Master, local_host: str) -> str:
    """The hello about `master`; `local_host` is the address of our end of the connection.

    Host and port may be announced ones (spec: gossip §8).
    [GOS-2-1] to [GOS-2-8], [GOS-8-1] [GOS-8-2]
    """
    state = ctx.state
    address = current_address(master)
    host = local_host if state.announce_ip is None else state.announce_ip
    text = (
        f"{host},{state.announce_port or state.port},{state.myid},"
        f"{state.current_epoch},{master.name},{ctx.announced(address)},{address.port},"
        f"{master.config_epoch}"
    )
    return cut(text, PAYLOAD_LIMIT)  # [GEN-3-27]


def publish_if_due(ctx: Context, instance: Instance) -> None:
    """Say hello to `instance` if the last success is old enough (monitoring §4.3, gossip §1).

    [GOS-1-1] [GOS-1-2] [GOS-3-1]
    """
    if not ctx.profile.hello.should_publish(instance, ctx.now, ctx.state.timing):
        return
    connection = instance.link.command
    if connection is None:
        return
    if not connection.local_host and ctx.state.announce_ip is None:
        return
    text = payload(ctx, ctx.master_of(instance), connection.local_host)
    send(ctx, instance, ReplyTo.HELLO, "PUBLISH", HELLO_CHANNEL, text)


def on_hello_reply(ctx: Context, instance: Instance, reply: Reply) -> None:
    """Anything but an error counts as told; an error is retried at the next tick (gossip §3).

    [GOS-3-2]
    """
    if not isinstance(reply, Error):
        instance.last_pub_time = ctx.now


def receive(ctx: Context, text: str) -> None:
    """Learn from a hello: its sender, its epoch, its configuration (gossip §6).

    [GOS-6-2] [GOS-6-4] to [GOS-6-8], [MON-8-5]
    """
    # In quiet times everybody repeats itself. Nobody can make us remember what is endless.
    hello = _parse_again(text) if len(text) <= PAYLOAD_LIMIT else Hello.parse(text)
    if hello is None:
        return
    master = ctx.state.masters.get(hello.master_name)
    if master is None:
        return
    rules = ctx.profile.hello
    peer = _known(ctx, master, hello) or _learn(ctx, master, hello)
    if rules.is_newer_epoch(hello.current_epoch, ctx.state.current_epoch):
        raise_epoch(ctx, master, hello.current_epoch)
    if peer is None:
        return
    if rules.is_newer_configuration(master, hello.config_epoch):
        _adopt(ctx, master, peer, hello)
    peer.last_hello_time = ctx.now


def _known(ctx: Context, master: Master, hello: Hello) -> Peer | None:
    """The peer with this run id at this address. [GOS-6-3]"""
    peer = master.peers.get(hello.runid)
    if peer is None:
        return None
    known = peer.address
    if known.ip and hello.host == known.ip and hello.port == known.port:
        return peer  # as it nearly always is; nothing need be resolved
    try:
        address = ctx.address(hello.host, hello.port, allow_unresolved=True)
    except AddressError:
        return None
    return peer if same_address(known, address) else None


def _learn(ctx: Context, master: Master, hello: Hello) -> Peer | None:
    """Add the sender as a new Sentinel, or under a new address (gossip §6.1).

    [GOS-6.1-1] to [GOS-6.1-5], [CFG-5-6]
    """
    state = ctx.state
    moved = master.peers.get(hello.runid)
    if moved is not None:
        ctx.close(destroy_peer(state, master, moved))
        ctx.emit(
            "notice",
            "+sentinel-address-switch",
            master,
            f"%@ ip {hello.host} port {hello.port} for {hello.runid}",
        )
    else:
        _forget_namesake(ctx, master, hello)
    try:
        address = ctx.address(hello.host, hello.port, allow_unresolved=True)
        peer = create_peer(state, master, address, hello.runid, ctx.now)
    except (AddressError, DuplicateInstance):
        return None
    if moved is None:
        ctx.emit("notice", "+sentinel", peer)
    share_link(state, peer)
    if moved is not None:
        _move_twins(ctx, peer)
    ctx.save()
    return peer


def _forget_namesake(ctx: Context, master: Master, hello: Hello) -> None:
    """Another Sentinel at the sender's address cannot be there any more (gossip §6.1, step 2).

    [GOS-6.1-2]
    """
    try:
        address = ctx.address(hello.host, hello.port, allow_unresolved=True)
    except AddressError:
        return
    for peer in master.peers.values():
        if same_address(peer.address, address):
            ctx.emit("notice", "+sentinel-invalid-addr", peer)
            for other, twin in peers_with_runid(ctx.state, peer.runid):
                ctx.close(destroy_peer(ctx.state, other, twin))
            return


def _move_twins(ctx: Context, peer: Peer) -> None:
    """The same Sentinel moves under every other master too (gossip §6.3). [GOS-6.3-1]"""
    updated = 0
    for _, twin in peers_with_runid(ctx.state, peer.runid):
        close_all(ctx, twin.link)
        if twin is not peer:
            twin.address = peer.address
            updated += 1
    if updated:
        ctx.emit(
            "notice",
            "+sentinel-address-update",
            peer,
            f"%@ {updated} additional matching instances",
        )


def _adopt(ctx: Context, master: Master, peer: Peer, hello: Hello) -> None:
    """Adopt a newer configuration, and the address that it names (gossip §6.2).

    [GOS-6.2-1] to [GOS-6.2-7]
    """
    before, master.config_epoch = master.config_epoch, hello.config_epoch
    give_up_if_overtaken(ctx, master)
    _move_if_elsewhere(ctx, master, peer, hello)
    if ctx.tracing:
        ctx.note_configuration(master, "hello", before=before, peer=peer.runid)


def _move_if_elsewhere(ctx: Context, master: Master, peer: Peer, hello: Hello) -> None:
    """[GOS-6.2-2] to [GOS-6.2-5]"""
    old = master.address
    if hello.master_port == old.port and host_is(
        old,
        hello.master_host,
        resolve_names=ctx.state.resolve_hostnames,
        facts=ctx.facts,
    ):
        return
    ctx.emit("warning", "+config-update-from", peer)
    switch(ctx, master, hello.master_host, hello.master_host, hello.master_port)
    reconfigure_clients(ctx, master, "observer", old, master.address)
