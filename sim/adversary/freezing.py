"""A Sentinel's whole state as one value that can be compared and hashed, and back again.

Two states that freeze to equal values behave alike for ever. What no rule ever reads is left out,
so that more states are equal: the text of the last INFO, what the trace was last told, the hints
that let a tick skip work (`minisentinel.core.due`), the ticks per second that INFO shows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeAlias

from minisentinel.core import Dice, State, Timing
from minisentinel.core.state import Connection, Instance, Link, Master, Peer, Replica

__all__ = ["Frozen", "freeze", "thaw"]

Frozen: TypeAlias = tuple[Any, ...]
"""Nested tuples of plain values; what is where is the business of this module alone."""

_UNREAD = frozenset({"due", "sound_until", "info", "last_tally", "quiet_until", "hz"})
_STRUCTURE = frozenset({"link", "replicas", "peers", "renamed_commands"})
_OF_STATE = frozenset(
    {"dice", "timing", "masters", "instances", "connections", "scripts", "script_ends"}
)


def _names(cls: type[Any], without: frozenset[str]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(cls) if each.name not in without)


_FIELDS: dict[type[Any], tuple[str, ...]] = {
    cls: _names(cls, _UNREAD | _STRUCTURE) for cls in (Master, Replica, Peer)
}
_GETTERS: dict[type[Any], attrgetter[Any]] = {
    cls: attrgetter(*names) for cls, names in _FIELDS.items()
}
_LINK_FIELDS = _names(Link, frozenset({"command", "pubsub", "users"}))
_link_values = attrgetter(*_LINK_FIELDS)
_TIMING_FIELDS = _names(Timing, frozenset())
_timing_values = attrgetter(*_TIMING_FIELDS)
_STATE_FIELDS = _names(State, _UNREAD | _OF_STATE)
_state_values = attrgetter(*_STATE_FIELDS)


def freeze(state: State) -> Frozen:
    """The value of `state`, which is left as it is. User scripts are not part of it."""
    links: list[Frozen] = []
    places: dict[int, int] = {}  # by the serial of each user of a link

    def frozen(instance: Instance) -> Frozen:
        place = places.get(instance.serial)
        if place is None:
            place = len(links)
            links.append(_frozen_link(instance.link))
            places.update(dict.fromkeys(instance.link.users, place))
        return (place, _GETTERS[type(instance)](instance))

    masters = tuple(
        (
            frozen(master),
            tuple(master.renamed_commands.items()),
            tuple([frozen(each) for each in master.replicas.values()]),
            tuple([frozen(each) for each in master.peers.values()]),
        )
        for master in state.masters.values()
    )
    return (
        _state_values(state),
        state.dice.state,
        _timing_values(state.timing),
        masters,
        tuple(links),
    )


def _frozen_link(link: Link) -> Frozen:
    return (
        tuple(link.users),
        _link_values(link),
        _frozen_connection(link.command),
        _frozen_connection(link.pubsub),
    )


def _frozen_connection(connection: Connection | None) -> Frozen | None:
    if connection is None:
        return None
    return (
        connection.id,
        connection.purpose,
        connection.opened_ms,
        connection.local_host,
        tuple(connection.expected),
    )


def thaw(frozen: Frozen, dice: type[Dice] = Dice) -> State:
    """A new state of the value `frozen`, drawing from dice of the given kind."""
    values, seed, timing, masters, links = frozen
    state = State(
        **dict(zip(_STATE_FIELDS, values, strict=True)),
        dice=dice(seed),
        timing=Timing(**dict(zip(_TIMING_FIELDS, timing, strict=True))),
    )
    thawed_links = [_thawed_link(state, each) for each in links]
    for (place, own), renamed, replicas, peers in masters:
        master = _instance(Master, own, thawed_links[place])
        master.renamed_commands.update(renamed)
        state.masters[master.name] = master
        state.instances[master.serial] = master
        for place_of, told in replicas:
            replica = _instance(Replica, told, thawed_links[place_of])
            master.replicas[replica.name] = replica
            state.instances[replica.serial] = replica
        for place_of, told in peers:
            peer = _instance(Peer, told, thawed_links[place_of])
            master.peers[peer.name] = peer
            state.instances[peer.serial] = peer
    return state


def _instance(cls: type[Any], values: Frozen, link: Link) -> Any:
    return cls(link=link, **dict(zip(_FIELDS[cls], values, strict=True)))


def _thawed_link(state: State, frozen: Frozen) -> Link:
    users, values, command, pubsub = frozen
    link = Link(
        users=list(users),
        command=_connection(command),
        pubsub=_connection(pubsub),
        **dict(zip(_LINK_FIELDS, values, strict=True)),
    )
    for each in (link.command, link.pubsub):
        if each is not None:
            state.connections[each.id] = link
    return link


def _connection(frozen: Frozen | None) -> Connection | None:
    if frozen is None:
        return None
    number, purpose, opened_ms, local_host, expected = frozen
    return Connection(number, purpose, opened_ms, local_host, deque(expected))
