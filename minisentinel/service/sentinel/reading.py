"""Subcommands that only look (spec: commands §4, §6 and §11)."""

from __future__ import annotations

from minisentinel.core import election
from minisentinel.core.context import Context
from minisentinel.core.instances import current_address
from minisentinel.core.state import Master, Server
from minisentinel.core.text import strict_integer
from minisentinel.replies import NOT_AN_INTEGER, NULL_ARRAY, Command, Error, Reply, Status
from minisentinel.service.instance_map import instance_map

__all__ = [
    "ckquorum",
    "get_master_addr_by_name",
    "info_cache",
    "is_master_down_by_addr",
    "master",
    "masters",
    "myid",
    "replicas",
    "sentinels",
]


def masters(ctx: Context, words: Command) -> Reply:
    """Every master. [CMD-4-2]"""
    return tuple(instance_map(ctx, master) for master in ctx.state.masters.values())


def master(ctx: Context, master: Master) -> Reply:
    """One master. [CMD-4-3]"""
    return instance_map(ctx, master)


def replicas(ctx: Context, master: Master) -> Reply:
    """The replicas of a master, but for those that do not want to be announced. [CMD-4-4]"""
    return tuple(instance_map(ctx, each) for each in master.replicas.values() if each.announced)


def sentinels(ctx: Context, master: Master) -> Reply:
    """The other Sentinels that watch a master. [CMD-4-5]"""
    return tuple(instance_map(ctx, each) for each in master.peers.values())


def myid(ctx: Context, words: Command) -> Reply:
    """The id of this Sentinel. [CMD-4-6]"""
    return ctx.state.myid


def get_master_addr_by_name(ctx: Context, words: Command) -> Reply:
    """Where clients find a master now. [CMD-4-7]"""
    master = ctx.state.masters.get(words[2])
    if master is None:
        return NULL_ARRAY
    address = current_address(master)
    return (ctx.announced(address), str(address.port))


def is_master_down_by_addr(ctx: Context, words: Command) -> Reply:
    """Another Sentinel asks for an opinion, or for a vote (spec: election §3).

    [CMD-4-8] [ELE-3-4]
    """
    port, epoch = strict_integer(words[3]), strict_integer(words[4])
    if port is None or epoch is None:
        return NOT_AN_INTEGER
    # Epochs are unsigned; a negative number means what its 64 bits mean.
    return election.answer_is_master_down(ctx, words[2], port, epoch % 2**64, words[5])


def ckquorum(ctx: Context, master: Master) -> Reply:
    """Whether enough Sentinels are reachable for quorum and majority (spec: commands §6).

    [CMD-4-9] [CMD-6-1] to [CMD-6-6]
    """
    usable = 1 + sum(not peer.subjectively_down for peer in master.peers.values())
    majority = ctx.profile.election.majority(len(master.peers) + 1)
    problems = []
    if usable < master.quorum:
        problems.append(
            "Not enough available Sentinels to reach the specified quorum for this master"
        )
    if usable < majority:
        problems.append(
            "Not enough available Sentinels to reach the majority and authorize a failover"
        )
    if problems:
        return Error(f"NOQUORUM {usable} usable Sentinels. " + ". ".join(problems))
    return Status(f"OK {usable} usable Sentinels. Quorum and failover authorization can be reached")


def info_cache(ctx: Context, words: Command) -> Reply:
    """The latest INFO of the named masters and their replicas, with its age (spec: commands §11).

    Each master comes once, in the order of this Sentinel's table, as in the real server.
    [CMD-4-18] [CMD-11-1]
    """
    named = frozenset(words[2:])
    reply: list[Reply] = []
    for name, master in ctx.state.masters.items():
        if name in named:
            instances: tuple[Server, ...] = (master, *master.replicas.values())
            reply += [name, tuple(_cached_info(ctx, master, each) for each in instances)]
    return tuple(reply)


def _cached_info(ctx: Context, master: Master, instance: Server) -> Reply:
    """[CMD-11-2] to [CMD-11-4]"""
    # The time of the *master's* INFO decides whether there is an age at all, also for a replica.
    return (ctx.now - instance.info_refresh if master.info_refresh else 0, instance.info)
