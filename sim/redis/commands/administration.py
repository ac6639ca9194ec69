"""INFO, CONFIG, TIME, DEBUG SLEEP and SCRIPT KILL: commands about the server as a whole."""

from __future__ import annotations

from dataclasses import replace

from minisentinel.patterns import glob_matches
from minisentinel.replies import OK, Command, Error, Reply
from sim.redis.clients import Client
from sim.redis.commands.spec import Allow, CommandSpec, wrong_arity
from sim.redis.info import info_text
from sim.redis.server import Server
from sim.redis.settings import DIRECTIVES

__all__ = ["COMMANDS"]

ANYTIME = Allow.LOADING | Allow.STALE


def info(server: Server, client: Client, command: Command) -> Reply:
    """The whole text, or the sections named."""
    return info_text(server, command[1:])


def config_get(server: Server, client: Client, command: Command) -> Reply:
    """Names and values of the directives that match any of the patterns."""
    shown = {name: directive.show(server.settings) for name, directive in DIRECTIVES.items()}
    host, port = server.upstream.target or ("", 0)
    shown["replicaof"] = shown["slaveof"] = f"{host} {port}" if host else ""
    flat: list[Reply] = []
    for name, value in shown.items():
        if any(glob_matches(pattern, name, ignore_case=True) for pattern in command[2:]):
            flat += (name, value)
    return tuple(flat)


def config_set(server: Server, client: Client, command: Command) -> Reply:
    """Change directives, all of them or none."""
    if len(command) % 2:
        return wrong_arity("config|set")
    values = {}
    for name, text in zip(command[2::2], command[3::2], strict=True):
        directive = DIRECTIVES.get(name.lower())
        if directive is None:
            return Error(f"ERR Unknown option or number of arguments for CONFIG SET - '{name}'")
        try:
            if not directive.mutable:
                raise ValueError("can't set immutable config")
            values[directive.attribute] = directive.parse(text)
        except ValueError as problem:
            return Error(
                f"ERR CONFIG SET failed (possibly related to argument '{name}') - {problem}"
            )
    for attribute, value in values.items():
        setattr(server.settings, attribute, value)
    server.settings_changed()
    return OK


def config_rewrite(server: Server, client: Client, command: Command) -> Reply:
    """Make the settings and the role of now those of the next start."""
    if not server.machine.has_config_file:
        return Error("ERR The server is running without a config file")
    server.environment.charge(server.machine.config_rewrite_us)
    server.disk.config = replace(server.settings, replicaof=server.upstream.target)
    return OK


def time(server: Server, client: Client, command: Command) -> Reply:
    """The host's clock: seconds, and microseconds within the second."""
    return (
        str(server.environment.unix_seconds()),
        str(server.environment.now_us() % 1_000_000),
    )


def debug_sleep(server: Server, client: Client, command: Command) -> Reply:
    """Block the server for some seconds."""
    try:
        seconds = float(command[2])
    except ValueError:
        return Error("ERR value is not a valid float")
    server.environment.charge(round(seconds * 1_000_000))
    return OK


def script_kill(server: Server, client: Client, command: Command) -> Reply:
    """There are no scripts here that could be running."""
    return Error("NOTBUSY No scripts in execution right now.")


def _container(server: Server, client: Client, command: Command) -> Reply:
    """A container command alone is a wrong number of words."""
    return wrong_arity(command[0].lower())


COMMANDS = (
    CommandSpec("info", info, -1, ANYTIME),
    CommandSpec("time", time, 1, ANYTIME),
    CommandSpec(
        "config",
        _container,
        -2,
        subcommands={
            "get": CommandSpec("config|get", config_get, -3, ANYTIME),
            "set": CommandSpec("config|set", config_set, -4, ANYTIME),
            "rewrite": CommandSpec("config|rewrite", config_rewrite, 2, ANYTIME),
        },
    ),
    CommandSpec(
        "debug",
        _container,
        -2,
        subcommands={"sleep": CommandSpec("debug|sleep", debug_sleep, 3, ANYTIME)},
    ),
    CommandSpec(
        "script",
        _container,
        -2,
        subcommands={"kill": CommandSpec("script|kill", script_kill, 2)},
    ),
)
