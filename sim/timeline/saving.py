"""Figures to files: PNG and SVG, the same bytes for the same trace, written in one step."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from matplotlib.figure import Figure

from minisentinel.trace.file import write_atomically

__all__ = ["FORMATS", "rendered", "save", "styled"]

FORMATS = ("png", "svg")

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
    """The bytes of `figure` as png or svg; they hold no date and depend on no setting."""
    content = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None} if format == "png" else {"Date": None}
    with styled():
        figure.savefig(content, format=format, dpi=dpi, metadata=metadata, facecolor="white")
    return content.getvalue()


def save(figure: Figure, path: str | os.PathLike[str], *, dpi: float) -> None:
    """Write `figure` to `path`, whose suffix decides the format; see `sim.timeline`."""
    format = Path(path).suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise ValueError(f"{path}: expected a name that ends in .png or .svg")
    write_atomically(path, rendered(figure, format, dpi))
