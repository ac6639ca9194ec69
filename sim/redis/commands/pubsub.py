"""SUBSCRIBE and its relatives, PUBLISH, PUBSUB."""

from __future__ import annotations

from minisentinel.patterns import glob_matches
from minisentinel.replies import Command, Reply
from sim.redis.clients import Client, Replies
from sim.redis.commands.spec import Allow, CommandSpec, wrong_arity
from sim.redis.server import Server

__all__ = ["COMMANDS"]

ANYTIME = Allow.LOADING | Allow.STALE
LISTENING = ANYTIME | Allow.SUBSCRIBED | Allow.NO_SCRIPT


def subscribe(server: Server, client: Client, command: Command) -> Replies:
    """Listen to channels; one confirmation for each."""
    return Replies(tuple(server.pubsub.subscribe(client, name) for name in command[1:]))


def psubscribe(server: Server, client: Client, command: Command) -> Replies:
    """Listen to patterns; one confirmation for each."""
    return Replies(tuple(server.pubsub.psubscribe(client, name) for name in command[1:]))


def unsubscribe(server: Server, client: Client, command: Command) -> Replies:
    """Stop listening to channels, to all when none is named."""
    names = command[1:] or tuple(client.channels)
    if not names:
        return Replies((("unsubscribe", None, client.subscriptions),))
    return Replies(tuple(server.pubsub.unsubscribe(client, name) for name in names))


def punsubscribe(server: Server, client: Client, command: Command) -> Replies:
    """Stop listening to patterns, to all when none is named."""
    names = command[1:] or tuple(client.patterns)
    if not names:
        return Replies((("punsubscribe", None, client.subscriptions),))
    return Replies(tuple(server.pubsub.punsubscribe(client, name) for name in names))


def publish(server: Server, client: Client, command: Command) -> Reply:
    """Deliver to the listeners here; a master also sends it down the replication stream."""
    return server.pubsub.publish(command[1], command[2])


def pubsub_channels(server: Server, client: Client, command: Command) -> Reply:
    """The channels that somebody listens to, all or those that match a pattern."""
    pattern = command[2] if len(command) > 2 else "*"
    return tuple(name for name in server.pubsub.channels if glob_matches(pattern, name))


def pubsub_numsub(server: Server, client: Client, command: Command) -> Reply:
    """For each channel its name and how many listen to it."""
    flat: list[Reply] = []
    for name in command[2:]:
        flat += (name, server.pubsub.listeners(name))
    return tuple(flat)


def pubsub_numpat(server: Server, client: Client, command: Command) -> Reply:
    """The number of patterns that somebody listens to."""
    return server.pubsub.pattern_count


def _container(server: Server, client: Client, command: Command) -> Reply:
    return wrong_arity(command[0].lower())


COMMANDS = (
    CommandSpec("subscribe", subscribe, -2, LISTENING),
    CommandSpec("psubscribe", psubscribe, -2, LISTENING),
    CommandSpec("unsubscribe", unsubscribe, -1, LISTENING),
    CommandSpec("punsubscribe", punsubscribe, -1, LISTENING),
    CommandSpec("publish", publish, 3, ANYTIME | Allow.REPLICATED),
    CommandSpec(
        "pubsub",
        _container,
        -2,
        subcommands={
            "channels": CommandSpec("pubsub|channels", pubsub_channels, -2, ANYTIME),
            "numsub": CommandSpec("pubsub|numsub", pubsub_numsub, -2, ANYTIME),
            "numpat": CommandSpec("pubsub|numpat", pubsub_numpat, 2, ANYTIME),
        },
    ),
)
