"""A Sentinel on the bench: the real core and service, a fake driver, and the test as the world.

The address plan is fixed, so that tests and scripts can speak of names: ``redis-N`` listens at
10.0.0.N:6379, ``sentinel-N`` at 10.0.1.N:26379 and has the id `sentinel_id(N)`; the Sentinel on
the bench is sentinel-1. Servers and peers are models that answer at once with what they were told
to; nothing here knows how a Redis server works beyond that.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from minisentinel.config import load, rewrite
from minisentinel.core import MODERN, Dice, Profile, SavedConfiguration, Sentinel
from minisentinel.core.context import Context
from minisentinel.core.effects import (
    Announce,
    Answer,
    Close,
    Effect,
    Exit,
    KillScript,
    Log,
    Note,
    Open,
    RunScript,
    Save,
    Send,
)
from minisentinel.core.state import Master, Peer, Purpose, Replica, State
from minisentinel.driver import Driver
from minisentinel.replies import OK, PONG, QUEUED, Command, Error, Reply
from minisentinel.service import Service
from minisentinel.trace import Data, LogLine, SentinelEvent
from tests.support.facts import FakeFacts

__all__ = [
    "MYID",
    "NOW",
    "Bench",
    "Outgoing",
    "PeerModel",
    "ServerModel",
    "commands",
    "conf",
    "events",
    "logged",
    "place_of",
    "runid",
    "saves",
    "sentinel_id",
]

NOW = 1_700_000_000_000
CLIENT = 1


def sentinel_id(number: int) -> str:
    """The id of sentinel-N: forty hexadecimal digits that begin with N."""
    return f"{number:x}".ljust(40, "0")


MYID = sentinel_id(1)


def runid(text: str) -> str:
    """A run id of forty characters that begins with `text`."""
    return text.ljust(40, "0")


def place_of(name: str) -> tuple[str, int]:
    """The address of ``redis-N`` or ``sentinel-N``."""
    kind, _, number = name.rpartition("-")
    return (f"10.0.0.{number}", 6379) if kind == "redis" else (f"10.0.1.{number}", 26379)


def conf(
    *lines: str,
    quorum: int = 2,
    replicas: tuple[int, ...] = (2, 3),
    peers: tuple[int, ...] = (2, 3),
) -> str:
    """A configuration in which sentinel-1 watches ``mymaster`` at redis-1; `lines` go last."""
    text = [
        "port 26379",
        f"sentinel myid {MYID}",
        f"sentinel monitor mymaster 10.0.0.1 6379 {quorum}",
        "sentinel down-after-milliseconds mymaster 2000",
        "sentinel failover-timeout mymaster 10000",
    ]
    text += [f"sentinel known-replica mymaster 10.0.0.{n} 6379" for n in replicas]
    text += [f"sentinel known-sentinel mymaster 10.0.1.{n} 26379 {sentinel_id(n)}" for n in peers]
    return "\n".join([*text, *lines]) + "\n"


@dataclass
class ServerModel:
    """What a Redis server answers.

    `obedient` says whether it does what SLAVEOF asks, `takes_subscribers` whether it lets us
    subscribe.
    """

    name: str
    role: str = "master"
    follows: str = ""
    link_up: bool = True
    link_down_s: int = 0
    priority: int = 100
    offset: int = 0
    runid: str = ""
    up: bool = True
    hangs: bool = False
    obedient: bool = True
    takes_subscribers: bool = True
    ping: Reply = PONG
    info_lines: tuple[str, ...] = ()

    def info(self, replicas: list[ServerModel]) -> str:
        """The lines of INFO that Sentinels read."""
        lines = [f"run_id:{self.runid or runid(self.name.replace('-', ''))}", f"role:{self.role}"]
        if self.role == "slave":
            host, port = place_of(self.follows)
            lines += [f"master_host:{host}", f"master_port:{port}"]
            lines += [f"master_link_status:{'up' if self.link_up else 'down'}"]
            if not self.link_up:
                lines += [f"master_link_down_since_seconds:{self.link_down_s}"]
            lines += [f"slave_priority:{self.priority}", f"slave_repl_offset:{self.offset}"]
        for number, replica in enumerate(replicas):
            host, port = place_of(replica.name)
            lines += [f"slave{number}:ip={host},port={port},state=online,offset=0,lag=0"]
        return "\r\n".join([*lines, *self.info_lines]) + "\r\n"


@dataclass
class PeerModel:
    """What another Sentinel answers when it is asked about a master.

    `vote` is ``asker`` (whoever asks gets it), ``none``, or a Sentinel's id; `epoch` is that of
    the vote (0: the one asked for).
    """

    name: str
    up: bool = True
    hangs: bool = False
    down: bool = False
    vote: str = "none"
    epoch: int = 0

    def opinion(self, words: Command) -> Reply:
        """The reply to ``SENTINEL is-master-down-by-addr``."""
        asked, asker = int(words[4]), words[5]
        if asker == "*" or self.vote == "none":
            return (int(self.down), "*", 0)
        candidate = asker if self.vote == "asker" else self.vote
        return (int(self.down), candidate, self.epoch or asked)


@dataclass
class Outgoing:
    """A connection that the Sentinel opened, and the commands that were not answered yet."""

    name: str
    purpose: Purpose
    established: bool = False
    queued: deque[Command] = field(default_factory=deque)


class Bench(Driver):
    """Carries out effects in order, remembers them, and answers when it is told to."""

    def __init__(
        self,
        text: str | None = None,
        *,
        seed: int = 1,
        facts: FakeFacts | None = None,
        profile: Profile = MODERN,
        tracing: bool = False,
    ) -> None:
        self.now = NOW
        self.text = conf() if text is None else text
        self.facts = facts or FakeFacts()
        self.profile = profile
        self.tracing = tracing
        self.seed = seed
        self.disk_error = ""
        self.servers: dict[str, ServerModel] = {}
        self.peers: dict[str, PeerModel] = {}
        for number in range(1, 10):
            role, follows = ("master", "") if number == 1 else ("slave", "redis-1")
            self.servers[f"redis-{number}"] = ServerModel(f"redis-{number}", role, follows)
            self.peers[f"sentinel-{number}"] = PeerModel(f"sentinel-{number}")
            self.servers[f"redis-{number}"].up = number <= 3
        self.done: list[Effect] = []
        self.saved: list[SavedConfiguration] = []
        self.exited: int | None = None
        self.can_make_processes = True
        self.scripts: dict[int, tuple[str, ...]] = {}
        """What runs at this moment, by process id."""
        self._next_pid = 101
        self.outgoing: dict[int, Outgoing] = {}
        self._purposes: dict[int, Purpose] = {}
        self.restart()

    # --- inputs ---

    def restart(self) -> list[Effect]:
        """Start from the configuration file; the connections of the life before are gone."""
        loaded = load(
            self.text, path="sentinel.conf", facts=self.facts, now_ms=self.now, dice=Dice(self.seed)
        )
        self.outgoing.clear()
        self.scripts.clear()
        self.exited = None
        self.sentinel = Sentinel(
            loaded.state, facts=self.facts, profile=self.profile, tracing=self.tracing
        )
        self.service = Service(self.sentinel)
        self.service.client_connected(CLIENT)
        return self.carry_out(self.sentinel.start(self.now))

    def carry_out(self, effects: list[Effect]) -> list[Effect]:
        """Perform the effects of a step; returns what took place, in order."""
        before = len(self.done)
        self._purposes |= {e.connection: e.purpose for e in effects if isinstance(e, Open)}
        self.perform(effects)
        return self.done[before:]

    def tick(self, after_ms: int = 100) -> list[Effect]:
        """Let `after_ms` pass, then tick."""
        self.now += after_ms
        done = self.carry_out(self.sentinel.tick(self.now))
        if self.exited is None:
            done += self.carry_out(self.service.tick(self.now))
        return done

    def establish(self) -> list[Effect]:
        """Let the connections that were asked for be made, or refused if nobody listens."""
        before = len(self.done)
        for connection, outgoing in list(self.outgoing.items()):
            if outgoing.established or connection not in self.outgoing:
                continue
            if self.is_up(outgoing.name):
                outgoing.established = True
                self.carry_out(self.sentinel.connected(self.now, connection, "10.0.1.1"))
            else:
                self.lose(connection)
        return self.done[before:]

    def lose(self, connection: int) -> list[Effect]:
        """A connection breaks."""
        del self.outgoing[connection]
        return self.carry_out(self.sentinel.lost(self.now, connection))

    def lose_all(self, name: str) -> list[Effect]:
        """All connections to `name` break."""
        before = len(self.done)
        for connection, outgoing in list(self.outgoing.items()):
            if outgoing.name == name and connection in self.outgoing:
                self.lose(connection)
        return self.done[before:]

    def receive(self, connection: int, reply: Reply) -> list[Effect]:
        """A reply or a message arrives; it answers the oldest command, if there is one."""
        outgoing = self.outgoing[connection]
        if outgoing.queued and outgoing.queued[0][0] != "SUBSCRIBE":
            outgoing.queued.popleft()
        return self.carry_out(self.sentinel.received(self.now, connection, reply))

    def reply(self, name: str, reply: Reply, purpose: Purpose = Purpose.COMMAND) -> list[Effect]:
        """`name` answers the oldest command on one of its connections."""
        return self.receive(self.connection(name, purpose), reply)

    def answer(self, *names: str) -> list[Effect]:
        """Everybody (or who is named) who is up and does not hang answers all that is queued."""
        before = len(self.done)
        for connection, outgoing in list(self.outgoing.items()):
            if not names or outgoing.name in names:
                self._answer(connection, outgoing)
        return self.done[before:]

    def _answer(self, connection: int, outgoing: Outgoing) -> None:
        if not outgoing.established or self.hangs(outgoing.name):
            return
        for _ in range(len(outgoing.queued)):
            if connection not in self.outgoing:
                return
            words = outgoing.queued[0]
            if words[0] == "SUBSCRIBE":
                if len(words) > 2:  # confirmed already
                    return
                if not self.servers[outgoing.name].takes_subscribers:
                    self.receive(connection, Error("NOPERM this user has no permissions"))
                    return
                outgoing.queued[0] = (*words, "confirmed")
                self.receive(connection, ("subscribe", words[1], 1))
                return
            self.receive(connection, self.answer_of(outgoing.name, words))
            if words == ("EXEC",):
                self._kill_pubsub(outgoing.name)

    def _kill_pubsub(self, name: str) -> None:
        for connection, outgoing in list(self.outgoing.items()):
            if outgoing.name == name and outgoing.purpose is Purpose.PUBSUB:
                self.lose(connection)

    def run(self, duration_ms: int, every_ms: int = 100) -> list[Effect]:
        """Tick for a while; after every tick connections are made and commands answered."""
        before = len(self.done)
        for _ in range(duration_ms // every_ms):
            if self.exited is None:
                self.tick(every_ms)
                self.establish()
                self.answer()
        return self.done[before:]

    def end_script(self, pid: int, *, exit_code: int = 0, signal: int = 0) -> list[Effect]:
        """A user script that runs is over; the Sentinel hears of it."""
        del self.scripts[pid]
        return self.carry_out(self.sentinel.script_ended(self.now, pid, exit_code, signal))

    def command(self, *words: str, client: int = CLIENT) -> Reply:
        """A client's command; the reply to it."""
        before = len(self.done)
        self.carry_out(self.service.command(self.now, client, words))
        replies = [e for e in self.done[before:] if isinstance(e, Answer)]
        return next(e.reply for e in replies if e.client == client)

    def hello(
        self,
        sender: str = "sentinel-2",
        *,
        via: str = "",
        epoch: int = 0,
        master: str = "redis-1",
        config_epoch: int = 0,
        name: str = "mymaster",
        at: tuple[str, int] | None = None,
        id: str = "",
        master_at: tuple[str, int] | None = None,
    ) -> list[Effect]:
        """A hello arrives: over the Pub/Sub connection to `via`, or directly from the sender."""
        host, port = at or place_of(sender)
        runid = id or sentinel_id(int(sender.rpartition("-")[2]))
        master_host, master_port = master_at or place_of(master)
        text = f"{host},{port},{runid},{epoch},{name},{master_host},{master_port},{config_epoch}"
        if via:
            message = ("message", "__sentinel__:hello", text)
            return self.receive(self.connection(via, Purpose.PUBSUB), message)
        before = len(self.done)
        self.command("PUBLISH", "__sentinel__:hello", text)
        return self.done[before:]

    # --- the models ---

    def is_up(self, name: str) -> bool:
        """Whether somebody listens there; nobody does outside of the address plan."""
        model = self.servers.get(name) or self.peers.get(name)
        return model is not None and model.up

    def hangs(self, name: str) -> bool:
        """Whether it takes connections and never answers."""
        return (self.servers.get(name) or self.peers[name]).hangs

    def kill(self, name: str) -> list[Effect]:
        """A process dies: its connections break and new ones are refused."""
        (self.servers.get(name) or self.peers[name]).up = False
        return self.lose_all(name)

    def answer_of(self, name: str, words: Command) -> Reply:
        """What a healthy server or peer says to a command."""
        if name in self.peers:
            match words:
                case ("SENTINEL", "is-master-down-by-addr", *_):
                    return self.peers[name].opinion(words)
                case ("PING",):
                    return PONG
                case ("PUBLISH", *_):
                    return 1
            return OK
        server = self.servers[name]
        match words:
            case ("PING",):
                return server.ping
            case ("INFO",):
                return server.info(
                    [each for each in self.servers.values() if each.up and each.follows == name]
                )
            case ("PUBLISH", *_):
                return 1
            case ("SLAVEOF", host, port):
                self._slaveof(server, host, port)
                return QUEUED
            case ("EXEC",):
                return (OK,) * 4
        return OK

    def _slaveof(self, server: ServerModel, host: str, port: str) -> None:
        if not server.obedient:
            return
        host = self.facts.names.get(host, host)
        if (host, port) == ("NO", "ONE"):
            server.role, server.follows = "master", ""
        else:
            server.role, server.follows = "slave", self.name_at(host, int(port))

    # --- looking ---

    @property
    def state(self) -> State:
        return self.sentinel.state

    @property
    def ctx(self) -> Context:
        """The core's context at the bench's time, for calling a part of it directly."""
        self.sentinel.context.now = self.now
        self.sentinel.context.out = []
        return self.sentinel.context

    def master(self, name: str = "mymaster") -> Master:
        return self.state.masters[name]

    def replica(self, server: str) -> Replica:
        host, port = place_of(server)
        return self.master().replicas[f"{host}:{port}"]

    def peer(self, sentinel: str, master: str = "mymaster") -> Peer:
        return self.master(master).peers[sentinel_id(int(sentinel.rpartition("-")[2]))]

    @staticmethod
    def name_at(host: str, port: int) -> str:
        """Who listens at an address of the plan."""
        kind = "redis" if host.startswith("10.0.0.") else "sentinel"
        return f"{kind}-{host.rpartition('.')[2]}"

    def connection(self, name: str, purpose: Purpose = Purpose.COMMAND) -> int:
        """The number of the connection to `name`."""
        return next(
            number
            for number, outgoing in self.outgoing.items()
            if outgoing.name == name and outgoing.purpose is purpose
        )

    # --- what a driver does ---

    def wall_clock_ms(self) -> int:
        return self.now

    def open_connection(self, connection: int, host: str, port: int) -> None:
        purpose = self._purposes[connection]
        self.done.append(Open(connection, host, port, purpose))
        self.outgoing[connection] = Outgoing(self.name_at(host, port), purpose)

    def close_connection(self, connection: int) -> None:
        self.done.append(Close(connection))
        del self.outgoing[connection]

    def send_command(self, connection: int, command: Command) -> None:
        self.done.append(Send(connection, command))
        self.outgoing[connection].queued.append(command)

    def send_reply(self, client: int, reply: Reply) -> None:
        self.done.append(Answer(client, reply))

    def close_client(self, client: int, *, after_replies: bool) -> None:
        self.service.client_left(client)

    def run_script(self, job: int, argv: tuple[str, ...]) -> int:
        self.done.append(RunScript(job, argv))
        if not self.can_make_processes:
            return 0
        pid, self._next_pid = self._next_pid, self._next_pid + 1
        self.scripts[pid] = argv
        return pid

    def kill_script(self, pid: int) -> None:
        self.done.append(KillScript(pid))
        self.end_script(pid, signal=9)

    def save(self, configuration: SavedConfiguration) -> str:
        self.done.append(Save(configuration))
        self.saved.append(configuration)
        if not self.disk_error:
            self.text = rewrite(self.text, configuration)
        return self.disk_error

    def write_log(self, line: LogLine | SentinelEvent) -> None:
        self.done.append(Announce(line) if isinstance(line, SentinelEvent) else Log(line))

    def note(self, data: Data) -> None:
        self.done.append(Note(data))

    def exit(self, status: int) -> None:
        self.done.append(Exit(status))
        self.exited = status


def events(effects: list[Effect], *names: str) -> list[str]:
    """Name and payload of the events among `effects`; only those with these names, if given."""
    return [
        f"{e.event.name} {e.event.payload}"
        for e in effects
        if isinstance(e, Announce) and (not names or e.event.name in names)
    ]


def logged(effects: list[Effect]) -> list[str]:
    """The log lines among `effects` that are no events."""
    return [e.line.text for e in effects if isinstance(e, Log)]


def commands(effects: list[Effect]) -> list[Command]:
    """The commands among `effects`, in order."""
    return [e.command for e in effects if isinstance(e, Send)]


def saves(effects: list[Effect]) -> list[SavedConfiguration]:
    """What was saved among `effects`."""
    return [e.configuration for e in effects if isinstance(e, Save)]
