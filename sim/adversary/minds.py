"""Sentinels between two moves: values in a table, and a memory of what each input makes of each.

A core is a function: the same state and the same input give the same state and the same effects.
In a search the same thing happens to the same Sentinel in thousands of situations that differ
elsewhere, so every outcome is computed once and looked up from then on. A *mind* is the number of
such a state in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from minisentinel.config import load, rewrite
from minisentinel.core import Dice, SavedConfiguration, Sentinel, State, snapshot
from minisentinel.core.effects import Effect, Open
from minisentinel.core.instances import current_address
from minisentinel.core.state import FailoverState, Master, Purpose
from minisentinel.driver import Driver
from minisentinel.replies import Command, Reply
from minisentinel.service import Service
from minisentinel.trace import (
    Data,
    FailoverStateChanged,
    LogLine,
    NodeStarted,
    ProcessChanged,
    SentinelEvent,
    VoteGranted,
)
from sim.adversary.freezing import Frozen, freeze, thaw
from sim.adversary.plan import Address, Plan

__all__ = ["Fact", "Input", "Mind", "Minds", "Opened", "Packet", "Thought"]

Packet: TypeAlias = tuple[Command, ...]
"""What one step writes to one connection; it travels as a whole."""

Input: TypeAlias = tuple[Any, ...]
"""What happens to a Sentinel: a verb and what belongs to it; see `Minds.think`."""

Fact: TypeAlias = tuple[str, str, int, str]
"""What a step did to history: what, for which master, in which epoch, and whom it names.

``vote`` names the candidate, ``elected`` nobody, ``holds`` an address,
``went-back`` an address. ``had-enough`` says that a candidate held as many votes of the epoch of
its attempt as it needed (and names how many) at a tick in which it was not elected; ``gave-up``
that an attempt ended without election.
"""

_CLIENT = 1


class LuckyDice(Dice):
    """Dice that always draw 0: nothing is spread over time, and equal states stay equal."""

    __slots__ = ()

    def draw(self) -> int:
        """Always 0."""
        return 0


@dataclass(frozen=True, slots=True)
class Mind:
    """One Sentinel at one moment: its memory, its wall clock (ms), and what is on its disk.

    `holds` are the configurations that it tells: master, config epoch, address. `leads` says that
    it was elected for some master and has not ended that failover; `candidate` that it waits for
    votes.
    """

    memory: Frozen
    now_ms: int
    disk: SavedConfiguration
    holds: tuple[tuple[str, int, Address], ...]
    leads: bool
    candidate: bool

    @property
    def unsaved(self) -> tuple[tuple[str, int, Address], ...]:
        """The configurations that it tells, and that a crash would make it forget.

        A new epoch of an address that is on disk is none: it is saved with the next thing that is.
        """
        on_disk = {each.name: (each.host, each.port) for each in self.disk.masters}
        return tuple(each for each in self.holds if on_disk.get(each[0]) != each[2])


class Opened(NamedTuple):
    """A connection that a step asks for."""

    connection: int
    target: Address
    purpose: Purpose


class Thought(NamedTuple):
    """The outcome of one input: the mind afterwards, and what leaves the process.

    `sent` are packets by connection, `answers` the replies to the client whose commands these were,
    `records` what goes on the trace, `facts` what goes into history, `saves` how often it saved.
    """

    mind: int
    opened: tuple[Opened, ...]
    closed: tuple[int, ...]
    sent: tuple[tuple[int, Packet], ...]
    answers: tuple[Reply, ...]
    records: tuple[Data, ...]
    facts: tuple[Fact, ...]
    saves: int

    @property
    def is_idle(self) -> bool:
        """Whether nothing leaves the process."""
        return not (self.opened or self.closed or self.sent or self.answers)


class _Dies(Exception):
    """The process is killed within a step."""


class _Hands(Driver):
    """Collects the effects of one input."""

    def __init__(
        self,
        sentinel: Sentinel,
        service: Service,
        disk: SavedConfiguration,
        now_ms: int,
        fuse: int,
    ) -> None:
        self.sentinel = sentinel
        self.service = service
        self.disk = disk
        self.now_ms = now_ms
        self.fuse = fuse
        self.saves = 0
        self.purposes: dict[int, Purpose] = {}
        self.opened: dict[int, Opened] = {}
        self.closed: list[int] = []
        self.sent: dict[int, list[Command]] = {}
        self.answers: list[Reply] = []
        self.records: list[Data] = []

    def wall_clock_ms(self) -> int:
        """The clock does not move within a step."""
        return self.now_ms

    def perform(self, effects: Iterable[Effect]) -> None:
        """Carry out the effects of one step, in order."""
        effects = tuple(effects)
        for effect in effects:
            if isinstance(effect, Open):
                self.purposes[effect.connection] = effect.purpose
        super().perform(effects)

    def open_connection(self, connection: int, host: str, port: int) -> None:
        """What becomes of it is for the world to say."""
        self.opened[connection] = Opened(connection, (host, port), self.purposes[connection])

    def close_connection(self, connection: int) -> None:
        """What was queued in this step is not sent; one of this step is never opened."""
        self.sent.pop(connection, None)
        if self.opened.pop(connection, None) is None:
            self.closed.append(connection)

    def send_command(self, connection: int, command: Command) -> None:
        """All commands of a step are one packet."""
        self.sent.setdefault(connection, []).append(command)

    def send_reply(self, client: int, reply: Reply) -> None:
        """There is one client at a time."""
        self.answers.append(reply)

    def close_client(self, client: int, *, after_replies: bool) -> None:
        """Nobody here is turned away."""

    def run_script(self, job: int, argv: tuple[str, ...]) -> int:
        """There are no user scripts here."""
        return 0

    def kill_script(self, pid: int) -> None:
        """There are no user scripts here."""

    def save(self, configuration: SavedConfiguration) -> str:
        """Durable at once; the adversary may kill the process right after it."""
        self.disk = configuration
        self.saves += 1
        if self.saves == self.fuse:
            raise _Dies
        return ""

    def write_log(self, line: LogLine | SentinelEvent) -> None:
        """The log is on the trace."""
        self.records.append(line)

    def note(self, data: Data) -> None:
        """Put on the trace."""
        self.records.append(data)

    def exit(self, status: int) -> None:
        """Nobody arms a simulated failure."""
        raise _Dies


class Minds:
    """All states that any Sentinel of a plan was ever seen in, and what inputs made of them.

    `hits` and `misses` count how often an outcome was remembered or had to be computed.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.table: list[Mind] = []
        self._numbers: dict[Mind, int] = {}
        self._outcomes: dict[tuple[int, Input], Thought] = {}
        self._names = {runid: name for name, runid in plan.runids.items()}
        self._dice = LuckyDice if plan.lucky else Dice
        self._deaf: Service | None = None
        self.hits = self.misses = 0

    def __getitem__(self, mind: int) -> Mind:
        return self.table[mind]

    # Facts that cores look up.

    def resolve(self, name: str) -> str | None:
        """Nobody here has a name."""
        return None

    def is_executable(self, path: str) -> bool:
        """There are no scripts."""
        return False

    # Minds

    def first(self, name: str, now_ms: int, seed: int) -> int:
        """The mind of a Sentinel that has just read its first configuration file."""
        state = self._read(self.plan.configuration(name), name, now_ms, seed)
        return self._number(state, now_ms, snapshot(state))

    def changed(self, mind: int, change: Callable[[State], None]) -> int:
        """The same mind after somebody has changed its memory, and its disk with it."""
        before = self.table[mind]
        state = thaw(before.memory, self._dice)
        change(state)
        return self._number(state, before.now_ms, snapshot(state))

    def memory(self, mind: int) -> State:
        """What a mind remembers, to be read."""
        return thaw(self.table[mind].memory, self._dice)

    def think(self, mind: int, what: Input, fuse: int = 0) -> Thought:
        """What an input makes of a mind.

        ``("tick", ms)``: so much time passes and the timer fires; ``("hear", who, packet)``: a
        Sentinel's commands arrive; ``("told", connection, replies)``; ``("lost", connection)``;
        ``("connected", connection, host)``; ``("restart",)``: it is killed and starts again. With a
        `fuse` the process dies right after that many saves of the step, before anything leaves it,
        and starts again.
        """
        key = (mind, (*what, fuse))
        thought = self._outcomes.get(key)
        if thought is not None:
            self.hits += 1
            return thought
        self.misses += 1
        thought = self._outcomes[key] = self._compute(self.table[mind], what, fuse)
        return thought

    def _compute(self, before: Mind, what: Input, fuse: int) -> Thought:
        state = thaw(before.memory, self._dice)
        if what[0] == "restart":
            return self._restart(before.disk, state, before.now_ms, ())
        now_ms = before.now_ms + (what[1] if what[0] == "tick" else 0)
        sentinel = Sentinel(state, facts=self, profile=self.plan.profile, tracing=True)
        sentinel.context.skips = False
        hands = _Hands(sentinel, self._face(sentinel, what), before.disk, now_ms, fuse)
        held = _votes_held(state)
        try:
            self._input(hands, what, now_ms)
        except _Dies:
            return self._restart(hands.disk, state, now_ms, tuple(hands.records))
        mind = self._number(state, now_ms, hands.disk)
        facts = _facts(hands.records)
        if held and what[0] == "tick":
            facts += _passed_over(state, held)
        facts += _configurations(before.holds, self.table[mind].holds)
        return Thought(
            mind,
            tuple(hands.opened.values()),
            tuple(hands.closed),
            tuple((connection, tuple(words)) for connection, words in hands.sent.items()),
            tuple(hands.answers),
            tuple(hands.records),
            tuple(facts),
            hands.saves,
        )

    def _face(self, sentinel: Sentinel, what: Input) -> Service:
        """A service to hear commands with; for anything else, one that nobody is connected to."""
        if what[0] == "hear" or self._deaf is None:
            service = Service(sentinel)
            self._deaf = self._deaf or service
            return service
        return self._deaf

    def _input(self, hands: _Hands, what: Input, now_ms: int) -> None:
        sentinel = hands.sentinel
        match what:
            case ("tick", _):
                hands.perform(sentinel.tick(now_ms))
            case ("hear", str(who), packet):
                hands.service.client_connected(_CLIENT, now_ms=now_ms)
                said = f"sentinel-{self.plan.runids[who][:8]}-cmd"
                hands.service.command(now_ms, _CLIENT, ("CLIENT", "SETNAME", said))
                for command in packet:
                    hands.perform(hands.service.command(now_ms, _CLIENT, command))
            case ("told", int(connection), replies):
                for reply in replies:
                    hands.perform(sentinel.received(now_ms, connection, reply))
            case ("lost", int(connection)):
                hands.perform(sentinel.lost(now_ms, connection))
            case ("connected", int(connection), str(host)):
                hands.perform(sentinel.connected(now_ms, connection, host))
            case _:
                raise ValueError(f"nothing that can happen to a Sentinel: {what!r}")

    def _restart(
        self, disk: SavedConfiguration, old: State, now_ms: int, records: tuple[Data, ...]
    ) -> Thought:
        """A new process that knows what is on the disk, under the timing of the old one."""
        name = self._names[disk.myid]
        seed = 0 if self.plan.lucky else old.dice.draw()
        state = self._read(rewrite(self.plan.configuration(name), disk), name, now_ms, seed)
        state.timing = old.timing
        sentinel = Sentinel(state, facts=self, profile=self.plan.profile, tracing=True)
        hands = _Hands(sentinel, self._face(sentinel, ("restart",)), disk, now_ms, 0)
        hands.perform(sentinel.start(now_ms))
        mind = self._number(state, now_ms, hands.disk)
        host, port = self.plan.addresses[name]
        again = (
            ProcessChanged(change="killed"),
            ProcessChanged(change="started"),
            NodeStarted(type="sentinel", host=host, port=port, runid=disk.myid),
        )
        return Thought(mind, (), (), (), (), (*records, *again, *hands.records), (), 0)

    def _read(self, text: str, name: str, now_ms: int, seed: int) -> State:
        loaded = load(text, path=f"{name}.conf", facts=self, now_ms=now_ms, dice=self._dice(seed))
        return loaded.state

    def _number(self, state: State, now_ms: int, disk: SavedConfiguration) -> int:
        masters = state.masters.values()
        waiting = [each.failover_state is FailoverState.WAIT_START for each in masters]
        mind = Mind(
            freeze(state),
            now_ms,
            disk,
            tuple(_held(master) for master in masters),
            any(
                each.failover_in_progress and not waits
                for each, waits in zip(masters, waiting, strict=True)
            ),
            any(waiting),
        )
        number = self._numbers.get(mind)
        if number is None:
            number = self._numbers[mind] = len(self.table)
            self.table.append(mind)
        return number


def _held(master: Master) -> tuple[str, int, Address]:
    address = current_address(master)
    return (master.name, master.config_epoch, (address.ip, address.port))


def _votes_held(state: State) -> dict[str, tuple[int, int]]:
    """For each attempt that waits for votes: those of its own epoch, and how many it needs."""
    held = {}
    for master in state.masters.values():
        if master.failover_state is FailoverState.WAIT_START:
            epoch = master.failover_epoch
            votes = sum(
                each.leader == state.myid and each.leader_epoch == epoch
                for each in master.peers.values()
            )
            votes += master.leader == state.myid and master.leader_epoch == epoch
            held[master.name] = (votes, max((len(master.peers) + 1) // 2 + 1, master.quorum))
    return held


def _facts(records: list[Data]) -> list[Fact]:
    facts: list[Fact] = []
    for data in records:
        if isinstance(data, VoteGranted):
            facts.append(("vote", data.master, data.epoch, data.candidate))
        elif isinstance(data, FailoverStateChanged):
            if data.after == FailoverState.SELECT_REPLICA.value:
                facts.append(("elected", data.master, data.epoch, ""))
            elif data.why == "-failover-abort-not-elected":
                facts.append(("gave-up", data.master, data.epoch, ""))
    return facts


def _passed_over(state: State, held: dict[str, tuple[int, int]]) -> list[Fact]:
    return [
        ("had-enough", name, state.masters[name].failover_epoch, str(votes))
        for name, (votes, needed) in held.items()
        if votes >= needed and state.masters[name].failover_state is FailoverState.WAIT_START
    ]


def _configurations(
    before: tuple[tuple[str, int, Address], ...], after: tuple[tuple[str, int, Address], ...]
) -> list[Fact]:
    if before == after:
        return []
    facts: list[Fact] = []
    for (_, old_epoch, _), (name, epoch, (host, port)) in zip(before, after, strict=True):
        if epoch:
            facts.append(("holds", name, epoch, f"{host}:{port}"))
        if epoch < old_epoch:
            facts.append(("went-back", name, epoch, f"{host}:{port}"))
    return facts
