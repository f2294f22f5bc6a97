"""A product on a rendered set: where it stands, which of the set's lights suit it, and what it takes of each.

Light adds up, so every lamp of the set loses what the product keeps from the ground for that lamp alone, and the open
sky what hangs close above it. The product's own pixels are those of the photograph.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from . import sets
from .casting import cast, occluded, stacked
from .color import Float, Pixels
from .goods import Pose
from .matting import shrink

__all__ = ["VIEWS", "Placed", "encoded", "lit_from", "placed", "surroundings"]

#: The view of a set that shows each pose.
VIEWS: dict[Pose, sets.SetView] = {
    "table": "table",
    "floor": "floor",
    "lies": "top",
    "hangs": "wall",
    "wall": "wall",
    "leans": "floor",
}
_LEAST, _MOST = 0.42, 0.74  # of the canvas's height or width that a product takes, whatever its true size
_FLAT = {"leans": 0.12, "wall": 0.05, "hangs": 0.15, "lies": 0.05}  # depth by width
_GAP = {
    "lies": 0.02,
    "wall": 0.022,
    "hangs": 0.05,
}  # of its longer side between a thing and what is behind it
_SWAY = 0.8  # how far the set's lights follow the product's own


@dataclass(frozen=True, slots=True)
class Placed:
    """`scale`: canvas pixels for a pixel of the photograph. `middle` and `base`: the canvas's column of the product's
    middle, and the row of its lowest point where it stands, of its middle else."""

    scale: float
    middle: float
    base: float


def placed(box: tuple[float, float], card: sets.SetCard, pose: Pose, centimetres: float | None) -> Placed:
    """Where a product whose box is `box` (width, height) pixels of its photograph goes on a canvas with `card`.

    `centimetres`: its longer side; kept within what shows it well.
    """
    wide, high = card.size
    longer = max(box)
    wanted = 0.58 * high if centimetres is None else centimetres / 100 * card.pixels_per_metre
    stands = VIEWS[pose] in ("table", "floor")
    most = min(
        _MOST * wide / (box[0] / longer), (card.tallest if stands else _MOST) * high / (box[1] / longer)
    )
    pixels = min(max(wanted, _LEAST * min(wide, high)), most)
    return Placed(pixels / longer, card.place[0] * wide, card.place[1] * high)


def lit_from(photo: Pixels, alpha: Float) -> float:
    """From which side a product was lit in its photograph: -1 the left, 0 both, 1 the right.

    By how its lightness changes from one side to the other, against how much it changes altogether.
    """
    small, solid = shrink(photo, 256), shrink(alpha, 256) > 0.8
    if solid.sum() < 50:
        return 0.0
    light = np.log(small.astype(np.float32).mean(2)[solid] + 8)
    across = np.nonzero(solid)[1].astype(np.float32)
    across -= across.mean()
    light -= light.mean()
    spread = float(light.std() * across.std())
    return float(np.clip(2 * (light * across).mean() / spread, -1, 1)) if spread > 1e-3 else 0.0


def weights(card: sets.SetCard, side: float) -> dict[str, float]:
    """The set's lights for a product that was lit from `side`."""
    found = {}
    for name, light in card.lights.items():
        lean = math.sin(math.radians(light.azimuth)) * math.cos(math.radians(light.elevation))
        found[name] = light.weight * math.exp(_SWAY * side * lean)
    whole = sum(card.weights.values()) / max(sum(found.values()), 1e-6)
    return {name: weight * whole for name, weight in found.items()}


def surroundings(card: sets.SetCard, mask: Float, pose: Pose, side: float) -> tuple[Float, Float]:
    """The set about a product: linear light, float32 h×w×3, and how much of it the product takes, float32 h×w.

    `mask`: the product on the canvas, float32 h×w in [0, 1]; `side`: as `lit_from` has it.
    """
    chosen = weights(card, side)
    total = np.zeros((*mask.shape, 3), np.float32)
    whole = np.zeros_like(total)
    stands = VIEWS[pose] in ("table", "floor")
    stack = stacked(mask, max(card.elevation, 3.0), _FLAT.get(pose, 1.0)) if stands else None
    wall = _wall_row(card)
    for name, light in card.lights.items():
        plane = sets.lit(card.name, card.view, {name: chosen[name]}, card.size)
        if stack is not None:
            lost = occluded(stack) if name == "fill" else cast(stack, light, wall)
        else:
            lost = _close(mask, light, pose, name == "fill")
        whole += plane
        total += plane * (1 - lost)[..., None]
    return total, 1 - total.mean(2) / np.maximum(whole.mean(2), 1e-4)


def _wall_row(card: sets.SetCard) -> float | None:
    """The row at which the wall meets the ground behind the product."""
    if card.wall_away is None:
        return None
    _, y, w = (row[1] * card.wall_away + row[3] for row in card.camera)
    return float(y / w)


def _close(mask: Float, light: sets.Light, pose: Pose, sky: bool) -> Float:
    """What a thing takes that lies on a surface or hangs close before one: its outline, moved and softened."""
    rows, columns = np.flatnonzero(mask.max(1) > 0.5), np.flatnonzero(mask.max(0) > 0.5)
    if not rows.size:
        return np.zeros_like(mask)
    gap = _GAP[pose] * max(np.ptp(rows), np.ptp(columns))
    if sky:
        return 0.5 * cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.8 * gap))
    turn, up = math.radians(light.azimuth), math.radians(max(light.elevation, 12.0))
    if pose == "lies":
        right, down = -math.sin(turn) / math.tan(up), math.cos(turn) / math.tan(up)
    else:
        toward = max(math.cos(turn) * math.cos(up), 0.25)
        right, down = -math.sin(turn) * math.cos(up) / toward, math.sin(up) / toward
    moved = np.array([[1, 0, right * gap], [0, 1, down * gap]])
    away = math.hypot(right, down)
    shape = mask.shape[::-1]
    soft = max(0.8, light.softness * gap * math.hypot(1, away))
    return cv2.GaussianBlur(cv2.warpAffine(mask, moved, shape, borderMode=cv2.BORDER_REPLICATE), (0, 0), soft)


def encoded(linear: Float) -> Float:
    """Linear light to sRGB, both with white at 1; what is brighter rolls off softly."""
    x = np.where(linear > 0.8, 0.8 + 0.2 * np.tanh((linear - 0.8) / 0.3), np.maximum(linear, 0))
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-9) ** (1 / 2.4) - 0.055).astype(
        np.float32
    )
