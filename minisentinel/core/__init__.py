"""The protocol as a pure state machine: no clock, no socket, no file, no global randomness.

Reading order: `state` (what a Sentinel remembers), `rules` (the decisions), `timer` (what a tick
does), then the parts: `links`, `monitoring`, `info`, `hello`, `election`, `selection`,
`failover`, `reconfiguration`, `scripts`; `sentinel` puts them behind one object, and `effects`
is what comes out of it.
"""

from minisentinel.core.address import Address, AddressError, Facts
from minisentinel.core.dice import Dice
from minisentinel.core.profile import MODERN, Profile
from minisentinel.core.saved import SavedConfiguration, snapshot
from minisentinel.core.sentinel import Sentinel
from minisentinel.core.state import State
from minisentinel.core.timing import Timing

__all__ = [
    "MODERN",
    "Address",
    "AddressError",
    "Dice",
    "Facts",
    "Profile",
    "SavedConfiguration",
    "Sentinel",
    "State",
    "Timing",
    "snapshot",
]
