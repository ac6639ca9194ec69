"""``python -m minisentinel``: the same as the command ``minisentinel``."""

from __future__ import annotations

import sys

from minisentinel.cli import main

if __name__ == "__main__":
    sys.exit(main())
