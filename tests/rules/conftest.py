"""A Sentinel on the bench, and the master that it watches."""

from __future__ import annotations

from tests.core.conftest import bench, master

__all__ = ["bench", "master"]
