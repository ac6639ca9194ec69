"""The SENTINEL command, a function per subcommand (spec: commands §4 to §8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from minisentinel.core import election, failover
from minisentinel.core.address import AddressError
from minisentinel.core.context import Context
from minisentinel.core.instances import (
    DuplicateInstance,
    create_master,
    current_address,
    destroy_master,
)
from minisentinel.core.reconfiguration import reset_master
from minisentinel.core.selection import has_candidate
from minisentinel.core.state import Master
from minisentinel.core.text import strict_integer
from minisentinel.patterns import glob_matches
from minisentinel.replies import OK, Command, Error, Reply, Status
from minisentinel.service.instance_map import instance_map

__all__ = ["SUBCOMMANDS", "Subcommand"]

NO_SUCH_MASTER = Error("ERR No such master with that name")
SAVE_FAILED = Error("ERR Failed to save config file. Check server logs.")
NOT_AN_INTEGER = Error("ERR value is not an integer or out of range")

Handler = Callable[[Context, Command], Reply]


class Subcommand(NamedTuple):
    """A subcommand: its arity counting the word SENTINEL (negative = at least), and its function.

    `saves` says that the reply is an error when the configuration could not be saved.
    """

    arity: int
    run: Handler
    saves: bool = False


def _by_name(run: Callable[[Context, Master], Reply]) -> Handler:
    """A handler whose first argument is the name of a known master."""

    def named(ctx: Context, words: Command) -> Reply:
        master = ctx.state.masters.get(words[2])
        return NO_SUCH_MASTER if master is None else run(ctx, master)

    return named


def _masters(ctx: Context, words: Command) -> Reply:
    return tuple(instance_map(ctx, master) for master in ctx.state.masters.values())


def _master(ctx: Context, master: Master) -> Reply:
    return instance_map(ctx, master)


def _replicas(ctx: Context, master: Master) -> Reply:
    return tuple(instance_map(ctx, each) for each in master.replicas.values() if each.announced)


def _sentinels(ctx: Context, master: Master) -> Reply:
    return tuple(instance_map(ctx, each) for each in master.peers.values())


def _myid(ctx: Context, words: Command) -> Reply:
    return ctx.state.myid


def _get_master_addr_by_name(ctx: Context, words: Command) -> Reply:
    master = ctx.state.masters.get(words[2])
    if master is None:
        return None
    address = current_address(master)
    return (ctx.announced(address), str(address.port))


def _is_master_down_by_addr(ctx: Context, words: Command) -> Reply:
    port, epoch = strict_integer(words[3]), strict_integer(words[4])
    if port is None or epoch is None:
        return NOT_AN_INTEGER
    # Epochs are unsigned; a negative number means what its 64 bits mean.
    return election.answer_is_master_down(ctx, words[2], port, epoch % 2**64, words[5])


def _ckquorum(ctx: Context, master: Master) -> Reply:
    """Whether enough Sentinels are reachable for quorum and majority (spec: commands §6)."""
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


def _failover(ctx: Context, master: Master) -> Reply:
    """Fail over at the operator's word, without agreement (spec: failover §8)."""
    if master.failover_in_progress:
        return Error("INPROG Failover already in progress")
    if not has_candidate(ctx, master):
        return Error("NOGOODSLAVE No suitable replica to promote")
    ctx.log("notice", f"Executing user requested FAILOVER of '{master.name}'")
    failover.start(ctx, master)
    master.force_failover = True
    return OK


def _reset(ctx: Context, words: Command) -> Reply:
    count = 0
    for master in ctx.state.masters.values():
        if glob_matches(words[2], master.name):
            count += 1
            reset_master(ctx, master, keep_peers=False)
            ctx.emit("warning", "+reset-master", master)
    return count


def _monitor(ctx: Context, words: Command) -> Reply:
    """Watch a new master (spec: commands §7)."""
    name, host = words[2], words[3]
    quorum, port = strict_integer(words[5]), strict_integer(words[4])
    if quorum is None:
        return Error("ERR Invalid quorum")
    if port is None:
        return Error("ERR Invalid port")
    if quorum <= 0:
        return Error("ERR Quorum must be 1 or greater.")
    try:
        # The host is judged first, whatever the port; a master must be reachable from the start.
        address = ctx.address(host, 0, allow_unresolved=False)
    except AddressError:
        return Error("ERR Invalid IP address or hostname specified")
    if not 0 <= port <= 65535:
        return Error("ERR Invalid port number.")
    try:
        master = create_master(ctx.state, name, replace(address, port=port), quorum, ctx.now)
    except DuplicateInstance:
        return Error("ERR Duplicate master name.")
    ctx.save()
    ctx.emit("warning", "+monitor", master, f"%@ quorum {master.quorum}")
    return OK


def _remove(ctx: Context, master: Master) -> Reply:
    ctx.emit("warning", "-monitor", master)
    ctx.close(destroy_master(ctx.state, master))
    ctx.save()
    return OK


def _flushconfig(ctx: Context, words: Command) -> Reply:
    ctx.save()
    return OK


def _simulate_failure(ctx: Context, words: Command) -> Reply:
    """Arm a crash at a chosen moment of a failover (spec: commands §13)."""
    state = ctx.state
    state.crash_after_election = state.crash_after_promotion = False
    for word in words[2:]:
        match word.lower():
            case "crash-after-election":
                state.crash_after_election = True
            case "crash-after-promotion":
                state.crash_after_promotion = True
            case "help":
                return ("crash-after-election", "crash-after-promotion")
            case _:
                return Error("ERR Unknown failure simulation specified")
        ctx.log("warning", f"Failure simulation: this Sentinel will {word.lower()}")
    return OK


SUBCOMMANDS: dict[str, Subcommand] = {
    "ckquorum": Subcommand(3, _by_name(_ckquorum)),
    "failover": Subcommand(3, _by_name(_failover)),
    "flushconfig": Subcommand(2, _flushconfig, saves=True),
    "get-master-addr-by-name": Subcommand(3, _get_master_addr_by_name),
    "get-primary-addr-by-name": Subcommand(3, _get_master_addr_by_name),
    "is-master-down-by-addr": Subcommand(6, _is_master_down_by_addr),
    "is-primary-down-by-addr": Subcommand(6, _is_master_down_by_addr),
    "master": Subcommand(3, _by_name(_master)),
    "masters": Subcommand(2, _masters),
    "monitor": Subcommand(6, _monitor, saves=True),
    "myid": Subcommand(2, _myid),
    "primaries": Subcommand(2, _masters),
    "primary": Subcommand(3, _by_name(_master)),
    "remove": Subcommand(3, _by_name(_remove), saves=True),
    "replicas": Subcommand(3, _by_name(_replicas)),
    "reset": Subcommand(3, _reset),
    "sentinels": Subcommand(3, _by_name(_sentinels)),
    "simulate-failure": Subcommand(-3, _simulate_failure),
    "slaves": Subcommand(3, _by_name(_replicas)),
}
