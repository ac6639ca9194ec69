"""The Sentinel node: the protocol core and its service, driven by a simulated process."""

from sim.sentinels.disk import Disk
from sim.sentinels.machine import MachineProfile
from sim.sentinels.node import SentinelNode
from sim.sentinels.scripts import VirtualScript

__all__ = ["Disk", "MachineProfile", "SentinelNode", "VirtualScript"]
