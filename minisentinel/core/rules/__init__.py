"""The rules of the protocol: small named decisions, one stateless class per part.

A rule looks at state and answers a question (is it down? may I vote? which replica is best?); it
changes nothing. What is done with the answer is in the part of the same name, one floor up.
"""

from minisentinel.core.rules.election import ElectionRules
from minisentinel.core.rules.failover import FailoverRules
from minisentinel.core.rules.hello import HelloRules
from minisentinel.core.rules.monitoring import MonitoringRules
from minisentinel.core.rules.scripts import ScriptRules
from minisentinel.core.rules.selection import SelectionRules

__all__ = [
    "ElectionRules",
    "FailoverRules",
    "HelloRules",
    "MonitoringRules",
    "ScriptRules",
    "SelectionRules",
]
