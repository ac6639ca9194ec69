"""What else can be done to a world, beside the verbs that `World` has itself.

Each is a function of the world; what it does is written on the trace as a fault.
"""

from sim.world.faults.commands import command
from sim.world.faults.disks import break_disk, repair_disk
from sim.world.faults.growth import add_node
from sim.world.faults.links import delay, hold, release
from sim.world.faults.supervision import supervise

__all__ = [
    "add_node",
    "break_disk",
    "command",
    "delay",
    "hold",
    "release",
    "repair_disk",
    "supervise",
]
