"""A product before a scene: where it stands, which of the lights suit it, and what it takes of each.

Light adds up, so every lamp of the set loses what the product keeps from the ground for that lamp alone, and the open
sky what hangs close above it. The product's own pixels are those of the photograph.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from . import sets
from .backdrop import VIEWS
from .casting import cast, occluded, stacked
from .color import Float, Pixels
from .goods import Pose
from .matting import shrink
from .scene import Scene

__all__ = [
    "Move", "Placed", "darkened", "lit_from", "placed", "shade", "surroundings", "wall_row", "weights", "zoomed",
]  # fmt: skip

_LEAST, _MOST = 0.5, 0.76  # of the canvas's width or height that a product takes, whatever its true size
_GOOD, _NEAREST = 0.62, 1.4  # what it is to take, and how much nearer it is looked at for it
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


@dataclass(frozen=True, slots=True)
class Move:
    """How a person has moved a product from where it is put by itself: to the right and down, in shares of the canvas,
    and larger by `scale`. `light`: from which side it is lit instead, as `lit_from` has it."""

    right: float = 0.0
    down: float = 0.0
    scale: float = 1.0
    light: float | None = None

    def applied(self, where: Placed, size: tuple[int, int]) -> Placed:
        return Placed(
            where.scale * self.scale, where.middle + self.right * size[0], where.base + self.down * size[1]
        )


def zoomed(box: tuple[float, float], card: sets.SetCard, pose: Pose, centimetres: float | None) -> float:
    """How much nearer the set is looked at, so that a small product is seen at its size and yet large: 1 or more."""
    if not card.pixels_per_metre or centimetres is None:
        return 1.0
    wide, high = card.size
    across, down = (side / max(box) * centimetres / 100 * card.pixels_per_metre for side in box)
    filled = max(across / wide, down / high)
    return float(np.clip(_GOOD / max(filled, 1e-3), 1.0, _NEAREST))


def placed(
    box: tuple[float, float],
    card: sets.SetCard,
    pose: Pose,
    centimetres: float | None,
    fill: float | None = None,
) -> Placed:
    """Where a product whose box is `box` (width, height) pixels of its photograph goes on a canvas with `card`.

    `centimetres`: its longer side; kept within what shows it well. `fill`: the share of the canvas that it takes
    instead, as far as there is room.
    """
    wide, high = card.size
    longer = max(box)
    across, down = box[0] / longer, box[1] / longer
    stands = VIEWS[pose] in ("table", "floor")
    if fill is not None:
        pixels = min(fill * wide / across, (min(fill, card.tallest) if stands else fill) * high / down)
    else:
        real = centimetres is not None and card.pixels_per_metre > 0
        wanted = centimetres / 100 * card.pixels_per_metre if real else 0.6 * min(wide, high)  # type: ignore[operator]
        most = min(_MOST * wide / across, (card.tallest if stands else _MOST) * high / down)
        least = min(_LEAST * wide / across, _LEAST * high / down)
        pixels = min(max(wanted, least), most)
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


def weights(card: sets.SetCard, side: float, variation: int = 0) -> dict[str, float]:
    """The set's lights for a product that was lit from `side`; another `variation` than 0 mixes them otherwise."""
    found = {}
    rng = np.random.default_rng(variation)
    for name, light in card.lights.items():
        lean = math.sin(math.radians(light.azimuth)) * math.cos(math.radians(light.elevation))
        mixed = float(np.exp(rng.uniform(-0.7, 0.7))) if variation else 1.0
        found[name] = light.weight * mixed * math.exp(_SWAY * side * lean)
    whole = sum(card.weights.values()) / max(sum(found.values()), 1e-6)
    return {name: weight * whole for name, weight in found.items()}


def surroundings(
    scene: Scene, mask: Float, pose: Pose, mix: Mapping[str, float], strength: float = 1.0
) -> tuple[Float, Float]:
    """The scene about a product: linear light, float32 h×w×3, and how much of it the product takes, float32 h×w.

    `mask`: the product on the canvas, float32 h×w in [0, 1]; `mix`: how much of each light, as `weights` has it;
    `strength`: of its shadow, 0 to 1.
    """
    total = np.zeros((*mask.shape, 3), np.float32)
    whole = np.zeros_like(mask)
    lost = _Lost(mask, scene.card, pose, wall_row(scene.card)) if strength > 0 else None
    for name, light, plane in scene.lights(mix):
        whole += plane.mean(2)
        total += plane if lost is None else plane * (1 - strength * lost.of(name, light))[..., None]
    return total, np.clip(1 - total.mean(2) / np.maximum(whole, 1e-4), 0, 1)


def shade(mask: Float, card: sets.SetCard, pose: Pose) -> Float:
    """How much of all light together a product takes from an even ground lit as `card` says, float32 in [0, 1].

    `mask`: the product, float32 h×w in [0, 1].
    """
    lost = _Lost(mask, card, pose, None)
    taken = np.zeros_like(mask)
    for name, light in card.lights.items():
        taken += np.float32(light.weight) * lost.of(name, light)
    return np.clip(taken / sum(card.weights.values()), 0, 1)


class _Lost:
    """What a product (its `mask`, float32 h×w in [0, 1]) keeps from the ground of each light, and from a wall that
    meets it in the row `wall`."""

    def __init__(self, mask: Float, card: sets.SetCard, pose: Pose, wall: float | None) -> None:
        self.mask, self.pose, self.wall = mask, pose, wall
        stands = VIEWS[pose] in ("table", "floor")
        self.stack = stacked(mask, max(card.elevation, 3.0), _FLAT.get(pose, 1.0)) if stands else None

    def of(self, name: str, light: sets.Light) -> Float:
        """Its share of the light called `name`, float32 h×w in [0, 1]."""
        if self.stack is None:
            return _close(self.mask, light, self.pose, name == "fill")
        return occluded(self.stack) if name == "fill" else cast(self.stack, light, self.wall)


def darkened(pixels: Pixels, taken: Float) -> Pixels:
    """`pixels` (uint8 h×w×3) without the share `taken` (float32 h×w) of their light."""
    left = np.power(np.clip(1 - taken, 0, 1), 1 / 2.2)[..., None]
    return np.asarray(np.rint(pixels * left), np.uint8)


def wall_row(card: sets.SetCard) -> float | None:
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
