"""Answers to operators, as a table."""

from __future__ import annotations

from sim import Deployment, World
from sim.judge import answers_table
from sim.world.faults import command


def test_every_answer_has_a_row_and_long_ones_are_cut() -> None:
    world = World(Deployment(clients=0))
    world.run(15)
    command(world, "sentinel-1", ["SENTINEL", "CKQUORUM", "mymaster"])
    world.run(1)
    command(world, "sentinel-2", ["SENTINEL", "MASTER", "mymaster"])
    world.run(1)
    table = answers_table(world.trace)
    assert table.column("who") == ("sentinel-1", "sentinel-2")
    first, second = map(str, table.column("answered"))
    assert first.startswith("OK 3 usable Sentinels.")
    assert (len(second), second[-1]) == (240, "…")
    assert answers_table(world.trace, since=16).column("who") == ("sentinel-2",)
