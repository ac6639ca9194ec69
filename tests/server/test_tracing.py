"""The trace that a live Sentinel writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from minisentinel.replies import OK
from minisentinel.server.tracing import TraceFile
from minisentinel.trace import LogLine, NodeStarted, SentinelEvent, TraceError, read_trace
from tests.server.bench import run, serving

pytestmark = pytest.mark.real_io

MASTER = (
    "sentinel monitor mymaster 127.0.0.1 1 2\n"
    "sentinel down-after-milliseconds mymaster 3600000\n"  # Nothing happens by itself.
)


def line(text: str) -> LogLine:
    return LogLine(level="notice", text=text)


def test_a_restart_continues_the_trace_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    for text in ("one", "two"):
        trace = TraceFile(str(path))
        trace.note(line(text))
        trace.close()
    read = read_trace(path)
    assert [entry.data for entry in read.entries] == [line("one"), line("two")]
    times = [entry.time_us for entry in read.entries]
    assert times == sorted(times)


def test_half_a_line_of_a_killed_process_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    trace = TraceFile(str(path))
    trace.note(line("one"))
    trace.close()
    with path.open("ab") as file:
        file.write(b'{"t":1,"node"')
    trace = TraceFile(str(path))
    trace.note(line("two"))
    trace.close()
    assert len(read_trace(path).entries) == 2


@pytest.mark.parametrize("text", ["# a configuration\n", "{}\n", "[]\n", "1\n"])
def test_another_file_is_not_written_to(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TraceError, match="expected a trace"):
        TraceFile(str(path))
    assert path.read_text(encoding="utf-8") == text


def test_what_happens_is_on_the_trace_when_its_round_is_over(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"

    async def scenario() -> None:
        async with serving(tmp_path, MASTER, trace=path) as live:
            client = await live.client()
            assert await client.ask("SENTINEL", "SET", "mymaster", "quorum", "1") == OK
            read = read_trace(path)
            myid = live.server.sentinel.state.myid
            assert {entry.node for entry in read.entries} == {f"sentinel-{myid[:8]}"}
            first = read.entries[0].data
            assert isinstance(first, NodeStarted)
            assert (first.runid, first.port) == (myid, live.port)
            events = [e.data.name for e in read.entries if isinstance(e.data, SentinelEvent)]
            assert events == ["+monitor", "+set"]

    run(scenario())
    ended = read_trace(path)
    assert ended.entries[-1].data.kind == "process"


def test_a_trace_that_cannot_be_written_ends_and_the_sentinel_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(trace: TraceFile) -> None:
        raise OSError(28, "No space left on device")

    async def scenario() -> None:
        async with serving(tmp_path, MASTER, trace=tmp_path / "t.jsonl") as live:
            client = await live.client()
            monkeypatch.setattr(TraceFile, "flush", fail)
            assert await client.ask("SENTINEL", "SET", "mymaster", "quorum", "1") == OK
            assert await client.ask("SENTINEL", "SET", "mymaster", "quorum", "2") == OK
            assert live.logged().count("The trace ends here: No space left on device") == 1

    run(scenario())
