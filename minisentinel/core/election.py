"""Agreement and election: opinions asked and given, votes, and the count.

A Sentinel that sees its master down asks the others whether they see it too. A candidate asks
with its id, and thereby asks for a vote. Votes are promises: one per master and epoch, durable
before they are told. Spec: election.
"""

from __future__ import annotations

from minisentinel.core.address import AddressError
from minisentinel.core.context import Context
from minisentinel.core.links import send
from minisentinel.core.state import FailoverState, Master, Peer, ReplyTo
from minisentinel.replies import Reply
from minisentinel.trace import (
    AttemptsDelayed,
    OpinionGiven,
    OpinionReceived,
    VoteGranted,
    VoteReceived,
    VoteRefused,
    VoteRequested,
    VotesCounted,
)

__all__ = [
    "answer_is_master_down",
    "ask_peers",
    "count_votes",
    "delay_attempts",
    "on_ask_reply",
    "raise_epoch",
]


def ask_peers(ctx: Context, master: Master, *, forced: bool) -> None:
    """Forget stale opinions, and ask those whose turn it is (spec: election §2).

    [ELE-2-1] [ELE-2-6]
    """
    rules = ctx.profile.election
    state, now = ctx.state, ctx.now
    for peer in master.peers.values():
        if rules.is_stale(peer, now, state.timing):
            peer.master_down = False
            peer.leader = ""
        if rules.should_ask(master, peer, forced, now, state.timing):
            _ask(ctx, master, peer)


def _ask(ctx: Context, master: Master, peer: Peer) -> None:
    """Ask for the peer's opinion, and as a candidate for its vote too (spec: election §1).

    [ELE-1-1] to [ELE-1-5]
    """
    candidate = master.failover_state is not FailoverState.NONE
    epoch = ctx.state.current_epoch
    send(
        ctx,
        peer,
        ReplyTo.ASK,
        "SENTINEL",
        "is-master-down-by-addr",
        ctx.announced(master.address),
        str(master.address.port),
        str(epoch),
        ctx.state.myid if candidate else "*",
    )
    if candidate and ctx.tracing:
        ctx.note(VoteRequested(master=master.name, peer=peer.runid, epoch=epoch))


def answer_is_master_down(ctx: Context, ip: str, port: int, epoch: int, runid: str) -> Reply:
    """The reply to a peer's request, after voting if it asks for a vote (spec: election §3).

    [ELE-3-1] to [ELE-3-3], [ELE-3-6] to [ELE-3-8], [MON-8-7] [MON-8-8]
    """
    master = _find(ctx, ip, port)
    down = master is not None and ctx.profile.election.says_down(ctx.state, master)
    if ctx.tracing:
        ctx.note(
            OpinionGiven(
                master=master.name if master else "",
                host=ip,
                port=port,
                down=down,
                epoch=epoch,
                asker=_asker(ctx) if runid == "*" else runid,
                for_vote=runid != "*",
            )
        )
    if master is None:
        return (0, "*", 0)
    leader, leader_epoch = "", 0
    if runid != "*":
        leader, leader_epoch = vote(ctx, master, epoch, runid)
        if ctx.tracing and (leader, leader_epoch) != (runid, epoch):
            _note_refusal(ctx, master, epoch, runid)
    return (int(down), leader or "*", leader_epoch)


def _asker(ctx: Context) -> str:
    """The id of the peer that this step's client says to be by its name, if we know it."""
    said, _, rest = ctx.client_name.partition("-")
    prefix = rest.partition("-")[0]
    if said == "sentinel" and prefix:
        for master in ctx.state.masters.values():
            for runid in master.peers:
                if runid.startswith(prefix):
                    return runid
    return ""


def _find(ctx: Context, ip: str, port: int) -> Master | None:
    """[ELE-3-5]"""
    try:
        address = ctx.address(ip, port, allow_unresolved=True)
    except AddressError:
        return None
    is_meant = ctx.profile.election.is_meant
    return next((each for each in ctx.state.masters.values() if is_meant(each, address)), None)


def _note_refusal(ctx: Context, master: Master, epoch: int, runid: str) -> None:
    behind = not ctx.profile.election.is_current_epoch(ctx.state, epoch)
    ctx.note(
        VoteRefused(
            master=master.name,
            candidate=runid,
            epoch=epoch,
            reason="old-epoch" if behind else "already-voted",
            voted_for=master.leader,
            voted_epoch=master.leader_epoch,
        )
    )


def vote(ctx: Context, master: Master, epoch: int, candidate: str) -> tuple[str, int]:
    """Vote for `candidate` if the rules allow it; the recorded vote and its epoch either way.

    Spec: election §5. The vote is saved before anything that is sent later in the step.
    [ELE-5-1] to [ELE-5-8], [ELE-9-2] [CFG-5-4]
    """
    rules, state = ctx.profile.election, ctx.state
    if epoch > state.current_epoch:
        raise_epoch(ctx, master, epoch)
    if rules.is_unused_epoch(master, epoch) and rules.is_current_epoch(state, epoch):
        master.leader = candidate
        master.leader_epoch = state.current_epoch
        if rules.must_save_vote():
            ctx.save()
        ctx.emit("warning", "+vote-for-leader", master, f"{candidate} {master.leader_epoch}")
        if ctx.tracing:
            ctx.note(VoteGranted(master=master.name, candidate=candidate, epoch=epoch))
        if rules.delays_own_attempt(state, candidate):
            delay_attempts(ctx, master, "vote")
    return master.leader, master.leader_epoch


def delay_attempts(ctx: Context, master: Master, why: str) -> None:
    """From now on own attempts rest, for a time that nobody shares (spec: election §5, §7)."""
    random_ms = ctx.profile.election.desync_ms(ctx.state.dice)
    master.failover_start_time = ctx.now + random_ms
    if ctx.tracing:
        rest_ms = 2 * master.failover_timeout
        ctx.note(AttemptsDelayed(master=master.name, why=why, rest_ms=rest_ms, random_ms=random_ms))


def raise_epoch(ctx: Context, master: Master, epoch: int) -> None:
    """Adopt a larger current epoch, durably (spec: election §9). [ELE-9-1] [CFG-5-2] [CFG-5-3]"""
    ctx.state.current_epoch = epoch
    if ctx.profile.election.must_save_epoch():
        ctx.save()
    ctx.emit("warning", "+new-epoch", master, str(epoch))


def on_ask_reply(ctx: Context, master: Master, peer: Peer, reply: Reply) -> None:
    """Record a peer's opinion and vote (spec: election §4). [ELE-4-1] to [ELE-4-5]"""
    match reply:
        case (int(down), str(leader), int(leader_epoch)):
            pass
        case _:
            return
    peer.last_master_down_reply_time = ctx.now
    if ctx.tracing and peer.master_down != (down == 1):
        ctx.note(OpinionReceived(master=master.name, peer=peer.runid, down=down == 1))
    peer.master_down = down == 1
    if leader == "*":
        return
    if peer.leader_epoch != leader_epoch:
        ctx.log("notice", f"{peer.name} voted for {leader} {leader_epoch}")
    if ctx.tracing and (peer.leader, peer.leader_epoch) != (leader, leader_epoch):
        ctx.note(
            VoteReceived(master=master.name, peer=peer.runid, candidate=leader, epoch=leader_epoch)
        )
    peer.leader = leader
    peer.leader_epoch = leader_epoch


def count_votes(ctx: Context, master: Master) -> str:
    """The id of the leader of this attempt, or empty; votes for itself first (election §6).

    [ELE-6-1] to [ELE-6-8]
    """
    rules, state = ctx.profile.election, ctx.state
    tally: dict[str, int] = {}
    counted = rules.tally_epoch(state, master)
    for peer in master.peers.values():
        if rules.counts_vote(peer, counted):
            tally[peer.leader] = tally.get(peer.leader, 0) + 1
    winner, most = "", 0
    for candidate, votes in tally.items():
        if votes > most:
            winner, most = candidate, votes

    epoch = master.failover_epoch
    own, own_epoch = vote(ctx, master, epoch, winner or state.myid)
    if rules.counts_own_vote(own, own_epoch, epoch):
        tally[own] = tally.get(own, 0) + 1
        if tally[own] > most:
            winner, most = own, tally[own]

    voters = rules.voters(master)
    needed = rules.votes_needed(voters, master.quorum)
    if most < needed:
        winner = ""
    if ctx.tracing:
        _note_count(ctx, master, tally, voters, needed, winner)
    return winner


def _note_count(
    ctx: Context, master: Master, tally: dict[str, int], voters: int, needed: int, winner: str
) -> None:
    votes = tuple(sorted(tally.items()))
    count = (master.failover_epoch, votes, winner)
    if count == master.last_tally:
        return
    master.last_tally = count
    ctx.note(
        VotesCounted(
            master=master.name,
            epoch=master.failover_epoch,
            votes=votes,
            voters=voters,
            quorum=master.quorum,
            needed=needed,
            winner=winner,
        )
    )
