"""SUBSCRIBE and its kin, and PUBLISH (spec: commands §2, gossip §5, events §5)."""

from __future__ import annotations

from minisentinel.core import hello
from minisentinel.hello import HELLO_CHANNEL
from minisentinel.replies import Error, Push, Reply
from minisentinel.service.call import Call, Replies

__all__ = ["publish", "subscribe", "unsubscribe"]

ONLY_HELLOS = Error("ERR Only HELLO messages are accepted by Sentinel instances.")


def subscribe(call: Call) -> Reply | Replies:
    """SUBSCRIBE and PSUBSCRIBE: one confirmation for each channel or pattern. [CMD-2-4]"""
    table = _table(call)
    confirmations = Replies()
    for each in call.words[1:]:
        table[each] = None
        confirmations.append(_confirmation(call, each))
    return confirmations


def unsubscribe(call: Call) -> Reply | Replies:
    """UNSUBSCRIBE and PUNSUBSCRIBE, from everything if nothing is named. [CMD-2-5]"""
    table = _table(call)
    confirmations = Replies()
    for each in call.words[1:] or tuple(table):
        table.pop(each, None)
        confirmations.append(_confirmation(call, each))
    return confirmations or _confirmation(call, None)


def publish(call: Call) -> Reply | Replies:
    """A hello from another Sentinel; nothing else may be published. [CMD-2-7] [GOS-5-1]

    [GOS-5-2]
    """
    if call.words[1] != HELLO_CHANNEL:
        return ONLY_HELLOS
    hello.receive(call.context, call.words[2])
    return 1


def _table(call: Call) -> dict[str, None]:
    by_pattern = call.facts.name.startswith("p")
    return call.session.patterns if by_pattern else call.session.channels


def _confirmation(call: Call, what: str | None) -> Push:
    return Push((call.facts.name, what, call.session.subscriptions))
