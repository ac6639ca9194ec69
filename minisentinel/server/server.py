"""A live Sentinel: the core and its service on this machine's sockets, disk and clock.

Spec: README §1 (execution model), config §4.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

from minisentinel.config import Loaded
from minisentinel.core.effects import Effect, Save
from minisentinel.core.saved import SavedConfiguration, snapshot
from minisentinel.core.sentinel import Sentinel
from minisentinel.driver import Driver
from minisentinel.replies import Command, Reply
from minisentinel.server.clients import Clients
from minisentinel.server.clock import wall_clock_ms
from minisentinel.server.disk import AclFiles, ConfigurationFile
from minisentinel.server.host import ThisHost
from minisentinel.server.links import Links
from minisentinel.server.local_facts import LocalFacts
from minisentinel.server.log import ServerLog
from minisentinel.server.saving import Saver
from minisentinel.server.scripts import Scripts
from minisentinel.server.tls import Tls
from minisentinel.server.tracing import TraceFile
from minisentinel.service import Service
from minisentinel.service.session import Buffers
from minisentinel.trace import Data, LogLine, NodeStarted, ProcessChanged, SentinelEvent

__all__ = ["Server"]

FIRST_TICK_SECONDS = 0.001
TEND_SECONDS = 1.0
ACCEPTS_AT_ONCE = 32
HANDSHAKES_AT_ONCE = 4
"""Each takes about as long as a hundred commands."""
FIRST_PROCESS = 1


class Server(Driver):
    """One Sentinel on an event loop, from `start` until it ends.

    `sockets` are bound and will be listened on; so will `tls_sockets`, for clients that encrypt as
    `tls` says, which is also how links do if the settings want that. `on_end` is called once, with
    the exit status, when the Sentinel has ended: by `stop`, a command, a simulated failure, or a
    bug. Raises `AccessRefused` if the users in the settings make no sense.
    """

    def __init__(
        self,
        loaded: Loaded,
        *,
        loop: asyncio.AbstractEventLoop,
        file: ConfigurationFile,
        facts: LocalFacts,
        log: ServerLog,
        sockets: Sequence[socket.socket],
        tls: Tls | None = None,
        tls_sockets: Sequence[socket.socket] = (),
        on_end: Callable[[int], None],
        trace: TraceFile | None = None,
    ) -> None:
        settings = loaded.server
        to_links = tls.connecting if tls is not None and settings.tls_replication else None
        self.links = Links(loop, self, settings.bind_source_addr, to_links)
        self.sentinel = Sentinel(
            loaded.state,
            facts=facts,
            tracing=trace is not None,
            zone=None,
            connect_error=self.links.begin,
        )
        self.service = Service(
            self.sentinel, settings=settings, host=ThisHost(file.path), files=AclFiles()
        )
        self.log = log
        self.clients = Clients(self, settings, self.service.statistics)
        self.running = False
        self._loop = loop
        self._saver = Saver(file)
        self._scripts = Scripts(adopts=os.getpid() == FIRST_PROCESS)
        self._sockets = sockets
        self._tls = tls
        self._tls_sockets = tls_sockets
        self._bound_to = next((word for word in settings.bind if "*" not in word), "")
        self._backlog = settings.tcp_backlog
        self._listeners: list[asyncio.Server] = []
        self._on_end = on_end
        self._protected_mode = settings.protected_mode
        self._trace = trace
        self._flush_is_due = False
        self._timers: dict[Callable[[], None], asyncio.TimerHandle] = {}

    # Life.

    async def start(self) -> None:
        """Begin: the first save, the log's first lines, the sockets, the timer [CFG-4-2]."""
        self._loop.set_exception_handler(self._on_exception)
        self.running = True
        for notice in self.service.access.notices:
            self.log.write("notice", notice)
        effects = self.sentinel.start(wall_clock_ms())
        self._note_start()
        self.perform(effects)
        for each in self._sockets:
            await self._listen(each, self.clients.accept, ACCEPTS_AT_ONCE)
        if self._tls is not None:
            accept = partial(self.clients.accept_secured, self._tls.accepting)
            for each in self._tls_sockets:
                await self._listen(each, accept, HANDSHAKES_AT_ONCE)
        if self.running:  # We may have been told to end while we waited for the sockets.
            self._later(FIRST_TICK_SECONDS, self._tick)
            self._later(TEND_SECONDS, self._tend)

    async def _listen(
        self, where: socket.socket, accept: Callable[[], asyncio.BaseProtocol], at_once: int
    ) -> None:
        is_unix = where.family == socket.AF_UNIX
        create = self._loop.create_unix_server if is_unix else self._loop.create_server
        # To asyncio `backlog` is also how many it accepts at once, however long that takes.
        listener = await create(accept, sock=where, backlog=at_once)
        if not self.running:
            listener.close()
            return
        self._listeners.append(listener)
        where.listen(self._backlog)

    def _note_start(self) -> None:
        if self._trace is not None:
            state = self.sentinel.state
            self._trace.node = f"sentinel-{state.myid[:8]}"
            host = state.announce_ip or self._bound_to
            self.note(NodeStarted(type="sentinel", host=host, port=state.port, runid=state.myid))

    def stop(self) -> None:
        """End in order, as asked to: save, and close every connection."""
        self.exit(0)

    def exit(self, status: int) -> None:
        """End this Sentinel; what was queued is not sent. It saves if `status` is 0.

        Differs: a real Sentinel does not save when it ends, and may forget the epoch of a
        configuration whose address it knew already [CFG-5-13].
        """
        if not self.running:
            return
        if not status:
            self.log.write("notice", "User requested shutdown...")
            self.perform([Save(snapshot(self.sentinel.state))])
        change = "exited" if status else "stopped"
        self.note(ProcessChanged(change=change, status=status))
        self._halt()
        self._on_end(status)

    def _halt(self) -> None:
        self.running = False
        for listener in self._listeners:
            listener.close()
        for timer in self._timers.values():
            timer.cancel()
        self.links.close_all()
        self.clients.close_all()
        self._scripts.forget()
        self._write_trace()

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._timers[what] = self._loop.call_later(seconds, what)

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """The loop could not do something; a step that raised is a bug, and state may be half.

        So the process ends, as a real server does when an assertion fails: what it must not forget
        is on disk.
        """
        problem = context.get("exception")
        self.log.write("warning", f"{context.get('message')}: {problem!r}")
        if isinstance(problem, Exception) and not isinstance(problem, OSError):
            import traceback  # Only ever needed once.

            for line in traceback.format_exception(problem):
                for each in line.splitlines():
                    self.log.write("warning", each)
            self.exit(1)

    # The timer.

    def _tick(self) -> None:
        for end in self._scripts.ended():
            self.perform(self.sentinel.script_ended(wall_clock_ms(), *end))
        self.perform(self.sentinel.tick(wall_clock_ms()))
        if self.running:
            self.perform(self.service.tick(wall_clock_ms()))
            self.clients.wake()
            # From now, not from when it was due: after a stall no ticks are made up for.
            self._later(self.sentinel.next_tick_in_ms() / 1000, self._tick)

    def _tend(self) -> None:
        self.clients.tend()
        self._later(TEND_SECONDS, self._tend)

    # The round: what steps queued leaves when everything that was readable has been read.

    def link_wants_flush(self) -> None:
        """See `LinkOwner`."""
        if not self._flush_is_due and self.running:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    client_wants_flush = link_wants_flush

    def _flush(self) -> None:
        self._flush_is_due = False
        if self.running:
            self.links.flush()
            self.clients.flush()
            self._write_trace()

    def _write_trace(self) -> None:
        if self._trace is None:
            return
        try:
            self._trace.flush()
        except OSError as error:
            self.log.write("warning", f"The trace ends here: {error.strerror or error}")
            self.sentinel.context.tracing = False
            with suppress(OSError):
                self._trace.close()
            self._trace = None

    # What connections report.

    def link_connected(self, connection: int, local_host: str) -> None:
        """See `LinkOwner`."""
        self.perform(self.sentinel.connected(wall_clock_ms(), connection, local_host))

    def link_received(self, connection: int, reply: Reply) -> None:
        """See `LinkOwner`."""
        self.perform(self.sentinel.received(wall_clock_ms(), connection, reply))

    def link_lost(self, connection: int) -> None:
        """See `LinkOwner`."""
        if self.running:
            self.perform(self.sentinel.lost(wall_clock_ms(), connection))

    def client_connected(
        self, client: int, address: str, local_address: str, descriptor: int, buffers: Buffers
    ) -> None:
        """See `ClientOwner`."""
        self.service.client_connected(
            client,
            now_ms=wall_clock_ms(),
            address=address,
            local_address=local_address,
            descriptor=descriptor,
            buffers=buffers,
        )

    def client_could_not_come(self, error: str) -> None:
        """See `ClientOwner`."""
        self.log.level = self.sentinel.state.loglevel
        self.log.write("verbose", f"Error accepting a client connection: {error}")

    def client_sent(self, client: int, words: Command) -> None:
        """See `ClientOwner`."""
        self.perform(self.service.command(wall_clock_ms(), client, words))

    def client_left(self, client: int) -> None:
        """See `ClientOwner`."""
        self.service.client_left(client)

    def client_protocol(self, client: int) -> int:
        """See `ClientOwner`."""
        return self.service.protocol_of(client)

    def client_is_authenticated(self, client: int) -> bool:
        """See `ClientOwner`."""
        return self.service.authenticated(client)

    def client_is_subscriber(self, client: int) -> bool:
        """See `ClientOwner`."""
        return self.service.is_subscriber(client)

    def client_waits(self, client: int) -> bool:
        """See `ClientOwner`."""
        return self.service.waits(client)

    def refuses_strangers(self) -> bool:
        """See `ClientOwner`."""
        return self._protected_mode and self.service.access.default_user_needs_no_password()

    # What the driver asks for.

    def perform(self, effects: Iterable[Effect]) -> None:
        """Carry out the effects of one step."""
        effects = tuple(effects)
        self._saver.foresee(effects)
        super().perform(effects)

    def wall_clock_ms(self) -> int:
        """The wall clock of this machine."""
        return wall_clock_ms()

    def open_connection(self, connection: int, host: str, port: int) -> None:
        """Start to connect."""
        self.links.open(connection, host, port)

    def close_connection(self, connection: int) -> None:
        """Close one of our connections."""
        self.links.close(connection)

    def send_command(self, connection: int, command: Command) -> None:
        """Queue a command on one of our connections."""
        self.links.send(connection, command)

    def send_reply(self, client: int, reply: Reply) -> None:
        """Queue a reply or a message to a client."""
        self.clients.send(client, reply)

    def close_client(self, client: int, *, after_replies: bool) -> None:
        """Close a client's connection."""
        self.clients.close(client, after_replies=after_replies)

    def run_script(self, job: int, argv: tuple[str, ...]) -> int:
        """Start a user script."""
        return self._scripts.start(argv)

    def kill_script(self, pid: int) -> None:
        """Kill a user script."""
        self._scripts.kill(pid)

    def save(self, configuration: SavedConfiguration) -> str:
        """Rewrite the configuration file; nothing else happens until it is on disk [GEN-1-2]."""
        return self._saver.save(configuration)

    def write_log(self, line: LogLine | SentinelEvent) -> None:
        """Write to the log, and to the trace if there is one."""
        self.log.level = self.sentinel.state.loglevel
        text = f"{line.name} {line.payload}" if isinstance(line, SentinelEvent) else line.text
        self.log.write(line.level, text)
        self.note(line)

    def note(self, data: Data) -> None:
        """Write to the trace, if there is one."""
        if self._trace is not None:
            self._trace.note(data)
