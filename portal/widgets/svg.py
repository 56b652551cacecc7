"""
Our own small SVG renderer of a ChartSpec, for pages without scripts, print, reports and mail.

Colours are presentation attributes: tokens of the page's theme, or flat hex with a `palette`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from portal.widgets.axes import Span
from portal.widgets.chart import ChartSpec, Mark, Series
from portal.widgets.curves import area, curve, stretches

SIZES: Mapping[str, tuple[int, int]] = {
    "": (600, 272),
    "sm": (340, 176),
    "md": (400, 224),
    "lg": (740, 336),
    "tall": (640, 320),
}
LETTER = 6.3
GAP = 14
FOOT = 24


@dataclass(frozen=True, slots=True)
class Panel:
    """One axis on the page: its band of the height and how values fall into it."""

    name: str
    top: float
    bottom: float
    span: Span

    def y(self, value: float) -> float:
        """Return the height at which `value` is drawn."""
        return self.bottom - (self.bottom - self.top) * self.span.part(value)


class Drawing:
    """A chart while it is drawn: where things are, and what has been written so far."""

    def __init__(self, spec: ChartSpec, size: str, palette: Mapping[str, str] | None) -> None:
        self.spec = spec
        self.width, self.height = SIZES.get(size, SIZES[""])
        self.palette = palette
        self.parts: list[str] = []
        widest = max((len(text) for name in spec.axes for text in spec.ticks(name)), default=1)
        self.left = widest * 7 + 12
        self.right = self.width - (66 if any(s.end for s in spec.series) else 6)
        self.panels = self._panels()

    def paint(self, token: str) -> str:
        """Return the colour of a token: the theme's own, or the palette's."""
        return f"var(--{token})" if self.palette is None else self.palette[token]

    def x(self, at: float) -> float:
        """Return where the label number `at` stands."""
        n = len(self.spec.labels)
        room = self.right - self.left
        if self.spec.has_bars or n == 1:
            return self.left + room * (at + 0.5) / max(n, 1)
        return self.left + room * at / (n - 1)

    @property
    def step(self) -> float:
        """The width of one label's band."""
        n = len(self.spec.labels)
        return (self.right - self.left) / max(n if self.spec.has_bars else n - 1, 1)

    def add(self, tag: str, text: str = "", **attributes: object) -> None:
        """Write one element; underscores in names become hyphens, words are escaped."""
        pairs = "".join(
            f' {name.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
            for name, value in attributes.items()
            if value is not None
        )
        end = f">{escape(text)}</{tag}>" if text else "/>"
        self.parts.append(f"<{tag}{pairs}{end}")

    def words(self, text: str, x: float, y: float, anchor: str = "start", **more: object) -> None:
        """Write a small text."""
        attributes = {"fill": self.paint("ink-3"), "font_size": 11, **more}
        self.add("text", text, x=x, y=y, text_anchor=anchor, **attributes)

    def _panels(self) -> dict[str, Panel]:
        kinds = {mark.kind for mark in self.spec.marks}
        top = 24.0 if "event" in kinds else 18.0 if "zone" in kinds else 8.0
        axes = self.spec.axes
        room = self.height - FOOT - top - GAP * (len(axes) - 1)
        total = sum(axis.weight for axis in axes.values())
        panels = {}
        for name, axis in axes.items():
            bottom = top + room * axis.weight / total
            panels[name] = Panel(name, top, bottom, self.spec.span(name))
            top = bottom + GAP
        return panels


def draw(spec: ChartSpec, size: str = "", *, palette: Mapping[str, str] | None = None) -> str:
    """
    Return `spec` as one `<svg>` element.

    Args:
        spec: the chart.
        size: "", sm, md, lg or tall: the box that the page keeps for it.
        palette: token name to hex colour, for files that know no theme.
    """
    drawing = Drawing(spec, size, palette)
    _zones(drawing)
    _grid(drawing)
    for number, series in enumerate(spec.series):
        if series.kind in {"bar", "band", "area"}:
            _filled(drawing, number, series)
    for series in spec.series:
        if series.kind in {"area", "line", "dash", "points"}:
            _line(drawing, series)
    _ends(drawing)
    for mark in spec.marks:
        _mark(drawing, mark)
    size_attributes = (
        f' xmlns="http://www.w3.org/2000/svg" width="{drawing.width}" height="{drawing.height}"'
        if palette is not None
        else ""
    )
    return (
        f'<svg class="plot"{size_attributes} viewBox="0 0 {drawing.width} {drawing.height}"'
        f' preserveAspectRatio="xMinYMid meet" role="img" aria-label="{escape(spec.label)}">'
        f"{''.join(drawing.parts)}</svg>"
    )


def _zones(drawing: Drawing) -> None:
    panels = list(drawing.panels.values())
    for mark in drawing.spec.marks:
        if mark.kind != "zone":
            continue
        half = drawing.step / 2
        left = max(drawing.x(mark.start) - half, drawing.left)
        right = min(drawing.x(mark.end) + half, drawing.right)
        top, height = panels[0].top, panels[-1].bottom - panels[0].top
        drawing.add("rect", x=left, y=top, width=right - left, height=height,
                    fill=drawing.paint("ink-3"), fill_opacity=0.09)  # fmt: skip
        drawing.words(mark.label, right, top - 5, "end")


def _grid(drawing: Drawing) -> None:
    for panel in drawing.panels.values():
        for tick, text in zip(panel.span.ticks, drawing.spec.ticks(panel.name), strict=True):
            y = panel.y(tick)
            strong = tick == 0 and panel.span.low < 0
            drawing.add("path", d=f"M{drawing.left:.1f} {y:.1f}H{drawing.right:.1f}", fill="none",
                        stroke=drawing.paint("line-input" if strong else "grid"))  # fmt: skip
            drawing.words(text, drawing.left - 8, y + 4, "end")
    bottom = list(drawing.panels.values())[-1].bottom
    drawing.add("path", d=f"M{drawing.left:.1f} {bottom:.1f}H{drawing.right:.1f}", fill="none",
                stroke=drawing.paint("line-strong"))  # fmt: skip
    _labels(drawing, bottom + 16)


def _labels(drawing: Drawing, y: float) -> None:
    labels = drawing.spec.labels
    widest = max((len(label) for label in labels), default=1) * LETTER + 28
    every = max(1, -(-int(widest) // max(int(drawing.step), 1)))
    for at in range(0, len(labels), every):
        x, half = drawing.x(at), len(labels[at]) * LETTER / 2
        x = min(max(x, half), drawing.width - half)
        drawing.words(labels[at], x, y, "middle")


def _filled(drawing: Drawing, number: int, series: Series) -> None:
    panel = drawing.panels[series.axis]
    if series.kind == "bar":
        _bars(drawing, number, series)
        return
    for line in stretches(series.values):
        points = [(drawing.x(at), panel.y(value)) for at, value in line]
        floor = [(x, panel.y(max(panel.span.low, 0))) for x, _ in points]
        if series.kind == "band":
            edge = drawing.spec.series[number - 1].values
            floor = [(drawing.x(at), panel.y(float(edge[at] or 0))) for at, _ in line]
        drawing.add("path", d=area(points, floor), fill=drawing.paint(series.color),
                    fill_opacity=0.16 if series.kind == "band" else 0.09)  # fmt: skip


def _bars(drawing: Drawing, number: int, series: Series) -> None:
    panel, axis = drawing.panels[series.axis], drawing.spec.axes[series.axis]
    below = [s for s in drawing.spec.series[:number] if s.axis == series.axis and s.kind == "bar"]
    beside = [s for s in drawing.spec.series if s.axis == series.axis and s.kind == "bar"]
    side_by_side = not axis.stacked and not any(s.soft for s in beside) and len(beside) > 1
    slot = drawing.step * 0.8 / (len(beside) if side_by_side else 1)
    width = min(slot * 0.9, 34)
    for at, value in enumerate(series.values):
        if not value:
            continue
        start = _stacked(below, at, float(value)) if axis.stacked else 0.0
        shift = (len(below) - (len(beside) - 1) / 2) * slot if side_by_side else 0.0
        y0, y1 = sorted((panel.y(start), panel.y(start + float(value))))
        drawing.add("rect", x=drawing.x(at) + shift - width / 2, y=y0, width=width,
                    height=max(y1 - y0, 0.5), rx=0 if axis.stacked else min(2.0, width / 3),
                    fill=drawing.paint(series.color), fill_opacity=series.soft or None)  # fmt: skip


def _stacked(below: list[Series], at: int, value: float) -> float:
    values = [float(series.values[at] or 0) for series in below]
    return sum(each for each in values if (each < 0) == (value < 0))


def _line(drawing: Drawing, series: Series) -> None:
    panel, color = drawing.panels[series.axis], drawing.paint(series.color)
    before = series.color == "viz-prev"
    for line in stretches(series.values):
        points = [(drawing.x(at), panel.y(value)) for at, value in line]
        if series.kind == "points" or len(points) == 1:
            fill, r = (drawing.paint("surface"), 3.5) if series.kind == "points" else (color, 2.5)
            for x, y in points:
                drawing.add("circle", cx=x, cy=y, r=r, stroke=color, stroke_width=2, fill=fill)
            continue
        dash = ("3 4" if before else "5 4") if series.kind == "dash" else None
        drawing.add("path", d=curve(points), fill="none", stroke=color,
                    stroke_width=1.25 if before else 2, stroke_dasharray=dash,
                    stroke_linejoin="round")  # fmt: skip


def _ends(drawing: Drawing) -> None:
    """Names at the ends of lines, pushed apart where two lines end together."""
    ends = []
    for series in drawing.spec.series:
        known = [(at, float(v)) for at, v in enumerate(series.values) if v is not None]
        if series.end and known:
            y = drawing.panels[series.axis].y(known[-1][1])
            ends.append((y, drawing.x(known[-1][0]) + 8, series.end))
    floor = 0.0
    for y, x, text in sorted(ends):
        floor = max(y, floor)
        drawing.words(text, x, floor + 4, fill=drawing.paint("ink-2"), font_weight=600)
        floor += 13


def _mark(drawing: Drawing, mark: Mark) -> None:
    panel = drawing.panels[mark.axis]
    x, y = drawing.x(mark.start), panel.y(mark.at)
    if mark.kind == "event":
        bottom = list(drawing.panels.values())[-1].bottom
        drawing.add("path", d=f"M{x:.1f} 20V{bottom:.1f}", stroke=drawing.paint("ink-3"),
                    stroke_dasharray="2 3", fill="none")  # fmt: skip
        drawing.add("rect", x=x - 8, y=4, width=16, height=16, rx=4, fill=drawing.paint("ink"))
        drawing.words(mark.tag, x, 16, "middle", fill=drawing.paint("surface"), font_weight=600)
    elif mark.kind in {"goal", "zero"}:
        drawing.add("path", d=f"M{drawing.left:.1f} {y:.1f}H{drawing.right:.1f}", fill="none",
                    stroke=drawing.paint("ink-2"), stroke_width=1.25,
                    stroke_dasharray="6 4" if mark.kind == "goal" else None)  # fmt: skip
        drawing.words(mark.label, drawing.right, y - 6, "end", fill=drawing.paint("ink-2"),
                      font_weight=600)  # fmt: skip
    elif mark.kind == "point":
        drawing.add("circle", cx=x, cy=y, r=6, fill="none", stroke=drawing.paint("bad"),
                    stroke_width=2)  # fmt: skip


def _short(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
