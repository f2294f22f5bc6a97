"""Fills a masked hole with what surrounds it: a floor, a cloth, a wall.

First a smooth membrane is spanned over the hole (its rim's colours, as straight as can be); then, where
trained weights are at hand, a small generator draws on it what a membrane cannot: seams, folds, edges that go
on. How much each is worth was measured against OpenCV's Telea and Navier-Stokes: docs/explanation/gan.md.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from prodgen_django.common.weights import SHIPPED

__all__ = ["SHIPPED_INPAINTER", "inpaint", "membrane"]

SHIPPED_INPAINTER = SHIPPED / "inpaint.safetensors"

#: Longest side in pixels at which a hole is filled, by trained weights and by the membrane alone.
TRAINED_SIDE, MEMBRANE_SIDE = 192, 512

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def inpaint(
    image: Pixels,
    mask: Mask,
    checkpoint: str | Path | None = None,
    *,
    trained: bool = True,
    working_side: int | None = None,
) -> Pixels:
    """uint8 H×W×3 with the pixels where `mask` (bool H×W) is true replaced; every other pixel stays as it is.

    `checkpoint`: weights that `train_inpainter` wrote; None: those shipped with the package, where there are
    any. `trained=False`: the membrane alone. What is filled in is worked out at `working_side` pixels at most
    and enlarged: a hole has no finer detail to be true to. By default that is 192 for trained weights, which know
    holes of a product's size at that scale (chosen among 128 to 256 on validation photographs), and 512 for the
    membrane. Raises `ValueError` for shapes that do not fit or
    a mask that leaves nothing to go on from, and `CheckpointError` for a file that is no inpainter.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 H×W×3, got {image.dtype} {image.shape}")
    if mask.shape != image.shape[:2]:
        raise ValueError(f"the mask is {mask.shape}, the picture {image.shape[:2]}")
    hole = mask.astype(bool)
    if not hole.any():
        return image.copy()
    if hole.all():
        raise ValueError("the mask covers the whole picture: there is nothing to go on from")
    height, width = hole.shape
    weights = (checkpoint or (SHIPPED_INPAINTER if SHIPPED_INPAINTER.exists() else None)) if trained else None
    working_side = working_side or (TRAINED_SIDE if weights else MEMBRANE_SIDE)
    scale = min(1.0, working_side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # The hole grows when it shrinks: no old pixel may bleed into what is filled in.
    small_hole = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    if scale == 1.0 or small_hole.all():
        small, small_hole = image, hole
    else:
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    filled = membrane(small, small_hole)
    if weights:
        from prodgen_django.gan.inpainting_net import Inpainter

        filled = Inpainter.load(weights)(filled, small_hole)
    if filled.shape[:2] != hole.shape:
        filled = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None], filled.clip(0, 255).round().astype(np.uint8), image)


def membrane(image: Pixels, hole: Mask) -> NDArray[np.float32]:
    """float32 H×W×3: the hole as smooth as its rim allows, the rest as it was.

    Pull-push (Gortler et al., "The lumigraph", 1996) gives a first guess from coarse to fine; a few box blurs
    of falling size inside the hole take its blocks away.
    """
    filled = _pull_push(image.astype(np.float32), (~hole).astype(np.float32))
    weight = hole[..., None].astype(np.float32)
    widest = max(hole.shape) // 32
    for reach in (widest, widest // 2, widest // 4, 1):
        side = 2 * max(1, reach) + 1
        for _ in range(6):
            filled += (cv2.blur(filled, (side, side)) - filled) * weight
    return filled


def _pull_push(colour: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Halves until nothing is unknown, then fills each finer level's gaps from the coarser one."""
    colour = colour * known[..., None]
    if (known >= 1).all() or max(known.shape) == 1:
        return (colour / np.maximum(known, 1e-6)[..., None]).astype(np.float32)
    height, width = known.shape
    rows, columns = (height + 1) // 2, (width + 1) // 2
    pad = ((0, 2 * rows - height), (0, 2 * columns - width))
    weight = np.pad(known, pad).reshape(rows, 2, columns, 2).sum(axis=(1, 3))
    total = np.pad(colour, (*pad, (0, 0))).reshape(rows, 2, columns, 2, 3).sum(axis=(1, 3))
    enough = 1 / np.maximum(weight, 1)  # two known pixels speak with no more weight than one
    coarse = _pull_push(total / np.maximum(weight, 1e-6)[..., None], weight * enough)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return colour + fine * (1 - known[..., None])
