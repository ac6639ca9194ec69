"""sim: a deterministic world of hosts, networks, Redis servers and clients around minisentinel."""

from __future__ import annotations

from minisentinel import __version__

__all__ = ["__version__"]
