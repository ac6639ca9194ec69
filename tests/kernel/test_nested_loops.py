"""The virtual loop under a loop that runs already, as in a notebook."""

from __future__ import annotations

import asyncio

import pytest

from sim.kernel.errors import AlreadyRunningError
from sim.kernel.loop import VirtualLoop


def test_virtual_time_can_pass_while_another_loop_is_running() -> None:
    woken: list[float] = []

    async def sleeper(loop: VirtualLoop) -> None:
        await asyncio.sleep(3)
        woken.append(loop.time())

    async def cell() -> None:
        outer = asyncio.get_running_loop()
        loop = VirtualLoop()
        loop.create_task(sleeper(loop))
        loop.run_until(5_000_000)
        assert asyncio.get_running_loop() is outer
        await asyncio.sleep(1)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(cell())
    assert woken == [3.0]


def test_run_until_complete_refuses_to_run_under_another_loop() -> None:
    async def cell() -> None:
        loop = VirtualLoop()
        nothing = asyncio.sleep(0)
        with pytest.raises(AlreadyRunningError):
            loop.run_until_complete(nothing)
        nothing.close()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(cell())
