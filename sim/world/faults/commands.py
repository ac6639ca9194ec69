"""An operator at a terminal, who sends a command to a server or a Sentinel and reads the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minisentinel.replies import Error, Reply
from minisentinel.wire import command_size
from sim.network.endpoint import CloseReason, Endpoint, FailReason
from sim.network.topology import Host
from sim.process import Process
from sim.trace import CommandAnswered
from sim.world.world import ImpossibleFault, World

__all__ = ["command"]

HOST = "operator"
ADDRESS = "10.0.9.{}"


def command(world: World, name: str, words: Sequence[str]) -> str:
    """Send a command to a node, over the network; its answer is written on the trace.

    The operator sits at a machine of their own, which no partition made before cuts off. Raises
    `ImpossibleFault` for a client, which takes no commands.
    """
    node = world.node(name)
    if node.name in world.clients:
        known = ", ".join((*world.servers, *world.sentinels))
        raise ImpossibleFault(f"{node.name} takes no commands; expected one of: {known}")
    place = next(each for each in world.plan.places if each.name == node.name)
    world.note_fault("command", node.name, " ".join(words))
    terminal = _Terminal(world, node.name, tuple(words))
    terminal.begin(place.ip, place.port)
    return node.name


class _Terminal(Process):
    """One connection for one command."""

    def __init__(self, world: World, node: str, words: tuple[str, ...]) -> None:
        super().__init__(HOST, _host(world), world.network)
        self._node = node
        self._words = words

    def _record(self, change: str, status: int = 0) -> None:
        """Whoever types is no part of the deployment."""

    def begin(self, host: str, port: int) -> None:
        """Connect, and send the command."""
        self.start()
        self.connect(host, port).send(self._words, command_size(self._words))

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        """The answer."""
        self._answered(_as_text(message), isinstance(message, Error))

    def on_failed(self, endpoint: Endpoint, reason: FailReason) -> None:
        """Nobody is there."""
        self._answered(f"no connection: {reason}", True)

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        """It is over without an answer."""
        self._answered(f"no answer: {reason}", True)

    def _answered(self, reply: str, failed: bool) -> None:
        if self.recorder is not None:
            words = " ".join(self._words)
            self.recorder.record(
                self._node, CommandAnswered(command=words, reply=reply, failed=failed)
            )
        for endpoint in self.endpoints:
            endpoint.close()


def _host(world: World) -> Host:
    known = world.network.hosts.get(HOST)
    if known is not None:
        return known
    used = {place.ip for place in world.plan.places}
    free = next(ip for n in range(1, 255) if (ip := ADDRESS.format(n)) not in used)
    return world.network.add_host(HOST, free)


def _as_text(reply: Reply) -> str:
    if isinstance(reply, Error):
        return reply.text
    if isinstance(reply, tuple | list):
        return " ".join(_as_text(each) for each in reply)
    return str(getattr(reply, "text", reply))
