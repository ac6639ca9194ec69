"""Opinions, and who leads: nobody promises anything, everybody names whom they see.

Spec: sentinel-2.6 §7, §8."""

from __future__ import annotations

from minisentinel.core.address import AddressError
from minisentinel.core.instances import find_master_by_address
from minisentinel.core.links import send
from minisentinel.core.state import Master, Peer, ReplyTo
from minisentinel.replies import Reply
from minisentinel.trace import OpinionGiven, OpinionReceived
from sim.versions.redis_2_6.memory import OldContext
from sim.versions.redis_2_6.rules import OldElection

__all__ = ["answer", "ask_peers", "objective_leader", "on_reply", "rules_of", "subjective_leader"]

NOBODY = "?"


def rules_of(ctx: OldContext) -> OldElection:
    """The rules of this part, which are more than today's."""
    rules = ctx.profile.election
    assert isinstance(rules, OldElection)
    return rules


def ask_peers(ctx: OldContext, master: Master) -> None:
    """Forget what is old, and ask those whose turn it is."""
    rules, timing = rules_of(ctx), ctx.state.timing
    for peer in master.peers.values():
        if rules.is_stale(peer, ctx.now, timing):
            peer.master_down = False
            peer.leader = ""
        if rules.should_ask(master, peer, False, ctx.now, timing):
            address = master.address
            words = ("is-master-down-by-addr", address.ip, str(address.port))
            send(ctx, peer, ReplyTo.ASK, "SENTINEL", *words)


def answer(ctx: OldContext, host: str, port: int) -> Reply:
    """What a peer is told: whether the master is down here, and whom this Sentinel would follow."""
    try:
        address = ctx.address(host, port, allow_unresolved=True)
    except AddressError:
        return (0, NOBODY)
    master = find_master_by_address(ctx.state, address)
    down = master is not None and master.subjectively_down and not ctx.state.tilt
    if ctx.tracing:
        ctx.note(
            OpinionGiven(
                master=master.name if master else "",
                host=host,
                port=port,
                down=down,
                epoch=0,
                asker="",
                for_vote=True,
            )
        )
    return (int(down), (subjective_leader(ctx, master) if master else "") or NOBODY)


def on_reply(ctx: OldContext, master: Master, peer: Peer, reply: Reply) -> None:
    """Take in a peer's opinion and vote; that for nobody is one as well."""
    match reply:
        case (int(down), str(leader)):
            peer.last_master_down_reply_time = ctx.now
            if ctx.tracing and peer.master_down != (down == 1):
                ctx.note(OpinionReceived(master=master.name, peer=peer.runid, down=down == 1))
            peer.master_down = down == 1
            peer.leader = leader


def subjective_leader(ctx: OldContext, master: Master) -> str:
    """The smallest run id among those that live and may lead, as seen from here; or empty."""
    rules = rules_of(ctx)
    runids = [ctx.state.myid] if ctx.memory.can_failover else []
    runids += [
        peer.runid
        for peer in master.peers.values()
        if rules.may_lead(peer, ctx.is_permitted(peer), ctx.now)
    ]
    return min(runids, key=str.lower, default="")


def objective_leader(ctx: OldContext, master: Master) -> str:
    """Whom enough of those who answered name; empty if there is none.

    The majority is of the votes that were counted, not of the Sentinels that are known: the quorum
    is the only floor.
    """
    rules = rules_of(ctx)
    votes = [peer.leader for peer in master.peers.values() if rules.counts(master, peer)]
    own = subjective_leader(ctx, master)
    if own:
        votes.append(own)
    if not votes:
        return ""
    # Two cannot both have more than half, so the order of ties is of no matter.
    winner = max(sorted(dict.fromkeys(votes)), key=votes.count)
    needed = rules.votes_needed(len(votes), master.quorum)
    return winner if votes.count(winner) >= needed else ""
