"""What else can be done to a world, beside the verbs that `World` has itself.

Each is a function of the world; what it does is written on the trace as a fault.
"""

from sim.world.faults.commands import command
from sim.world.faults.disks import break_disk, repair_disk, slow_disk
from sim.world.faults.growth import add_node, reuse_address
from sim.world.faults.hosts import drift_clock, end_stalls, stall
from sim.world.faults.links import delay, hold, lose, narrow, release
from sim.world.faults.names import answer_names, point_name, remove_name, silence_names
from sim.world.faults.restarts import rolling_restart, stop
from sim.world.faults.supervision import supervise

__all__ = [
    "add_node",
    "answer_names",
    "break_disk",
    "command",
    "delay",
    "drift_clock",
    "end_stalls",
    "hold",
    "lose",
    "narrow",
    "point_name",
    "release",
    "remove_name",
    "repair_disk",
    "reuse_address",
    "rolling_restart",
    "silence_names",
    "slow_disk",
    "stall",
    "stop",
    "supervise",
]
