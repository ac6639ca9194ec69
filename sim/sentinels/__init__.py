"""The Sentinel node: the protocol core and its service, driven by a simulated process."""

from sim.sentinels.disk import Disk
from sim.sentinels.node import SentinelNode

__all__ = ["Disk", "SentinelNode"]
