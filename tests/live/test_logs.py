"""The logs of real Sentinels, and of ours on real sockets, become a trace that tells the story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from minisentinel.trace import SentinelEvent
from sim.cli import main
from sim.invariants import judge_all
from sim.judge import find_failovers, find_nodes
from sim.logs import Imported, read_logs
from tests.live.ensemble import MASTER, OURS, DataNode, Ensemble, SentinelNode
from tests.live.servers import RealServer, each_real_server, some_real_server

pytestmark = pytest.mark.real_io

ONE_AFTER_ANOTHER_MS = (700, 900, 1100)
"""Not all at once, so that votes are not split."""

VERBOSE = ("+role-change", "-role-change")
"""Events that are published, and not in a log of the usual level."""

EnsembleOf = Callable[[RealServer], Ensemble]


@each_real_server
def test_the_logs_of_real_sentinels_tell_their_failover(
    ensemble: EnsembleOf, server: RealServer, tmp_path: Path
) -> None:
    tells_its_failover(ensemble(server), [server] * 3, tmp_path)


def test_the_logs_of_our_sentinels_tell_their_failover(
    ensemble: EnsembleOf, tmp_path: Path
) -> None:
    tells_its_failover(ensemble(some_real_server()), [OURS] * 3, tmp_path)


def tells_its_failover(these: Ensemble, kinds: Sequence[RealServer | str], directory: Path) -> None:
    these.start_data(replicas=2)
    these.start_sentinels(kinds, quorum=2, down_after_ms=ONE_AFTER_ANOTHER_MS)
    these.wait_until_all_know_all()
    old = these.data[0]
    old.kill()
    new = these.wait_for_new_master(old)
    for sentinel in these.sentinels:
        claim = f"{sentinel} announces the switch"
        these.wait(claim, lambda each=sentinel: these.said("+switch-master", each))  # type: ignore[misc]
    these.listen()
    for sentinel in these.sentinels:
        assert sentinel.terminate() == 0

    found = read_logs([f"{each.name}={each.process.log}" for each in these.sentinels])
    check_the_story(found, old, new)
    for sentinel in these.sentinels:
        check_that_all_heard_is_there(found, these, sentinel)
    broken = [str(each) for each in judge_all(found.trace) if each.is_broken]
    assert broken == []
    check_the_commands(these, directory)


def check_the_story(found: Imported, old: DataNode, new: DataNode) -> None:
    assert {(story.name, len(story.lives)) for story in found.stories} == {
        (f"sentinel-{number}", 1) for number in (1, 2, 3)
    }
    assert all(story.runid and story.lives[0].ending == "stopped" for story in found.stories)
    assert len(found.servers[MASTER]) == 3
    failover = find_failovers(found.trace)[-1]
    assert failover.completed
    assert failover.old == ("127.0.0.1", old.port)
    assert failover.new == ("127.0.0.1", new.port)
    assert len(failover.switches) == 3


def check_that_all_heard_is_there(found: Imported, these: Ensemble, sentinel: SentinelNode) -> None:
    """What a subscriber heard is in the trace, in one piece; the first events came before it."""
    node = find_nodes(found.trace).by_name[sentinel.name]
    assert node.runid == sentinel.runid
    assert node.address == ("127.0.0.1", sentinel.port)
    heard = [
        (event.channel, event.payload)
        for event in these.events
        if event.sentinel is sentinel and event.channel not in VERBOSE
    ]
    logged = [
        (data.name, data.payload)
        for entry, data in found.trace.of(SentinelEvent)
        if entry.node == sentinel.name
    ]
    assert heard
    pieces = [logged[at : at + len(heard)] for at in range(len(logged))]
    assert heard in pieces


def check_the_commands(these: Ensemble, directory: Path) -> None:
    """The commands take the same logs to a verdict and a picture."""
    trace, picture = str(directory / "trace.jsonl"), directory / "picture.svg"
    logs = [f"{each.name}={each.process.log}" for each in these.sentinels]
    assert main(["import", *logs, "--out", trace]) == 0
    assert main(["check", trace]) == 0
    pytest.importorskip("matplotlib")
    assert main(["plot", trace, "-o", str(picture)]) == 0
    drawn = picture.read_text(encoding="utf-8")
    assert "<svg" in drawn
