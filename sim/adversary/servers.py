"""A Redis server as small as can be: whom it follows, and what it answers a Sentinel.

Abstracted: no data and no replication stream. A replica's link is up while its master runs and is
a master; all offsets are equal unless told otherwise; a transaction is executed when its EXEC
arrives, in the packet of its MULTI.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from minisentinel.replies import OK, PONG, QUEUED, Command, Error, Reply
from sim.adversary.plan import Address

__all__ = ["Server", "answer", "info_text"]


@dataclass(frozen=True, slots=True)
class Server:
    """Whether it runs, and the address that it follows (None: it is a master)."""

    name: str
    runid: str
    up: bool = True
    follows: Address | None = None
    offset: int = 100


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a packet: the server afterwards, the replies, messages to publish, kills."""

    server: Server
    replies: tuple[Reply, ...]
    published: tuple[tuple[str, str], ...]
    kills_clients: bool


def answer(server: Server, packet: tuple[Command, ...], info: Callable[[], str]) -> Answered:
    """Carry out the commands of one packet; `info` gives the text of INFO."""
    replies: list[Reply] = []
    published: list[tuple[str, str]] = []
    queued: list[Command] | None = None
    kills = False
    for command in packet:
        name = command[0].upper()
        if name == "MULTI":
            queued = []
            replies.append(OK)
        elif name == "EXEC" and queued is not None:
            done: list[Reply] = []
            for each in queued:
                if each[0] == "SLAVEOF":
                    server = replace(server, follows=_target(each))
                elif each[:2] == ("CLIENT", "KILL"):
                    kills = True
                done.append(OK)
            replies.append(tuple(done))
            queued = None
        elif queued is not None:
            queued.append(command)
            replies.append(QUEUED)
        elif name == "PING":
            replies.append(PONG)
        elif name == "INFO":
            replies.append(info())
        elif name == "PUBLISH":
            published.append((command[1], command[2]))
            replies.append(1)
        elif name == "SUBSCRIBE":
            replies.append(("subscribe", command[1], 1))
        elif name == "CLIENT":
            replies.append(OK)
        else:
            replies.append(Error(f"ERR unknown command '{command[0]}'"))
    return Answered(server, tuple(replies), tuple(published), kills)


def _target(slaveof: Command) -> Address | None:
    _, host, port = slaveof
    return None if host.upper() == "NO" else (host, int(port))


def info_text(server: Server, link_up: bool, replicas: tuple[Address, ...]) -> str:
    """The lines of INFO that a Sentinel reads."""
    lines = [f"run_id:{server.runid}"]
    if server.follows is None:
        lines.append("role:master")
        lines += [
            f"slave{n}:ip={host},port={port},state=online,offset={server.offset},lag=0"
            for n, (host, port) in enumerate(replicas)
        ]
    else:
        host, port = server.follows
        lines += ["role:slave", f"master_host:{host}", f"master_port:{port}"]
        lines.append(f"master_link_status:{'up' if link_up else 'down'}")
        if not link_up:
            lines.append("master_link_down_since_seconds:1")
        lines += ["slave_priority:100", f"slave_repl_offset:{server.offset}"]
        lines.append("replica_announced:1")
    return "\r\n".join(lines) + "\r\n"
