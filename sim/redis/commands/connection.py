"""PING, ECHO, SELECT, QUIT, AUTH and CLIENT: commands about the connection itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from minisentinel.replies import NOT_AN_INTEGER, OK, PONG, Command, Error, Reply, Status
from sim.redis.clients import Client, Replies
from sim.redis.commands.spec import SYNTAX_ERROR, Allow, CommandSpec, wrong_arity
from sim.redis.server import Server

__all__ = ["COMMANDS"]

ANYTIME = Allow.LOADING | Allow.STALE
PRIVATE = ANYTIME | Allow.NO_SCRIPT
DOOR = PRIVATE | Allow.UNKNOWN | Allow.BUSY


def ping(server: Server, client: Client, command: Command) -> Reply:
    """Answer PONG, as a message to a subscriber."""
    if len(command) > 2:
        return wrong_arity("ping")
    if client.subscriptions and client.type == "pubsub":
        return ("pong", command[1] if len(command) == 2 else "")
    return command[1] if len(command) == 2 else PONG


def echo(server: Server, client: Client, command: Command) -> Reply:
    """Answer the argument."""
    return command[1]


def select(server: Server, client: Client, command: Command) -> Reply:
    """There is only database 0."""
    if not command[1].isdecimal():
        return NOT_AN_INTEGER
    return OK if int(command[1]) == 0 else Error("ERR DB index is out of range")


def quit_connection(server: Server, client: Client, command: Command) -> Reply:
    """Answer, then close."""
    client.close_after_reply = True
    return OK


def auth(server: Server, client: Client, command: Command) -> Reply:
    """``AUTH [user] password``: the user is ``default``, the password that of ``requirepass``."""
    if len(command) > 3:
        return SYNTAX_ERROR
    expected = server.settings.requirepass
    if len(command) == 2 and not expected:
        return Error(
            "ERR AUTH <password> called without any password configured for the default user. "
            "Are you sure your configuration is correct?"
        )
    user = command[1] if len(command) == 3 else "default"
    if user != "default" or expected not in ("", command[-1]):
        return Error(WRONG_PASSWORD)
    client.authenticated = True
    return OK


def reset(server: Server, client: Client, command: Command) -> Reply:
    """Make the connection as new."""
    server.pubsub.forget(client)
    client.transaction = None
    client.watched.clear()
    client.name = ""
    client.authenticated = not server.settings.requirepass
    return Status("RESET")


WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled."


# -- CLIENT


def client_id(server: Server, client: Client, command: Command) -> Reply:
    """The serial number of this connection."""
    return client.id


def client_getname(server: Server, client: Client, command: Command) -> Reply:
    """The name given by CLIENT SETNAME, null without one."""
    return client.name or None


def client_setname(server: Server, client: Client, command: Command) -> Reply:
    """Name this connection; the empty name removes it."""
    if any(not "!" <= char <= "~" for char in command[2]):
        return Error("ERR Client names cannot contain spaces, newlines or special characters.")
    client.name = command[2]
    return OK


def client_setinfo(server: Server, client: Client, command: Command) -> Reply:
    """Libraries announce themselves; nobody here asks for it."""
    if command[2].lower() not in ("lib-name", "lib-ver"):
        return Error(f"ERR Unrecognized option '{command[2]}'")
    return OK


def client_info(server: Server, client: Client, command: Command) -> Reply:
    """The line of CLIENT LIST about this connection."""
    return _line(server, client) + "\n"


def client_list(server: Server, client: Client, command: Command) -> Reply:
    """All clients, a line each; ``TYPE`` restricts them."""
    wanted = None
    if len(command) > 2:
        if len(command) != 4 or command[2].lower() != "type":
            return SYNTAX_ERROR
        wanted = _client_type(command[3])
        if wanted is None:
            return Error(f"ERR Unknown client type '{command[3]}'")
    return "".join(
        _line(server, each) + "\n"
        for each in _all_clients(server)
        if wanted is None or each.type == wanted
    )


def _line(server: Server, client: Client) -> str:
    now = server.environment.unix_seconds()
    host, port = client.address
    local = client.connection.local if client.connection is not None else ("", 0)
    flags = {"normal": "N", "pubsub": "P", "replica": "S", "master": "M"}[client.type]
    transaction = client.transaction
    if transaction is not None:
        flags = "x" if flags == "N" else flags + "x"
    queued = len(transaction.commands) if transaction is not None else -1
    return (
        f"id={client.id} addr={host}:{port} laddr={local[0]}:{local[1]} name={client.name} "
        f"age={now - client.since_seconds} idle={now - client.active_seconds} flags={flags} "
        f"db=0 sub={len(client.channels)} psub={len(client.patterns)} multi={queued} "
        f"cmd={client.last_command or 'NULL'} user=default resp=2"
    )


def _all_clients(server: Server) -> Iterator[Client]:
    """Every client, the link to our master among them while it is up."""
    if server.upstream.is_up:
        yield server.master_client
    yield from server.clients


def _client_type(text: str) -> str | None:
    name = text.lower()
    if name == "slave":
        return "replica"
    return name if name in ("normal", "pubsub", "replica", "master") else None


@dataclass(slots=True)
class KillFilter:
    """What CLIENT KILL selects; every condition given must hold."""

    conditions: list[Callable[[Client], bool]]
    skip_caller: bool = True

    def selects(self, client: Client, caller: Client) -> bool:
        """Is `client` to be killed?"""
        if client is caller and self.skip_caller:
            return False
        return all(condition(client) for condition in self.conditions)


def client_kill(server: Server, client: Client, command: Command) -> Reply:
    """Close the selected connections; nothing is sent on them.

    The caller survives unless ``SKIPME no``. Killing the link to the master makes this replica
    reconnect (spec: redis-node §7).
    """
    if len(command) == 3:
        chosen: KillFilter | Error = KillFilter([_at(command[2])], skip_caller=False)
    else:
        chosen = _kill_filter(command[2:])
    if isinstance(chosen, Error):
        return chosen
    killed = 0
    for each in tuple(_all_clients(server)):
        if chosen.selects(each, client):
            killed += 1
            if each is client:
                client.close_after_reply = True
            else:
                server.drop_client(each)
    if len(command) > 3:
        return killed
    return OK if killed else Error("ERR No such client")


def _at(address: str) -> Callable[[Client], bool]:
    return lambda client: f"{client.address[0]}:{client.address[1]}" == address


def _kill_filter(words: Command) -> KillFilter | Error:
    if len(words) % 2:
        return SYNTAX_ERROR
    chosen = KillFilter([])
    for option, value in zip(words[::2], words[1::2], strict=True):
        problem = _add_condition(chosen, option.lower(), value)
        if problem is not None:
            return problem
    return chosen


def _add_condition(chosen: KillFilter, option: str, value: str) -> Error | None:
    if option == "type":
        wanted = _client_type(value)
        if wanted is None:
            return Error(f"ERR Unknown client type '{value}'")
        chosen.conditions.append(lambda client: client.type == wanted)
    elif option == "id":
        if not value.isdecimal() or int(value) < 1:
            return Error("ERR client-id should be greater than 0")
        chosen.conditions.append(lambda client: client.id == int(value))
    elif option == "addr":
        chosen.conditions.append(_at(value))
    elif option == "skipme" and value.lower() in ("yes", "no"):
        chosen.skip_caller = value.lower() == "yes"
    else:
        return SYNTAX_ERROR
    return None


def _container(server: Server, client: Client, command: Command) -> Reply | Replies:
    """CLIENT alone is a wrong number of words; its subcommands do the work."""
    return wrong_arity(command[0].lower())


COMMANDS = (
    CommandSpec("ping", ping, -1, Allow.SUBSCRIBED),
    CommandSpec("echo", echo, 2, ANYTIME),
    CommandSpec("select", select, 2, ANYTIME),
    CommandSpec("quit", quit_connection, -1, DOOR | Allow.SUBSCRIBED | Allow.AT_ONCE),
    CommandSpec("auth", auth, -2, DOOR),
    CommandSpec("reset", reset, 1, DOOR | Allow.SUBSCRIBED | Allow.AT_ONCE),
    CommandSpec(
        "client",
        _container,
        -2,
        subcommands={
            "id": CommandSpec("client|id", client_id, 2, PRIVATE),
            "getname": CommandSpec("client|getname", client_getname, 2, PRIVATE),
            "setname": CommandSpec("client|setname", client_setname, 3, PRIVATE),
            "setinfo": CommandSpec("client|setinfo", client_setinfo, 4, PRIVATE),
            "info": CommandSpec("client|info", client_info, 2, PRIVATE),
            "list": CommandSpec("client|list", client_list, -2, PRIVATE),
            "kill": CommandSpec("client|kill", client_kill, -3, PRIVATE),
        },
    ),
)
