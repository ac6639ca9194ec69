"""What every driver of a Sentinel does with effects, whatever its connections and disks are.

The simulator's node and the live server both inherit from `Driver`, so that the order in which
effects take place is written once: saves, log lines and announcements at once and in order, bytes
through the driver's own queues, which it empties after the step.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from minisentinel.core.effects import (
    Announce,
    Answer,
    Close,
    Dismiss,
    Effect,
    Exit,
    KillScript,
    Log,
    Note,
    Open,
    RunScript,
    Save,
    Send,
)
from minisentinel.core.saved import SavedConfiguration
from minisentinel.core.sentinel import Sentinel
from minisentinel.replies import Command, Reply
from minisentinel.service import Service
from minisentinel.trace import Data, LogLine, SentinelEvent

__all__ = ["Driver"]


class Driver(ABC):
    """Carries out the effects of one Sentinel; a subclass brings sockets, disk, log and clock."""

    sentinel: Sentinel
    service: Service

    @abstractmethod
    def wall_clock_ms(self) -> int:
        """The host's wall clock in whole milliseconds."""

    @abstractmethod
    def open_connection(self, connection: int, host: str, port: int) -> None:
        """Start to connect; `connected` or `lost` of the Sentinel is called with the outcome."""

    @abstractmethod
    def close_connection(self, connection: int) -> None:
        """Close an outgoing connection; what was queued on it in this step is not sent."""

    @abstractmethod
    def send_command(self, connection: int, command: Command) -> None:
        """Queue a command; it leaves after the step."""

    @abstractmethod
    def send_reply(self, client: int, reply: Reply) -> None:
        """Queue a reply or message to a client; it leaves after the step."""

    @abstractmethod
    def close_client(self, client: int, *, after_replies: bool) -> None:
        """Close a client's connection, now or when what is queued for it has been sent."""

    @abstractmethod
    def run_script(self, job: int, argv: tuple[str, ...]) -> int:
        """Start a user script; returns its process id, 0 if no process could be made.

        When it ends, `script_ended` of the Sentinel is called with that process id.
        """

    @abstractmethod
    def kill_script(self, pid: int) -> None:
        """Kill the process of a user script."""

    @abstractmethod
    def save(self, configuration: SavedConfiguration) -> str:
        """Make the configuration durable now; returns an error text, empty on success."""

    @abstractmethod
    def write_log(self, line: LogLine | SentinelEvent) -> None:
        """Write an event or another line to the log, subject to the log level."""

    @abstractmethod
    def note(self, data: Data) -> None:
        """Write a record to the trace."""

    @abstractmethod
    def exit(self, status: int) -> None:
        """End the process; nothing that was queued in this step is sent."""

    def perform(self, effects: Iterable[Effect]) -> None:
        """Carry out the effects of one step, in order."""
        save_failed = False
        for effect in effects:
            if isinstance(effect, Send):
                self.send_command(effect.connection, effect.command)
            elif isinstance(effect, Answer):
                failed = save_failed and effect.if_save_failed is not None
                self.send_reply(effect.client, effect.if_save_failed if failed else effect.reply)
            elif isinstance(effect, Note):
                self.note(effect.data)
            elif isinstance(effect, Announce):
                self._announce(effect)
            elif isinstance(effect, Log):
                self.write_log(effect.line)
            elif isinstance(effect, Save):
                error = self.save(effect.configuration)
                save_failed = bool(error)
                saved = effect.configuration
                self.perform(self.sentinel.saved(self.wall_clock_ms(), saved, error))
            elif isinstance(effect, Open):
                self.open_connection(effect.connection, effect.host, effect.port)
            elif isinstance(effect, Close):
                self.close_connection(effect.connection)
            elif isinstance(effect, Dismiss):
                self.close_client(effect.client, after_replies=effect.after_replies)
            elif isinstance(effect, RunScript):
                self._run_script(effect)
            elif isinstance(effect, KillScript):
                self.kill_script(effect.pid)
            elif isinstance(effect, Exit):
                self.exit(effect.status)
                return

    def _run_script(self, effect: RunScript) -> None:
        now_ms = self.wall_clock_ms()
        pid = self.run_script(effect.job, effect.argv)
        if pid:
            self.perform(self.sentinel.script_started(now_ms, effect.job, pid))
        else:
            self.perform(self.sentinel.script_not_started(now_ms, effect.job))

    def _announce(self, effect: Announce) -> None:
        self.write_log(effect.event)
        for message in self.service.messages(effect):
            self.send_reply(message.client, message.reply)
