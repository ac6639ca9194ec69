"""A campaign: numbers of stories are handed out to processes until the time is over.

The story of a number is the same in every campaign, whoever runs it and when. Each worker has a
pipe of its own: it ends when that is closed, so none outlives a campaign that is killed; and a
worker that dies is noticed, and its story counts as failed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from sim.search.soak.journal import Journal
from sim.search.soak.report import Summary, summarize, write_report
from sim.search.soak.runs import EXCEPTION, Failure, RunRecord, run_number, story_number
from sim.search.soak.sources import fingerprint

__all__ = ["soak"]

REPORT_EVERY_S = 30.0
JOURNAL, VIOLATIONS = "journal.jsonl", "violations"

# A soak lasts for a time of this machine; what it runs knows nothing of that.
_clock = time.monotonic  # noqa: TID251


@dataclass(slots=True, eq=False)
class _Worker:
    """A process that runs stories, and the `number` of the one that it has now."""

    process: BaseProcess
    pipe: Connection
    number: int | None = None


def soak(
    out: str | Path,
    minutes: float,
    *,
    jobs: int | None = None,
    first: int = 0,
    most: int | None = None,
    tell: Callable[[str], None] = print,
) -> bool:
    """Run stories for so many `minutes` of this machine, beside those that `out` has already.

    On `jobs` processes (all processors if None), from the story `first` on (so that machines can
    share the work), `most` stories at most. `tell` hears how it goes.
    What is left of the minutes counts if the last campaign was killed and was for as long, and what
    other code has run counts apart. Returns whether nothing is wrong that is not explained, earlier
    runs of the same code included. An interrupt ends it like the end of the time: what is finished
    counts, and the report is written. Raises `JournalError` and OSError.
    """
    out = Path(out)
    journal = Journal(out / JOURNAL, fingerprint())
    done = journal.done_of(minutes)
    _tell_of_before(journal, done, minutes, tell)
    journal.begin(minutes, done)
    began = last_report = _clock()
    earlier_us = sum(each.virtual_us for each in journal.records.values())
    workers = [_start(out / VIOLATIONS) for _ in range(jobs or os.cpu_count() or 1)]
    numbers = _limited(journal.missing(first), most)
    over = ""
    try:
        for worker in workers:
            _hand_out(worker, numbers)
        while any(worker.number is not None for worker in workers):
            left = began + 60 * minutes - done - _clock()
            busy = [worker.pipe for worker in workers if worker.number is not None]
            for pipe in wait(busy, max(0.0, min(left, 1.0))):
                index = next(i for i, each in enumerate(workers) if each.pipe is pipe)
                record, alive = _result(workers[index])
                journal.append(record, done + _clock() - began)
                for failure in record.failures:
                    tell(f"story {record.number}: {failure.reason}\n  {failure.command}")
                if not alive:
                    workers[index] = _start(out / VIOLATIONS)
                    if fingerprint() != journal.code:
                        over = "the code is another one now"
                        break
                _hand_out(workers[index], numbers)
            if _clock() - last_report >= REPORT_EVERY_S:
                last_report = _clock()
                write_report(_summary(journal), out)
                tell(_progress(journal, earlier_us, last_report - began))
            if left <= 0:
                over = over or "the time is over"
            if over:
                break
    except KeyboardInterrupt:
        over = "interrupted"
    finally:
        over = over or "all stories are run"
        for worker in workers:
            worker.process.terminate()
            worker.pipe.close()
        for worker in workers:
            worker.process.join()
        journal.end(over)
        journal.close()
    tell(over)
    summary = _summary(journal)
    write_report(summary, out)
    tell(_progress(journal, earlier_us, _clock() - began))
    return not summary.failures


def _tell_of_before(
    journal: Journal, done: float, minutes: float, tell: Callable[[str], None]
) -> None:
    """Say what the journal holds already."""
    for code, runs in journal.others.items():
        tell(f"{len(runs)} runs of other code ({code}; now it is {journal.code}) count apart")
    if journal.records:
        tell(f"going on after {len(journal.records)} runs in {journal.path}")
    if done:
        tell(f"{done / 60:.1f} of the {minutes:g} minutes were done when it was killed")


def _summary(journal: Journal) -> Summary:
    return summarize(journal.records.values(), code=journal.code, others=journal.others)


def _limited(numbers: Iterator[int], most: int | None) -> Iterator[int]:
    for count, number in enumerate(numbers):
        if most is not None and count >= most:
            return
        yield number


def _progress(journal: Journal, earlier_us: int, seconds: float) -> str:
    records = journal.records.values()
    all_us = sum(each.virtual_us for each in records)
    speed = (all_us - earlier_us) / 60e6 / seconds if seconds else 0.0
    failures = sum(bool(each.failures) for each in records)
    return (
        f"{len(records)} runs, {all_us / 60e6:.0f} virtual minutes "
        f"({speed:.1f} a second), {failures} unexplained"
    )


# Workers


def _start(folder: Path) -> _Worker:
    # A fresh interpreter holds nobody else's end of a pipe.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, str(folder)), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Connection, folder: str) -> None:
    """Run the stories whose numbers come in, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the campaign decides
    while True:
        try:
            number = pipe.recv()
            pipe.send(run_number(number, folder))
        except (EOFError, OSError):
            return


def _hand_out(worker: _Worker, numbers: Iterator[int]) -> None:
    worker.number = next(numbers, None)
    if worker.number is not None:
        worker.pipe.send(worker.number)


def _result(worker: _Worker) -> tuple[RunRecord, bool]:
    """What a worker says of its story, and whether it lives."""
    try:
        record: RunRecord = worker.pipe.recv()
    except (EOFError, OSError):
        number = worker.number if worker.number is not None else -1
        kind, story = story_number(number)
        worker.process.join()
        reason = f"the process that ran it ended with status {worker.process.exitcode}"
        failure = Failure(EXCEPTION, reason, f"python -m sim.search story {number}")
        return RunRecord(number, kind, story.seed, 0, 0, {}, {}, failures=(failure,)), False
    return record, True
