"""minisentinel: the Redis Sentinel protocol, written once and without I/O.

The protocol core (`minisentinel.core`) is told the time and what happened, and answers with what
is to be done. The simulator in the package `sim` drives it in virtual time.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
