"""Figures to files: PNG, SVG and PDF, the same bytes for the same trace, written in one step."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from matplotlib.figure import Figure

from minisentinel.files import write_atomically

__all__ = ["FORMATS", "rendered", "save_figure", "styled"]

FORMATS = ("png", "svg", "pdf")

_STYLE: dict[str, Any] = {
    **{key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")},
    "hatch.linewidth": 0.7,
    "svg.hashsalt": "minisentinel",
    "svg.fonttype": "path",
    "path.simplify": False,
}


def styled() -> AbstractContextManager[None]:
    """While it lasts, matplotlib's own defaults and ours hold, whatever the reader's settings."""
    # The stubs want every key as a literal.
    return mpl.rc_context(cast(Any, _STYLE))


def rendered(figure: Figure, format: str, dpi: float) -> bytes:
    """The bytes of `figure` in `format`; no date in them, no setting of the reader."""
    content = io.BytesIO()
    dated = {"png": "Software", "svg": "Date", "pdf": "CreationDate"}[format]
    with styled():
        figure.savefig(content, format=format, dpi=dpi, metadata={dated: None}, facecolor="white")
    return content.getvalue()


def save_figure(figure: Figure, path: str | os.PathLike[str], *, dpi: float = 150) -> None:
    """Write `figure` to `path` as PNG, SVG or PDF (its suffix says which), whole or not at all.

    The same figure gives the same bytes. `dpi` is the resolution of a PNG. Raises ValueError for
    another suffix, and OSError if the file cannot be written.
    """
    format = Path(path).suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise ValueError(f"{path}: expected a name that ends in .png, .svg or .pdf")
    write_atomically(path, rendered(figure, format, dpi))
