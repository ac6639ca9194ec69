"""The world of the adversary: situations, the moves that are possible, and what they lead to.

A situation is a value: the minds of the Sentinels, the servers, every connection with what is on
its way in it, what has been cut, what faults have been spent, and what matters of the past. Nothing
in it is ever changed; a move makes another one, which shares all that the move did not touch.

Abstracted, everywhere: a connection to somebody who runs is established at once, and refused at
once otherwise; the packets of one connection and direction arrive in order, those of others in any
order; a killed process's bytes that are on their way still arrive; the clock of every Sentinel goes
on only with the moves that say so. What a `Plan` abstracts besides is said there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from minisentinel.core.state import Purpose
from minisentinel.replies import Reply
from minisentinel.trace import Data, ProcessChanged
from sim.adversary.history import EVERYTHING, Breach, Histories
from sim.adversary.minds import Input, Minds, Packet, Thought
from sim.adversary.moves import BadMove, Key, Move
from sim.adversary.plan import Address, Plan
from sim.adversary.servers import Server, answer, info_text

__all__ = ["END", "Outcome", "Situation", "Spent", "Wire", "World"]

END: tuple[Reply, ...] = ()
"""Instead of replies: the other side has closed the connection."""


class Wire(NamedTuple):
    """A connection: the opener's number for it (0: given up), and what is on its way."""

    key: Key
    connection: int
    out: tuple[Packet, ...] = ()
    back: tuple[tuple[Reply, ...], ...] = ()


class Spent(NamedTuple):
    """Which faults have been used up."""

    waiting: int = 0
    crashes: int = 0
    drops: int = 0
    cuts: int = 0
    kills: int = 0


Pair: TypeAlias = tuple[str, str]


class Situation(NamedTuple):
    """The whole world at one moment, in numbers of the tables of its `World`."""

    minds: tuple[int, ...]
    servers: tuple[int, ...]
    wires: tuple[int, ...]
    cuts: tuple[Pair, ...] = ()
    spent: Spent = Spent()
    history: int = 0


class Outcome(NamedTuple):
    """What a move leads to: the next situation, promises broken, and records by node."""

    situation: Situation
    breaches: tuple[Breach, ...]
    records: tuple[tuple[str, int, Data], ...]


class World:
    """A plan set in motion; `watch` are the promises that matter (all of them)."""

    def __init__(self, plan: Plan, *, watch: tuple[str, ...] = EVERYTHING) -> None:
        self.plan = plan
        self.minds = Minds(plan)
        self.histories = Histories(watch)
        self.servers: list[Server] = []
        self._server_numbers: dict[Server, int] = {}
        self.prologue: list[tuple[str, int, Data]] = []
        """What is on the trace before a search begins, by node and wall clock (ms)."""
        self.wires: list[Wire] = []
        self._wire_numbers: dict[Wire, int] = {}
        self._place = {name: n for n, name in enumerate(plan.sentinel_names)}
        self._server_place = {name: n for n, name in enumerate(plan.server_names)}

    # Tables

    def number_of_server(self, server: Server) -> int:
        """The number of this state of a server."""
        number = self._server_numbers.get(server)
        if number is None:
            number = self._server_numbers[server] = len(self.servers)
            self.servers.append(server)
        return number

    def number_of_wire(self, wire: Wire) -> int:
        """The number of this state of a connection."""
        number = self._wire_numbers.get(wire)
        if number is None:
            number = self._wire_numbers[wire] = len(self.wires)
            self.wires.append(wire)
        return number

    # Moves

    def moves(self, situation: Situation, *, checked: bool = True) -> list[Move]:
        """Everything that the adversary may do now, within the limits of the plan.

        A timer that would change nothing, or send more than may be in flight, is left out, unless
        `checked` is false: then `is_worthwhile` tells it of a single move, which saves work for
        those who want only one.
        """
        plan, limits, spent = self.plan, self.plan.limits, situation.spent
        found: list[Move] = []
        for number in situation.wires:
            wire = self.wires[number]
            key = wire.key
            if wire.out:
                found.append(Move("deliver", key=key))
                if spent.crashes < limits.crashes and key.target in self._place:
                    found += self._fuses(situation, wire)
            if wire.back:
                found.append(Move("answer", key=key))
            if (
                spent.drops < limits.drops
                and wire.connection
                and (wire.out or wire.back)
                and key.target in self._place
            ):
                found.append(Move("drop", key=key))
        for name, mind in zip(plan.sentinel_names, situation.minds, strict=True):
            if self._may_act(name, mind):
                ticks = [Move("tick", name)]
                if spent.waiting < limits.waiting:
                    ticks += [Move("tick", name, ms=ms) for ms in limits.waits]
                found += ticks
                if checked:
                    found[-len(ticks) :] = [m for m in ticks if self.is_worthwhile(situation, m)]
            if spent.crashes < limits.crashes:
                found.append(Move("crash", name))
        found += self._faults(situation)
        return found

    def _fuses(self, situation: Situation, wire: Wire) -> Iterator[Move]:
        mind = situation.minds[self._place[wire.key.target]]
        saves = self.minds.think(mind, ("hear", wire.key.opener, wire.out[0])).saves
        for fuse in range(1, saves + 1):
            yield Move("deliver", key=wire.key, fuse=fuse)

    def _may_act(self, name: str, mind: int) -> bool:
        plan = self.plan
        if plan.until_elected and self.minds[mind].leads and not self.minds[mind].candidate:
            return False
        return not plan.candidates or name in plan.candidates

    def is_worthwhile(self, situation: Situation, move: Move) -> bool:
        """Whether a tick does anything, and leaves no more in flight than the plan allows."""
        if move.verb != "tick":
            return True
        mind = situation.minds[self._place[move.node]]
        thought = self.minds.think(mind, ("tick", move.ms))
        if thought.mind == mind and thought.is_idle:
            return False
        limit = self.plan.limits.in_flight
        if not limit or not thought.sent:
            return True
        waiting = {}
        for number in situation.wires:
            wire = self.wires[number]
            if wire.key.opener == move.node and (wire.out or wire.back):
                waiting[wire.connection] = len(wire.out) + len(wire.back)
        return all(waiting.get(to, 0) < limit for to, _ in thought.sent)

    def _faults(self, situation: Situation) -> Iterator[Move]:
        limits, spent = self.plan.limits, situation.spent
        if spent.cuts < limits.cuts:
            for name in self.plan.sentinel_names:
                for other in self.plan.server_names:
                    if (name, other) not in situation.cuts:
                        yield Move("cut", name, other=other)
        for pair in situation.cuts if limits.cuts else ():
            yield Move("mend", pair[0], other=pair[1])
        if limits.kills:
            for number in situation.servers:
                server = self.servers[number]
                if not server.up:
                    yield Move("revive", server.name)
                elif spent.kills < limits.kills:
                    yield Move("kill", server.name)

    def apply(self, situation: Situation, move: Move) -> Outcome:
        """The outcome of a move, whatever the limits; raises `BadMove` if it makes no sense."""
        step = _Step(self, situation)
        step.make(move)
        if self.plan.instant_servers:
            step.serve()
        return step.outcome()


class _Step:
    """The making of one move: lists that become the next situation."""

    def __init__(self, world: World, situation: Situation) -> None:
        self.world = world
        self.plan = world.plan
        self.minds = list(situation.minds)
        self.servers = list(situation.servers)
        self.wires: dict[Key, Wire] = {}
        for number in situation.wires:
            wire = world.wires[number]
            self.wires[wire.key] = wire
        self.before = situation
        self.cuts = situation.cuts
        self.spent = situation.spent
        self.history = situation.history
        self.breaches: list[Breach] = []
        self.records: list[tuple[str, int, Data]] = []

    def outcome(self) -> Outcome:
        number = self.world.number_of_wire
        kept = [self.wires[key] for key in sorted(self.wires)]
        wires = tuple([number(wire) for wire in kept if wire.connection or wire.out])
        situation = Situation(
            tuple(self.minds), tuple(self.servers), wires, self.cuts, self.spent, self.history
        )
        return Outcome(situation, tuple(self.breaches), tuple(self.records))

    # Moves

    def make(self, move: Move) -> None:
        spent = self.spent
        if move.key is not None:
            wire = self.wires.get(move.key)
            if wire is None:
                raise BadMove(f"{move}: there is no such connection")
            if move.fuse:
                self.spent = spent._replace(crashes=spent.crashes + 1)
            self._move_wire(move, wire)
            return
        if move.verb in ("tick", "crash"):
            if move.node not in self.world._place:
                raise BadMove(f"{move}: no Sentinel is called {move.node}")
            if move.verb == "tick":
                if move.ms:
                    self.spent = spent._replace(waiting=spent.waiting + 1)
                self._think(move.node, ("tick", move.ms))
            else:
                self.spent = spent._replace(crashes=spent.crashes + 1)
                self._restart(move.node, 0, ("restart",))
            return
        if (move.other or move.node) not in self.world._server_place:
            raise BadMove(f"{move}: no server is called {move.other or move.node}")
        if move.verb == "cut":
            self.spent = spent._replace(cuts=spent.cuts + 1)
            self.cuts = tuple(sorted({*self.cuts, (move.node, move.other)}))
            for key in sorted(self.wires):
                if (key.opener, key.target) == (move.node, move.other):
                    self._break(self.wires[key])
        elif move.verb == "mend":
            self.cuts = tuple(pair for pair in self.cuts if pair != (move.node, move.other))
        elif move.verb == "kill":
            self.spent = spent._replace(kills=spent.kills + 1)
            self._set_server(replace(self._server(move.node), up=False))
            self._note(move.node, "killed")
            self._close_all_to(move.node)
        elif move.verb == "revive":
            self._set_server(replace(self._server(move.node), up=True))
            self._note(move.node, "started")
        else:
            raise BadMove(f"no such move: {move}")

    def _note(self, server: str, change: str) -> None:
        """A server has no clock of its own: it happens at the latest time of any Sentinel."""
        now_ms = max(self.world.minds[mind].now_ms for mind in self.minds)
        self.records.append((server, now_ms, ProcessChanged(change=change)))

    def _move_wire(self, move: Move, wire: Wire) -> None:
        if move.verb == "deliver" and wire.out:
            self._deliver(wire, move.fuse)
        elif move.verb == "answer" and wire.back:
            self._answer(wire)
        elif move.verb == "drop":
            self.spent = self.spent._replace(drops=self.spent.drops + 1)
            self._break(wire)
        else:
            raise BadMove(f"{move}: nothing is on its way there")

    def serve(self) -> None:
        """Deliver all that is on its way to or from Redis servers, until there is nothing."""
        places = self.world._server_place
        while True:
            busy = [
                key
                for key in sorted(self.wires)
                if key.target in places and (self.wires[key].out or self.wires[key].back)
            ]
            if not busy:
                return
            for key in busy:
                wire = self.wires.get(key)
                if wire is not None and wire.out:
                    self._deliver(wire, 0)
                wire = self.wires.get(key)
                if wire is not None and wire.back:
                    self._answer(wire)

    # Sentinels

    def _think(self, name: str, what: Input, fuse: int = 0) -> Thought:
        place = self.world._place[name]
        thought = self.world.minds.think(self.minds[place], what, fuse)
        self.minds[place] = thought.mind
        now_ms = self.world.minds[thought.mind].now_ms
        self.records += [(name, now_ms, data) for data in thought.records]
        if thought.facts:
            self.history, breaches = self.world.histories.after(self.history, name, thought.facts)
            self.breaches += breaches
        for connection in thought.closed:
            wire = self._wire_of(name, connection)
            if wire is not None:
                self._give_up(wire)
        results: list[Input] = []
        for connection, target, purpose in thought.opened:
            other = self.plan.nodes_by_address.get(target)
            if other is None or not self._reaches(name, other):
                results.append(("lost", connection))
                continue
            kind = "" if purpose is Purpose.COMMAND else "pubsub"
            key = self._fresh(name, other, kind)
            self.wires[key] = Wire(key, connection)
            results.append(("connected", connection, self.plan.addresses[name][0]))
        for connection, packet in thought.sent:
            wire = self._wire_of(name, connection)
            if wire is not None:
                self.wires[wire.key] = wire._replace(out=(*wire.out, packet))
        for result in results:
            self._think(name, result)
        return thought

    def _restart(self, name: str, fuse: int, what: Input) -> None:
        """`name` dies, at once or within a step, and starts again."""
        self._think(name, what, fuse)
        for key in sorted(self.wires):
            if key.opener == name:
                self._give_up(self.wires[key])
        self._close_all_to(name)

    # Connections

    def _wire_of(self, opener: str, connection: int) -> Wire | None:
        for wire in self.wires.values():
            if wire.connection == connection and wire.key.opener == opener:
                return wire
        return None

    def _fresh(self, opener: str, target: str, purpose: str) -> Key:
        ordinal = 1
        while Key(opener, target, purpose, ordinal) in self.wires:
            ordinal += 1
        return Key(opener, target, purpose, ordinal)

    def _reaches(self, name: str, other: str) -> bool:
        if other in self.world._place:
            return True
        return (name, other) not in self.cuts and self._server(other).up

    def _give_up(self, wire: Wire) -> None:
        """The opener has closed it; what it has sent is still on its way."""
        if wire.out:
            self.wires[wire.key] = wire._replace(connection=0, back=())
        else:
            self.wires.pop(wire.key, None)

    def _break(self, wire: Wire) -> None:
        """Lost with all that is in it; the opener learns it at once."""
        self.wires.pop(wire.key, None)
        if wire.connection:
            self._think(wire.key.opener, ("lost", wire.connection))

    def _close_all_to(self, target: str, but: Key | None = None) -> None:
        for key in sorted(self.wires):
            if key.target == target and key != but:
                wire = self.wires[key]
                if wire.connection:
                    self.wires[key] = wire._replace(out=(), back=(*wire.back, END))
                else:
                    del self.wires[key]

    def _deliver(self, wire: Wire, fuse: int) -> None:
        key, packet = wire.key, wire.out[0]
        wire = self.wires[key] = wire._replace(out=wire.out[1:])
        if key.target in self.world._place:
            if fuse:
                self._restart(key.target, fuse, ("hear", key.opener, packet))
                return
            replies = self._think(key.target, ("hear", key.opener, packet)).answers
        else:
            replies = self._served(wire, packet)
        wire = self.wires[key]
        if not wire.connection:
            if not wire.out:
                del self.wires[key]
        elif not (wire.back and wire.back[-1] == END):
            self.wires[key] = wire._replace(back=(*wire.back, replies))

    def _answer(self, wire: Wire) -> None:
        replies = wire.back[0]
        if replies == END:
            self._break(wire)
            return
        self.wires[wire.key] = wire._replace(back=wire.back[1:])
        self._think(wire.key.opener, ("told", wire.connection, replies))

    # Servers

    def _server(self, name: str) -> Server:
        return self.world.servers[self.servers[self.world._server_place[name]]]

    def _set_server(self, server: Server) -> None:
        place = self.world._server_place[server.name]
        self.servers[place] = self.world.number_of_server(server)

    def _served(self, wire: Wire, packet: Packet) -> tuple[Reply, ...]:
        server = self._server(wire.key.target)
        done = answer(server, packet, lambda: self._info(server))
        self._set_server(done.server)
        for channel, text in done.published:
            self._publish(server.name, channel, text)
        if done.kills_clients and not self.plan.only_votes:
            self._close_all_to(server.name, but=wire.key)
        return done.replies

    def _info(self, server: Server) -> str:
        addresses = self.plan.addresses
        own = addresses[server.name]
        followers: list[Address] = []
        link_up = False
        for number in self.servers:
            other = self.world.servers[number]
            if other.up and other.follows == own:
                followers.append(addresses[other.name])
            if server.follows == addresses[other.name]:
                link_up = other.up and other.follows is None
        return info_text(server, link_up, tuple(followers))

    def _publish(self, name: str, channel: str, text: str) -> None:
        """To the subscribers of a server and, as it is replicated, of those that follow it."""
        own = self.plan.addresses[name]
        reached = {name} | {
            self.world.servers[number].name
            for number in self.servers
            if self.world.servers[number].follows == own and self.world.servers[number].up
        }
        message: tuple[Reply, ...] = (("message", channel, text),)
        for key in sorted(self.wires):
            if key.purpose and key.target in reached:
                wire = self.wires[key]
                if wire.connection and not (wire.back and wire.back[-1] == END):
                    self.wires[key] = wire._replace(back=(*wire.back, message))
