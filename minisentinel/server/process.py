"""The process around a live Sentinel: how it starts, which signals it heeds, how it ends.

Spec: config §0 and §4.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from secrets import token_bytes  # noqa: TID251 - what makes one Sentinel differ from another
from types import FrameType

from minisentinel.config import Loaded
from minisentinel.config.server import ServerSettings
from minisentinel.core.address import Facts
from minisentinel.core.dice import Dice
from minisentinel.files import why_not_writable
from minisentinel.identity import CLAIMED_VERSION, OWN_VERSION
from minisentinel.server.clock import wall_clock_ms
from minisentinel.server.disk import ConfigurationFile
from minisentinel.server.listening import CannotListen, Listening, listening_sockets
from minisentinel.server.local_facts import LocalFacts
from minisentinel.server.log import ServerLog
from minisentinel.server.loop import MeteredLoop
from minisentinel.server.server import Server
from minisentinel.server.supervision import Supervisor, find_supervisor
from minisentinel.server.tls import CannotSecure, Tls, is_wanted, make_tls
from minisentinel.server.tracing import TraceFile
from minisentinel.service.access import AccessRefused
from minisentinel.trace import TraceError

__all__ = ["Options", "Process", "serve"]

INTERRUPTED = 1
RESERVED_DESCRIPTORS = 32
"""What the process needs beside a descriptor for each client: as much as a real one reserves."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve: the configuration file's absolute path and, if wanted, where to put a trace."""

    path: str
    trace: str = ""


class CannotStart(Exception):
    """Why this Sentinel cannot start; the text is for standard error, empty if the log has it."""


Configuration = Callable[[Facts, int, Dice], Loaded]
"""Reads the configuration, given the facts of this machine, the time in ms and the dice."""


def serve(configuration: Configuration, options: Options) -> int:
    """Run a Sentinel until it is told to end; returns the exit status.

    What `configuration` raises passes through. [CFG-4-1] [CFG-4-5]
    """
    facts = LocalFacts()
    loaded = configuration(facts, wall_clock_ms(), Dice(int.from_bytes(token_bytes(8))))
    facts.starting = False
    with ExitStack() as held:
        try:
            log, supervisor = _prepare(loaded, options.path)
            loaded = _with_descriptors(loaded, log)
            trace = _open_trace(options.trace)
            if trace is not None:
                held.callback(_close, trace)
            tls = _secure(loaded.server, log)
            listening = _listen(loaded.server, log)
            for each in listening.all:
                held.callback(each.close)
            file = ConfigurationFile(options.path)
            file.reserve()
            held.callback(file.close)
            loop = held.enter_context(closing(MeteredLoop()))
            process = Process(loop, loaded.server, log, supervisor)
            process.server = Server(
                loaded,
                loop=loop,
                file=file,
                facts=facts,
                log=log,
                sockets=listening.plain,
                tls=tls,
                tls_sockets=listening.secured,
                on_end=process.on_end,
                trace=trace,
            )
            statistics = process.server.service.statistics
            loop.meter(lambda took_us: statistics.turned(wall_clock_ms(), took_us))
        except CannotStart as problem:
            if str(problem):
                print(problem, file=sys.stderr)
            return 1
        except AccessRefused as refused:
            for line in refused.lines:
                log.write("warning", line)
            return 1
        return process.run()


def _close(trace: TraceFile) -> None:
    with suppress(OSError):
        trace.close()


def _prepare(loaded: Loaded, path: str) -> tuple[ServerLog, Supervisor]:
    """Open the log, refuse what cannot be done, and say that we start. [CFG-0-2]"""
    settings = loaded.server
    if settings.logfile:
        try:
            with open(settings.logfile, "ab"):
                pass
        except (OSError, ValueError) as error:
            raise CannotStart(
                f"\n*** FATAL CONFIG FILE ERROR (Redis {CLAIMED_VERSION}) ***\n"
                f"Can't open the log file: {getattr(error, 'strerror', None) or error}"
            ) from None
    log = ServerLog(settings.loglevel, settings.logfile)
    if settings.syslog_enabled:
        log.tell_system(settings.syslog_ident, settings.syslog_facility)
    for host in loaded.unresolved:
        log.write("warning", f"Failed to resolve hostname '{host}'")
    fault = why_not_writable(path)
    if fault:
        log.write("warning", f"Sentinel config file {path} is not writable: {fault}. Exiting...")
        raise CannotStart
    supervisor = find_supervisor(settings.supervised, log)
    # A real server too stays in the foreground when it is supervised.
    if settings.daemonize and not supervisor.name:
        raise CannotStart(
            "minisentinel stays in the foreground: remove 'daemonize yes', and let a supervisor "
            "such as systemd (or '&' and a logfile) put it into the background."
        )
    log.write("notice", "oO0OoO0OoO0Oo minisentinel is starting oO0OoO0OoO0Oo")
    log.write(
        "notice",
        f"minisentinel version={OWN_VERSION}, Redis version={CLAIMED_VERSION}, "
        f"pid={os.getpid()}, just started",
    )
    log.write("notice", "Configuration loaded")
    return log, supervisor


def _with_descriptors(loaded: Loaded, log: ServerLog) -> Loaded:
    """Have the system allow a descriptor for every client, or be content with fewer clients.

    Raises `CannotStart` if none could come.
    """
    wanted = loaded.server.maxclients + RESERVED_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return loaded
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        soft = limit
    if soft >= wanted:
        return loaded
    maxclients = soft - RESERVED_DESCRIPTORS
    if maxclients < 1:
        log.write(
            "warning",
            f"This process may have only {soft} open files (ulimit -n), which leaves none for "
            f"clients: allow it {wanted}. Exiting...",
        )
        raise CannotStart
    log.write(
        "warning",
        f"maxclients {loaded.server.maxclients} needs {wanted} open files, but this process may "
        f"have {soft} (ulimit -n): at most {maxclients} clients are accepted.",
    )
    return replace(loaded, server=replace(loaded.server, maxclients=maxclients))


def _open_trace(path: str) -> TraceFile | None:
    if not path:
        return None
    try:
        return TraceFile(path)
    except OSError as error:
        raise CannotStart(f"{path}: the trace cannot be written: {error.strerror}") from None
    except TraceError as error:
        raise CannotStart(str(error)) from None


def _secure(settings: ServerSettings, log: ServerLog) -> Tls | None:
    """TLS, if anything is to be encrypted."""
    if not is_wanted(settings):
        return None
    try:
        tls = make_tls(settings)
    except CannotSecure as problem:
        log.write("warning", str(problem))
        log.write("warning", "Failed to configure TLS. Check logs for more info.")
        raise CannotStart from None
    for note in tls.notes:
        log.write("warning", note)
    return tls


def _listen(settings: ServerSettings, log: ServerLog) -> Listening:
    try:
        listening = listening_sockets(settings, lambda text: log.write("warning", text))
    except CannotListen as problem:
        if problem.warning:
            log.write("warning", problem.warning)
        log.write("warning", str(problem))
        raise CannotStart from None
    log.write("notice", f"Running mode=sentinel, port={settings.port or settings.tls_port}.")
    return listening


class Process:
    """One life of the process around `server`, from its pid file to the exit status."""

    server: Server

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        settings: ServerSettings,
        log: ServerLog,
        supervisor: Supervisor,
    ) -> None:
        self._loop = loop
        self._settings = settings
        self._log = log
        self._supervisor = supervisor
        self._status = 0
        self._asked_to_end = False
        self._ended = loop.create_future()

    def run(self) -> int:
        """Serve; returns the exit status."""
        loop = self._loop
        for number in (signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)
        pidfile = self._write_pidfile()
        loop.run_until_complete(self._live())
        self._supervisor.stopping()
        # Connections that were closed are let go in one more round.
        loop.run_until_complete(asyncio.sleep(0))
        if self._status == 0:
            self._say_goodbye(pidfile)
        return self._status

    async def _live(self) -> None:
        await self.server.start()
        if self._asked_to_end:
            self.server.stop()  # Asked before there was anything to stop.
        if self.server.running:
            self._supervisor.ready()
            await self._ended

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """May run in the middle of a step, so it only asks for the end; a second SIGINT is it."""
        seconds, name = wall_clock_ms() // 1000, signal.Signals(number).name
        if self._asked_to_end and number == signal.SIGINT:
            self._log.write_raw(seconds, "You insist... exiting now.")
            os._exit(INTERRUPTED)
        self._asked_to_end = True
        self._log.write_raw(seconds, f"Received {name} scheduling shutdown...")
        self._loop.call_soon_threadsafe(self.server.stop)

    def on_end(self, status: int) -> None:
        """The Sentinel has ended."""
        self._status = status
        self._ended.set_result(None)

    def _write_pidfile(self) -> str:
        path = os.path.abspath(self._settings.pidfile) if self._settings.pidfile else ""
        if path:
            try:
                with open(path, "w", encoding="ascii") as file:
                    file.write(f"{os.getpid()}\n")
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                self._log.write("warning", f"Failed to write PID file: {reason}")
                return ""
        return path

    def _say_goodbye(self, pidfile: str) -> None:
        if pidfile:
            self._log.write("notice", "Removing the pid file.")
            with suppress(OSError):
                os.unlink(pidfile)
        if self._settings.unixsocket:
            self._log.write("notice", "Removing the unix socket file.")
            with suppress(OSError):
                os.unlink(self._settings.unixsocket)
        self._log.write("warning", "Sentinel is now ready to exit, bye bye...")
