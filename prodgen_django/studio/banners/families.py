"""Layout families: how a picture is divided between words and products, and on what they stand.

A family is a ground and a side for the words. Sides are told in reading order, "start" and "end", and are
mirrored where reading begins at the right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from .formats import Format
from .geometry import Rect
from .typesetting import Align

Ground = Literal["scene", "split", "tint", "disc", "arch", "card", "slant", "shelf", "tiles", "poster"]
Side = Literal["start", "end", "above", "below"]

WITH_SCENE: frozenset[Ground] = frozenset({"scene", "tint", "split", "card"})
"""Grounds that show a style's scene."""

GROUNDS: dict[Ground, tuple[Side, ...]] = {
    "scene": ("start", "end", "above"),
    "split": ("start", "end", "above", "below"),
    "tint": ("start", "end", "above"),
    "disc": ("start", "end", "above", "below"),
    "arch": ("start", "end", "above"),
    "card": ("start", "end", "above", "below"),
    "slant": ("start", "end", "above"),
    "shelf": ("start", "end", "above"),
    "tiles": ("start", "end", "above", "below"),
    "poster": ("above",),
}

FAMILIES: tuple[str, ...] = tuple(f"{ground}-{side}" for ground, sides in GROUNDS.items() for side in sides)
"""Every layout family."""

MOST: dict[Ground, int] = {
    "scene": 6, "split": 6, "tint": 6, "disc": 4, "arch": 3, "card": 6, "slant": 4, "shelf": 12,
    "tiles": 12, "poster": 5,
}  # fmt: skip
LEAST: dict[Ground, int] = {"shelf": 3, "tiles": 2}


@dataclass(frozen=True, slots=True)
class Plan:
    """A division of the canvas. `text`: the room of the words. `stage`: that of the products, whose base is
    its lower edge. `field`: what the ground's own shape covers (a panel, a card, the part with tiles).
    `horizon`: where wall and floor meet, or None. `anchor`: where in its room the column of words stands."""

    family: str
    ground: Ground
    side: Side
    text: Rect
    stage: Rect
    field: Rect
    horizon: float | None
    align: Align
    anchor: Literal["top", "middle", "bottom"]
    row: bool = False

    def mirrored(self, width: float) -> Plan:
        return replace(
            self,
            text=self.text.mirrored(width),
            stage=self.stage.mirrored(width),
            field=self.field.mirrored(width),
        )


def margin(fmt: Format) -> float:
    """The margin on all sides, which the grid is measured by."""
    width, height = fmt.size
    share = 0.065 if 0.4 < fmt.aspect < 2.6 else 0.09
    return max(7.0, share * min(width, height))


def safe_area(fmt: Format) -> Rect:
    """Where words may stand: within the margin and outside the platform's own buttons."""
    width, height = fmt.size
    top, right, bottom, left = fmt.safe
    edge = margin(fmt)
    x, y = max(edge, left * width), max(edge, top * height)
    return Rect(x, y, width - x - max(edge, right * width), height - y - max(edge, bottom * height))


def plans(fmt: Format, ground: Ground, count: int) -> Iterator[Plan]:
    """Every division of this size that the ground allows, reading from left to right."""
    for side in GROUNDS[ground]:
        for share in _shares(fmt, side, ground):
            for align in _aligns(fmt, ground, side, count):
                plan = _plan(fmt, ground, side, share, align)
                if plan is not None:
                    yield plan


def _shares(fmt: Format, side: Side, ground: Ground) -> tuple[float, ...]:
    aspect = fmt.aspect
    if aspect >= 4.5:
        return (0.70, 0.76, 0.82, 0.86) if side in ("start", "end") else ()
    if aspect >= 1.4:
        return (0.36, 0.42, 0.48, 0.54) if side in ("start", "end") else ()
    if aspect >= 0.7:
        return (0.44, 0.50) if side in ("start", "end") else (0.30, 0.36, 0.42, 0.48)
    if side in ("start", "end"):
        return ()
    return (0.28, 0.34, 0.40, 0.46) if aspect > 0.4 else (0.38, 0.45, 0.52)


def _aligns(fmt: Format, ground: Ground, side: Side, count: int) -> tuple[Align, ...]:
    if side in ("start", "end"):
        return ("start",)
    # A lone product in the middle wants its words there too.
    if ground in ("poster", "arch") or (ground in ("disc", "scene") and count == 1) or fmt.aspect < 0.4:
        return ("center",)
    return ("center", "start")


def _plan(fmt: Format, ground: Ground, side: Side, share: float, align: Align) -> Plan | None:
    width, height = float(fmt.size[0]), float(fmt.size[1])
    edge = margin(fmt)
    safe = safe_area(fmt)
    row = fmt.aspect >= 4.5
    gutter = 1.0 * edge
    if side in ("start", "end"):
        text_w = share * safe.w - gutter / 2
        text = Rect(safe.x, safe.y, text_w, safe.h)
        stage = Rect(text.right + gutter, safe.y, safe.right - text.right - gutter, safe.h)
        cut = text.right + gutter / 2
        field = Rect(cut, 0, width - cut, height)
        if side == "end":
            text, stage, field = (r.mirrored(width) for r in (text, stage, field))
    else:
        # Products may reach a little into the zone of a platform's buttons; words may not.
        low = height - max(edge, 0.55 * fmt.safe[2] * height)
        high = max(edge, 0.8 * fmt.safe[0] * height)
        if side == "above":
            text = Rect(safe.x, safe.y, safe.w, share * (low - safe.y) - gutter / 2)
            stage = Rect(safe.x, text.bottom + gutter, safe.w, low - text.bottom - gutter)
            cut = text.bottom + gutter / 2
            field = Rect(0, cut, width, height - cut)
        else:
            whole = safe.bottom - high
            text = Rect(safe.x, safe.bottom - share * whole + gutter / 2, safe.w, share * whole - gutter / 2)
            stage = Rect(safe.x, high, safe.w, text.y - gutter - high)
            cut = text.y - gutter / 2
            field = Rect(0, 0, width, cut)
    return _on_ground(
        Plan(
            f"{ground}-{side}", ground, side, text, stage, field, None, align,
            "middle" if side in ("start", "end") else "top" if side == "above" else "bottom", row,
        ),
        fmt,
    )  # fmt: skip


def _on_ground(plan: Plan, fmt: Format) -> Plan | None:
    """What the ground itself asks: where its floor is, how much air its shape needs."""
    width, height = float(fmt.size[0]), float(fmt.size[1])
    edge, stage, text, field = margin(fmt), plan.stage, plan.text, plan.field
    strip = fmt.aspect >= 4.5
    if plan.ground in ("scene", "tint"):
        base = min(0.875 * height, stage.bottom) if not strip else 0.90 * height
        if plan.side == "above" and fmt.safe[2] > 0.2:
            base = stage.bottom
        stage = Rect(stage.x, stage.y, stage.w, base - stage.y)
        field = Rect(0, 0, width, height)
        if plan.ground == "scene" and plan.side in ("start", "end") and not strip:
            # Words stand above the products' feet; how restless the ground is decides where.
            text = Rect(text.x, text.y, text.w, min(text.bottom, 0.8 * height) - text.y)
    elif plan.ground == "split":
        base = field.y + 0.89 * field.h
        top = field.y + (0.10 if not strip else 0.06) * field.h
        inner = 0.07 * field.w
        stage = Rect(field.x + inner, top, field.w - 2 * inner, base - top)
    elif plan.ground == "card":
        inset = 0.62 * edge
        field = field.grown(-inset)
        base = field.y + 0.90 * field.h
        top = field.y + 0.08 * field.h
        inner = 0.07 * field.w
        stage = Rect(field.x + inner, top, field.w - 2 * inner, base - top)
    elif plan.ground in ("disc", "arch", "slant", "poster"):
        base = min(stage.bottom, 0.90 * height if plan.side != "below" else stage.bottom)
        stage = Rect(stage.x, stage.y, stage.w, base - stage.y)
    elif plan.ground == "tiles":
        inset = 0.62 * edge
        field = stage = field.grown(-inset)
    elif plan.ground == "shelf":
        stage = Rect(stage.x, stage.y, stage.w, stage.h * 0.97)
    if min(stage.w, stage.h) < 24 or min(text.w, text.h) < 20:
        return None
    horizon = None
    if plan.ground in ("disc", "arch", "slant", "poster") and plan.side != "below" and not strip:
        horizon = stage.bottom - min(0.09 * height, 0.12 * stage.h)
        if plan.side in ("start", "end"):
            text = Rect(text.x, text.y, text.w, min(text.bottom, horizon - 0.3 * edge) - text.y)
    return replace(plan, text=text, stage=stage, field=field, horizon=horizon)
