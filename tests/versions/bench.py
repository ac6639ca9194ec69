"""A Sentinel of 2013 on the bench: servers and peers answer at once, by functions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from minisentinel.config import load
from minisentinel.core import Dice
from minisentinel.core.effects import Announce, Answer, Close, Effect, Open, Save, Send
from minisentinel.core.state import Master, Peer, Purpose, Replica
from minisentinel.replies import OK, PONG, Command, Reply
from sim.versions import REDIS_2_6
from sim.versions.redis_2_6.machine import OldSentinel
from sim.versions.redis_2_6.service import OldService
from tests.support.facts import FakeFacts

__all__ = ["NOW", "OldBench", "info", "runid"]

NOW = 1_700_000_000_000
MASTER = "10.0.0.1:6379"
CONF = """port 26379
sentinel monitor mymaster 10.0.0.1 6379 2
sentinel down-after-milliseconds mymaster 5000
sentinel failover-timeout mymaster 900000
sentinel parallel-syncs mymaster 5
"""


def runid(text: str) -> str:
    """A run id that begins with `text`."""
    return text.ljust(40, "0")


def info(
    role: str = "master",
    *,
    run: str = "a",
    follows: str = "",
    replicas: tuple[str, ...] = (),
    link: str = "up",
    extra: tuple[str, ...] = (),
) -> str:
    """An INFO reply in the words of 2013."""
    lines = [f"run_id:{runid(run)}", f"role:{role}"]
    if follows:
        host, port = follows.split(":")
        lines += [f"master_host:{host}", f"master_port:{port}", f"master_link_status:{link}"]
        lines += ["slave_priority:100"]
    lines += [
        f"slave{number}:{address.replace(':', ',')},online"
        for number, address in enumerate(replicas)
    ]
    return "\r\n".join([*lines, *extra]) + "\r\n"


@dataclass
class Wire:
    """A connection of the Sentinel: where it leads, and what has not been answered."""

    address: str
    purpose: Purpose
    queued: deque[Command] = field(default_factory=deque)


class OldBench:
    """`infos` are what servers answer to INFO, `asked` what Sentinels answer to questions.

    Who is in `silent` does not answer; everybody else answers PING.
    """

    def __init__(self, *, may_lead: bool = True, seed: int = 1) -> None:
        loaded = load(CONF, path="sentinel.conf", facts=FakeFacts(), now_ms=NOW, dice=Dice(seed))
        self.sentinel = OldSentinel(loaded.state, facts=FakeFacts(), profile=REDIS_2_6)
        self.sentinel.context.memory.can_failover = may_lead
        self.service = OldService(self.sentinel)
        self.service.client_connected(1)
        self.now = NOW
        self.infos: dict[str, str] = {MASTER: info()}
        self.asked: dict[str, Reply] = {}
        self.silent: set[str] = set()
        self.wires: dict[int, Wire] = {}
        self.sent: list[tuple[str, Command]] = []
        self.events: list[tuple[str, str]] = []
        self.on_command: Callable[[str, Command], None] = lambda address, words: None
        self._take(self.sentinel.start(self.now))

    @property
    def master(self) -> Master:
        return self.sentinel.state.masters["mymaster"]

    def replica(self, address: str) -> Replica:
        return self.master.replicas[address]

    def peer(self, address: str) -> Peer:
        return self.master.peers[address]

    def _take(self, effects: list[Effect]) -> None:
        for effect in effects:
            assert not isinstance(effect, Save), "nothing is ever written back"
            match effect:
                case Open(connection, host, port, purpose):
                    self.wires[connection] = Wire(f"{host}:{port}", purpose)
                    self._take(self.sentinel.connected(self.now, connection, "10.0.1.1"))
                case Close(connection):
                    self.wires.pop(connection, None)
                case Send(connection, words) if connection in self.wires:
                    wire = self.wires[connection]
                    wire.queued.append(words)
                    self.sent.append((wire.address, words))
                    self.on_command(wire.address, words)
                case Announce(event):
                    self.events.append((event.name, event.payload))

    def _reply_to(self, address: str, words: Command) -> Reply:
        match words:
            case ("PING",):
                return PONG
            case ("INFO",):
                return self.infos[address]
            case ("SENTINEL", *_):
                return self.asked[address]
        return OK

    def tick(self, after_ms: int = 100) -> None:
        """Tick, and let everybody answer."""
        self.now += after_ms
        self._take(self.sentinel.tick(self.now))
        for connection, wire in list(self.wires.items()):
            while connection in self.wires and wire.queued and wire.address not in self.silent:
                words = wire.queued.popleft()
                reply: Reply = ("subscribe", words[-1], 1)
                if wire.purpose is Purpose.COMMAND:
                    reply = self._reply_to(wire.address, words)
                self._take(self.sentinel.received(self.now, connection, reply))

    def run(self, seconds: float) -> None:
        """Ten ticks a second."""
        for _ in range(round(seconds * 10)):
            self.tick()

    def hear(self, text: str) -> None:
        """A hello comes over the Pub/Sub connection to the master."""
        connection = next(n for n, w in self.wires.items() if w.purpose is Purpose.PUBSUB)
        message = ("message", "__sentinel__:hello", text)
        self._take(self.sentinel.received(self.now, connection, message))

    def meet(self, address: str, run: str, *, may_lead: bool = True) -> Peer:
        """Another Sentinel says hello."""
        self.asked.setdefault(address, (0, "?"))
        self.hear(f"{address}:{runid(run)}:{int(may_lead)}")
        return self.peer(address)

    def command(self, *words: str) -> Reply:
        """A client's command."""
        effects = self.service.command(self.now, 1, words)
        self._take(effects)
        return next(each.reply for each in effects if isinstance(each, Answer))

    def step_time(self) -> None:
        """Let the Sentinel know what time it is, and nothing else."""
        self.sentinel.step(self.now)

    def names(self) -> list[str]:
        """The names of all events so far."""
        return [name for name, _ in self.events]

    def commands_to(self, address: str) -> list[str]:
        """What was sent there, as text."""
        return [" ".join(words) for to, words in self.sent if to == address]
