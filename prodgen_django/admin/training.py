"""A training's curves, its newest samples and what became of its photos, from what the job has logged so far.

The train recipe logs ``curve`` (points with ``images``, ``losses`` and ``metrics``), ``grids`` (files in the
storage, the newest last) and ``data`` (how many photos were offered and kept, and why the others were not).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

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
    """HTML of the curves, the newest sample grid and the data; ``""`` where the job logged none of them."""
    charts = list(_charts(log.get("curve") or ()))
    grids = [
        {"url": file_url(grid["name"]), "images": grid.get("images", 0)} for grid in log.get("grids") or ()
    ]
    data = _data(log.get("data") or {})
    alarm = str(log.get("alarm") or "")
    if not (charts or grids or data or alarm):
        return ""
    frame = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP, "base": HEIGHT - BOTTOM}
    context = {
        "charts": charts,
        "newest": grids[-1] if grids else None,
        "earlier": grids[:-1],
        "frame": frame,
        "data": data,
        "alarm": alarm,
        "best": _best(log.get("best") or {}),
        "labels": _labels(log.get("data") or {}),
        "rejected": [_rejected(photo) for photo in (log.get("data") or {}).get("rejected") or ()],
        "more": (log.get("data") or {}).get("more") or 0,
    }
    return render_to_string("prodgen_django/admin/_training.html", context)


def _data(report: Mapping[str, Any]) -> list[str]:
    """What became of the photos, in sentences."""
    if not report:
        return []
    said = [
        _("%(kept)d of %(offered)d photos are used.") % {"kept": report["kept"], "offered": report["offered"]}
    ]
    reasons = report.get("reasons") or {}
    said += [f"{count} × {str(reason).replace('_', ' ')}" for reason, count in reasons.items()]
    return said + [str(sentence) for sentence in report.get("unreadable") or ()]


def _labels(report: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Photos per label; nothing where there is but one."""
    found = sorted((report.get("per_label") or {}).items())
    return found if len(found) > 1 else []


def _rejected(photo: Mapping[str, Any]) -> dict[str, str]:
    """A photo that is left out, as the page shows it."""
    return {
        **{key: str(photo.get(key) or "") for key in ("title", "label", "reason", "detail")},
        "url": file_url(str(photo.get("thumbnail") or "")),
        "other": file_url(str(photo.get("other") or "")),
    }


def _best(metrics: Mapping[str, Any]) -> str:
    """Which model is kept so far, in one sentence."""
    if "kid" not in metrics:
        return ""
    return _("Kept so far: the model after %(images)d photos shown (KID %(kid).3f, coverage %(coverage).2f).") % {
        "images": metrics.get("images", 0), "kid": metrics["kid"], "coverage": metrics.get("coverage", 0.0),
    }  # fmt: skip


def _charts(curve: Sequence[Mapping[str, Any]]) -> Iterable[Chart]:
    """The losses on one chart, each measured figure on one of its own."""
    groups: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for point in curve:
        found = [(_("Losses"), name, value) for name, value in (point.get("losses") or {}).items()]
        found += [(name, name, value) for name, value in (point.get("metrics") or {}).items()]
        for title, name, value in found:
            if _finite(value):
                groups.setdefault(title, {}).setdefault(name, []).append(
                    (float(point["images"]), float(value))
                )
    for title, lines in groups.items():
        drawn = {name: points for name, points in lines.items() if len(points) > 1}
        if drawn:
            yield _chart(title.replace("_", " "), dict(list(drawn.items())[:LINES]))


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
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
