"""What a search has to say, as text."""

from __future__ import annotations

from minisentinel.core import MODERN
from sim.adversary.culprits import HERE
from sim.adversary.plan import Plan
from sim.adversary.questions import Answer
from sim.adversary.runs import Run, replay, told
from sim.invariants import judge_all

__all__ = ["abstraction", "answer_text", "verdicts"]


def abstraction(plan: Plan) -> list[str]:
    """What is left out of a world, and how far its adversary may go, one line each."""
    limits = plan.limits
    lines = []
    if plan.only_votes:
        lines.append("begins when all hold the masters for down; no PING, INFO or hello by period")
    if plan.instant_servers:
        lines.append("Redis servers answer at once; only Sentinels wait for each other")
    if plan.lucky:
        lines.append("the random part of start times is 0")
    if plan.until_elected:
        lines.append("who has been elected does nothing any more but vote")
    if plan.candidates:
        lines.append(f"only {' and '.join(plan.candidates)} act; the others vote")
    if limits.in_flight:
        lines.append(f"nobody sends more into a connection with {limits.in_flight} packets in it")
    faults = [
        f"{count} {name}"
        for name, count in (
            (f"times that {' or '.join(map(str, limits.waits))} ms pass", limits.waiting),
            ("crashes", limits.crashes),
            ("connections cut", limits.drops),
            ("Sentinels cut from a server", limits.cuts),
            ("servers killed", limits.kills),
        )
        if count
    ]
    lines.append("at most " + ", ".join(faults) if faults else "no faults, and no time passes")
    return lines


def verdicts(run: Run) -> list[str]:
    """What the invariants say of the trace of a run; only what is broken."""
    lines = []
    for judgement in judge_all(run.trace, HERE):
        if judgement.is_broken:
            lines.append(f"{judgement.invariant}: broken: {judgement.verdict.reason}")
        elif judgement.is_explained:
            lines.append(f"{judgement.invariant}: {judgement.told.reason}")
    return lines


def answer_text(answer: Answer, seconds: float, *, long: bool = False) -> str:
    """The answer to a question, which took so many `seconds`; with `long`, told move by move."""
    question, world = answer.question, answer.world
    profile = world.plan.profile
    rules = "" if profile is MODERN else f" (rules: {profile.name})"
    lines = [f"{question.name}{rules}", f"  {question.sentence}"]
    lines += [f"  · {each}" for each in abstraction(world.plan)]
    depth = max(each.depth for each in answer.stages)
    rate = answer.states / max(seconds, 1e-9)
    lines.append(
        f"  {answer.states} distinct states, {answer.transitions} transitions, depth {depth}, "
        f"{seconds:.1f} s ({rate:.0f} states/s): {answer.claim}"
    )
    if answer.breach is not None:
        run = replay(world, answer.start, answer.way)
        lines.append(f"  {answer.breach.text}: {len(answer.way)} moves, none can be left out")
        lines += [f"  judged: {each}" for each in verdicts(run)]
        shown = told(run) if long else [str(move) for move in answer.way]
        lines += [f"    {each}" for each in shown]
    return "\n".join(lines) + "\n"
