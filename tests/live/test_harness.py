"""The harness leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.ensemble import OURS, Ensemble, Node
from tests.live.ports import BLOCK, LOWEST, free_port
from tests.live.processes import ROOT
from tests.live.servers import RealServer, is_used, some_real_server

pytestmark = pytest.mark.real_io


def test_every_process_ends_with_the_ensemble_also_when_paused_and_when_the_test_fails(
    tmp_path: Path,
) -> None:
    server = some_real_server()
    nodes: list[Node] = []

    def failing() -> None:
        with Ensemble(tmp_path / "ensemble", server) as ensemble:
            ensemble.start_data(replicas=1)
            ensemble.start_sentinels([OURS], quorum=1)
            nodes.extend(ensemble.nodes)
            assert all(node.process.is_running for node in nodes)
            nodes[1].pause()
            raise ValueError("a test fails")

    with pytest.raises(ValueError, match="a test fails"):
        failing()
    assert len(nodes) == 3
    assert not any(node.process.is_running for node in nodes)


@pytest.mark.parametrize(
    ("flavour", "version", "used", "used_with_any"),
    [
        ("redis", (6, 2, 14), False, False),
        ("redis", (7, 0, 15), True, True),
        ("redis", (8, 2, 9), True, True),
        ("redis", (99, 0, 0), False, True),
        ("valkey", (9, 1, 2), True, True),
        ("valkey", (8, 2, 0), False, True),
    ],
)
def test_a_server_that_ours_was_never_compared_with_is_used_only_on_demand(
    flavour: str,
    version: tuple[int, int, int],
    used: bool,
    used_with_any: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = RealServer(flavour, version, "")
    monkeypatch.delenv("MINISENTINEL_ANY_SERVER", raising=False)
    assert is_used(server) is used
    monkeypatch.setenv("MINISENTINEL_ANY_SERVER", "1")
    assert is_used(server) is used_with_any


def test_two_processes_never_share_a_block_of_ports() -> None:
    own = free_port()
    code = "from tests.live.ports import free_port; print(free_port())"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (int(answer.stdout) - LOWEST) // BLOCK != (own - LOWEST) // BLOCK
