"""``python -m sim``: the same as the command ``minisentinel-sim``."""

from __future__ import annotations

import sys

from sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
