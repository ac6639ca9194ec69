"""Loading a text in tests: fixed facts, a fixed time, fixed dice."""

from __future__ import annotations

import pytest

from minisentinel.config import ConfigError, IncludeReader, Loaded, load
from minisentinel.core.dice import Dice
from tests.support.facts import FakeFacts

NOW_MS = 1_700_000_000_000
MYID = "0123456789abcdef0123456789abcdef01234567"
PEER = "89abcdef0123456789abcdef0123456789abcdef"


def loaded(
    *lines: str,
    facts: FakeFacts | None = None,
    overrides: tuple[str, ...] = (),
    read_include: IncludeReader | None = None,
) -> Loaded:
    """What the text of these lines means."""
    return load(
        "\n".join(lines),
        path="sentinel.conf",
        facts=facts or FakeFacts(),
        now_ms=NOW_MS,
        dice=Dice(1),
        overrides=overrides,
        read_include=read_include,
    )


def refused(
    *lines: str, facts: FakeFacts | None = None, overrides: tuple[str, ...] = ()
) -> ConfigError:
    """The error that the text of these lines gives."""
    with pytest.raises(ConfigError) as caught:
        loaded(*lines, facts=facts, overrides=overrides)
    return caught.value
