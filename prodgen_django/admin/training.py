"""A training's curves and sample grids, from what the job has logged so far, as inline SVG.

The log's ``curves`` is ``{name: [[x, y], …]}``, where a name ``"chart/line"`` puts several lines on one
chart; its ``samples`` is a list of ``{"name": file in the storage, "caption": …}``, the newest last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string

from prodgen_django.admin.words import file_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH, HEIGHT = 320, 150
LEFT, BOTTOM, TOP = 40, 18, 6
#: More points than this are not seen at this size; every n-th is drawn.
MOST_POINTS = 160
LINES = 4


@dataclass
class Line:
    name: str
    points: str
    last: str


@dataclass
class Chart:
    """One chart, ready for the template: lines as SVG point lists, the scale's ends as text."""

    title: str
    lines: list[Line]
    low: str
    high: str
    end: str


def render(log: Mapping[str, Any]) -> str:
    """HTML of the curves and the newest sample grid; ``""`` where the job logged neither."""
    charts = list(_charts(log.get("curves") or {}))
    samples = log.get("samples") or []
    newest = samples[-1] if isinstance(samples, list) and samples else samples
    if isinstance(newest, str):
        newest = {"name": newest, "caption": ""}
    sample = {"url": file_url(newest["name"]), "caption": newest.get("caption", "")} if newest else None
    if not charts and not sample:
        return ""
    frame = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP, "base": HEIGHT - BOTTOM}
    context = {"charts": charts, "sample": sample, "frame": frame}
    return render_to_string("prodgen_django/admin/_training.html", context)


def _charts(curves: Mapping[str, Sequence[Sequence[float]]]) -> Iterable[Chart]:
    groups: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for name, points in curves.items():
        title, _slash, line = name.partition("/")
        good = [(float(x), float(y)) for x, y in points if _finite(x) and _finite(y)]
        if len(good) > 1:
            groups.setdefault(title, {})[line or title] = good
    for title, lines in groups.items():
        yield _chart(title.replace("_", " "), dict(list(lines.items())[:LINES]))


def _chart(title: str, lines: Mapping[str, list[tuple[float, float]]]) -> Chart:
    xs = [x for points in lines.values() for x, _y in points]
    ys = [y for points in lines.values() for _x, y in points]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    wide, tall = (right - left) or 1.0, (high - low) or 1.0

    def place(x: float, y: float) -> str:
        across = LEFT + (WIDTH - LEFT) * (x - left) / wide
        return f"{across:.1f},{TOP + (HEIGHT - BOTTOM - TOP) * (high - y) / tall:.1f}"

    drawn = []
    for name, points in lines.items():
        step = math.ceil(len(points) / MOST_POINTS)
        kept = points[::step] if points[-1] in points[::step] else [*points[::step], points[-1]]
        drawn.append(
            Line(name.replace("_", " "), " ".join(place(x, y) for x, y in kept), f"{points[-1][1]:.3g}")
        )
    return Chart(title, drawn, f"{low:.3g}", f"{high:.3g}", f"{right:g}")


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
