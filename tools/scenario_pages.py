"""The pages and pictures of the documentation that show the scenarios.

``python -m tools.scenario_pages --write`` writes ``docs/scenario-schema.md`` and
``docs/gallery.md``; ``--images`` draws a picture for every shipped scenario, seed 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from minisentinel.files import write_atomically
from sim.scenarios import run_scenario, shipped_scenarios
from sim.scenarios.pages import gallery_page, schema_page

__all__ = ["PAGES", "draw", "main"]

DOCS = Path(__file__).resolve().parent.parent / "docs"
DPI = 75
"""Small enough for some dozens of pictures in a repository, large enough to read."""


def _gallery() -> str:
    return gallery_page(shipped_scenarios())


PAGES: Mapping[str, Callable[[], str]] = {
    "scenario-schema.md": schema_page,
    "gallery.md": _gallery,
}
"""The pages by their file in ``docs/``, and what makes them."""


def draw(names: Sequence[str] = ()) -> None:
    """Draw the timelines of the shipped scenarios, or of those called `names`."""
    from sim.timeline import save_figure, timeline

    for scenario in shipped_scenarios():
        if names and scenario.name not in names:
            continue
        figure = timeline(run_scenario(scenario).trace)
        path = DOCS / "images" / f"{scenario.name}.png"
        # The first one is on the front page.
        save_figure(figure, path, dpi=150 if scenario.name == "kill-master" else DPI)
        print(f"wrote {path.name}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="scenario_pages", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the pages")
    parser.add_argument("--images", action="store_true", help="draw the pictures")
    parser.add_argument("names", nargs="*", help="draw only these")
    options = parser.parse_args(arguments)
    if options.write:
        for name, page in PAGES.items():
            write_atomically(DOCS / name, page().encode())
    if options.images:
        draw(options.names)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
