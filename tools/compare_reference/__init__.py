"""The simulator beside recorded runs of real Sentinels: do orders and times agree?

`make compare-reference` (or ``python -m tools.compare_reference``) plays every recorded scenario in
the simulator over many seeds, prints a table and draws distributions. docs/fidelity.md says how to
read both, and what disagrees. In the order of the work:

- `recordings`: the files in ``tests/reference/recordings/``; what a run is.
- `stage`, `scenes`: the same deployment and the same faults in the simulator.
- `sequences`: the events of each Sentinel of a run, named by the parts that the nodes play.
- `laws`, `orders`, `measures`, `shares`: what must hold, what comes first, how long, how often.
- `comparison`: all of it for one scenario; `report` and `figures` show it.
"""

from __future__ import annotations
