"""Geometry of the report's plots. The templates draw them as SVG, made on the server: no script and no other host."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.formats import date_format

if TYPE_CHECKING:
    from prodgen_django.personalization.report.evidence import Verdict
    from prodgen_django.personalization.report.report import Day

WIDTH, HEIGHT, LEFT, RIGHT, TOP = 760, 250, 52, 14, 12
#: Where the uplift's part ends and that of the exposures begins.
MIDDLE, BOTTOM = 176, 226
#: Ratios of click rates that the uplift's scale shows at most.
MOST = math.log(3.0)


@dataclass(frozen=True)
class Tick:
    at: float
    label: str
    #: Whether it is the line of no difference.
    is_even: bool = False


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class UpliftPlot:
    """The uplift as it was known at the end of each day, with what it may be; below, the exposures of each day."""

    band: str
    line: str
    bars: list[Bar]
    ticks: list[Tick]
    dates: list[Tick]
    most: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    middle: int = MIDDLE
    bottom: int = BOTTOM


@dataclass(frozen=True)
class Whisker:
    """An estimate and its interval on a scale of its table, in percent of the width."""

    low: float
    high: float
    at: float | None
    even: float
    opens_left: bool = False
    opens_right: bool = False

    @property
    def width(self) -> float:
        return max(0.5, self.high - self.low)


def uplift_plot(days: Sequence[Day]) -> UpliftPlot | None:
    """None with fewer than two days."""
    if len(days) < 2:
        return None
    across = (WIDTH - LEFT - RIGHT) / len(days)
    # As much of the scale as the second half of the days needs; the first days always run out of it.
    late = days[len(days) // 2 :]
    reach = max((_reach(day.verdict) for day in late), default=MOST)
    reach = min(MOST, max(math.log(1.3), 1.25 * reach))

    def y(ratio: float) -> float:
        value = math.log(ratio) if ratio > 0 else -MOST
        return round(TOP + (MIDDLE - TOP) * (1 - max(-reach, min(reach, value)) / reach) / 2, 1)

    xs = [round(LEFT + across * (place + 0.5), 1) for place in range(len(days))]
    upper = [f"{x},{y(day.verdict.high)}" for x, day in zip(xs, days, strict=True)]
    lower = [f"{x},{y(day.verdict.low)}" for x, day in zip(xs, days, strict=True)]
    line = [f"{x},{y(day.verdict.ratio)}" for x, day in zip(xs, days, strict=True) if day.verdict.ratio]
    most = max(day.exposures for day in days) or 1
    tall = BOTTOM - MIDDLE - 12
    bars = [
        Bar(
            round(x - across * 0.36, 1),
            round(BOTTOM - tall * day.exposures / most, 1),
            round(across * 0.72, 1),
            round(tall * day.exposures / most, 1),
            f"{date_format(day.day, 'j M')}: {day.exposures}",
        )
        for x, day in zip(xs, days, strict=True)
    ]
    step = max(1, math.ceil(len(days) / 7))
    dates = [Tick(xs[place], date_format(days[place].day, "j M")) for place in range(0, len(days), step)]
    marks = [r for r in (0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5) if abs(math.log(r)) < reach * 0.98]
    ticks = [Tick(y(ratio), percent(ratio), ratio == 1.0) for ratio in _apart(marks, y)]
    return UpliftPlot(" ".join([*upper, *reversed(lower)]), " ".join(line), bars, ticks, dates, f"{most}")


def _reach(verdict: Verdict) -> float:
    low = -math.log(verdict.low) if verdict.low > 0 else MOST
    return min(MOST, max(low, math.log(verdict.high)))


def _apart(marks: Sequence[float], y: object) -> list[float]:
    """Marks that do not touch; the line of no difference always stays."""
    kept = [1.0] if 1.0 in marks else []
    for mark in sorted(marks, key=lambda m: -abs(math.log(m))):
        if all(abs(y(mark) - y(other)) >= 15 for other in kept):  # type: ignore[operator]
            kept.append(mark)
    return sorted(kept)


def ratio_whisker(verdict: Verdict, reach: float = math.log(2.5)) -> Whisker:
    """An interval of ratios on a logarithmic scale with "no difference" in the middle."""

    def place(ratio: float) -> float:
        value = math.log(ratio) if ratio > 0 else -reach
        return round(50 + 50 * max(-reach, min(reach, value)) / reach, 1)

    return Whisker(
        place(verdict.low),
        place(verdict.high) if math.isfinite(verdict.high) else 100.0,
        place(verdict.ratio) if verdict.ratio else None,
        50.0,
        verdict.low < math.exp(-reach),
        verdict.high > math.exp(reach),
    )


def rate_whisker(value: float, low: float, high: float, even: float, most: float) -> Whisker:
    """An interval of rates on a scale from 0 to ``most``, with a rate to compare with."""

    def place(rate: float) -> float:
        return round(100 * max(0.0, min(1.0, rate / most)), 1)

    return Whisker(place(low), place(high), place(value), place(even), low < 0, high > most)


def percent(ratio: float) -> str:
    """A ratio as a difference: "+25 %", "−20 %", "0 %"."""
    change = round(100 * (ratio - 1))
    return f"+{change} %" if change > 0 else f"−{-change} %" if change < 0 else "0 %"
