"""Fuzzing: inputs drawn without end, and what must hold for each of them.

`TARGETS` are the things that are fuzzed. ``make fuzz MINUTES=10`` runs them for long; `test_fuzz`
is the short form.
"""

from __future__ import annotations

from tests.fuzz.codec import REPLIES, REQUESTS
from tests.fuzz.conf import CONFIGURATIONS
from tests.fuzz.life import COMMANDS, HELLOS, INFOS, LIVES
from tests.fuzz.target import Target

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (REQUESTS, REPLIES, CONFIGURATIONS, COMMANDS, HELLOS, INFOS, LIVES)
}
