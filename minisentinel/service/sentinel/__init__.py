"""The SENTINEL command: a table of subcommands, and modules for what they are about.

=================  ====================================================================
`reading`          what is known: masters, replicas, Sentinels, opinions, cached INFO
`membership`       whom to watch: MONITOR, REMOVE, RESET
`set_option`       SET, the settings of one master
`config_option`    CONFIG, the settings of the process
`debug`            DEBUG, the periods of the protocol
`trouble`          FAILOVER, FLUSHCONFIG, PENDING-SCRIPTS, SIMULATE-FAILURE
`help`             HELP
=================  ====================================================================

Spec: commands §4 to §14.
"""

from __future__ import annotations

from minisentinel.service.sentinel.handler import SAVE_FAILED, Handler, Subcommand
from minisentinel.service.sentinel.table import SUBCOMMANDS

__all__ = ["SAVE_FAILED", "SUBCOMMANDS", "Handler", "Subcommand"]
