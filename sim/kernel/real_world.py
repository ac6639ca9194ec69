"""The door to the real world, locked: sockets, threads, subprocesses and signals are refused.

A simulation that touched them would not be repeatable, and would wait in real time for a clock
that does not move. Every refusal is a NotSimulatedError that says what to use instead.
"""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from sim.kernel.errors import NotSimulatedError

__all__ = ["NoRealWorldLoop"]


class _Refusal:
    """Stands in place of a method and raises when called."""

    def __init__(self, remedy: str) -> None:
        self.remedy = remedy

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise NotSimulatedError(
            f"{self.name}() reaches for the real world, which a simulation must not; {self.remedy}"
        )


def _refused(remedy: str) -> Any:
    return _Refusal(remedy)


_NETWORK = "use a connection of the simulated network"
_NAMES = "use the addresses of the simulated hosts"
_THREAD = "call the function directly, and sleep for the virtual time that it should take"
_PROCESS = "use a process of the simulated world"
_FILE = "keep the data in memory, or in the disk of a simulated process"
_SIGNAL = "let the scenario kill, pause or resume the simulated process"


class NoRealWorldLoop(asyncio.AbstractEventLoop):
    """An event loop without any of the methods that need an operating system."""

    create_connection = _refused(_NETWORK)
    create_server = _refused(_NETWORK)
    create_unix_connection = _refused(_NETWORK)
    create_unix_server = _refused(_NETWORK)
    create_datagram_endpoint = _refused(_NETWORK)
    connect_accepted_socket = _refused(_NETWORK)
    start_tls = _refused(_NETWORK)
    sock_accept = _refused(_NETWORK)
    sock_connect = _refused(_NETWORK)
    sock_recv = _refused(_NETWORK)
    sock_recv_into = _refused(_NETWORK)
    sock_recvfrom = _refused(_NETWORK)
    sock_recvfrom_into = _refused(_NETWORK)
    sock_sendall = _refused(_NETWORK)
    sock_sendto = _refused(_NETWORK)
    sock_sendfile = _refused(_NETWORK)
    sendfile = _refused(_NETWORK)
    add_reader = _refused(_NETWORK)
    remove_reader = _refused(_NETWORK)
    add_writer = _refused(_NETWORK)
    remove_writer = _refused(_NETWORK)

    getaddrinfo = _refused(_NAMES)
    getnameinfo = _refused(_NAMES)

    run_in_executor = _refused(_THREAD)
    set_default_executor = _refused(_THREAD)

    subprocess_exec = _refused(_PROCESS)
    subprocess_shell = _refused(_PROCESS)

    connect_read_pipe = _refused(_FILE)
    connect_write_pipe = _refused(_FILE)

    add_signal_handler = _refused(_SIGNAL)
    remove_signal_handler = _refused(_SIGNAL)
