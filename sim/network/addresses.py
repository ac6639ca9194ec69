"""Who has which address, as seen from where: machines, those behind them, and mapped ports.

A host *behind* another one is what a container on its bridge network is: it has an address of its
own that only its neighbours and its machine know. Others reach it by the machine's address and a
port that is mapped to it, and see the machine's address when it connects to them.
"""

from __future__ import annotations

from sim.network.topology import Host

__all__ = ["AddressBook"]


class AddressBook:
    """The addresses of a network. The same address may occur behind several machines."""

    __slots__ = ("_hosts", "_mappings")

    def __init__(self) -> None:
        self._hosts: dict[tuple[Host | None, str], Host] = {}
        self._mappings: dict[tuple[Host, int], tuple[Host, int]] = {}

    def holder(self, machine: Host | None, address: str) -> Host | None:
        """Who has `address` behind `machine`, or in the open if that is None."""
        return self._hosts.get((machine, address))

    def assign(self, host: Host) -> None:
        """Give a host its address, whoever had it before."""
        self._hosts[host.gateway, host.address] = host

    def map_port(self, machine: Host, port: int, target: Host, target_port: int) -> None:
        """Let `port` of a machine lead to a port behind it, whatever it led to before."""
        self._mappings[machine, port] = (target, target_port)

    def unmap_port(self, machine: Host, port: int) -> None:
        """Let `port` of a machine lead nowhere."""
        self._mappings.pop((machine, port), None)

    def is_mapped(self, machine: Host, port: int) -> bool:
        """Whether `port` of a machine leads to somebody behind it."""
        return (machine, port) in self._mappings

    def reached_at(self, host: Host, port: int) -> tuple[str, int]:
        """The address and port by which the others reach `port` of a host."""
        for (machine, mapped_port), target in self._mappings.items():
            if target == (host, port):
                return (machine.address, mapped_port)
        return (host.address, port)

    def locate(self, source: Host, address: str, port: int) -> tuple[Host, int] | None:
        """The host and port that `address` and `port` mean to `source`; None: nobody has them."""
        host = None
        if source.gateway is not None or source.guests:
            host = self._hosts.get((source.gateway or source, address))
            if host is not None:
                return (host, port)
        host = self._hosts.get((None, address))
        if host is None:
            return None
        return self._mappings.get((host, port), (host, port))

    def appears_as(self, source: Host, address: str, target: Host) -> Host:
        """The host whose address `target` sees when `source` connects to `address`."""
        machine = source.gateway
        if machine is None or target is machine or (machine, address) in self._hosts:
            return source
        return machine
