"""Empty grounds: scenes from the studio, and plain ones with a disc, an arch, shelves or tiles."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prodgen_django.studio import sets
from prodgen_django.studio.backdrop import VIEWS, Backdrop, colour_of
from prodgen_django.studio.color import Float, Pixels
from prodgen_django.studio.goods import Pose
from prodgen_django.studio.scene import Scene, plain_scene, set_scene, studio_card

from .colours import Scheme, from_lch, lch, rgb
from .directions import Look
from .families import WITH_SCENE, margin
from .formats import Format
from .geometry import Rect
from .search import Layout


@dataclass
class Studio:
    """Empty scenes that were made before, for a campaign that asks for the same again; at most `most` of them."""

    most: int = 6
    _scenes: OrderedDict[tuple[Any, ...], Pixels] = field(default_factory=OrderedDict)

    def scene(self, look: Look, size: tuple[int, int]) -> Pixels:
        """The look's empty scene, uint8 h×w×3, not to be written to."""
        key = (look.backdrop, look.pose, size, look.seed)
        if key not in self._scenes:
            self._scenes[key] = _empty(_scene(look.backdrop, look.pose, size, look.seed))
            self._scenes[key].flags.writeable = False
            while len(self._scenes) > self.most:
                self._scenes.popitem(last=False)
        self._scenes.move_to_end(key)
        return self._scenes[key]


def _scene(backdrop: Backdrop, pose: Pose, size: tuple[int, int], seed: int) -> Scene:
    colour = colour_of(backdrop.name)
    if colour is not None:
        return plain_scene(backdrop.name, colour, pose, size, seed)
    return set_scene(backdrop.name, pose, size)


def _empty(scene: Scene) -> Pixels:
    planes = [plane for _name, _light, plane in scene.lights(scene.card.weights)]
    return np.asarray(np.rint(np.clip(scene.curve(np.sum(planes, axis=0)), 0, 1) * 255), np.uint8)


def card_of(look: Look, layout: Layout, pose: Pose, size: tuple[int, int]) -> sets.SetCard:
    """How a product of the layout is lit."""
    if layout.plan.ground in WITH_SCENE and not colour_of(look.backdrop.name):
        return sets.card(look.backdrop.name, VIEWS[pose])
    return studio_card("", pose, size)


def draw_ground(fmt: Format, look: Look, layout: Layout, studio: Studio) -> Pixels:
    """The empty ground, uint8 h×w×3, to be written to."""
    width, height = fmt.size
    plan, scheme = layout.plan, look.scheme
    if plan.ground in ("scene", "tint"):
        return studio.scene(look, fmt.size).copy()
    flat = np.empty((height, width, 3), np.uint8)
    flat[:] = rgb(scheme.ground)
    if plan.ground in ("split", "card"):
        radius = 0.0 if plan.ground == "split" else 0.045 * min(plan.field.w, plan.field.h)
        _inlay(flat, plan.field, studio, look, radius)
        return flat
    if plan.ground == "tiles":
        for number, cell in enumerate(layout.arrangement.cells):
            tone = _tile_tone(scheme, number)
            fill(flat, cell, rounded(cell, 0.035 * min(plan.field.w, plan.field.h)), tone)
        return flat
    if plan.ground == "slant":
        _slanted(flat, plan.field, scheme, plan.side, plan.field.x <= 0.5)
    if plan.horizon is not None:
        _floor(flat, plan.horizon, scheme, layout)
    if plan.ground == "disc":
        _disc(flat, layout, scheme)
    elif plan.ground == "arch":
        _arch(flat, layout, scheme)
    elif plan.ground == "shelf":
        for base in layout.arrangement.baselines:
            _board(
                flat,
                plan.field if plan.side == "above" else plan.stage.grown(0.02 * width),
                base,
                scheme,
                height,
            )
    elif plan.ground == "poster":
        _frame(flat, fmt, scheme)
    return flat


def _inlay(canvas: Pixels, field: Rect, studio: Studio, look: Look, radius: float) -> None:
    rows, columns = field.pixels(canvas.shape[1], canvas.shape[0])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    if min(size) < 16:
        return
    scene = studio.scene(look, size)
    if radius <= 0:
        canvas[rows, columns] = scene
        return
    whole = Rect(columns.start, rows.start, *size)
    cover = rounded(whole, radius)[..., None]
    part = canvas[rows, columns]
    canvas[rows, columns] = np.rint(part * (1 - cover) + scene * cover).astype(np.uint8)


def _tile_tone(scheme: Scheme, number: int) -> str:
    lightness, chroma, hue = lch(scheme.ground)
    step = (-5.5, -9.0, -3.0)[number % 3] * (-1 if scheme.dark else 1)
    return from_lch(lightness + step, chroma * 1.1 + 2, hue)


def rounded(rect: Rect, radius: float) -> Float:
    """Coverage of a rectangle with round corners, on its own pixels."""
    width, height = int(-(-rect.right // 1)) - int(rect.x), int(-(-rect.bottom // 1)) - int(rect.y)
    x = np.abs(np.arange(width, dtype=np.float32) + 0.5 - (rect.x - int(rect.x)) - rect.w / 2) - rect.w / 2
    y = np.abs(np.arange(height, dtype=np.float32) + 0.5 - (rect.y - int(rect.y)) - rect.h / 2) - rect.h / 2
    radius = min(radius, rect.w / 2, rect.h / 2)
    qx, qy = x[None] + radius, y[:, None] + radius
    outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - radius
    return np.clip(0.5 - outside, 0, 1).astype(np.float32)


def fill(canvas: Pixels, rect: Rect, cover: Float, tone: str) -> None:
    top, left = int(rect.y), int(rect.x)
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(canvas.shape[0], top + cover.shape[0]), min(canvas.shape[1], left + cover.shape[1])
    if y1 <= y0 or x1 <= x0:
        return
    share = cover[y0 - top : y1 - top, x0 - left : x1 - left, None]
    part = canvas[y0:y1, x0:x1]
    canvas[y0:y1, x0:x1] = np.rint(part * (1 - share) + np.array(rgb(tone), np.float32) * share).astype(
        np.uint8
    )


def _shape(canvas: Pixels, cover: Float, tone: str) -> None:
    share = cover[..., None]
    canvas[:] = np.rint(canvas * (1 - share) + np.array(rgb(tone), np.float32) * share).astype(np.uint8)


def _floor(canvas: Pixels, horizon: float, scheme: Scheme, layout: Layout) -> None:
    """A plain floor, one tone deeper than the wall; not under words that stand beside the products."""
    lightness, chroma, hue = lch(scheme.ground)
    tone = from_lch(lightness + (3.0 if scheme.dark else -3.4), chroma * 1.1, hue)
    canvas[round(horizon) :] = rgb(tone)


def _clear_of_words(layout: Layout, cx: float, cy: float) -> float:
    """How large a round thing about a point may be before it reaches the words."""
    words, plan = layout.block.rect, layout.plan
    air = 0.35 * layout.block.headline_size
    if plan.side == "above":
        return cy - words.bottom - air
    if plan.side == "below":
        return words.y - cy - air
    if plan.row:
        return 1e6
    return (words.x - cx if words.x > cx else cx - words.right) - air


def _disc(canvas: Pixels, layout: Layout, scheme: Scheme) -> None:
    stands = [stand.rect for stand in layout.arrangement.stands]
    left, right = min(r.x for r in stands), max(r.right for r in stands)
    top = min(r.y for r in stands)
    base = layout.plan.stage.bottom
    wide, tall = right - left, base - top
    cx, cy = (left + right) / 2, base - 0.50 * tall
    radius = 0.56 * max(wide, 0.9 * tall)
    radius = min(radius, max(_clear_of_words(layout, cx, cy), 0.40 * max(min(wide, 1.2 * tall), tall)))
    y = np.arange(canvas.shape[0], dtype=np.float32)[:, None] + 0.5 - cy
    x = np.arange(canvas.shape[1], dtype=np.float32)[None] + 0.5 - cx
    cover = np.clip(radius - np.hypot(x, y) + 0.5, 0, 1)
    if layout.plan.horizon is not None:
        cover[round(layout.plan.horizon) :] = 0
    _shape(canvas, cover.astype(np.float32), scheme.deep)


def _arch(canvas: Pixels, layout: Layout, scheme: Scheme) -> None:
    stands = [stand.rect for stand in layout.arrangement.stands]
    left, right = min(r.x for r in stands), max(r.right for r in stands)
    top, base = min(r.y for r in stands), layout.plan.stage.bottom
    horizon = layout.plan.horizon or base
    half = max(0.5 * (right - left) * 1.2, 0.34 * (base - top))
    cx = (left + right) / 2
    if layout.plan.side in ("start", "end"):
        half = min(half, max(_clear_of_words(layout, cx, base), 0.5 * (right - left) * 0.8))
    # Whole, or not at all: an arch that the rim cuts looks like a mistake.
    rim = 0.02 * canvas.shape[1]
    half = min(half, cx - rim, canvas.shape[1] - cx - rim)
    high = top - 0.32 * half
    if layout.plan.side == "above":
        high = max(high, layout.block.rect.bottom + 0.4 * layout.block.headline_size)
    # The rise of the arch: a half circle where there is room, flatter where words stand above.
    rise = min(half, max(0.35 * half, 0.5 * (horizon - high)))
    spring = high + rise
    y = np.arange(canvas.shape[0], dtype=np.float32)[:, None] + 0.5
    x = np.abs(np.arange(canvas.shape[1], dtype=np.float32)[None] + 0.5 - cx)
    away = np.hypot(x / half, np.minimum(y - spring, 0) / rise)
    cover = np.clip((1 - away) * min(half, rise) + 0.5, 0, 1) * (y < horizon)
    _shape(canvas, cover.astype(np.float32), scheme.deep)


def _slanted(canvas: Pixels, field: Rect, scheme: Scheme, side: str, at_left: bool) -> None:
    height, width = canvas.shape[:2]
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5
    x = np.arange(width, dtype=np.float32)[None] + 0.5
    if side in ("start", "end"):
        lean = 0.16 * height
        edge = (field.right if at_left else field.x) + lean * (0.5 - y / height)
        distance = (edge - x) if at_left else (x - edge)
        distance = distance / np.float32(np.hypot(1, 0.16))
    else:
        lean = 0.10 * width
        edge = field.y + lean * (0.5 - x / width) * 0.6
        distance = y - edge
    _shape(canvas, np.clip(distance + 0.5, 0, 1).astype(np.float32), scheme.deep)


def _board(canvas: Pixels, across: Rect, base: float, scheme: Scheme, height: int) -> None:
    """A shelf: a lit upper edge, a front, and a soft shadow on the wall beneath."""
    lightness, chroma, hue = lch(scheme.ground)
    sign = 1 if scheme.dark else -1
    thick = max(2.0, 0.013 * height)
    deep = from_lch(lightness + sign * 12, chroma * 1.4 + 3, hue)
    bright = from_lch(min(98, lightness + (sign * 5 if scheme.dark else -4)), chroma * 1.2 + 2, hue)
    left, right = max(0, int(across.x)), min(canvas.shape[1], int(across.right))
    top = round(base)
    shadow = int(4.0 * thick)
    rows = slice(min(canvas.shape[0], top + int(thick)), min(canvas.shape[0], top + int(thick) + shadow))
    fade = (
        np.linspace(0.16, 0, rows.stop - rows.start, dtype=np.float32)[:, None, None]
        if rows.stop > rows.start
        else None
    )
    if fade is not None:
        part = canvas[rows, left:right]
        canvas[rows, left:right] = np.rint(part * (1 - fade)).astype(np.uint8)
    canvas[top : top + max(1, int(thick)), left:right] = rgb(deep)
    canvas[top : top + max(1, int(0.3 * thick)), left:right] = rgb(bright)


def _frame(canvas: Pixels, fmt: Format, scheme: Scheme) -> None:
    inset = round(0.42 * margin(fmt))
    thick = max(1, round(0.0022 * min(fmt.size)))
    tone = rgb(scheme.deep)
    height, width = canvas.shape[:2]
    canvas[inset : inset + thick, inset : width - inset] = tone
    canvas[height - inset - thick : height - inset, inset : width - inset] = tone
    canvas[inset : height - inset, inset : inset + thick] = tone
    canvas[inset : height - inset, width - inset - thick : width - inset] = tone
