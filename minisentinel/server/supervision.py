"""Telling the supervisor of this process how it goes: systemd, or upstart.

A datagram to the socket that systemd names is all there is to it. See `sd_notify(3)` and, for
upstart, ``expect stop``.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

from minisentinel.server.log import ServerLog

__all__ = ["Supervisor", "find_supervisor"]

NOTIFY_SOCKET = "NOTIFY_SOCKET"
UPSTART_JOB = "UPSTART_JOB"

Signal = Callable[[int, int], None]


class Supervisor:
    """Who supervises, if anybody does: ``systemd``, ``upstart`` or an empty name."""

    def __init__(self, name: str = "", *, send_signal: Signal = os.kill) -> None:
        self.name = name
        self._send_signal = send_signal

    def ready(self) -> None:
        """Clients can come."""
        if self.name == "systemd":
            _notify("STATUS=Ready to accept connections\nREADY=1\n")
        elif self.name == "upstart":
            # It wakes us up again; until then nothing happens here.
            self._send_signal(os.getpid(), signal.SIGSTOP)

    def stopping(self) -> None:
        """The end has begun."""
        if self.name == "systemd":
            _notify("STOPPING=1\n")


def find_supervisor(wanted: str, log: ServerLog) -> Supervisor:
    """The supervisor that ``supervised`` means by `wanted`: no, auto, systemd or upstart.

    One that is wanted and did not start this process is reported, and not one then.
    """
    if wanted in ("auto", "upstart") and UPSTART_JOB in os.environ:
        del os.environ[UPSTART_JOB]  # Scripts are not supervised.
        log.write("notice", "supervised by upstart, will stop to signal readiness")
        return Supervisor("upstart")
    if wanted in ("auto", "systemd") and NOTIFY_SOCKET in os.environ:
        log.write("notice", "supervised by systemd: it is told when clients can come")
        return Supervisor("systemd")
    if wanted in ("upstart", "systemd"):
        variable = UPSTART_JOB if wanted == "upstart" else NOTIFY_SOCKET
        log.write(
            "warning", f"{wanted} supervision requested, but {variable} is not in the environment!"
        )
    return Supervisor()


def _notify(text: str) -> None:
    """Send `text` to systemd; that nobody listens is no reason to fail."""
    path = os.environ.get(NOTIFY_SOCKET, "")
    if path.startswith("@"):
        path = "\0" + path[1:]  # A socket without a file.
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            channel.sendto(text.encode("ascii"), path)
    except OSError:
        pass
