"""The peculiarities of the protocol, tried on real Sentinels and on ours (docs/peculiarities.md).

    python -m tests.live.peculiarities [STORY ...] [--servers redis8] [--runs 3]

Each story arranges, with a proxy between everybody, that messages arrive in an order in which they
may arrive in any network, and then looks whether the Sentinels do what the simulator says they
would. A table tells how often they did.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.live.ensemble import OURS
from tests.live.proxy import Message, Network, Way
from tests.live.servers import NONE_FOUND, RealServer, real_servers
from tests.live.stage import Stage

__all__ = ["STORIES", "Outcome", "main", "run_once"]


@dataclass(frozen=True)
class Outcome:
    """What came of one run: whether the peculiarity was seen, and what else there is to tell."""

    is_seen: bool
    facts: tuple[str, ...]


HEAD_START_SECONDS = 0.8
"""So much earlier alpha dies than beta, so that all hold alpha for down first."""

MANY = 6
"""Masters that die together."""

SECOND_ROUND_SECONDS = 0.8
"""Who waits for so long has not been elected by the first answers."""

PATIENCE_SECONDS = 30
"""How long after the heal agreement is waited for."""


def _votes_for(stage: Stage, master: str, epoch: int) -> Callable[[Message], bool]:
    door = str(stage.doors[f"{master}-1"])
    return lambda message: (
        message.is_vote_request and message.words[3] == door and message.words[4] == str(epoch)
    )


def _asks_for_votes(message: Message) -> bool:
    return message.is_vote_request


def _about(stage: Stage, master: str) -> Callable[[Message], bool]:
    door = str(stage.doors[f"{master}-1"])
    return lambda message: message.is_question and message.words[3] == door


def _has_asked(stage: Stage, who: str, what: Callable[[Message], bool]) -> bool:
    return any(message.who == who and what(message) for message in stage.network.seen)


def _granted(stage: Stage, who: str, master: str, epoch: int) -> set[str]:
    """Who has told `who`, so that it arrived, of a vote for it in that epoch."""
    asked = _votes_for(stage, master, epoch)
    return {
        message.to
        for message in stage.network.seen
        if message.way is Way.REPLY
        and message.who == who
        and message.passed_at is not None
        and asked(Message(who, message.to, "cmd", Way.REQUEST, message.asked))
        and message.words[1:3] == (message.asked[5], str(epoch))
    }


def _beliefs(stage: Stage, master: str, names: Sequence[str]) -> dict[str, tuple[str, int]]:
    return {name: stage.believed(name, master) for name in names}


def _agree(stage: Stage, master: str, names: Sequence[str]) -> bool:
    """Whether all name one server, and that is a master."""
    named = {address for address, _ in _beliefs(stage, master, names).values()}
    return len(named) == 1 and stage.role(named.pop()) == "master"


def _told(beliefs: dict[str, tuple[str, int]]) -> str:
    return ", ".join(f"{name}: {at} (epoch {epoch})" for name, (at, epoch) in beliefs.items())


def _leaders(stage: Stage, master: str) -> str:
    """Each attempt of each Sentinel with its epoch, and how it ended, as their logs tell."""
    found = []
    for name, sentinel in stage.sentinels.items():
        epoch = ""
        for line in sentinel.process.log.read_text(encoding="utf-8", errors="replace").split("\n"):
            if match := re.search(r"[#*.] \+new-epoch (\d+)", line):
                epoch = match[1]
            elif re.search(rf"\+elected-leader master {master} ", line):
                found.append(f"{name} elected (its newest epoch {epoch})")
    return "; ".join(found) or "nobody elected"


def _aftermath(stage: Stage, master: str, names: Sequence[str]) -> str:
    """How long it takes until all agree on one master that is one, after all is mended."""
    began = time.monotonic()
    alone = None
    without = 0.0
    servers = [name for name in stage.servers if name.startswith(f"{master}-")]
    while (spent := time.monotonic() - began) < PATIENCE_SECONDS:
        stage.listen_for(0.1)
        if "master" not in [stage.role(name) for name in servers]:
            without = time.monotonic() - began if alone is None else without
            alone = alone or time.monotonic()
        if _agree(stage, master, names):
            no_master = f", without any master from {without:.1f} s on" if alone else ""
            return f"agreed {spent:.1f} s after the heal{no_master}"
    roles = ", ".join(f"{name} {stage.role(name)}" for name in servers)
    return (
        f"still disagreed {PATIENCE_SECONDS} s after the heal: "
        f"{_told(_beliefs(stage, master, names))}; {roles}"
    )


def two_addresses(stage: Stage) -> Outcome:
    """Two masters fail together, and two leaders of one of them act in one epoch."""
    stage.start_group("alpha", 2)
    stage.start_group("beta", 1)
    names = ["s1", "s2", "s3"]
    stage.start_sentinels(names, ["alpha", "beta"])
    net = stage.network
    stage.wait_until_known(names, 2)
    # Each of the two reaches one replica of alpha, s3 none; s3 asks nobody, so is no candidate.
    net.hold("s1", "alpha-3")
    net.hold("s2", "alpha-2")
    for other in ("alpha-2", "alpha-3", "s1", "s2"):
        net.hold("s3", other)
    # Alpha is attempted before beta, by both; no vote is asked for until both have begun both.
    alpha_waits = net.hold(what=_about(stage, "alpha"))
    beta_waits = net.hold(what=_about(stage, "beta"))
    votes = {
        (one, other): net.hold(one, other, way=Way.REQUEST, what=_asks_for_votes)
        for one, other in (("s1", "s2"), ("s1", "s3"), ("s2", "s1"), ("s2", "s3"))
    }
    stage.servers["alpha-1"].kill()
    stage.listen_for(HEAD_START_SECONDS)
    stage.servers["beta-1"].kill()
    for name in ("s1", "s2"):
        stage.wait(
            f"{name} asks about beta", partial(_has_asked, stage, name, _about(stage, "beta"))
        )
    for master in ("alpha", "beta"):
        stage.wait_for("+sdown", "s3", master)
    alpha_waits.lift()
    for name in ("s1", "s2"):
        stage.wait_for("+try-failover", name, "alpha")
    beta_waits.lift()
    for name in ("s1", "s2"):
        stage.wait_for("+try-failover", name, "beta")
    # s1 hears of s2's vote, of the second epoch, before s2's requests arrive anywhere.
    votes["s1", "s2"].lift()
    stage.wait_for("+elected-leader", "s1", "alpha", within_seconds=9)
    net.hold("s1", "s2")
    votes["s2", "s1"].lift()
    votes["s2", "s3"].lift()
    stage.wait_for("+elected-leader", "s2", "alpha", within_seconds=9)
    # Nobody hears of the other's configuration before having one of its own.
    net.hold("s2", "s1")
    net.hold("s2", "s3")
    for name in ("s1", "s2"):
        stage.wait_for("+promoted-slave", name, "alpha")
    beliefs = _beliefs(stage, "alpha", names)
    leaders = _leaders(stage, "alpha")
    net.lift_all()
    after = _aftermath(stage, "alpha", names)
    is_seen = beliefs["s1"][1] == beliefs["s2"][1] and beliefs["s1"][0] != beliefs["s2"][0]
    return Outcome(is_seen, (_told(beliefs), leaders, after))


def enough_votes(stage: Stage) -> Outcome:
    """Two masters fail together; a candidate has all votes of its epoch, and is not elected."""
    stage.failover_timeout = 4000
    # A link on which a PING waits for longer than half of that is closed, with all that is held.
    stage.down_after = 4000
    for master in ("alpha", "beta"):
        stage.start_group(master, 1)
    names = ["s1", "s2", "s3"]
    stage.start_sentinels(names, ["alpha", "beta"])
    net = stage.network
    stage.wait_until_known(names, 2)
    for name in ("s2", "s3"):
        net.hold(name, what=lambda message: message.is_question)
    alpha_waits = net.hold("s1", what=_about(stage, "alpha"))
    beta_waits = net.hold("s1", what=_about(stage, "beta"))
    votes = net.hold("s1", what=_asks_for_votes)
    second_round = net.hold("s1", what=_votes_for(stage, "alpha", 2))
    stage.servers["alpha-1"].kill()
    stage.listen_for(HEAD_START_SECONDS)
    stage.servers["beta-1"].kill()
    stage.wait("s1 asks about beta", partial(_has_asked, stage, "s1", _about(stage, "beta")))
    for name in ("s2", "s3"):
        for master in ("alpha", "beta"):
            stage.wait_for("+sdown", name, master)
    alpha_waits.lift()
    stage.wait_for("+try-failover", "s1", "alpha")
    beta_waits.lift()
    stage.wait_for("+try-failover", "s1", "beta")
    began = time.monotonic()
    votes.lift()
    stage.wait(
        "s1 gives up, or is elected",
        lambda: (
            stage.said("-failover-abort-not-elected", "s1", "alpha")
            or stage.said("+elected-leader", "s1", "alpha")
        ),
    )
    voters = _granted(stage, "s1", "alpha", 1)
    aborted = stage.said("-failover-abort-not-elected", "s1", "alpha")
    second_round.lift()
    net.lift_all()
    facts = [f"votes of epoch 1 that arrived: s1's own and those of {', '.join(sorted(voters))}"]
    if aborted:
        facts.append(f"gave up {aborted[0].at - began:.1f} s after the attempt for beta began")
        elected = stage.wait(
            "somebody is elected", lambda: stage.said("+elected-leader", "", "alpha")
        )
        facts.append(f"elected after all {elected[0].at - aborted[0].at:.1f} s later")
    return Outcome(bool(aborted) and len(voters) == 2, tuple(facts))


def many_masters(stage: Stage) -> Outcome:
    """Six masters die in one moment; nothing is delayed. How long do elections take?"""
    masters = [f"m{number}" for number in range(1, MANY + 1)]
    for master in masters:
        stage.start_group(master, 1)
    names = ["s1", "s2", "s3"]
    stage.start_sentinels(names, masters)
    stage.wait_until_known(names, 2)
    for master in masters:
        stage.servers[f"{master}-1"].kill()
    stage.wait(
        "every master has a leader",
        lambda: all(stage.said("+promoted-slave", "", master) for master in masters),
        within_seconds=90,
    )
    took = []
    for master in masters:
        elected = stage.said("+elected-leader", "", master)[0]
        by = elected.sentinel.name
        tried = [each for each in stage.said("+try-failover", by, master) if each.at <= elected.at]
        took.append(elected.at - tried[-1].at)
    aborted = len(stage.said("-failover-abort-not-elected"))
    second_round = sum(each >= SECOND_ROUND_SECONDS for each in took)
    return Outcome(
        second_round > 0,
        (
            f"{second_round} of {MANY} leaders needed a second round of requests "
            f"(from +try-failover to +elected-leader: "
            f"{', '.join(f'{each:.2f}' for each in sorted(took))} s)",
            f"{len(stage.said('+try-failover'))} attempts, {aborted} not elected",
        ),
    )


def _growing(stage: Stage, newcomers: Sequence[str]) -> Outcome:
    stage.start_group("alpha", 2)
    old = ["s1", "s2", "s3"]
    stage.start_sentinels(old, ["alpha"])
    net = stage.network
    stage.wait_until_known(old, 2)
    # One candidate on either side, so that no election is split by chance: the others ask in vain.
    for name in ("s1", "s3", "s5"):
        net.hold(name, what=lambda message: message.is_question)
    here = ["alpha-1", "alpha-2", "s1", *newcomers]
    net.partition(here, ["alpha-3", "s2", "s3"])
    stage.wait_for("+switch-master", "s2", "alpha")
    stage.start_sentinels(newcomers, ["alpha"])
    for name, others in (("s1", 2 + len(newcomers)), *((new, len(newcomers)) for new in newcomers)):
        stage.wait(f"{name} knows {others} others", partial(_counts, stage, name, others))
    stage.servers["alpha-1"].kill()
    stage.wait_for("+promoted-slave", "s4", "alpha")
    names = [*old, *newcomers]
    beliefs = _beliefs(stage, "alpha", names)
    leaders = _leaders(stage, "alpha")
    net.lift_all()
    after = _aftermath(stage, "alpha", names)
    is_seen = beliefs["s2"][1] == beliefs["s4"][1] and beliefs["s2"][0] != beliefs["s4"][0]
    return Outcome(is_seen, (_told(beliefs), leaders, after))


def _counts(stage: Stage, name: str, others: int) -> bool:
    entry = stage.sentinels[name].masters()[0]
    return entry["num-other-sentinels"] == str(others) and int(entry["num-slaves"]) >= 1


def growing_to_4(stage: Stage) -> Outcome:
    """A fourth Sentinel is added on the smaller side of a cut, which has two majorities then."""
    return _growing(stage, ["s4"])


def growing_to_5(stage: Stage) -> Outcome:
    """Two Sentinels are added on the smaller side of a cut, which has two majorities then."""
    return _growing(stage, ["s4", "s5"])


def overtaken_leader(stage: Stage) -> Outcome:
    """A leader that still reconfigures is overtaken by a failover back to the old master."""
    stage.failover_timeout = 15_000
    stage.start_group("alpha", 2, {"alpha-3": 0})
    names = ["s1", "s2", "s3"]
    stage.start_sentinels(names, ["alpha"])
    net = stage.network
    stage.wait_until_known(names, 2)
    net.partition(["alpha-2"], ["alpha-3"])
    stage.servers["alpha-1"].kill()
    promoted = stage.wait("alpha-2 is promoted", lambda: stage.said("+promoted-slave"))
    leader = promoted[0].sentinel.name
    others = [name for name in names if name != leader]
    for name in others:
        stage.wait_for("+switch-master", name, "alpha")
    stage.servers["alpha-1"].start()
    stage.wait("alpha-1 follows alpha-2", lambda: stage.role("alpha-1") == "follows alpha-2")
    stage.listen_for(3)
    stage.servers["alpha-2"].kill()
    stage.wait(
        "alpha-1 is promoted",
        lambda: any(stage.said("+promoted-slave", name) for name in others),
    )

    def tied() -> bool:
        found = _beliefs(stage, "alpha", names)
        epochs = {epoch for _, epoch in found.values()}
        return len(epochs) == 1 and len({at for at, _ in found.values()}) == 2

    stage.wait("the leader has taken the epoch over", tied)
    beliefs = _beliefs(stage, "alpha", names)
    stage.listen_for(3)
    stage.servers["alpha-2"].start()
    net.lift_all()
    after = _aftermath(stage, "alpha", names)
    switched = [each.payload for each in stage.said("+switch-master", leader)]
    epochs = f"the first leader, {leader}, switched {len(switched)} times"
    return Outcome(True, (_told(beliefs), _leaders(stage, "alpha"), epochs, after))


STORIES: dict[str, Callable[[Stage], Outcome]] = {
    "two-addresses": two_addresses,
    "enough-votes": enough_votes,
    "many-masters": many_masters,
    "growing-to-4": growing_to_4,
    "growing-to-5": growing_to_5,
    "overtaken-leader": overtaken_leader,
}
"""What is tried, by name; the first line of each says what."""


def run_once(
    story: Callable[[Stage], Outcome], kind: RealServer | str, server: RealServer
) -> Outcome:
    """A story, once, on Sentinels of this kind over servers of that kind."""
    with (
        tempfile.TemporaryDirectory(prefix="peculiarities-") as directory,
        Network() as network,
        Stage(Path(directory), kind, server, network) as stage,
    ):
        return story(stage)


def _kinds(wanted: Sequence[str]) -> dict[str, RealServer | str]:
    """By a short name, such as ``redis8``, the kinds of Sentinels that are there."""
    found: dict[str, RealServer | str] = {}
    for each in real_servers():
        found.setdefault(f"{each.flavour}{each.version[0]}", each)
    found["ours"] = OURS
    return {name: kind for name, kind in found.items() if not wanted or name in wanted}


def _try(job: tuple[str, str, RealServer | str, RealServer]) -> Outcome | None:
    story, _, kind, server = job
    try:
        return run_once(STORIES[story], kind, server)
    except AssertionError as error:
        print(f"{story} on {kind}: {error}", file=sys.stderr)
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the stories and print a table; status 1 if one never happened, 2 without a server."""
    parser = argparse.ArgumentParser(prog="python -m tests.live.peculiarities")
    parser.add_argument("stories", nargs="*", metavar="STORY", help=", ".join(STORIES))
    parser.add_argument("--servers", action="append", default=[], help="redis8, valkey9, ours, …")
    parser.add_argument("--runs", type=int, default=1, help="how often each is tried")
    parser.add_argument("--at-a-time", type=int, default=2, help="how many run side by side")
    options = parser.parse_args(arguments)
    stories = options.stories or list(STORIES)
    for story in stories:
        if story not in STORIES:
            parser.error(f"no story is called {story!r}; expected one of: {', '.join(STORIES)}")
    kinds = _kinds(options.servers)
    servers = real_servers()
    if not servers or not kinds:
        print(NONE_FOUND, file=sys.stderr)
        return 2
    jobs = [
        # Sentinels of a kind over servers of that kind; ours over the first kind there is.
        (story, name, kind, kind if isinstance(kind, RealServer) else servers[0])
        for story in stories
        for name, kind in kinds.items()
        for _ in range(options.runs)
    ]
    seen: dict[tuple[str, str], list[Outcome | None]] = {}
    with ThreadPoolExecutor(options.at_a_time) as workers:
        for job, outcome in zip(jobs, workers.map(_try, jobs), strict=True):
            story, name = job[:2]
            seen.setdefault((story, name), []).append(outcome)
            mark = "failed" if outcome is None else "seen" if outcome.is_seen else "not seen"
            print(f"{story} on {name}: {mark}", flush=True)
            for fact in outcome.facts if outcome is not None else ():
                print(f"    {fact}")
    print()
    for line in _table(seen):
        print(line)
    return 0 if all(any(each and each.is_seen for each in tries) for tries in seen.values()) else 1


def _table(seen: dict[tuple[str, str], list[Outcome | None]]) -> Iterator[str]:
    names = list(dict.fromkeys(name for _, name in seen))
    yield f"{'seen, of so many runs':24}" + "".join(f"{name:>10}" for name in names)
    for story in dict.fromkeys(story for story, _ in seen):
        cells = []
        for name in names:
            tries = seen[story, name]
            cells.append(f"{sum(bool(each and each.is_seen) for each in tries)} of {len(tries)}")
        yield f"{story:24}" + "".join(f"{cell:>10}" for cell in cells)


if __name__ == "__main__":
    raise SystemExit(main())
