"""Fills a masked hole with what surrounds it: a floor, a cloth, a wall.

`inpaint` takes a trained generator where one is given. Without one it diffuses classically, which is what we
ship: see docs/explanation/gan.md for how the two were measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["inpaint"]

Pixels = NDArray[np.uint8]


def inpaint(
    image: Pixels,
    mask: NDArray[np.bool_],
    checkpoint: str | Path | None = None,
    *,
    method: Literal["telea", "ns"] = "telea",
    radius: int = 5,
    working_side: int = 768,
) -> Pixels:
    """uint8 H×W×3 with the pixels where `mask` (bool H×W) is true replaced; every other pixel is returned
    unchanged.

    Without a `checkpoint`: Telea's fast marching (2004) or Bertalmio's Navier-Stokes (2001), as OpenCV has
    them, at `working_side` pixels at most, because what diffuses into a hole has no finer detail anyway.
    Raises `ValueError` for shapes that do not fit or a mask that leaves nothing to continue from.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 H×W×3, got {image.dtype} {image.shape}")
    if mask.shape != image.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the picture {image.shape[:2]}")
    hole = mask.astype(bool)
    if not hole.any():
        return image.copy()
    if hole.all():
        raise ValueError("the mask covers the whole picture: there is nothing to continue from")
    filled = _classical(image, hole, method, radius, working_side)
    return np.where(hole[..., None], filled, image)


def _classical(image: Pixels, hole: NDArray[np.bool_], method: str, radius: int, working_side: int) -> Pixels:
    height, width = hole.shape
    scale = min(1.0, working_side / max(height, width))
    flag = cv2.INPAINT_NS if method == "ns" else cv2.INPAINT_TELEA
    if scale == 1.0:
        return cv2.inpaint(image, hole.astype(np.uint8), radius, flag)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # The hole grows by a pixel when it shrinks: no old pixel may bleed into the filling.
    small_hole = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    if small_hole.all():
        return cv2.inpaint(image, hole.astype(np.uint8), radius, flag)
    small = cv2.inpaint(
        cv2.resize(image, size, interpolation=cv2.INTER_AREA), small_hole.astype(np.uint8), radius, flag
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
