"""The configuration file: read it, and write the state back into it. Pure: text in, text out.

`load` reads a text into a `State` and `ServerSettings`; `rewrite` puts a saved state back into the
old text. Spec: config.
"""

from __future__ import annotations

from minisentinel.config.errors import ConfigError
from minisentinel.config.loader import IncludeReader, Loaded, load
from minisentinel.config.rewrite import rewrite
from minisentinel.config.server import ServerSettings

__all__ = ["ConfigError", "IncludeReader", "Loaded", "ServerSettings", "load", "rewrite"]
