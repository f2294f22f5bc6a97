"""What the network says, and how it is applied to a picture of any size, with NumPy and OpenCV alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

SIDE = 128
"""Side of the network's view of a picture's box; the box is squeezed to a square."""
CHANNELS = 14
GRID = 8
GAIN, BIAS, LIFT, PREFERENCE = 0.5, 0.15, 1.0, 3.0
"""Bounds: logarithm of a gain; bias as a part of white; lift as a part of the way to white; logarithm of a
preference."""
USUAL_LIFT = 0.35
"""Where the network starts: what a burnt-out pixel really was lies on average this far towards white."""
DISTRUST = 0.8
"""By how much burnt-out pixels count less than others, before the network has a say."""
BRIGHT, WHITE = (235.0, 20.0), (247.0, 8.0)
"""(from, over): a channel may be burnt out from 235 on, and is where its surroundings reach 247 to 255."""


def burnt(pixels: npt.NDArray[np.uint8], reach: int = 3) -> Array:
    """How far each channel of the photograph itself, before any correction, was cut off at white: 0 to 1.

    Noise and sharpening make single white pixels, so the surroundings (`reach` pixels wide) have a say.
    """
    values = pixels.astype(np.float32)
    around = cv2.blur(np.clip((values - WHITE[0]) / WHITE[1], 0, 1), (reach, reach))
    return np.asarray(np.clip((values - BRIGHT[0]) / BRIGHT[1], 0, 1) * around, np.float32)


@dataclass
class Correction:
    """A correction of one picture over its box on the canvas: three 8×8×3 grids.

    c = lit · exp(gain) + 255 · bias; corrected = c + lift · burnt · (255 - c), where c is below white; each
    grid bicubically as large as the box.
    """

    gain: Array
    bias: Array
    lift: Array

    @classmethod
    def none(cls) -> Correction:
        zero = np.zeros((GRID, GRID, 3), np.float32)
        return cls(zero, zero.copy(), zero.copy())

    @classmethod
    def of(cls, grids: Array) -> Correction:
        """From the network's 9 × 8 × 8."""
        planes = np.ascontiguousarray(grids.transpose(1, 2, 0))
        return cls(*(np.ascontiguousarray(planes[..., k : k + 3]) for k in (0, 3, 6)))

    @property
    def size(self) -> float:
        """The largest change of a mid-grey, as a part of white."""
        return float(np.abs(0.5 * (np.exp(self.gain) - 1) + self.bias).max())

    def fields(self, small: npt.NDArray[np.uint8], nodes: int = 33) -> Fields:
        """The same on nodes × nodes points; `small` is the photograph drawn small over the box."""
        at = (np.linspace(0, GRID, nodes) - 0.5).astype(np.float32)
        x, y = np.meshgrid(at, at)

        def on_nodes(grid: Array) -> Array:
            wide = cv2.copyMakeBorder(grid, 2, 2, 2, 2, cv2.BORDER_REPLICATE)
            return np.asarray(cv2.remap(wide, x + 2, y + 2, cv2.INTER_CUBIC), np.float32)

        white = cv2.blur(np.clip((small.astype(np.float32) - WHITE[0]) / WHITE[1], 0, 1), (3, 3))
        lift = enlarged(self.lift, *small.shape[:2]) * white if white.max() > 0.02 else None
        factor = np.exp(on_nodes(self.gain)) if np.abs(self.gain).max() > 1e-3 else None
        bias = 255 * on_nodes(self.bias) if np.abs(self.bias).max() > 1e-3 else None
        return Fields(factor, bias, lift)

    def apply(self, lit: Array, photograph: npt.NDArray[np.uint8]) -> Array:
        """`lit` (float32, 0..255, H×W×3) corrected; `photograph` is the same picture before any relighting."""
        out = lit
        if np.abs(self.gain).max() > 1e-3:
            out = cv2.multiply(out, cv2.exp(enlarged(self.gain, *lit.shape[:2])))
        if np.abs(self.bias).max() > 1e-3:
            out = cv2.add(out, enlarged(255 * self.bias, *lit.shape[:2]))
        if np.abs(self.lift).max() > 1e-4 and int(photograph.max()) > BRIGHT[0]:
            reach = max(3, min(photograph.shape[:2]) // 60 | 1)
            towards = cv2.multiply(enlarged(self.lift, *lit.shape[:2]), burnt(photograph, reach))
            out = cv2.add(out, cv2.multiply(towards, np.maximum(255 - out, 0)))
        return np.asarray(out, np.float32)


@dataclass
class Fields:
    """A correction on a grid of nodes from corner to corner of a box, fine enough to be enlarged linearly: how
    a picture is corrected tile by tile (see `canvas.enlarge_part`)."""

    factor: Array | None
    bias: Array | None
    lift: Array | None
    """Times how burnt out the surroundings are. None, as for the others, where nothing is to be done."""

    @property
    def nothing(self) -> bool:
        return self.factor is None and self.bias is None and self.lift is None

    def apply(self, lit: Array, photograph: npt.NDArray[np.uint8], part: Callable[[Array], Array]) -> Array:
        """As `Correction.apply` for a tile; `part` enlarges nodes to the tile's pixels."""
        out = lit if self.factor is None else cv2.multiply(lit, part(self.factor))
        out = out if self.bias is None else cv2.add(out, part(self.bias))
        if self.lift is not None and int(photograph.max()) > BRIGHT[0]:
            bright = np.clip((photograph.astype(np.float32) - BRIGHT[0]) / BRIGHT[1], 0, 1)
            towards = cv2.multiply(part(self.lift), bright)
            out = cv2.add(out, cv2.multiply(towards, np.maximum(255 - out, 0)))
        return np.asarray(out, np.float32)


def enlarged(grid: Array, height: int, width: int) -> Array:
    """A coarse grid, bicubically as large as a picture (cell centres kept)."""
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
