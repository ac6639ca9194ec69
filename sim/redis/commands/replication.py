"""REPLICAOF (SLAVEOF), ROLE, WAIT, and what replicas say to their master: REPLCONF and PSYNC."""

from __future__ import annotations

from minisentinel.replies import NOT_AN_INTEGER, OK, Command, Error, Reply, Status
from sim.redis.blocking import Blocked
from sim.redis.clients import NO_REPLY, Client, Replies
from sim.redis.commands.arguments import integer
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec
from sim.redis.replication.attached import ReplicaState
from sim.redis.server import Server

__all__ = ["COMMANDS"]

PORT_MAX = 65535


def replicaof(server: Server, client: Client, command: Command) -> Reply:
    """``NO ONE`` promotes; a host and port demote or redirect (spec: redis-node §5, §6)."""
    host, port_text = command[1], command[2]
    if host.lower() == "no" and port_text.lower() == "one":
        if server.is_replica:
            server.become_master()
        return OK
    if client.kind == "replica":
        return Error("ERR Command is not valid when client is a replica.")
    if not (port_text.isascii() and port_text.isdigit() and int(port_text) <= PORT_MAX):
        return Error("ERR Invalid master port")
    port = int(port_text)
    target = server.upstream.target
    if target is not None and target[0].lower() == host.lower() and target[1] == port:
        return Status("OK Already connected to specified master")
    server.become_replica(host, port)
    return OK


def role(server: Server, client: Client, command: Command) -> Reply:
    """What this server is, and to whom (spec: redis-node §3)."""
    upstream = server.upstream
    if upstream.target is None:
        return (
            "master",
            server.history.offset,
            tuple(
                (replica.host, str(replica.port), str(replica.acked_offset))
                for replica in server.replicas
                if replica.state is ReplicaState.ONLINE
            ),
        )
    host, port = upstream.target
    offset = upstream.applied_offset if upstream.is_up else -1
    return ("slave", host, port, upstream.phase.value, offset)


def replconf(server: Server, client: Client, command: Command) -> Reply | Replies:
    """A replica introduces itself, or acknowledges an offset (no reply)."""
    if len(command) % 2 == 0:
        return SYNTAX_ERROR
    for option, value in zip(command[1::2], command[2::2], strict=True):
        name = option.lower()
        if name == "listening-port" and value.isdecimal():
            client.listening_port = int(value)
        elif name == "ip-address":
            client.announced_ip = value
        elif name == "ack" and value.isdecimal():
            if client.kind == "replica":
                server.replicas.on_ack(client, int(value))
                if len(server.blocked):
                    _serve_waiting(server)
            return NO_REPLY
        elif name == "getack":
            server.upstream.acknowledge()
            return NO_REPLY
        elif name != "capa":
            return Error(f"ERR Unrecognized REPLCONF option: {option}")
    return OK


def psync(server: Server, client: Client, command: Command) -> Reply | Replies:
    """Begin to feed a replica (spec: redis-node §4.2)."""
    if client.kind == "replica":
        return NO_REPLY
    if server.is_replica and not server.upstream.is_up:
        return Error("NOMASTERLINK Can't SYNC while not connected with my master")
    digits = command[2].removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return NOT_AN_INTEGER
    server.replicas.attach(client, command[1], int(command[2]))
    return NO_REPLY


def wait(server: Server, client: Client, command: Command) -> Reply | Replies:
    """``WAIT replicas milliseconds``: how many replicas have what this client wrote.

    It undoes nothing if they are too few, and says nothing about who is promoted.
    [RED-9-1] to [RED-9-3]
    """
    if server.is_replica:
        return Error(
            "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 "
            "if a replica is configured to be writable (which is not the default) writes to "
            "replicas are just local and are not propagated."
        )
    wanted = integer(command[1])
    timeout_ms = integer(command[2], Error("ERR timeout is not an integer or out of range"))
    if timeout_ms < 0:
        return Error("ERR timeout is negative")
    offset = client.write_offset
    found = server.replicas.count_up_to_date(offset)
    if found >= wanted or client.is_atomic:
        return found
    server.propagate((("REPLCONF", "GETACK", "*"),))
    blocked = Blocked(
        client,
        lambda: server.replicas.count_up_to_date(offset),
        replicas=wanted,
        offset=offset,
    )
    server.blocked.add(blocked, timeout_ms)
    return NO_REPLY


def _serve_waiting(server: Server) -> None:
    """Answer those whose wait for acknowledgements is over."""
    for blocked in server.blocked.for_replicas():
        found = server.replicas.count_up_to_date(blocked.offset)
        if found >= blocked.replicas:
            server.blocked.release(blocked, found)


ROLE_CHANGE = Allow.STALE | Allow.NO_SCRIPT

COMMANDS = (
    CommandSpec("replicaof", replicaof, 3, ROLE_CHANGE),
    CommandSpec("slaveof", replicaof, 3, ROLE_CHANGE),
    CommandSpec("role", role, 1, Allow.LOADING | Allow.STALE | Allow.NO_SCRIPT),
    CommandSpec(
        "replconf",
        replconf,
        -1,
        Allow.LOADING | Allow.STALE | Allow.NO_SCRIPT | Allow.BUSY,
    ),
    CommandSpec("psync", psync, -3, Allow.NO_TRANSACTION | Allow.NO_SCRIPT),
    CommandSpec("wait", wait, 3, Allow.NO_SCRIPT),
)
