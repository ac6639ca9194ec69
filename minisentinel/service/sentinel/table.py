"""Every subcommand of SENTINEL by its lower-case name (spec: commands §4)."""

from __future__ import annotations

from minisentinel.service.sentinel import membership, reading, trouble
from minisentinel.service.sentinel.config_option import config
from minisentinel.service.sentinel.debug import debug
from minisentinel.service.sentinel.handler import Subcommand, by_name
from minisentinel.service.sentinel.help import show_help
from minisentinel.service.sentinel.set_option import set_options

__all__ = ["SUBCOMMANDS"]

SUBCOMMANDS: dict[str, Subcommand] = {
    "ckquorum": Subcommand(3, by_name(reading.ckquorum)),
    "config": Subcommand(-4, config, saves=True),
    "debug": Subcommand(-2, debug),
    "failover": Subcommand(3, by_name(trouble.fail_over)),
    "flushconfig": Subcommand(2, trouble.flushconfig, saves=True),
    "get-master-addr-by-name": Subcommand(3, reading.get_master_addr_by_name),
    "get-primary-addr-by-name": Subcommand(3, reading.get_master_addr_by_name),
    "help": Subcommand(2, show_help),
    "info-cache": Subcommand(-3, reading.info_cache),
    "is-master-down-by-addr": Subcommand(6, reading.is_master_down_by_addr),
    "is-primary-down-by-addr": Subcommand(6, reading.is_master_down_by_addr),
    "master": Subcommand(3, by_name(reading.master)),
    "masters": Subcommand(2, reading.masters),
    "monitor": Subcommand(6, membership.monitor, saves=True),
    "myid": Subcommand(2, reading.myid),
    "pending-scripts": Subcommand(2, trouble.pending_scripts),
    "primaries": Subcommand(2, reading.masters),
    "primary": Subcommand(3, by_name(reading.master)),
    "remove": Subcommand(3, by_name(membership.remove), saves=True),
    "replicas": Subcommand(3, by_name(reading.replicas)),
    "reset": Subcommand(3, membership.reset),
    "sentinels": Subcommand(3, by_name(reading.sentinels)),
    "set": Subcommand(-5, set_options, saves=True),
    "simulate-failure": Subcommand(-3, trouble.simulate_failure),
    "slaves": Subcommand(3, by_name(reading.replicas)),
}
"""Names with *primary* are Valkey's, and mean the same."""
