"""A Sentinel as a process of its own, seen from outside: what it says, and what it costs."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from minisentinel.codec import NOT_YET, ReplyDecoder, encode_command
from minisentinel.replies import PONG, Reply
from tests.live.ports import free_port
from tests.live.processes import Process
from tests.live.waiting import eventually

__all__ = ["PATIENCE_SECONDS", "Line", "Outside"]

PATIENCE_SECONDS = 300.0
"""How long anything may take: so long only what never comes, however slow the machine is."""


class Line:
    """A connection to a server, for somebody who waits."""

    def __init__(self, port: int, *, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_SECONDS)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self._decoder = ReplyDecoder()

    def send(self, *words: str) -> None:
        """Send a command."""
        self.socket.sendall(encode_command(words))

    def reply(self) -> Reply:
        """The next reply; raises `ConnectionResetError` if the other side has closed."""
        while (reply := self._decoder.next()) is NOT_YET:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionResetError("closed by the server")
            self._decoder.feed(data)
        return reply

    def ask(self, *words: str) -> Reply:
        """The reply to a command."""
        self.send(*words)
        return self.reply()

    def at_hand(self) -> Iterator[Reply]:
        """What has come, without waiting."""
        while True:
            while (reply := self._decoder.next()) is not NOT_YET:
                yield reply
            self.socket.setblocking(False)
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            finally:
                self.socket.settimeout(PATIENCE_SECONDS)
            if not data:
                return
            self._decoder.feed(data)

    def is_closed(self) -> bool:
        """Wait until the other side closes; whatever it says before is dropped."""
        with suppress(ConnectionError):
            while self.socket.recv(65536):
                pass
        return True

    def close(self) -> None:
        self.socket.close()


class Outside(Process):
    """``minisentinel`` with a configuration, in a directory of its own.

    `program` is Python code to run in its place, if not empty.
    """

    def __init__(self, directory: Path, conf: str, *, program: str = "") -> None:
        directory.mkdir(exist_ok=True)
        self.port = free_port()
        self.conf = directory / "sentinel.conf"
        self.conf.write_text(f"port {self.port}\nbind 127.0.0.1\n{conf}", encoding="utf-8")
        what = ("-c", program) if program else ("-m", "minisentinel")
        super().__init__("minisentinel", (sys.executable, *what, str(self.conf)), directory)

    def serve(self) -> None:
        """Start it, and wait until it answers."""
        self.start()
        eventually("it answers PING", self._answers, within_seconds=PATIENCE_SECONDS)

    def _answers(self) -> bool:
        assert self.is_running, self.tail()
        return self.ask("PING") == PONG

    @contextmanager
    def line(self, **options: Any) -> Iterator[Line]:
        """A connection to it, closed in the end."""
        with closing(Line(self.port, **options)) as line:
            yield line

    def ask(self, *words: str) -> Reply:
        """The reply to one command."""
        with self.line() as line:
            return line.ask(*words)

    def info(self, section: str = "everything") -> dict[str, str]:
        """The lines of INFO."""
        text = self.ask("INFO", section)
        assert isinstance(text, str)
        pairs = (line.partition(":") for line in text.splitlines() if ":" in line)
        return {name: value for name, _, value in pairs}

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory_mib(self, *, peak: bool = False) -> float:
        """Its resident memory, now or at most."""
        name = "VmHWM:" if peak else "VmRSS:"
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"no {name}")
