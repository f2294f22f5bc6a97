"""Many pictures as one, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from prodgen_django.imagefile import encode_image


def squared(picture: np.ndarray, side: int) -> np.ndarray:
    """uint8 h×w×3 fitted into side×side, white about it."""
    scale = side / max(picture.shape[:2])
    wide, high = (max(1, round(n * scale)) for n in picture.shape[1::-1])
    small = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    canvas = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - high) // 2, (side - wide) // 2
    canvas[top : top + high, left : left + wide] = small
    return canvas


def mosaic(pictures: Sequence[np.ndarray], side: int, across: int) -> np.ndarray:
    """`pictures` in squares of `side`, `across` in a row, white where there is none: uint8."""
    tiles = [squared(picture, side) for picture in pictures]
    tiles += [np.full((side, side, 3), 255, np.uint8)] * (-len(tiles) % across)
    return np.vstack([np.hstack(tiles[first : first + across]) for first in range(0, len(tiles), across)])


def tiled(pictures: Sequence[np.ndarray], out: Path, side: int = 240, across: int = 8) -> None:
    """Write `pictures`, `across` in a row, as a JPEG."""
    out.write_bytes(encode_image(mosaic(pictures, side, across), format="jpeg", source_type=None, quality=85))
