"""Addresses of instances: a host name as given, the IP it resolved to, and a port.

Spec: monitoring §1.2.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeAlias

__all__ = [
    "Address",
    "AddressError",
    "AddressSet",
    "ConnectError",
    "Facts",
    "InvalidPort",
    "UnresolvedHost",
    "bracketed",
    "host_is",
    "make_address",
    "never_fails_at_once",
    "numeric_ip",
    "same_address",
]


class Facts(Protocol):
    """What the core must look up at once; the driver keeps the answers ready."""

    def resolve(self, name: str) -> str | None:
        """The IP address text that `name` resolves to now, or None."""
        ...

    def is_executable(self, path: str) -> bool:
        """Whether `path` is an executable file."""
        ...


ConnectError: TypeAlias = Callable[[str, int], str]
"""Why a connection to an IP and port fails at once, in the system's words; empty if it does not.

It is asked right before the `Open` effect that the connection would get, so that a driver may begin
to connect when it is asked.
"""


def never_fails_at_once(ip: str, port: int) -> str:
    """The `ConnectError` of a network that tells how connecting went only later."""
    return ""


class AddressError(ValueError):
    """An address cannot be built from the text given."""


class InvalidPort(AddressError):
    """The port is outside of 0..65535."""


class UnresolvedHost(AddressError):
    """The host is neither a numeric address nor, where names are allowed, resolvable."""


@dataclass(frozen=True, slots=True)
class Address:
    """`hostname` is the text as given; `ip` is numeric text, empty while unresolved."""

    hostname: str
    ip: str
    port: int

    def announced(self, by_name: bool) -> str:
        """The host as shown to others: the name if `by_name` (announce-hostnames), else the IP.

        [MON-1.2-7]
        """
        return self.hostname if by_name else self.ip


LONGEST_NUMERIC = 255


def numeric_ip(host: str) -> str | None:
    """The canonical text of a numeric IPv4 or IPv6 address, or None if `host` is none.

    As the C library does, this takes IPv4 in its classic shorter forms too (``127.1``). Differs: a
    text of more than 255 letters is none, where the C library takes leading zeros without end.
    """
    # Anybody may send a host of any length, and it is not to be remembered.
    return _numeric_ip(host) if len(host) <= LONGEST_NUMERIC else None


@lru_cache(maxsize=4096)
def _numeric_ip(host: str) -> str | None:
    if "%" in host:
        return None
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _classic_ipv4(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        # Said in full, because versions of Python differ in how they write these.
        return f"::ffff:{address.ipv4_mapped}"
    return str(address)


def _classic_ipv4(host: str) -> str | None:
    """One to four numbers, decimal, octal (``0``) or hexadecimal (``0x``); the last fills up."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    numbers = [int(part, 16 if part[:2] in ("0x", "0X") else _base(part)) for part in parts]
    *leading, last = numbers
    if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
        return None
    value = last + sum(number << (24 - 8 * place) for place, number in enumerate(leading))
    return str(ipaddress.IPv4Address(value))


_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


def _base(digits: str) -> int:
    return 8 if digits.startswith("0") else 10


def resolve(host: str, by_name: bool, facts: Facts) -> str | None:
    """The IP of `host`; names are looked up only if `by_name` (resolve-hostnames)."""
    ip = numeric_ip(host)
    if ip is not None:
        return ip
    return facts.resolve(host) if by_name else None


def make_address(
    host: str, port: int, *, resolve_names: bool, allow_unresolved: bool, facts: Facts
) -> Address:
    """Build an address; raises `InvalidPort` or `UnresolvedHost`.

    With `resolve_names` and `allow_unresolved` an unknown name gives an address with empty `ip`.
    [MON-1.2-1] to [MON-1.2-3]
    """
    if not 0 <= port <= 65535:
        raise InvalidPort("Invalid port number.")
    ip = resolve(host, resolve_names, facts)
    if ip is None:
        if not (resolve_names and allow_unresolved):
            raise UnresolvedHost("Can't resolve instance hostname.")
        ip = ""
    return Address(host, ip, port)


def same_address(a: Address, b: Address) -> bool:
    """Same port, and the same IP text or the same name ignoring case. [MON-1.2-5]"""
    if a.port != b.port:
        return False
    return a.ip == b.ip or a.hostname.lower() == b.hostname.lower()


class AddressSet:
    """Addresses, of which one is in it if it is the same as any: quick however many there are."""

    def __init__(self, addresses: Iterable[Address] = ()) -> None:
        self._by_ip: set[tuple[str, int]] = set()
        self._by_name: set[tuple[str, int]] = set()
        for address in addresses:
            self.add(address)

    def add(self, address: Address) -> None:
        """Put one more into it."""
        self._by_ip.add((address.ip, address.port))
        self._by_name.add((address.hostname.lower(), address.port))

    def __contains__(self, address: Address) -> bool:
        """Whether one of them is the same, as `same_address` has it. [MON-1.2-5]"""
        by_name = (address.hostname.lower(), address.port)
        return (address.ip, address.port) in self._by_ip or by_name in self._by_name


def host_is(address: Address, host: str, *, resolve_names: bool, facts: Facts) -> bool:
    """Whether the text `host` means the host of `address`. [MON-1.2-6]"""
    ip = resolve(host, resolve_names, facts)
    if ip is not None:
        return ip == address.ip
    return host.lower() == (address.hostname if resolve_names else address.ip).lower()


def bracketed(host: str, port: int) -> str:
    """``host:port``, with square brackets around an IPv6 address. [MON-1.2-7]"""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
