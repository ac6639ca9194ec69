"""The first election of a run: who noticed in which order, who ran for leader, and who won."""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.trace import Trace
from sim.judge.attempts import find_attempts
from sim.judge.ballots import find_ballots
from sim.judge.flags import down_spans
from sim.tables import Table

__all__ = ["Election", "find_first_election", "votes_table"]


@dataclass(frozen=True, slots=True)
class Election:
    """An election about `master`; Sentinels by name.

    `noticed` are those that held the master to be down, in the order of their ``+sdown``, until the
    first attempt was over; `candidates` those that began an attempt before anybody's was decided,
    in order of time. `leader` is who was elected, empty if nobody was.
    """

    master: str
    noticed: tuple[str, ...]
    candidates: tuple[str, ...]
    leader: str

    @property
    def place(self) -> int | None:
        """Whether the leader was the first (1), second (2), ... to notice; None without one."""
        return self.noticed.index(self.leader) + 1 if self.leader in self.noticed else None


def find_first_election(trace: Trace) -> Election | None:
    """The first election of the trace, from its first ``+try-failover``; None if there was none."""
    attempts = find_attempts(trace)
    if not attempts:
        return None
    first = attempts[0]
    decided = [
        each.elected_us or each.ended_us
        for each in attempts
        if each.master == first.master and each.started_us <= first.ended_us
    ]
    end_us = min(decided)
    rivals = [
        each for each in attempts if each.master == first.master and each.started_us <= end_us
    ]
    last_us = max(each.elected_us or each.ended_us for each in rivals)
    noticed = [
        span.sentinel
        for span in down_spans(trace)
        if (span.flag, span.subject, span.master) == ("sdown", "master", first.master)
        and span.address == first.old
        and span.start_us <= last_us
    ]
    elected = [each for each in rivals if each.elected_us is not None]
    leader = min(elected, key=lambda each: each.elected_us or 0).sentinel if elected else ""
    return Election(
        first.master,
        tuple(dict.fromkeys(noticed)),
        tuple(dict.fromkeys(each.sentinel for each in rivals)),
        leader,
    )


def votes_table(trace: Trace, epoch: int, master: str = "") -> Table:
    """A row for each voter of `epoch`: whom it voted for and when, and whom it refused.

    Several rows of one voter are several votes, of which a true Sentinel has one. `master` is the
    name of the master in question, needed if there are several.
    """
    ballots = [
        each for each in find_ballots(trace) if each.epoch == epoch and master in ("", each.master)
    ]
    rows = []
    for voter in sorted({each.voter for each in ballots}):
        mine = [each for each in ballots if each.voter == voter]
        refused = ", ".join(sorted(each.candidate for each in mine if each.outcome == "refused"))
        granted = [each for each in mine if each.outcome == "granted"]
        granted.sort(key=lambda each: each.decided_us or 0)
        for each in granted:
            rows.append((voter, each.candidate, f"{(each.decided_us or 0) / 1e6:.3f}", refused))
        if not granted:
            rows.append((voter, "", "", refused))
    heads = ("voter", "votes for", "at (s)", "refuses")
    return Table(heads, tuple(rows), f"epoch {epoch}")
