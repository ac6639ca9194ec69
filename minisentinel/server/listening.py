"""Sockets to listen on, as ``bind``, ``port`` and ``unixsocket`` say."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from minisentinel.config.server import ServerSettings

__all__ = ["CannotListen", "Listening", "listening_sockets", "set_keepalive"]

_NOT_HERE = (
    errno.EADDRNOTAVAIL,
    errno.EAFNOSUPPORT,
    errno.EPFNOSUPPORT,
    errno.EPROTONOSUPPORT,
    errno.ESOCKTNOSUPPORT,
    errno.ENOPROTOOPT,
)
"""What makes an address one that this machine does not have."""

KEEPALIVE_PROBES = 3


class CannotListen(Exception):
    """A place to listen at cannot be had; `warning` says where and why, the text what follows."""

    def __init__(self, warning: str, text: str) -> None:
        super().__init__(text)
        self.warning = warning


@dataclass(frozen=True, slots=True)
class Listening:
    """Bound sockets: those for anybody, and those for clients that encrypt."""

    plain: list[socket.socket] = field(default_factory=list)
    secured: list[socket.socket] = field(default_factory=list)

    @property
    def all(self) -> list[socket.socket]:
        """Both."""
        return self.plain + self.secured


def listening_sockets(
    settings: ServerSettings, warn: Callable[[str], None] = lambda text: None
) -> Listening:
    """Bound sockets for every configured place. Raises `CannotListen`.

    An address with a minus sign in front may be missing on this machine; `warn` is told of it.
    """
    found = Listening()
    try:
        if settings.port:
            found.plain.extend(_on_port(settings.bind, settings.port, "tcp", warn))
        if settings.tls_port:
            found.secured.extend(_on_port(settings.bind, settings.tls_port, "tls", warn))
        if settings.unixsocket:
            found.plain.append(_unix(settings))
        if not found.all:
            raise CannotListen("", "Configured to not listen anywhere, exiting.")
    except CannotListen:
        for each in found.all:
            each.close()
        raise
    return found


def _on_port(
    bind: tuple[str, ...], port: int, kind: str, warn: Callable[[str], None]
) -> list[socket.socket]:
    """A socket for each address of `bind` that is here."""
    found: list[socket.socket] = []
    try:
        for word in bind:
            found += _tcp(word, port, kind, warn)
    except CannotListen:
        for each in found:
            each.close()
        raise
    return found


def _tcp(word: str, port: int, kind: str, warn: Callable[[str], None]) -> list[socket.socket]:
    is_optional = word.startswith("-")
    name = word.removeprefix("-")
    host = {"*": "0.0.0.0", "::*": "::"}.get(name, name)
    try:
        where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )[0]
        return [_bound(where[0], where[4])]
    except (OSError, ValueError) as error:
        is_unknown = isinstance(error, socket.gaierror)
        step = "" if is_unknown else "bind: "
        reason = getattr(error, "strerror", None) or str(error)
        warning = (
            f"Warning: Could not create server TCP listening socket {name}:{port}: {step}{reason}"
        )
        is_missing = is_unknown or (isinstance(error, OSError) and error.errno in _NOT_HERE)
        if is_optional and is_missing:
            warn(warning)
            return []
        raise CannotListen(
            warning, f"Failed listening on port {port} ({kind}), aborting."
        ) from None


def _bound(family: int, address: object) -> socket.socket:
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # IPv4 has a socket of its own.
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind(address)  # type: ignore[arg-type]  # It is of the family.
        # Refused here rather than later, when the process already counts as started.
        found.listen(1)
    except OSError:
        found.close()
        raise
    found.setblocking(False)
    return found


def _unix(settings: ServerSettings) -> socket.socket:
    path = settings.unixsocket
    permissions = settings.directives.get("unixsocketperm", ("0",))[0]
    try:
        with suppress(FileNotFoundError):
            # What is no socket was not left by a Sentinel, and stays: binding fails then.
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                os.unlink(path)
        found = _bound(socket.AF_UNIX, path)
        if int(permissions, 8):
            os.chmod(path, int(permissions, 8))
    except OSError as error:
        raise CannotListen(
            f"Warning: Could not create the unix socket {path}: {error.strerror or error}",
            "Failed opening Unix socket, aborting.",
        ) from None
    return found


def set_keepalive(connection: socket.socket, seconds: int) -> None:
    """Have the system probe a silent TCP peer after `seconds`, and give it up after twice that.

    0 means never. Raises OSError.
    """
    if not seconds or connection.family == socket.AF_UNIX:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, max(seconds // 3, 1))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
