"""How the age of the oldest PING without an answer grows, and where patience ends."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.axes import Axes

from minisentinel.trace import SubjectivelyDown, Trace
from sim.figures.plot import LINES, LineLook, lines_for, new_plot, quiet, set_title
from sim.judge import find_nodes, node_histories
from sim.judge.silence import Silence, find_silences
from sim.judge.states import Health
from sim.timeline.figure import TimelineFigure
from sim.timeline.palette import FAINT_INK, INK, QUIET
from sim.timeline.saving import styled

__all__ = ["draw_silence"]


def draw_silence(
    trace: Trace,
    server: str,
    since: float,
    until: float,
    *,
    title: str = "",
    width_inches: float = 8.0,
) -> TimelineFigure:
    """For each Sentinel the age of its oldest PING to `server` that has no answer, in seconds.

    From `since` to `until`, seconds of the run. The level line is ``down-after-milliseconds``; a
    filled mark is ``+sdown``, a hollow one ``-sdown``; grey is the time in which the server could
    not answer. Raises `sim.judge.messages.NoMessages` for a trace without messages, and ValueError
    for a node that is not there, and for more Sentinels than lines can be told apart.
    """
    if server not in find_nodes(trace).by_name:
        raise ValueError(f"no node is called {server!r}")
    silences = find_silences(trace, server)
    names = sorted(node.name for node in find_nodes(trace).of_type("sentinel"))
    if len(names) > LINES:
        raise ValueError(f"expected at most {LINES} Sentinels, found {len(names)}")
    with styled():
        figure, axes = new_plot(width_inches, 3.4)
        handles = []
        _shade(axes, trace, server, since, until)
        for name, look in zip(names, lines_for(len(names)) if names else (), strict=True):
            handles.append(look.handle(name))
            mine = [each for each in silences if each.sentinel == name]
            axes.plot(
                *_ages(mine, since, until),
                color=look.colour,
                linestyle=look.dashes,
                linewidth=look.width,
                label=name,
            )
            _turns(axes, trace, server, mine, name, look)
        limit = trace.header.settings.get("down-after-milliseconds")
        if isinstance(limit, int):
            axes.axhline(limit / 1000, color=INK, linewidth=1)
            told = f"down-after-milliseconds {limit}"
            axes.text(
                since,
                1.01 * limit / 1000,
                told,
                fontsize=8,
                va="bottom",
                ha="left",
                color=FAINT_INK,
            )
        axes.set_xlim(since, until)
        axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
        axes.set_xlabel("seconds of the run", color=INK)
        axes.set_ylabel("oldest PING without answer, s", color=INK)
        quiet(axes)
        axes.legend(handles=handles, frameon=False, loc="upper right", fontsize=8, handlelength=4)
        set_title(figure, title)
    return figure


def _ages(
    silences: Iterable[Silence], since: float, until: float
) -> tuple[list[float], list[float]]:
    """The corners of the line: it climbs while an answer is owed, and is 0 otherwise."""
    times, ages = [since], [0.0]
    for each in silences:
        start, end = each.start_us / 1e6, min(each.end_us / 1e6, until)
        if start < end and end > since:
            times += [start, end]
            ages += [0.0, end - start]
            if each.answered and each.end_us / 1e6 <= until:
                times.append(end)
                ages.append(0.0)
    if times[-1] != until:
        times.append(until)
        ages.append(ages[-1])
    return times, ages


def _turns(
    axes: Axes, trace: Trace, server: str, silences: list[Silence], sentinel: str, look: LineLook
) -> None:
    """Where this Sentinel changes its mind."""
    nodes = find_nodes(trace)
    for entry in trace.entries:
        data = entry.data
        if entry.node != sentinel or not isinstance(data, SubjectivelyDown):
            continue
        if nodes.name_at((data.host, data.port)) != server:
            continue
        now = entry.time_us
        ages = [each for each in silences if each.start_us <= now < each.end_us]
        age = (now - ages[-1].start_us) / 1e6 if ages else 0.0
        axes.plot(
            now / 1e6,
            age,
            look.marker,
            color=look.colour,
            markerfacecolor=look.colour if data.down else "white",
            markersize=7,
            zorder=5,
            clip_on=False,
        )


def _shade(axes: Axes, trace: Trace, server: str, since: float, until: float) -> None:
    """When the server could not answer, and why."""
    history = node_histories(trace).get(server)
    for span in history.health if history else ():
        start, end = max(span.start_us / 1e6, since), min(span.end_us / 1e6, until)
        if span.value is not Health.UP and start < end:
            axes.axvspan(start, end, color=QUIET, zorder=0)
            axes.text(
                (start + end) / 2,
                0.02,
                span.value.value,
                fontsize=8,
                ha="center",
                color=FAINT_INK,
                transform=axes.get_xaxis_transform(),
            )
