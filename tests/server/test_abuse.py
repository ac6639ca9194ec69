"""Nobody who talks to a Sentinel, or is watched by it, can bring it down or slow it for others.

The short form: a little of each attack. ``make abuse`` does much of it, and prints numbers.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.abuse import ATTACKS, Attack, carry_out

pytestmark = [
    pytest.mark.real_io,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at processes by /proc"),
]

MOST_MIB = 100
"""How much more memory any of these may take; an INFO of 10 MB is there several times at once."""


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_it_survives_serves_others_and_gives_back_what_it_took(
    attack: Attack, tmp_path: Path
) -> None:
    outcome = carry_out(attack, tmp_path)
    assert outcome.answers > 3, "others are served meanwhile"
    assert outcome.descriptors_kept <= 0
    assert outcome.grown_mib < MOST_MIB
