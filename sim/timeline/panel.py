"""One run as a panel of a picture: phases, faults, lanes, lag and the time axis below them."""

from __future__ import annotations

from dataclasses import dataclass

from sim.timeline.arrows import draw_commands, draw_votes
from sim.timeline.axis import TimeAxis
from sim.timeline.canvas import Canvas
from sim.timeline.lag import LAG_HEIGHT, LAG_UNIT, draw_lag, draw_lag_caption, lag_label_width
from sim.timeline.lanes import (
    Density,
    Lane,
    densities_for,
    draw_lane_labels,
    draw_separators,
    label_width,
    lay_out_lanes,
)
from sim.timeline.marks import draw_quiet_bands, plan_faults
from sim.timeline.moments import crossings
from sim.timeline.palette import FAINT_INK, INK
from sim.timeline.phase_rows import needs_rows, plan_phase_rows, row_label_width
from sim.timeline.phases import plan_phases
from sim.timeline.scene import Scene
from sim.timeline.sentinels import draw_sentinel
from sim.timeline.servers import draw_server
from sim.timeline.story import story_lines
from sim.timeline.strips import draw_client

__all__ = ["MARGIN", "Panel"]

MARGIN = 18.0


@dataclass(frozen=True, slots=True)
class Panel:
    """A scene under its title."""

    scene: Scene
    title: str
    title_size: float = 15

    @property
    def _densities(self) -> dict[str, Density]:
        return densities_for(self.scene.lanes)

    def label_width(self, canvas: Canvas) -> float:
        """The room that the column of labels needs."""
        widths = [label_width(canvas, self.scene, self._densities)]
        if self.scene.lag:
            widths.append(canvas.measure(LAG_UNIT, 7.5)[0])
        if self.scene.selection.part("phases"):
            widths.append(row_label_width(canvas, self.scene))
        return max(widths)

    def margin_right(self, canvas: Canvas) -> float:
        """The room that is needed right of the plot."""
        return max(lag_label_width(canvas, self.scene) + 30, 12)

    def draw(self, canvas: Canvas, axis: TimeAxis, label_right: float, top: float) -> float:
        """Draw all of it from `top` on; returns where it ends."""
        scene, densities = self.scene, self._densities
        y = self._draw_title(canvas, top)
        y = self._draw_phases(canvas, axis, label_right, y)
        faults = plan_faults(canvas, scene, axis)
        faults_top = y
        y += faults.height + 2
        lanes = lay_out_lanes(scene, y + 4, densities)
        bottom = lanes[-1].bottom if lanes else y
        lag_top = bottom + 20
        plot_bottom = lag_top + LAG_HEIGHT if scene.lag else bottom + 6

        _draw_lanes(canvas, scene, axis, lanes)
        draw_lane_labels(canvas, lanes, label_right, densities)
        draw_separators(canvas, lanes, MARGIN, axis.right)
        faults.draw(canvas, axis, faults_top, plot_bottom)
        if scene.lag:
            draw_lag(canvas, scene, axis, lag_top)
            draw_lag_caption(canvas, label_right, lag_top)
        draw_quiet_bands(canvas, axis, y, plot_bottom, plot_bottom + 21)
        return _draw_time(canvas, axis, plot_bottom)

    def _draw_title(self, canvas: Canvas, top: float) -> float:
        canvas.text(MARGIN, top + 7, self.title, size=self.title_size, weight="bold")
        y = top + self.title_size + 10
        if self.scene.selection.part("story"):
            for line in story_lines(self.scene):
                canvas.text(MARGIN, y, line, size=9.5, colour=FAINT_INK)
                y += 13
        return y + 2

    def _draw_phases(self, canvas: Canvas, axis: TimeAxis, label_right: float, top: float) -> float:
        if not self.scene.selection.part("phases"):
            return top
        if needs_rows(self.scene):
            rows = plan_phase_rows(self.scene, axis)
            rows.draw(canvas, axis, top, label_right)
            return top + rows.height + 6
        phases = plan_phases(canvas, self.scene, axis)
        phases.draw(canvas, axis, top)
        return top + phases.height + 6


def _draw_lanes(canvas: Canvas, scene: Scene, axis: TimeAxis, lanes: tuple[Lane, ...]) -> None:
    by_name = {lane.node.name: lane for lane in lanes}
    taken = tuple(sorted(axis.at(time) for time in crossings(scene) if axis.shows(time)))
    for lane in lanes:
        match lane.node.type:
            case "client":
                draw_client(canvas, scene, axis, lane)
            case "sentinel":
                draw_sentinel(canvas, scene, axis, lane, taken)
            case _:
                draw_server(canvas, scene, axis, lane, taken)
    draw_votes(canvas, scene, axis, by_name)
    if scene.selection.part("commands"):
        draw_commands(canvas, scene, axis, by_name)


def _draw_time(canvas: Canvas, axis: TimeAxis, top: float) -> float:
    """The axis line, its ticks, and the row of the quiet bands' labels."""
    pieces = [(stretch.left, stretch.right) for stretch in axis.stretches if not stretch.is_quiet]
    for left, right in pieces:
        canvas.line([(left, top), (right, top)], colour=INK, width=0.9, order=4)
    free = float("-inf")
    for x, label in axis.ticks(27.0):
        canvas.line([(x, top), (x, top + 3.5)], colour=INK, width=0.8, order=4)
        width = canvas.measure(label, 8.0)[0]
        if x - width / 2 < free + 3:
            continue
        canvas.text(x, top + 9.5, label, size=8.0, across="center")
        free = x + width / 2
    return top + (26 if axis.quiet else 14)
