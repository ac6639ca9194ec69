"""The experiment by which Jepsen measured Redis Sentinel in 2013, rebuilt.

=============  ====================================================================
`published`    the numbers that were published
`plan`         the deployment, and the variants that are compared
`client`       who writes: one client for each node's Sentinel
`experiment`   one run: settle, write, cut, heal, read
`accounting`   what became of the numbers
`table`        many runs beside the published one
=============  ====================================================================

``python -m sim.jepsen --seeds 100`` prints the table. Source of the set-up and of the figures:
sentinel-2.6 §15.
"""

from sim.jepsen.accounting import Outcome
from sim.jepsen.experiment import run_experiment
from sim.jepsen.plan import VARIANTS, Variant, find_variant

__all__ = ["VARIANTS", "Outcome", "Variant", "find_variant", "run_experiment"]
