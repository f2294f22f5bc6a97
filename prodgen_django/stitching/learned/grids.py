"""What the network says, and how it is applied to a picture of any size, with NumPy and OpenCV alone."""

from __future__ import annotations

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
BURNT = (235.0, 20.0)
"""A channel counts as burnt out from 235 on, fully at 255."""


def burnt(pixels: npt.NDArray[np.uint8]) -> Array:
    """How far each channel of the photograph itself, before any correction, has reached white: 0 to 1."""
    return np.asarray(np.clip((pixels.astype(np.float32) - BURNT[0]) / BURNT[1], 0, 1), np.float32)


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

    def apply(self, lit: Array, photograph: npt.NDArray[np.uint8]) -> Array:
        """`lit` (float32, 0..255, H×W×3) corrected; `photograph` is the same picture before any relighting."""
        out = cv2.multiply(lit, cv2.exp(enlarged(self.gain, *lit.shape[:2])))
        out = cv2.add(out, enlarged(255 * self.bias, *lit.shape[:2]))
        if np.abs(self.lift).max() > 1e-4 and int(photograph.max()) > BURNT[0]:
            towards = cv2.multiply(enlarged(self.lift, *lit.shape[:2]), burnt(photograph))
            out = cv2.add(out, cv2.multiply(towards, np.maximum(255 - out, 0)))
        return np.asarray(out, np.float32)


def enlarged(grid: Array, height: int, width: int) -> Array:
    """A coarse grid, bicubically as large as a picture (cell centres kept)."""
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
