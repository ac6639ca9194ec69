"""Colours and patterns, and the arithmetic of contrast.

The hues are those of Okabe and Ito, darkened or lightened so that the meanings differ in lightness
too; states that could be confused in greyscale also differ by pattern, place or line style.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MARKS", "Mark", "contrast_ratio", "luminance", "readable_on"]

INK = "#1A1A1A"
FAINT_INK = "#565656"
PAPER = "#FFFFFF"
RULE = "#C8C8C8"
QUIET = "#ECECEC"
FONT = "DejaVu Sans"


@dataclass(frozen=True, slots=True)
class Mark:
    """How one meaning is drawn, and how the legend words it.

    `shape` is box, tick, line, arrow, star, diamond, cross or band (``-high`` and ``-low``: half of
    a lane); `group` is the heading of the
    legend under which it stands. For a box `edge` is its outline and the colour of its `hatch`.
    """

    label: str
    group: str
    shape: str
    fill: str
    edge: str = "none"
    hatch: str = ""
    line: str = "-"
    width: float = 1.0


MARKS: dict[str, Mark] = {
    "master": Mark("master", "Redis server", "box", "#00568B"),
    "replica": Mark("replica", "Redis server", "box", "#BFE1F5"),
    "unlinked": Mark(
        "replica, link to its master is down", "Redis server", "box", "#FFFFFF", "#4C9CC9", ".."
    ),
    "unknown-role": Mark("role unknown", "Redis server", "box", "#DDDDDD"),
    "running": Mark("running", "Process", "line", "#9A9A9A", width=1.4),
    "down": Mark("killed, not running", "Process", "box", "#FFFFFF", "#B4B4B4", "xx"),
    "paused": Mark("paused, blocked or loading", "Process", "box", "#D9D9D9", "#777777", "|||"),
    "sdown": Mark("SDOWN: holds the master to be down", "Sentinel", "box", "#FBD58A", "#B87A00"),
    "odown": Mark("ODOWN: so do enough others", "Sentinel", "box", "#A63D00", "#7A2D00"),
    "sdown-other": Mark(
        "holds another node to be down", "Sentinel", "box", "#FDF1D8", "#C79A4A", "///"
    ),
    "tilt": Mark(
        "TILT: distrusts its clock, does not act", "Sentinel", "box", "#EDE3F2", "#75528A", "oo"
    ),
    "elected": Mark("elected leader", "Sentinel", "star", "#FFE94D", INK),
    "switched": Mark("names another master from here", "Sentinel", "diamond", "#FFFFFF", INK),
    "aborted": Mark("gives its attempt up", "Sentinel", "cross", INK, INK),
    "asked": Mark("asks for a vote", "Messages", "arrow", "#6B6B6B", line=":", width=0.9),
    "granted": Mark("votes for the candidate", "Messages", "arrow", "#006B4F", width=1.2),
    "refused": Mark("refuses: has voted already", "Messages", "arrow", "#B34700", line="--"),
    "promote": Mark("makes a replica the master", "Messages", "arrow", INK, width=2.2),
    "follow": Mark(
        "makes a server follow another one", "Messages", "arrow", "#8A3A74", line="-.", width=1.3
    ),
    "ok": Mark("operation succeeded", "Client", "tick-high", "#00795A"),
    "failed": Mark("operation failed", "Client", "tick-low", "#C24A00"),
    "unknown": Mark("outcome unknown", "Client", "box-low", "#F3D3E6", "#93407B", hatch="\\\\\\"),
    "lost": Mark("acknowledged, lost later", "Client", "cross", INK, INK),
    "fault": Mark("fault", "Time", "line", INK, width=1.3),
    "remedy": Mark("end of a fault", "Time", "line", INK, line="--", width=1.0),
    "quiet": Mark("time of few events, drawn shorter", "Time", "band", QUIET),
}
"""Every mark that a timeline may use, by its key, in the order of the legend."""

LAG_STYLES = (
    ("#00568B", "-"),
    ("#C24A00", "--"),
    ("#00795A", "-."),
    ("#8A3A74", ":"),
    ("#7A6A00", (0, (6, 1, 1, 1, 1, 1))),
    ("#1A1A1A", (0, (1, 1))),
    ("#4C9CC9", (0, (8, 2))),
)
"""Colour and line style of the lag of the first, second, ... replica."""


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB``, 0 (black) to 1 (white), as WCAG 2 defines it."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two colours, 1 to 21; text needs 4.5."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable_on(background: str) -> str:
    """The better of ink and paper for text on `background`."""
    return max((INK, PAPER), key=lambda colour: contrast_ratio(colour, background))
