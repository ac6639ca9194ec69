"""The trace of a live Sentinel is read by what reads the traces of the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from minisentinel.trace import read_trace
from sim.judge import down_spans, find_nodes, log_lines
from tests.server.bench import eventually, run, serving

pytestmark = pytest.mark.real_io

MASTER = "sentinel monitor mymaster 127.0.0.1 1 1\nsentinel down-after-milliseconds mymaster 50\n"


def test_a_live_trace_tells_who_thought_what(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"

    async def scenario() -> tuple[str, int]:
        async with serving(tmp_path, MASTER, trace=path) as live:
            await eventually(lambda: "-failover-abort-no-good-slave" in live.logged())
            return live.server.sentinel.state.myid, live.port

    myid, port = run(scenario())
    trace = read_trace(path)
    [node] = find_nodes(trace).all
    assert (node.type, node.address, node.runid) == ("sentinel", ("127.0.0.1", port), myid)
    assert {span.sentinel for span in down_spans(trace)} == {node.name}
    said = "\n".join(log_lines(trace))
    assert "# +sdown master mymaster 127.0.0.1 1" in said
    assert "# +elected-leader master mymaster 127.0.0.1 1" in said
