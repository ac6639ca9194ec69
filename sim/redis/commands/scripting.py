"""EVAL, EVALSHA and SCRIPT: what a script may do, and how long (redis-node §1)."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from minisentinel.replies import OK, Command, Error, NullArray, Reply, Status
from minisentinel.wire import format_double
from sim.redis.blocking import Blocked
from sim.redis.clients import NO_REPLY, Client, Replies
from sim.redis.commands.arguments import integer
from sim.redis.commands.spec import Allow, CommandSpec, wrong_arity
from sim.redis.lua import CompileError, LuaError, Table, compile_script, execute
from sim.redis.lua.interpreter import LuaValue
from sim.redis.refused import Refused
from sim.redis.scripts import Run, RunningScript, run_script, run_through, sha1_of
from sim.redis.server import Server

__all__ = ["COMMANDS"]

CALL_US = 2.0
"""What a command costs that is called from a script."""

NO_SCRIPT = Error("NOSCRIPT No matching script. Please use EVAL.")
KILLED = "Script killed by user with SCRIPT KILL..."


def evaluate(server: Server, client: Client, command: Command) -> Reply | Replies:
    """``EVAL script numkeys key ... arg ...``, and EVALSHA with the name of a known script."""
    keys, arguments = _split(command)
    text: str | None = command[1]
    if command[0].lower() == "evalsha":
        text = server.scripts.find(command[1])
        if text is None:
            return NO_SCRIPT
    assert text is not None
    try:
        body = compile_script(text)
    except CompileError as problem:
        return Error(f"ERR Error compiling script (new function): {problem}")
    script = _Script(server, client, server.scripts.add(text))
    names = script.names(keys, arguments)
    loop_us = server.machine.script_loop_ns / 1000
    script.running = RunningScript(client, script.name, script.run(execute(body, names, loop_us)))
    if client.is_atomic:
        return run_through(server, script.running)
    reply = run_script(server, script.running, script.finish)
    if isinstance(reply, RunningScript):
        server.blocked.add(script.wait, 0)
        return NO_REPLY
    return reply


def _split(command: Command) -> tuple[Command, Command]:
    """The keys and the other arguments."""
    number = integer(command[2])
    if number > len(command) - 3:
        raise Refused(Error("ERR Number of keys can't be greater than number of args"))
    if number < 0:
        raise Refused(Error("ERR Number of keys can't be negative"))
    return command[3 : 3 + number], command[3 + number :]


class _Script:
    """One execution: what the script calls, what it costs, how it ends."""

    def __init__(self, server: Server, client: Client, name: str) -> None:
        self.server = server
        self.client = client
        self.name = name
        self.running: RunningScript | None = None
        self.wait = Blocked(client, lambda: None)
        self._passed_us = 0.0

    def names(self, keys: Command, arguments: Command) -> dict[str, LuaValue]:
        """The global names that a script finds."""
        functions: dict[str, LuaValue] = {
            "call": lambda words, line: self._call(words, line, protected=False),
            "pcall": lambda words, line: self._call(words, line, protected=True),
            "error_reply": lambda words, line: _reply_table("err", words),
            "status_reply": lambda words, line: _reply_table("ok", words),
            "sha1hex": lambda words, line: sha1_of(_word(words[0], line)),
        }
        return {
            "KEYS": Table(list(keys)),
            "ARGV": Table(list(arguments)),
            "redis": Table(named=functions),
            "tonumber": lambda words, line: _to_number(words[0]),
            "tostring": lambda words, line: _to_string(words[0]),
        }

    def run(self, steps: Generator[float, None, LuaValue]) -> Run:
        """Execute: yields the time that passes, returns the reply."""
        client = self.client
        before, client.is_atomic = client.is_atomic, True
        try:
            while True:
                try:
                    passed_us = next(steps)
                except StopIteration as stop:
                    return _to_reply(stop.value)
                yield passed_us + self._passed_us
                self._passed_us = 0.0
        except _Failed as failed:
            return failed.error
        except LuaError as problem:
            return self._error(f"ERR user_script:{problem.line}: {problem}", problem.line)
        finally:
            client.is_atomic = before

    def finish(self, client: Client, reply: Reply) -> None:
        """A script that took too long has ended after all."""
        server = self.server
        server.finish(client)
        server.script_ended()
        server.blocked.release(self.wait, reply)

    def _error(self, text: str, line: int) -> Error:
        return Error(f"{text} script: {self.name}, on @user_script:{line}.")

    def _call(self, values: Sequence[LuaValue], line: int, *, protected: bool) -> LuaValue:
        self._passed_us += CALL_US
        words = tuple(_word(value, line) for value in values)
        reply = self._execute(words)
        if isinstance(reply, Error) and not protected:
            raise _Failed(self._error(reply.text, line))
        return _to_lua(reply)

    def _execute(self, words: Command) -> Reply:
        server = self.server
        spec = server.find(words)
        if isinstance(spec, Error):
            wrong = spec.text.startswith("ERR wrong number")
            return Error(
                "ERR Wrong number of args calling Redis command from script"
                if wrong
                else "ERR Unknown Redis command called from script"
            )
        if Allow.NO_SCRIPT in spec.allow:
            return Error("ERR This Redis command is not allowed from script")
        refusal = server.check(self.client, spec)
        if refusal is not None:
            return refusal
        if spec.writes and self.running is not None:
            self.running.has_written = True
        reply = server.call(self.client, words)
        if isinstance(reply, Replies):
            return reply.items
        return reply


class _Failed(Exception):
    """``redis.call`` has met an error, which ends the script."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.text)
        self.error = error


# -- conversions


def _word(value: LuaValue, line: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return format_double(value)
    raise LuaError("Lua redis lib command arguments must be strings or integers", line)


def _reply_table(name: str, words: Sequence[LuaValue]) -> Table:
    text = words[0] if words and isinstance(words[0], str) else ""
    if name == "err":
        text = text.removeprefix("-") if " " in text else f"ERR {text}"
    return Table(named={name: text})


def _to_number(value: LuaValue) -> LuaValue:
    if isinstance(value, float):
        return value
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _to_string(value: LuaValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return "nil" if value is None else str(value).lower()
    return format_double(value) if isinstance(value, float) else "table"


def _to_lua(reply: Reply) -> LuaValue:
    match reply:
        case None | NullArray.NULL_ARRAY:
            return False
        case bool() | int() | float():
            return float(reply)
        case str():
            return reply
        case Status(text):
            return Table(named={"ok": text})
        case Error(text):
            return Table(named={"err": text})
        case dict():
            flat = (part for pair in reply.items() for part in pair)
            return Table([_to_lua(each) for each in flat])
    return Table([_to_lua(each) for each in reply])


def _to_reply(value: LuaValue) -> Reply:
    """Numbers lose their fraction, a table ends at its first nil, as in the real server."""
    match value:
        case None | False:
            return None
        case True:
            return 1
        case float():
            return int(value)
        case str():
            return value
        case Table(items, named):
            if isinstance(named.get("err"), str):
                return Error(str(named["err"]))
            if isinstance(named.get("ok"), str):
                return Status(str(named["ok"]))
            end = next((at for at, item in enumerate(items) if item is None), len(items))
            return tuple(_to_reply(item) for item in items[:end])
    return None


# -- SCRIPT


def script_kill(server: Server, client: Client, command: Command) -> Reply:
    """End the script that keeps the server busy, unless it has written. [RED-1-9]"""
    script = server.script
    if script is None:
        return Error("NOTBUSY No scripts in execution right now.")
    if script.has_written:
        return Error(
            "UNKILLABLE Sorry the script already executed write commands against the dataset. You "
            "can either wait the script termination or kill the server in a hard way using the "
            "SHUTDOWN NOSAVE command."
        )
    if script.timer is not None:
        script.timer.cancel()
    script.run.close()
    server.script_ended()
    error = Error(f"ERR {KILLED} script: {script.name}, on @user_script:1.")
    waiting = script.client.blocked
    if waiting is not None:
        server.blocked.release(waiting, error)
    return OK


def script_load(server: Server, client: Client, command: Command) -> Reply:
    """Remember a script; returns its SHA1."""
    try:
        compile_script(command[2])
    except CompileError as problem:
        return Error(f"ERR Error compiling script (new function): {problem}")
    return server.scripts.add(command[2])


def script_exists(server: Server, client: Client, command: Command) -> Reply:
    """1 or 0 for each SHA1."""
    return tuple(int(server.scripts.find(name) is not None) for name in command[2:])


def script_flush(server: Server, client: Client, command: Command) -> Reply:
    """Forget all scripts."""
    if len(command) > 2 and command[2].lower() not in ("async", "sync"):
        return Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
    server.scripts.clear()
    return OK


def _container(server: Server, client: Client, command: Command) -> Reply:
    return wrong_arity(command[0].lower())


COMMANDS = (
    # The real table allows them with stale data; what it then finds in the script does not.
    CommandSpec("eval", evaluate, -3, Allow.NO_SCRIPT),
    CommandSpec("evalsha", evaluate, -3, Allow.NO_SCRIPT),
    CommandSpec(
        "script",
        _container,
        -2,
        Allow.NO_SCRIPT,
        subcommands={
            "kill": CommandSpec("script|kill", script_kill, 2, Allow.BUSY | Allow.NO_SCRIPT),
            "load": CommandSpec("script|load", script_load, 3, Allow.STALE | Allow.NO_SCRIPT),
            "exists": CommandSpec("script|exists", script_exists, -3, Allow.NO_SCRIPT),
            "flush": CommandSpec("script|flush", script_flush, -2, Allow.NO_SCRIPT),
        },
    ),
)
