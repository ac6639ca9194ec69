"""The long form (`make live`): every quorum, every fault, again and again, with a table at the end.

Nothing is arranged here: who notices first stands for election. Quorums of real Sentinels only are
run as well, so that the table says what is usual.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.live.agreement import must_agree
from tests.live.ensemble import OURS, DataNode, Ensemble, Node
from tests.live.report import Round
from tests.live.servers import RealServer, real_servers

ROUNDS = int(os.environ.get("LIVE_ROUNDS", "1"))

pytestmark = pytest.mark.real_io

Quorum = tuple[RealServer | str, ...]

FAILOVER_TIMEOUT_MS = 3000
"""An attempt that splits the votes is repeated after twice this time."""

PATIENCE_SECONDS = 180.0
"""Two that notice at the same moment, with the third away, may split their votes several times."""


def quorums() -> list[Quorum]:
    """Three of ours, every mixture with each real kind, one with several kinds, the real alone."""
    servers = real_servers()
    found: list[Quorum] = [(OURS,) * 3]
    for server in servers:
        found += [(server, OURS, OURS), (server, server, OURS), (server,) * 3]
    found += [(*pair, OURS) for pair in itertools.combinations(servers, 2)]
    return found


def names(quorum: Quorum) -> str:
    return "+".join(map(str, quorum))


def kill(these: Ensemble, master: DataNode, number: int) -> list[Node]:
    master.kill()
    return [master]


def pause(these: Ensemble, master: DataNode, number: int) -> list[Node]:
    master.pause()
    return [master]


def isolate(these: Ensemble, master: DataNode, number: int) -> list[Node]:
    """Stop the master and one Sentinel, each in turn: to the others, as if a partition did it."""
    sentinel = these.sentinels[number % len(these.sentinels)]
    sentinel.pause()
    master.pause()
    return [sentinel, master]


def heal(nodes: list[Node]) -> None:
    for node in nodes:
        if node.process.is_running:
            node.resume()
        else:
            node.start()


def have(nodes: Sequence[DataNode], number: int) -> bool:
    """Whether all of them have what was written in this round."""
    return all(node.call("GET", "round") == str(number) for node in nodes)


@pytest.mark.parametrize("fault", [kill, pause, isolate], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("quorum", quorums(), ids=names)
def test_every_round_ends_with_one_master_and_all_agreed(
    quorum: Quorum,
    fault: Callable[[Ensemble, DataNode, int], list[Node]],
    ensemble: Callable[[RealServer], Ensemble],
    record_property: Callable[[str, object], None],
) -> None:
    servers = [kind for kind in quorum if isinstance(kind, RealServer)] or real_servers()
    if not servers:
        pytest.skip("no real server found for the data")
    these = ensemble(servers[0])
    these.start_data(replicas=2)
    these.start_sentinels(quorum, quorum=2, failover_timeout_ms=FAILOVER_TIMEOUT_MS)
    these.wait_until_all_know_all()
    master = these.data[0]
    for number in range(ROUNDS):
        assert master.call("SET", "round", str(number)) == "OK"
        these.wait("the replicas have it", partial(have, these.data, number))
        these.listen()
        these.events.clear()
        started = time.monotonic()
        hurt = fault(these, master, number)
        new = these.wait_for_new_master(master, within_seconds=PATIENCE_SECONDS)
        finished = time.monotonic()
        heal(hurt)
        these.wait_until_all_know_all()
        these.wait("all agree", lambda: must_agree(these.sentinels))
        # Who was isolated may have had its own attempt when it came back.
        master = these.node_at(these.sentinels[0].master_port())
        assert master.call("GET", "round") == str(number)
        for node in these.data:
            if node is not master:
                these.wait(
                    f"{node} follows {master}",
                    partial(node.is_synchronised_replica_of, master),
                )
        elected = these.said("+elected-leader")
        record_property(
            "live",
            Round(
                quorum=names(quorum),
                fault=fault.__name__,
                leader=elected[0].sentinel.kind,
                leaders=len(elected),
                detection_seconds=these.said("+odown")[0].at - started,
                failover_seconds=finished - started,
                is_the_same=master is new,
            ).to_dict(),
        )
