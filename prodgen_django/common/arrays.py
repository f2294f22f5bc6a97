"""Pictures, masks and matrices as every engine has them: their types, and the few things done to all of them.

A pixel is where its centre is: pixel 0 covers -0.5 to 0.5. Boxes: left, top, right, bottom; right and bottom outside.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Box",
    "Floats",
    "Image",
    "Mask",
    "Matrix",
    "Plane",
    "Points",
    "Size",
    "bounds",
    "half_pixel",
    "shrunk",
    "within",
]

Image = NDArray[np.uint8]
"""RGB, height × width × 3, 0 to 255."""
Plane = NDArray[np.uint8]
"""One channel, height × width: grey levels, or a mask of 0 and 255."""
Mask = NDArray[np.bool_]
"""Height × width."""
Floats = NDArray[np.float32]
"""Any shape; where a picture, 0 to 255 unless said otherwise."""
Matrix = NDArray[np.float64]
"""3 × 3, pixels of one picture to pixels of another, unless said otherwise."""
Points = NDArray[np.float64]
"""N × 2, (x, y) in pixels."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""
Size = tuple[int, int]
"""Width, height."""


def bounds(mask: NDArray[np.generic]) -> Box | None:
    """The smallest box around what is not 0; None where nothing is."""
    left, top, width, height = cv2.boundingRect(
        mask if mask.dtype == np.uint8 else (mask != 0).astype(np.uint8)
    )
    return (left, top, left + width, top + height) if width else None


def within(size: Size, pixels: float, least: int = 8) -> tuple[Size, float]:
    """The size (no side under `least`) of at most about so many `pixels` that a picture of `size` shrinks to, and the
    factor, at most 1."""
    width, height = size
    factor = min(1.0, float(np.sqrt(pixels / (width * height))))
    return (max(least, round(width * factor)), max(least, round(height * factor))), factor


def shrunk(picture: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """A picture averaged down to `size` (width, height); itself where it has that already."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def half_pixel(across: float, down: float) -> Matrix:
    """Where a pixel lies once its picture is resized by two factors: outer edges stay edges, so that centres move."""
    return np.array([[across, 0, 0.5 * across - 0.5], [0, down, 0.5 * down - 0.5], [0, 0, 1]])
