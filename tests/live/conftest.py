"""Ensembles for the live tests; the logs of their nodes are shown when a test fails.

A test with an ensemble that fails while the machine stalls is told again (`tests.live.pace`).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.live.ensemble import Ensemble
from tests.live.pace import until_judged
from tests.live.report import Round, table
from tests.live.servers import RealServer

ROUNDS = int(os.environ.get("LIVE_ROUNDS", "0"))

collect_ignore = [] if ROUNDS else ["test_long.py"]

_ENSEMBLES = pytest.StashKey[list[Ensemble]]()


@pytest.fixture
def ensemble(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[RealServer], Ensemble]]:
    """``ensemble(server)`` makes an empty ensemble for data nodes of that kind."""
    made: list[Ensemble] = []
    request.node.stash[_ENSEMBLES] = made
    numbers = itertools.count(1)
    with ExitStack() as stack:

        def make(server: RealServer) -> Ensemble:
            directory = tmp_path / f"ensemble-{next(numbers)}"
            made.append(stack.enter_context(Ensemble(directory, server)))
            return made[-1]

        yield make


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs a test that has an ensemble: again, if the machine stalled while it failed."""
    if "ensemble" not in pyfuncitem.fixturenames:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    directory = Path(str(pyfuncitem.funcargs["tmp_path"]))
    made = pyfuncitem.stash[_ENSEMBLES]

    def clear_away() -> None:
        for ensemble in made:
            ensemble.end()
        made.clear()

    until_judged(lambda: pyfuncitem.obj(**arguments), clear_away, directory)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its nodes logged and what its Sentinels published."""
    report = yield
    if report.failed:
        for ensemble in item.stash.get(_ENSEMBLES, []):
            for node in ensemble.nodes:
                report.sections.append((f"log of {node}", node.log()))
            events = "\n".join(map(str, ensemble.events))
            report.sections.append(("events heard", events))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of the long form."""
    rounds = [
        Round(**value)
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        if report.when == "call"
        for name, value in report.user_properties
        if name == "live"
    ]
    if rounds:
        terminalreporter.section("failovers with real servers")
        for line in table(rounds):
            terminalreporter.line(line)
