"""Real Sentinels and ours in one quorum: each kind is elected by the other, and all agree.

Who notices first is arranged. A quorum of one and a short `down-after-milliseconds` at a single
Sentinel make it the only candidate, while the others, who see nothing wrong, vote when they are
asked, as the protocol has it. The votes still have to come from a majority, so that every leader of
one kind was elected with a vote of another.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.live.agreement import must_agree
from tests.live.ensemble import MASTER, OURS, Ensemble, SentinelNode
from tests.live.pace import pace
from tests.live.servers import NONE_FOUND, RealServer, real_servers
from tests.live.waiting import Refusal

pytestmark = pytest.mark.real_io

Quorum = tuple[RealServer | str, ...]

SOON_MS = 600
NEVER_MS = 120_000

FAILOVER_TIMEOUT_MS = 2500
"""Short, since for twice this time who voted for another does not stand itself."""


def quorums() -> list[Quorum]:
    """Two real and one of ours, one real and two of ours, going through the kinds found."""
    servers = itertools.cycle(real_servers())
    return [
        (first := next(servers), next(servers), OURS),
        (first, OURS, OURS),
    ]


def names(quorum: Quorum) -> str:
    return "+".join(map(str, quorum))


@pytest.mark.parametrize(
    "quorum",
    quorums() if real_servers() else [pytest.param((), marks=pytest.mark.skip(reason=NONE_FOUND))],
    ids=names,
)
def test_each_kind_is_elected_by_the_others_and_all_agree(
    quorum: Quorum, ensemble: Callable[[RealServer], Ensemble]
) -> None:
    server = next(kind for kind in quorum if isinstance(kind, RealServer))
    these = ensemble(server)
    these.start_data(replicas=2)
    these.start_sentinels(
        quorum, quorum=1, down_after_ms=NEVER_MS, failover_timeout_ms=FAILOVER_TIMEOUT_MS
    )
    these.wait_until_all_know_all()
    these.wait("all agree before", lambda: must_agree(these.sentinels))
    for candidate in one_of_each_kind(these.sentinels):
        let_win(these, candidate)
        these.wait_until_all_know_all()
        these.wait("all agree afterwards", lambda: must_agree(these.sentinels))


def one_of_each_kind(sentinels: Sequence[SentinelNode]) -> list[SentinelNode]:
    return list({sentinel.kind: sentinel for sentinel in sentinels}.values())


def let_win(these: Ensemble, candidate: SentinelNode) -> None:
    """Kill the master so that only `candidate` minds; the others must vote for it."""
    old = these.node_at(candidate.master_port())
    these.listen()
    these.events.clear()
    set_down_after(candidate, SOON_MS * pace())
    old.kill()
    new = these.wait_for_new_master(old)
    set_down_after(candidate, NEVER_MS * pace())
    old.start()
    these.wait(f"{old} follows {new}", lambda: old.is_synchronised_replica_of(new))

    # Every Sentinel is asked, and votes, for nobody else stands. But two votes are enough, so that
    # the last one may be given when all is over.
    for voter in these.sentinels:
        these.wait(f"{voter} votes for {candidate}", partial(votes, these, voter, candidate))
    leaders = [event.sentinel for event in these.said("+elected-leader")]
    assert set(leaders) == {candidate}


def votes(these: Ensemble, voter: SentinelNode, candidate: SentinelNode) -> bool:
    """Whether it voted for the candidate in the epoch in which that stood last."""
    epochs = [event.payload for event in these.said("+new-epoch", candidate)]
    ballots = [event.payload for event in these.said("+vote-for-leader", voter)]
    if not epochs or f"{candidate.runid} {epochs[-1]}" not in ballots:
        raise Refusal(f"epochs of {candidate}: {epochs}, votes of {voter}: {ballots}")
    return True


def set_down_after(sentinel: SentinelNode, milliseconds: int) -> None:
    answer = sentinel.call("SENTINEL", "SET", MASTER, "down-after-milliseconds", str(milliseconds))
    assert answer == "OK"
