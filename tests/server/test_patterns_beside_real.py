"""Glob patterns mean here what they mean to real servers, which are asked with PUBSUB CHANNELS."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from minisentinel.patterns import glob_matches
from tests.live.ensemble import DataNode
from tests.live.resp import Connection
from tests.live.servers import RealServer, each_real_server

pytestmark = pytest.mark.real_io

LETTERS = ("a", "b", "c", "-", "]", "[", "^", "\\", "*", "?", "é", "A", "Z")
ITEMS = ("*", "?", "[", "[^", "[a-", "-", "]", "a", "b", "\\", "é", "[c-a]", "[ab]", "[é-b]", "Z")


@each_real_server
def test_patterns_mean_what_they_mean_to_a_real_server(server: RealServer, tmp_path: Path) -> None:
    rng = random.Random(3)
    texts = {"".join(rng.choices(LETTERS, k=rng.randrange(6))): None for _ in range(200)}
    node = DataNode("data", server, tmp_path / "data")
    try:
        node.start()
        with Connection(node.port) as subscriber:
            subscriber.call("SUBSCRIBE", *texts)
            for _ in range(500):
                pattern = "".join(rng.choices(ITEMS, k=rng.randrange(1, 8)))
                found = set(node.call("PUBSUB", "CHANNELS", pattern))
                assert found == {text for text in texts if glob_matches(pattern, text)}, pattern
    finally:
        node.kill()
