"""What never varied in any recorded run, as rules that a run keeps or breaks.

They are listed in ``tests/reference/README.md``, with the same numbers. That what a Sentinel
publishes is what it logs (the sixth) takes a subscriber, and is tested by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tools.compare_reference.recordings import Moment, Run

__all__ = ["broken_laws"]

LEADER_ORDER = (
    "+try-failover",
    "+elected-leader",
    "+failover-state-select-slave",
    "+selected-slave",
    "+failover-state-send-slaveof-noone",
    "+failover-state-wait-promotion",
    "+promoted-slave",
    "+failover-state-reconf-slaves",
    "+failover-end",
)
"""The milestones of a failover; each comes once, after the one before."""

AT_ONCE = {
    "+try-failover": "+vote-for-leader",
    "+elected-leader": "+failover-state-select-slave",
    "+selected-slave": "+failover-state-send-slaveof-noone",
    "+promoted-slave": "+failover-state-reconf-slaves",
    "+failover-end": "+switch-master",
    "+config-update-from": "+switch-master",
}
"""What the next line of the log is."""

SAME_TICK_MS = 5


def broken_laws(run: Run, servers: int) -> list[str]:
    """What `run`, with that many `servers`, does that no recorded run does; for people."""
    sentinels = sorted({each.who for each in run.moments if each.who.startswith("s")})
    found: list[str] = []
    for who in sentinels:
        lives = list(_lives(run, who))
        for life in lives:
            found += [f"{who}: {what}" for what in (*_of_log(life, servers), *_of_failover(life))]
        found += [f"{who}: {what}" for what in _of_epochs([e for life in lives for e in life], who)]
        found += [f"{who}: {what}" for what in _of_return(run, lives)]
    return [*found, *_of_leaders(run, sentinels), *_of_switches(run)]


def _lives(run: Run, who: str) -> Iterator[list[Moment]]:
    """What a Sentinel logged from each of its starts to the next."""
    said = run.events(who)
    for act in run.acts:
        if act.event == "restart" and act.payload == who:
            yield [each for each in said if each.time_ms < act.time_ms]
            said = [each for each in said if each.time_ms >= act.time_ms]
    yield said


def _of_log(life: list[Moment], servers: int) -> Iterator[str]:
    """1, 2, 3, 7: what stands together, and that a new epoch precedes an attempt."""
    for before, after in pairwise(life):
        expected = AT_ONCE.get(before.event)
        if expected is not None and after.event != expected:
            yield f"{before.event} is followed by {after.event} and not by {expected}"
        if after.event == "+try-failover" and before.event != "+new-epoch":
            yield f"+try-failover comes after {before.event} and not after +new-epoch"
        if before.event == "-sdown" and before.payload.startswith("master"):
            same_tick = after.time_ms - before.time_ms <= SAME_TICK_MS
            if after.event != "-odown" or not same_tick:
                yield f"-odown is not in the same tick as -sdown of a master ({before.time_ms} ms)"
    for place, each in enumerate(life):
        if each.event == "+switch-master":
            yield from _of_switch(each, life[place + 1 : place + servers])


def _of_switch(switch: Moment, following: list[Moment]) -> Iterator[str]:
    """3: one +slave for every other node, the old master last."""
    old = switch.payload.split()[2]
    named = [each.payload.split()[3] for each in following if each.event == "+slave"]
    if len(named) != len(following) or len(set(named)) != len(named):
        yield f"+switch-master is followed by {[each.event for each in following]}"
    elif named and named[-1] != old:
        yield f"after +switch-master the old master is not the last +slave: {named}"


def _of_failover(life: list[Moment]) -> Iterator[str]:
    """1: the order of the milestones of each attempt."""
    reached = len(LEADER_ORDER)
    for each in life:
        if each.event in LEADER_ORDER:
            place = LEADER_ORDER.index(each.event)
            if place not in (0, reached + 1):
                yield f"{each.event} at {each.time_ms} ms is out of its turn"
            reached = place


def _of_epochs(said: list[Moment], who: str) -> Iterator[str]:
    """5: one vote for each epoch, and epochs that grow."""
    votes = [int(each.payload.split()[1]) for each in said if each.event == "+vote-for-leader"]
    epochs = [int(each.payload) for each in said if each.event == "+new-epoch"]
    for name, numbers in (("+vote-for-leader", votes), ("+new-epoch", epochs)):
        if any(after <= before for before, after in pairwise(numbers)):
            yield f"the epochs of {name} do not grow: {numbers}"


def _of_return(run: Run, lives: list[list[Moment]]) -> Iterator[str]:
    """7: a restarted server is seen to be another one before it is seen to be up."""
    for act in run.acts:
        if act.event == "restart" and act.payload.startswith("r"):
            for life in lives:
                news = [
                    each.event
                    for each in life
                    if each.time_ms >= act.time_ms and _server(each) == act.payload
                ]
                if "-sdown" in news:
                    before = news[: news.index("-sdown")]
                    if "+reboot" not in before and "-role-change" not in before:
                        yield f"-sdown of {act.payload} after its restart comes first: {news}"


def _server(moment: Moment) -> str:
    words = moment.payload.split()
    return words[3] if len(words) > 3 and words[0] in ("master", "slave") else ""


def _of_leaders(run: Run, sentinels: list[str]) -> Iterator[str]:
    """5: at most one leader for each epoch."""
    leaders: dict[str, str] = {}
    for who in sentinels:
        epoch = ""
        for each in run.events(who):
            if each.event == "+new-epoch":
                epoch = each.payload
            elif each.event == "+elected-leader":
                if epoch in leaders:
                    yield f"epoch {epoch} has two leaders: {leaders[epoch]} and {who}"
                leaders[epoch] = who


def _of_switches(run: Run) -> Iterator[str]:
    """4: while replicas are left to reconfigure, followers switch before the leader does."""
    ends = [each for each in run.moments if each.event == "+failover-end"]
    sent = any(each.event == "+slave-reconf-sent" for each in run.moments)
    restarts = {each.payload: each.time_ms for each in run.acts if each.event == "restart"}
    for end in ends if sent else ():
        for each in run.moments:
            late = each.event == "+switch-master" and each.time_ms > end.time_ms
            if late and each.who != end.who and restarts.get(each.who, end.time_ms) <= end.time_ms:
                yield f"follower {each.who} switches after the leader"
