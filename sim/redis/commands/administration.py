"""INFO, CONFIG, TIME, DEBUG SLEEP, SHUTDOWN: commands about the server as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minisentinel.patterns import glob_matches
from minisentinel.replies import OK, Command, Error, Reply
from sim.redis.clients import NO_REPLY, Client, Replies
from sim.redis.commands.spec import BUSY, SYNTAX_ERROR, Allow, CommandSpec, wrong_arity
from sim.redis.info import info_text
from sim.redis.server import Server
from sim.redis.settings import DIRECTIVES
from sim.redis.shutdown import SaveChoice

__all__ = ["COMMANDS"]

ANYTIME = Allow.LOADING | Allow.STALE
PRIVATE = ANYTIME | Allow.NO_SCRIPT


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
    values: dict[str, Any] = {}
    for name, text in zip(command[2::2], command[3::2], strict=True):
        directive = DIRECTIVES.get(name.lower())
        if directive is None:
            return Error(f"ERR Unknown option or number of arguments for CONFIG SET - '{name}'")
        try:
            if not directive.mutable:
                raise ValueError("can't set immutable config")
            now = values.get(directive.attribute, getattr(server.settings, directive.attribute))
            values[directive.attribute] = directive.parse(text, now)
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
    disk = server.disk
    server.environment.charge(round(server.machine.config_rewrite_us * disk.slowdown))
    if disk.is_failing:
        return Error("ERR Rewriting config file: No space left on device")
    disk.config = replace(server.settings, replicaof=server.upstream.target)
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


def shutdown(server: Server, client: Client, command: Command) -> Reply | Replies:
    """``SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT]``: no reply if all goes well."""
    options = [word.lower() for word in command[1:]]
    save = [option for option in options if option in ("save", "nosave")]
    known = {*save, "now", "force", "abort"}
    if not set(options) <= known or len(save) > 1 or ("abort" in options and len(options) > 1):
        return SYNTAX_ERROR
    if "abort" in options:
        return OK if server.shutdown.abort() else Error("ERR No shutdown in progress.")
    if server.script is not None and "nosave" not in save:
        return BUSY
    choice: SaveChoice = None
    if save:
        choice = "save" if save[0] == "save" else "nosave"
    server.shutdown.begin(client, choice, now="now" in options, force="force" in options)
    return NO_REPLY


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
            "get": CommandSpec("config|get", config_get, -3, PRIVATE),
            "set": CommandSpec("config|set", config_set, -4, PRIVATE),
            "rewrite": CommandSpec("config|rewrite", config_rewrite, 2, PRIVATE),
        },
    ),
    CommandSpec(
        "debug",
        _container,
        -2,
        subcommands={"sleep": CommandSpec("debug|sleep", debug_sleep, 3, PRIVATE)},
    ),
    CommandSpec("shutdown", shutdown, -1, PRIVATE | Allow.NO_TRANSACTION | Allow.BUSY),
)
