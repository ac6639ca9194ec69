"""Whatever is in a file, it is read or refused with one error; and what is read can be judged."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.exports import text_lines
from sim.invariants import judge_all
from sim.judge import summarize
from sim.logs import LogError, read_logs
from tests.logs.recorded import paths_of

LINES = [
    line
    for path in paths_of("valkey-9.1")
    for line in Path(path).read_text(encoding="utf-8").splitlines()
]

damaged = st.builds(
    lambda line, at, length, other: line[:at] + other + line[at + length :],
    st.sampled_from(LINES),
    st.integers(0, 90),
    st.integers(0, 20),
    st.text(st.sampled_from(" 0129:@#-+x²٣|\x1b\t\"'="), max_size=6),
)
quickly = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quickly
@given(st.lists(st.one_of(st.sampled_from(LINES), damaged), max_size=25))
def test_damaged_logs_are_read_and_judged_or_refused(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "s.log"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with contextlib.suppress(LogError):
        trace = read_logs([str(path)]).trace
        judge_all(trace)
        summarize(trace)
        list(text_lines(trace))


@quickly
@given(st.binary(max_size=300))
def test_anything_else_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s.log"
    path.write_bytes(data)
    with pytest.raises(LogError, match=r"s\.log"):
        read_logs([str(path)])
