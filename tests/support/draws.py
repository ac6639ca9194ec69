"""What hypothesis draws depends on the test alone, and not on what happens to be loaded.

Hypothesis strews constants into what it draws, taken from the sources of all modules of the project
that are loaded by then. Which these are depends on the tests that ran before in the same process,
and so on the number of processors; and a change in one module would change what all tests draw. It
is good for who looks for new examples, and not for who wants the same ones every time.
"""

from __future__ import annotations

from typing import Any

from hypothesis.internal.conjecture import providers

__all__ = ["depend_on_nothing_else"]

COLLECTOR = "_get_local_constants"
"""Internal to hypothesis. Versions before 6.131 take no constants from anywhere."""


def depend_on_nothing_else() -> None:
    """From now on no constants are collected in this process."""
    if hasattr(providers, COLLECTOR):
        none: Any = providers._local_constants
        setattr(providers, COLLECTOR, lambda: none)
