"""A recorded deployment in the simulator, with the hands of whoever recorded it.

Everything lives on one host and talks over the loopback. Servers start first, then the Sentinels
one by one 30 to 530 ms apart; when all know each other (*steady*), one to three seconds pass before
the first fault. That is what the recordings show of their own making, so that the phases of all
timers at the fault are drawn from the same distributions.

`LOOPBACK_DELAY` is the one thing that was calibrated (docs/fidelity.md, "Calibration").
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from minisentinel.core import MODERN, Profile
from minisentinel.replies import NULL_ARRAY, Command, Error, Reply, Status
from minisentinel.trace import LogLine, SentinelEvent
from minisentinel.wire import command_size
from sim.network.endpoint import CloseReason, Endpoint
from sim.network.latency import LogNormal
from sim.network.topology import Host
from sim.process import Process
from sim.world import Deployment, World
from tools.compare_reference.recordings import LEVELS, Moment, Recording, Run

__all__ = ["Stage", "StageError"]

LOOPBACK = "127.0.0.1"
LOOPBACK_DELAY = LogNormal(median_us=750, sigma=0.7, floor_us=50)
"""From one process to the next on the recorded host: mostly the wait until the reader is run."""
SERVER_PORT = 6379
SENTINEL_PORT = 26379
SERVERS_LEAD_S = 0.13
"""The first Sentinel starts that long after the servers."""
LAST_START_S = 0.99
"""A world starts by itself, and at random times, whoever has not been started before 1 s."""
GAP_S = (0.03, 0.53)
PAUSE_S = (1.0, 3.0)
LOOK_S = 0.02
ASK_LOOK_S = 0.0002

LEVEL_MARKS = {name: mark for mark, name in LEVELS.items()}


class StageError(RuntimeError):
    """Something that happened in every recorded run did not happen here."""


class Stage:
    """One simulated run of a recorded scenario; nodes go by their recorded names, r0 and s0 first.

    Verbs let no time pass, waiting and asking do. Times are seconds; `at` counts from the fault.
    """

    def __init__(self, recording: Recording, seed: int, profile: Profile = MODERN) -> None:
        self.recording = recording
        self.seed = seed
        self.world = World(
            Deployment(
                sentinels=recording.sentinels,
                replicas=recording.replicas,
                clients=0,
                quorum=recording.quorum,
                down_after_milliseconds=recording.down_after_ms,
                failover_timeout=recording.failover_timeout_ms,
                parallel_syncs=recording.parallel_syncs,
                replica_priorities=recording.replica_priorities,
                master_address=(LOOPBACK, SERVER_PORT),
                sentinel_port=SENTINEL_PORT,
                loopback=LOOPBACK_DELAY,
                # The recorded servers sent their snapshots at once.
                directives=(("repl-diskless-sync-delay", "0"),),
            ),
            seed=seed,
            profile=profile,
        )
        host = self.world.servers["redis-1"].host
        self.random: random.Random = self.world.streams.get("harness")
        self.servers = {f"r{n}": name for n, name in enumerate(self.world.servers)}
        self.sentinels = {f"s{n}": name for n, name in enumerate(self.world.sentinels)}
        self._nodes = {**self.servers, **self.sentinels}
        self._names = {name: who for who, name in self._nodes.items()}
        self._ports = {
            str(place.port): self._names[place.name]
            for place in (*self.world.plan.servers, *self.world.plan.sentinels)
        }
        self._ids = {place.myid: self._names[place.name] for place in self.world.plan.sentinels}
        self._operator = _Operator("operator", host, self.world)
        self.fault_us = 0
        """Kernel time of the fault."""
        self._done: list[tuple[int, Moment]] = []
        self._begin()

    def _begin(self) -> None:
        when = SERVERS_LEAD_S
        for name in self.sentinels.values():
            if when >= LAST_START_S:
                break
            self._run_to(when)
            self.world.restart(name)
            when += self.random.uniform(*GAP_S)
        self._operator.start()
        if not self.world.run_until(self.world.is_calm, 30.0):
            raise StageError(f"seed {self.seed}: not steady within 30 s")

    # Time

    def pause(self) -> None:
        """Let one to three seconds pass, as between *steady* and a fault."""
        self.world.run(self.random.uniform(*PAUSE_S))

    def fault_now(self) -> None:
        """Times count from here."""
        self.fault_us = self.world.kernel.now

    def at(self, seconds: float) -> None:
        """Let time pass until `seconds` after the fault."""
        self._run_to(self.fault_us / 1_000_000 + seconds)

    def after(self, seconds: float) -> None:
        """Let that much time pass."""
        self.world.run(seconds)

    def _run_to(self, when: float) -> None:
        if when > self.world.now:
            self.world.run(when - self.world.now)

    # What is done

    def kill(self, who: str) -> None:
        """SIGKILL."""
        self._act("kill9", who)
        self.world.kill(self._nodes[who])

    def restart(self, who: str) -> None:
        """Start a dead process again, with the files it left."""
        self._act("restart", who)
        self.world.restart(self._nodes[who])

    def stop(self, who: str) -> None:
        """SIGSTOP."""
        self._act("sigstop", who)
        self.world.pause(self._nodes[who])

    def go_on(self, who: str) -> None:
        """SIGCONT."""
        self._act("sigcont", who)
        self.world.resume(self._nodes[who])

    def send(self, who: str, *command: str) -> None:
        """Send a command and wait for nothing."""
        self._act("send", f"{who} {' '.join(command)}")
        self._operator.send(self.port(who), command)

    def ask(self, who: str, *command: str) -> Reply:
        """Send a command and wait for its reply; a node is asked over one connection."""
        began = self.world.kernel.now
        replies = self._operator.send(self.port(who), command)
        before = len(replies)
        what = f"{who} answers {' '.join(command)}"
        self.until(lambda: len(replies) > before, what, look=ASK_LOOK_S)
        reply = json.dumps(_plain_data(replies[-1], self.plain), ensure_ascii=False)
        asked = self.plain(" ".join(command))
        self._note(began, Moment(0, who, "ask", asked, reply))
        return replies[-1]

    def listen(self, who: str) -> list[Reply]:
        """Subscribe to all that the Sentinel `who` publishes; what it sends goes into the list."""
        return self._operator.send(self.port(who), ("PSUBSCRIBE", "*"), alone=True)

    def plain(self, payload: str) -> str:
        """A payload with the names of nodes where their ports and ids stand."""
        return " ".join(self._name_in(word) for word in payload.split(" "))

    def port(self, who: str) -> int:
        """The port of a server or a Sentinel."""
        return next(int(port) for port, name in self._ports.items() if name == who)

    def _act(self, verb: str, payload: str) -> None:
        self._note(self.world.kernel.now, Moment(0, "harness", "act", verb, payload))

    def _note(self, when_us: int, moment: Moment) -> None:
        self._done.append((when_us, moment))

    # What is waited for

    def until(
        self, condition: Callable[[], bool], what: str, limit: float = 60.0, look: float = LOOK_S
    ) -> None:
        """Let time pass until `condition`, which is looked at every `look` seconds, holds.

        Raises `StageError`, saying `what`, when it does not within `limit` seconds.
        """
        deadline = self.world.now + limit
        while not condition():
            if self.world.now >= deadline:
                raise StageError(f"seed {self.seed}: in vain: {what}")
            self.world.run(look)

    def until_all(
        self, event: str, mention: str = "", *, among: int = 0, limit: float = 60.0
    ) -> None:
        """Until every living Sentinel (or `among` of them) has said `event` about `mention`.

        What it said in an earlier life counts too.
        """
        heard: dict[str, None] = {}
        seen = 0
        entries = self.world.recorder.entries

        def said() -> bool:
            nonlocal seen
            for entry in entries[seen:]:
                data = entry.data
                if not isinstance(data, SentinelEvent) or data.name != event:
                    continue
                if mention in self.plain(data.payload):
                    heard[entry.node] = None
            seen = len(entries)
            if among:
                return len(heard) >= among
            sentinels = self.world.sentinels.items()
            return all(name in heard for name, each in sentinels if each.state != "down")

        self.until(said, f"{event} {mention}".strip(), limit)

    def until_any(self, event: str, *, limit: float = 60.0) -> None:
        """Until some Sentinel has said `event`."""
        self.until_all(event, among=1, limit=limit)

    def until_replica(self, who: str, limit: float = 60.0) -> None:
        """Until the server `who` follows somebody."""
        node = self.world.servers[self.servers[who]]
        self.until(
            lambda: node.state == "running" and node.server.is_replica, f"{who} is slave", limit
        )

    # What came of it

    def sentinel_of(self, event: str) -> str:
        """Who said `event` first."""
        for entry in self.world.recorder.entries:
            if isinstance(entry.data, SentinelEvent) and entry.data.name == event:
                return self._names[entry.node]
        raise StageError(f"seed {self.seed}: nobody said {event}")

    def as_run(self) -> Run:
        """The run so far, in the form of the recorded ones."""
        timed = list(self._done)
        for entry in self.world.recorder.sorted_entries():
            data = entry.data
            if isinstance(data, SentinelEvent):
                mark, payload = LEVEL_MARKS[data.level], self.plain(data.payload)
                timed.append(
                    (entry.time_us, Moment(0, self._names[entry.node], mark, data.name, payload))
                )
            elif isinstance(data, LogLine):
                mark, text = LEVEL_MARKS[data.level], self.plain(data.text)
                timed.append((entry.time_us, Moment(0, self._names[entry.node], mark, "log", text)))
        timed.sort(key=lambda each: each[0])
        zero_ms = self.fault_us // 1000
        return Run(
            self.seed,
            tuple(
                Moment(time_us // 1000 - zero_ms, each.who, each.sort, each.event, each.payload)
                for time_us, each in timed
            ),
        )

    def _name_in(self, word: str) -> str:
        host, colon, port = word.rpartition(":")
        if colon and port in self._ports:
            return f"{host}:{self._ports[port]}"
        return self._ports.get(word) or self._ids.get(word) or word


def _plain_data(reply: Reply, plain: Callable[[str], str]) -> object:
    """A reply as the recordings write it, texts made `plain`; an error begins with ``-``."""
    if reply is NULL_ARRAY:
        return None
    if isinstance(reply, Error):
        return f"-{plain(reply.text)}"
    if isinstance(reply, Status):
        return plain(reply.text)
    if isinstance(reply, Mapping):
        return {str(name): _plain_data(value, plain) for name, value in reply.items()}
    if isinstance(reply, list | tuple):
        return [_plain_data(each, plain) for each in reply]
    return plain(reply) if isinstance(reply, str) else reply


class _Operator(Process):
    """Whoever types commands: one connection to each port, and those that are wanted alone."""

    __slots__ = ("_open",)

    def __init__(self, name: str, host: Host, world: World) -> None:
        super().__init__(name, host, world.network)
        self._open: dict[int, Endpoint] = {}

    def send(self, port: int, command: Command, *, alone: bool = False) -> list[Reply]:
        """Send `command`; the list that is returned gets the replies to all on that connection."""
        endpoint = None if alone else self._open.get(port)
        if endpoint is None:
            endpoint = self.connect(LOOPBACK, port)
            endpoint.context = []
            if not alone:
                self._open[port] = endpoint
        endpoint.send(command, command_size(command))
        replies: list[Reply] = endpoint.context
        return replies

    def on_close(self, endpoint: Endpoint, reason: CloseReason) -> None:
        """The node at the other end is gone; the next command opens another connection."""
        self._open = {port: each for port, each in self._open.items() if each is not endpoint}

    def on_message(self, endpoint: Endpoint, message: Any) -> None:
        """A reply."""
        endpoint.context.append(message)
