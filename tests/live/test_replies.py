"""The same requests to a real Sentinel and to ours: the same bytes come back.

Each of the two has a master, a replica and a peer of its own, all of them real. `commands/*.txt`
says what is asked; `rules.py` says what may differ; what is known to differ otherwise stands in the
files, beside the request, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.asking import Side, compare
from tests.live.ensemble import OURS, Ensemble
from tests.live.sequences import read_sequence
from tests.live.servers import RealServer, each_real_server

pytestmark = pytest.mark.real_io

SEQUENCES = sorted((Path(__file__).parent / "commands").glob("*.txt"))


@pytest.mark.parametrize("path", SEQUENCES, ids=lambda path: path.stem)
@each_real_server
def test_ours_answers_byte_for_byte_like(
    server: RealServer, path: Path, ensemble: Callable[[RealServer], Ensemble]
) -> None:
    sequence = read_sequence(path)
    real = Side(ensemble(server), server, sequence.config)
    ours = Side(ensemble(server), OURS, sequence.config)
    exchanges = list(compare(sequence, real, ours))
    assert exchanges

    unexpected = [
        f"[{exchange.section}] {exchange}"
        for exchange in exchanges
        if not exchange.is_equal and exchange.line.known_difference(server) is None
    ]
    # A difference may show in one of the protocols only.
    differing = {exchange.line for exchange in exchanges if not exchange.is_equal}
    vanished = {
        f"line {exchange.line.number} is equal now, the known difference is gone: "
        f"{exchange.line.text}": None
        for exchange in exchanges
        if exchange.line not in differing and exchange.line.known_difference(server) is not None
    }
    problems = "\n".join([*unexpected, *vanished])
    assert not problems, (
        f"{len(unexpected)} of {len(exchanges)} replies differ (- {server}, + ours) "
        f"in {path.name}:\n{problems}"
    )
