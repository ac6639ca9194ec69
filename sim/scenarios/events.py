"""The names of Sentinel's events, for scenarios that wait for one. Spec: events §3."""

from __future__ import annotations

__all__ = ["EVENT_NAMES"]

# fmt: off
EVENT_NAMES = (
    "+monitor", "-monitor", "+set", "+reset-master", "+slave", "+sdown", "-sdown", "+odown",
    "-odown", "+reboot", "+role-change", "-role-change", "+convert-to-slave", "+fix-slave-config",
    "+tilt", "-tilt", "-cmd-link-reconnection", "-pubsub-link-reconnection", "+sentinel",
    "+sentinel-address-switch", "+sentinel-address-update", "+sentinel-invalid-addr", "+new-epoch",
    "+config-update-from", "+switch-master", "+vote-for-leader", "+try-failover",
    "+elected-leader", "-failover-abort-not-elected", "+failover-state-select-slave",
    "-failover-abort-no-good-slave", "+selected-slave", "+failover-state-send-slaveof-noone",
    "+failover-state-wait-promotion", "-failover-abort-slave-timeout", "+promoted-slave",
    "+failover-state-reconf-slaves", "+slave-reconf-sent", "+slave-reconf-inprog",
    "+slave-reconf-done", "-slave-reconf-sent-timeout", "+slave-reconf-sent-be",
    "+failover-end-for-timeout", "+failover-end", "+script-child", "-script-child",
    "-script-error", "-script-timeout",
)
# fmt: on
