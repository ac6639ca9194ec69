"""The settings of the server around a Sentinel: where it listens, who may talk to it, its log.

Spec: config §1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["ServerSettings"]

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Generic directives, typed where a Sentinel cares; the defaults are those of Sentinel mode.

    `users` holds the words of each `user` line after ``user``. `tls` holds the ``tls-*`` text
    directives by name without the prefix, `renamed_commands` both words of each ``rename-command``
    line. `directives` holds the values of every generic directive that was given, by lower-case
    name; of one given more than once, the last, but of `client-output-buffer-limit` all. [CFG-1-4]
    """

    port: int = 26379
    tls_port: int = 0
    bind: Values = ("*", "-::*")
    bind_source_addr: str = ""
    protected_mode: bool = False
    unixsocket: str = ""
    maxclients: int = 10_000
    timeout_seconds: int = 0
    tcp_backlog: int = 511
    tcp_keepalive_seconds: int = 300
    tls_replication: bool = False
    tls_auth_clients: str = "yes"
    tls: Mapping[str, str] = field(default_factory=dict)
    requirepass: str = ""
    users: tuple[Values, ...] = ()
    aclfile: str = ""
    acllog_max_len: int = 128
    dir: str = ""
    daemonize: bool = False
    supervised: str = "no"
    pidfile: str = ""
    loglevel: str = "notice"
    logfile: str = ""
    syslog_enabled: bool = False
    syslog_ident: str = "redis"
    syslog_facility: str = "local0"
    renamed_commands: tuple[tuple[str, str], ...] = ()
    directives: Mapping[str, Values] = field(default_factory=dict)

    @classmethod
    def from_directives(
        cls,
        directives: Mapping[str, Values],
        users: tuple[Values, ...],
        renamed_commands: tuple[tuple[str, str], ...] = (),
    ) -> ServerSettings:
        """Type the checked values of `directives`."""
        typed: dict[str, object] = {}
        for name, (attribute, read) in _READ.items():
            if name in directives:
                typed[attribute] = read(directives[name])
        tls = {
            name.removeprefix("tls-"): values[0]
            for name, values in directives.items()
            if name.startswith("tls-") and name not in _READ
        }
        return cls(
            users=users,
            tls=tls,
            renamed_commands=renamed_commands,
            directives=dict(directives),
            **typed,  # type: ignore[arg-type]
        )

    @property
    def announced_port(self) -> int:
        """The port that other Sentinels reach this one at, unless `announce-port` says otherwise.

        Spec: gossip §2.
        """
        return self.tls_port if self.tls_replication and self.tls_port else self.port


def _text(values: Values) -> str:
    return values[0]


def _lower(values: Values) -> str:
    return values[0].lower()


def _number(values: Values) -> int:
    return int(values[0])


def _yes(values: Values) -> bool:
    return values[0].lower() == "yes"


def _addresses(values: Values) -> Values:
    return () if values == ("",) else values


_READ: dict[str, tuple[str, Callable[[Values], object]]] = {
    "port": ("port", _number),
    "tls-port": ("tls_port", _number),
    "bind": ("bind", _addresses),
    "bind-source-addr": ("bind_source_addr", _text),
    "protected-mode": ("protected_mode", _yes),
    "unixsocket": ("unixsocket", _text),
    "maxclients": ("maxclients", _number),
    "timeout": ("timeout_seconds", _number),
    "tcp-backlog": ("tcp_backlog", _number),
    "tcp-keepalive": ("tcp_keepalive_seconds", _number),
    "tls-replication": ("tls_replication", _yes),
    "tls-auth-clients": ("tls_auth_clients", _lower),
    "requirepass": ("requirepass", _text),
    "aclfile": ("aclfile", _text),
    "acllog-max-len": ("acllog_max_len", _number),
    "dir": ("dir", _text),
    "daemonize": ("daemonize", _yes),
    "supervised": ("supervised", _lower),
    "pidfile": ("pidfile", _text),
    "loglevel": ("loglevel", _lower),
    "logfile": ("logfile", _text),
    "syslog-enabled": ("syslog_enabled", _yes),
    "syslog-ident": ("syslog_ident", _text),
    "syslog-facility": ("syslog_facility", _lower),
}
"""Attribute and reader of each directive that has a type of its own."""
