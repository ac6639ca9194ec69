"""Real Sentinels and ours, side by side: the same fault, run after run (`make compare-live`).

Three Sentinels of one kind watch a real master with two real replicas. The master is killed, a
replica takes over, every Sentinel holds the old master for down, and it is started again. Runs of
real Sentinels alternate with runs of ours. What each Sentinel logged, with its own stamps, says in
which order things came and how long they took:

- An order that every run of the real ones kept, and every recorded run too, must be kept by ours.
- For every time the median of the differences, pair by pair, must not exceed `TOLERANCE_MS`.

**The phase.** When in a second of the clock the master dies decides how long its successor takes. A
replica counts in whole seconds of the clock for how long its link has been down. As soon as that is
not 0 a Sentinel asks for INFO once a second instead of each info-period, so it asks first just
after the turn of the second and then every 1.04 s or so, and from the next such INFO the leader
learns of the promotion. So the time from the election to the promotion falls with the phase of the
fault and jumps up by a second where an INFO is just missed. Real Sentinels and ours do the same
(under the usual info-period of 10 s it is mostly +odown that starts the asking once a second).
Left to chance that spreads over a second, and medians of ten runs differ by hundreds of
milliseconds; so run k of N has its fault k/N of a second after the full second, on both sides.

The status is 1 if ours fails in either, 2 if there is nothing to compare with.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TextIO

from tests.live.comparison import DOWN_AFTER_MS, Compared, note, noted, recorded_variations
from tests.live.ensemble import OURS, Ensemble
from tests.live.ports import free_port
from tests.live.servers import NONE_FOUND, RealServer, real_servers
from tools.compare_reference.recordings import Moment, RecordingError, Run, read

__all__ = ["Keeper", "load_range", "main", "moments_of_log"]

FAILOVER_TIMEOUT_MS = 4000

PERIODS = {"ping-period": 300, "info-period": 100}
"""Quicker than for other tests, in milliseconds: at which point of a period the fault comes is
chance, and with few runs the medians would differ by that alone. Five ping periods must exceed the
second between two INFO of a failover, or no replica is good enough to be promoted."""

MOST_RUNS = 10**6
"""Numbers of runs that are read together are further apart than any command makes runs."""

_LINE = re.compile(
    r"\d+:X (\d+ \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3}) ([.\-*#]) ([+-][a-z][a-z-]*)(?: (.*))?"
)


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


def run_once(kind: RealServer | str, server: RealServer, number: int, phase: float) -> Run:
    """The fault script, once, with the fault `phase` seconds after a full second of the clock."""
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
        load = os.getloadavg()[0]
        time.sleep((phase - time.time()) % 1)
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
            note("phase", fault % 1),
            note("load", load),
            Moment(0, "harness", "act", "kill9", "r0"),
            Moment(round((restarted - fault) * 1000), "harness", "act", "restart", "r0"),
        ]
        for place, sentinel in enumerate(these.sentinels):
            text = sentinel.process.log.read_text(encoding="utf-8", errors="replace")
            moments += moments_of_log(text, f"s{place}", names, fault)
    moments.sort(key=lambda each: each.time_ms)  # Stable: each log keeps its order.
    return Run(number, tuple(moments))


class Keeper:
    """Writes the runs of one side into a file of the form of `tests/reference`, as they come."""

    def __init__(self, path: Path, kind: str) -> None:
        self._lock = threading.Lock()
        self._file: TextIO = path.open("w", encoding="utf-8")
        settings = {
            "scenario": "compare-live",
            "about": f"the master is killed and started again, under three of {kind}",
            "sentinels": "3",
            "replicas": "2",
            "quorum": "2",
            "down-after-milliseconds": str(DOWN_AFTER_MS),
            "failover-timeout": str(FAILOVER_TIMEOUT_MS),
            "parallel-syncs": "1",
        }
        self._write("\t".join(pair) for pair in settings.items())

    def keep(self, run: Run) -> None:
        """Add a run."""
        lines = [
            "\t".join((str(each.time_ms), each.who, each.sort, each.event, each.payload))
            for each in run.moments
        ]
        self._write(["", f"run\t{run.number}", *lines])

    def _write(self, lines: Iterable[str]) -> None:
        with self._lock:
            self._file.write("".join(f"{line}\n" for line in lines))
            self._file.flush()


def compare(server: RealServer, runs: int, parallel: int, keep: Path) -> Compared:
    """Run both sides, in turn; the runs are kept in the directory `keep`."""
    free_port()  # Locks the block of ports before there are threads.
    keep.mkdir(parents=True, exist_ok=True)
    real, ours = _files(keep)
    sides = (server, Keeper(real, str(server))), (OURS, Keeper(ours, OURS))

    def job(place: int) -> Run:
        kind, keeper = sides[place % 2]
        number = place // 2
        run = run_once(kind, server, number, number / runs)
        keeper.keep(run)
        print(f"{kind}: run {number + 1} of {runs}", file=sys.stderr, flush=True)
        return run

    with ThreadPoolExecutor(parallel) as pool:
        done = list(pool.map(job, range(2 * runs)))
    return Compared(done[::2], done[1::2], recorded_variations())


def read_kept(keeps: Sequence[Path]) -> Compared:
    """What earlier runs left in directories, together. Raises OSError, RecordingError."""
    real: list[Run] = []
    ours: list[Run] = []
    for place, keep in enumerate(keeps):
        for side, path in zip((real, ours), _files(keep), strict=True):
            side += (Run(place * MOST_RUNS + run.number, run.moments) for run in read(path).runs)
    return Compared(real, ours, recorded_variations())


def load_range(runs: Iterable[Run]) -> tuple[float, float]:
    """The lowest and the highest load average of the machine just before a fault."""
    loads = [noted(run, "load") for run in runs]
    return min(loads), max(loads)


def _files(keep: Path) -> tuple[Path, Path]:
    return keep / "real.txt", keep / "ours.txt"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; see the module."""
    parser = argparse.ArgumentParser(prog="compare", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="of each side (10)")
    parser.add_argument("--kind", default="", help="the real one, such as redis or valkey-9.1")
    parser.add_argument("--parallel", type=int, default=2, help="ensembles at a time (2)")
    parser.add_argument("--keep", type=Path, help="where the runs are kept (out/compare-live/KIND)")
    parser.add_argument(
        "--read", type=Path, nargs="+", help="report on runs that were kept there, and end"
    )
    options = parser.parse_args(arguments)
    if options.runs < 1 or options.parallel < 1:
        parser.error("--runs and --parallel take a number above 0")
    if options.read:
        try:
            result = read_kept(options.read)
        except (OSError, RecordingError) as error:
            print(f"cannot read runs: {error}", file=sys.stderr)
            return 2
        kind = " and ".join(path.name for path in options.read)
    else:
        servers = [each for each in real_servers() if str(each).startswith(options.kind)]
        if not servers:
            message = f"{options.kind}: none of these" if real_servers() else NONE_FOUND
            print(message, file=sys.stderr)
            return 2
        kind = str(servers[0])
        keep = options.keep or Path("out/compare-live") / kind
        result = compare(servers[0], options.runs, options.parallel, keep)
    low, high = load_range([*result.real, *result.ours])
    print(f"real: {kind}; ours: {OURS}; {len(result.real)} and {len(result.ours)} runs")
    print(f"load average of {os.cpu_count()} processors meanwhile: {low:.1f} to {high:.1f}")
    print("\n".join(result.lines()))
    return 0 if result.agrees else 1


if __name__ == "__main__":
    sys.exit(main())
