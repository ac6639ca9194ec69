"""Real Sentinels and ours, side by side: the same fault, run after run (`make compare-live`).

Three Sentinels of one kind watch a real master with two real replicas. The master is killed, a
replica takes over, every Sentinel holds the old master for down, and it is started again. Runs of
real Sentinels alternate with runs of ours. What each Sentinel logged, with its own stamps, says in
which order things came and how long they took:

- An order that every run of the real ones kept, and every recorded run too, must be kept by ours.
- The medians of the times must lie within `TOLERANCE_MS` of each other.

The status is 1 if ours fails in either, 2 if there is nothing to compare with.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from tests.live.ensemble import OURS, Ensemble
from tests.live.ports import free_port
from tests.live.servers import NONE_FOUND, RealServer, real_servers
from tools.compare_reference import sequences
from tools.compare_reference.orders import Order, count_orders, held_orders, varied_orders
from tools.compare_reference.recordings import Moment, Run, read_all

__all__ = ["Compared", "broken_orders", "main", "measure", "moments_of_log"]

DOWN_AFTER_MS = 1500
FAILOVER_TIMEOUT_MS = 4000
TOLERANCE_MS = 50.0

PERIODS = {"ping-period": 300, "info-period": 100}
"""Quicker than for other tests, in milliseconds: at which point of a period the fault comes is
chance, and with few runs the medians would differ by that alone. Five ping periods must exceed the
second between two INFO of a failover, or no replica is good enough to be promoted."""

FAULT_AT_SECONDS = 0.5
"""Where in a second of the clock the fault falls.

A replica counts in whole seconds of the clock for how long its link has been down, and once it is
not 0 INFO is sent each second, so this decides when the leader hears of the promotion. By chance
it would spread that over a whole second.
"""

_LINE = re.compile(
    r"\d+:X (\d+ \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3}) ([.\-*#]) ([+-][a-z][a-z-]*)(?: (.*))?"
)

Times = dict[str, list[float]]
"""By the name of a measure what the runs took, in milliseconds."""


def moments_of_log(
    text: str, who: str, names: Mapping[str, str], fault_seconds: float
) -> Iterator[Moment]:
    """The events in the log of the Sentinel `who`.

    `names` has for every port and every id the node that it stands for; `fault_seconds` is when
    the fault was, as `time.time` has it.
    """
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is not None:
            stamp = datetime.strptime(match[1], "%d %b %Y %H:%M:%S.%f").astimezone().timestamp()
            payload = re.sub(r"\w+", lambda word: names.get(word[0], word[0]), match[4] or "")
            time_ms = round((stamp - fault_seconds) * 1000)
            yield Moment(time_ms, who, match[2], match[3], payload)


def run_once(kind: RealServer | str, server: RealServer, number: int) -> Run:
    """The fault script, once; what the Sentinels logged."""
    with (
        tempfile.TemporaryDirectory(prefix="compare-live-") as directory,
        Ensemble(Path(directory), server) as these,
    ):
        these.start_data(replicas=2)
        these.start_sentinels(
            [kind] * 3,
            quorum=2,
            down_after_ms=DOWN_AFTER_MS,
            failover_timeout_ms=FAILOVER_TIMEOUT_MS,
        )
        words = [str(word) for pair in PERIODS.items() for word in pair]
        for sentinel in these.sentinels:
            assert sentinel.call("SENTINEL", "DEBUG", *words) == "OK"
        these.wait_until_all_know_all()
        old = these.data[0]
        time.sleep((FAULT_AT_SECONDS - time.time()) % 1)
        fault = time.time()
        old.kill()
        these.wait_for_new_master(old)

        def hold_it_for_down() -> bool:
            down = {
                event.sentinel.name
                for event in these.said("+sdown")
                if event.payload.startswith(f"slave 127.0.0.1:{old.port} ")
            }
            return len(down) == len(these.sentinels)

        these.wait("every Sentinel holds the old master for down", hold_it_for_down)
        restarted = time.time()
        old.start()
        these.wait_until_all_know_all()
        names = {str(node.port): f"r{place}" for place, node in enumerate(these.data)}
        for place, sentinel in enumerate(these.sentinels):
            names |= {str(sentinel.port): f"s{place}", sentinel.runid: f"s{place}"}
        moments = [
            Moment(0, "harness", "act", "kill9", "r0"),
            Moment(round((restarted - fault) * 1000), "harness", "act", "restart", "r0"),
        ]
        for place, sentinel in enumerate(these.sentinels):
            text = sentinel.process.log.read_text(encoding="utf-8", errors="replace")
            moments += moments_of_log(text, f"s{place}", names, fault)
    moments.sort(key=lambda each: each.time_ms)  # Stable: each log keeps its order.
    return Run(number, tuple(moments))


def elections(run: Run) -> int:
    """How many attempts were made; more than one after a split vote."""
    return sum(each.event == "+try-failover" and each.time_ms >= 0 for each in run.moments)


def measure(runs: Iterable[Run], down_after_ms: int = DOWN_AFTER_MS) -> Times:
    """What each step took in the runs, in milliseconds.

    From +odown on only runs with a single attempt count: whether votes are split is chance, and
    waiting for the next attempt takes seconds.
    """
    found: Times = {name: [] for name in MEASURES}
    for run in runs:
        said = sequences.sequences(run)
        downs = [each.times["+sdown master"] for each in said if "+sdown master" in each.times]
        found[FIRST_DOWN].append(min(downs) - down_after_ms)
        if elections(run) != 1:
            continue
        leader = next(each.times for each in said if each.role == "leader")
        for name, (first, then) in LEADER_STEPS.items():
            found[name].append(leader[then] - leader[first])
        followers = [each.times for each in said if each.role == "follower"]
        for times in followers:
            found[FOLLOWER_SWITCH].append(times["+switch-master"] - leader[PROMOTED])
        last = max(times["+switch-master"] for times in (leader, *followers))
        found[LAST_SWITCH].append(last - down_after_ms)
    return found


PROMOTED = "+promoted-slave slave P"
FIRST_DOWN = "fault -> first +sdown, less down-after"
FOLLOWER_SWITCH = "+promoted-slave -> follower's +switch-master"
LAST_SWITCH = "fault -> last +switch-master, less down-after"
LEADER_STEPS = {
    "leader: +sdown -> +odown": ("+sdown master", "+odown master"),
    "leader: +odown -> +elected-leader": ("+odown master", "+elected-leader master"),
    "leader: +elected-leader -> +promoted-slave": ("+elected-leader master", PROMOTED),
    "leader: +promoted-slave -> +switch-master": (PROMOTED, "+switch-master"),
}
MEASURES = (FIRST_DOWN, *LEADER_STEPS, FOLLOWER_SWITCH, LAST_SWITCH)


def broken_orders(
    held_by: Mapping[Order, int], other: Mapping[Order, int], varied: set[Order], at_least: int
) -> dict[Order, int]:
    """The orders that the one side always kept, and how often the other had them swapped."""
    return {
        order: other[order.swapped]
        for order in held_orders(held_by, at_least)
        if order not in varied and order.swapped not in varied and other.get(order.swapped)
    }


@dataclass(frozen=True)
class Compared:
    """The runs of both sides. Orders in `varied` came both ways in recordings of real ones."""

    real: Sequence[Run]
    ours: Sequence[Run]
    varied: frozenset[Order] = frozenset()

    def broken(self) -> dict[Order, int]:
        """What the real ones always kept and ours did not: how often."""
        return self._broken(self.real, self.ours)

    def broken_by_the_real(self) -> dict[Order, int]:
        """What ours always kept and the real ones did not: how often."""
        return self._broken(self.ours, self.real)

    def medians(self) -> Iterator[tuple[str, list[float], list[float]]]:
        """The measures, with what both sides took."""
        real, ours = measure(self.real), measure(self.ours)
        for name in MEASURES:
            yield name, real[name], ours[name]

    def is_within(self) -> bool:
        """Whether all medians are near enough to each other, and there are any."""
        return all(
            real and ours and abs(median(ours) - median(real)) <= TOLERANCE_MS
            for _, real, ours in self.medians()
        )

    def _broken(self, one: Sequence[Run], other: Sequence[Run]) -> dict[Order, int]:
        # Half of the runs: what is rarer may have kept its order by chance.
        at_least = max(1, len(one) // 2)
        return broken_orders(_orders(one), _orders(other), set(self.varied), at_least)

    def lines(self) -> Iterator[str]:
        """The report."""
        rows = [("median, ms", "real", "ours", "difference", "", "runs")]
        for name, real, ours in self.medians():
            if not (real and ours):
                rows.append((name, "-", "-", "-", "NO RUNS", f"{len(real)}, {len(ours)}"))
                continue
            difference = median(ours) - median(real)
            mark = f"MORE THAN {TOLERANCE_MS:.0f}" if abs(difference) > TOLERANCE_MS else ""
            medians = (f"{median(real):.0f}", f"{median(ours):.0f}", f"{difference:+.0f}")
            rows.append((name, *medians, mark, f"{len(real)}, {len(ours)}"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield "  ".join(cells).rstrip()
        split = [sum(elections(run) != 1 for run in runs) for runs in (self.real, self.ours)]
        yield f"runs with more than one attempt: real {split[0]}, ours {split[1]}"
        held = held_orders(_orders(self.real), max(1, len(self.real) // 2))
        yield f"orders that all real runs kept: {sum(o not in self.varied for o in held)}"
        yield from _listed("of these ours broke", self.broken())
        yield from _listed(
            "orders that ours always kept and the real ones broke", self.broken_by_the_real()
        )


def _orders(runs: Iterable[Run]) -> Counter[Order]:
    return count_orders(each for run in runs for each in sequences.attempts(run))


def _listed(title: str, orders: Mapping[Order, int]) -> Iterator[str]:
    yield f"{title}: {len(orders) or 'none'}"
    for order, times in orders.items():
        yield f"  {order}  (swapped {times} times)"


def recorded_variations() -> frozenset[Order]:
    """The orders, either way, that came both ways in the recordings of real Sentinels."""
    recorded = _orders(run for recording in read_all() for run in recording.runs)
    pairs = [each.order for each in varied_orders(recorded)]
    return frozenset(pairs) | {order.swapped for order in pairs}


def compare(server: RealServer, runs: int, parallel: int) -> Compared:
    """Run both sides, in turn."""
    free_port()  # Locks the block of ports before there are threads.

    def job(place: int) -> Run:
        kind = OURS if place % 2 else server
        run = run_once(kind, server, place // 2)
        print(f"{kind}: run {place // 2 + 1} of {runs}", file=sys.stderr, flush=True)
        return run

    with ThreadPoolExecutor(parallel) as pool:
        done = list(pool.map(job, range(2 * runs)))
    return Compared(done[::2], done[1::2], recorded_variations())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; see the module."""
    parser = argparse.ArgumentParser(prog="compare", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="of each side (10)")
    parser.add_argument("--kind", default="", help="the real one, such as redis or valkey-9.1")
    parser.add_argument("--parallel", type=int, default=2, help="ensembles at a time (2)")
    options = parser.parse_args(arguments)
    if options.runs < 1 or options.parallel < 1:
        parser.error("--runs and --parallel take a number above 0")
    servers = [each for each in real_servers() if str(each).startswith(options.kind)]
    if not servers:
        print(f"{options.kind}: none of these" if real_servers() else NONE_FOUND, file=sys.stderr)
        return 2
    result = compare(servers[0], options.runs, options.parallel)
    print(f"real: {servers[0]}; ours: {OURS}; {options.runs} runs each")
    print("\n".join(result.lines()))
    return 1 if result.broken() or not result.is_within() else 0


if __name__ == "__main__":
    sys.exit(main())
