"""What the network sees of each picture of a stitch, with NumPy and OpenCV: `features.describe` without
torch, for canvases of any size and any number of pictures."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

from .grids import CHANNELS, SIDE, burnt

__all__ = ["Consensus", "view"]

Array = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]
SHARP = 96


class Consensus:
    """The sum of all pictures on the small canvas, from which each is taken away again to see the others:
    memory and time stay linear in the number of pictures."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.total = np.zeros((*size, 3), np.float32)
        self.cover = np.zeros(size, np.float32)
        self.lost = np.zeros(size, np.float32)

    def add(self, box: Box, lit: Array, mask: Array, pixels: npt.NDArray[np.uint8]) -> None:
        """lit: 0..1 float32; mask: 0 or 1 float32; pixels: the photograph itself."""
        place = np.s_[box[1] : box[3], box[0] : box[2]]
        self.total[place] += np.minimum(lit, 1.6) * mask[..., None]
        self.cover[place] += mask
        self.lost[place] += burnt(pixels).max(2) * mask


def view(
    consensus: Consensus, box: Box, lit: Array, mask: Array, radius: Array, pixels: npt.NDArray[np.uint8]
) -> Array:
    """14 × 128 × 128 of one picture that was added to the consensus."""
    place = np.s_[box[1] : box[3], box[0] : box[2]]
    own = np.minimum(lit, 1.6) * mask[..., None]
    own_burnt = burnt(pixels) * mask[..., None]
    others, cover = consensus.total[place] - own, consensus.cover[place] - mask
    lost = (consensus.lost[place] - own_burnt.max(2)) / np.maximum(cover, 1)
    has = (cover > 0.5).astype(np.float32)
    far = _carried_on(consensus, box, own, mask)
    mean = others / np.maximum(cover, 1)[..., None] * has[..., None] + far * (1 - has[..., None])
    raw = pixels.astype(np.float32).mean(2) / 255
    brighter = np.log((lit.mean(2) + 0.02) / (raw + 0.02)) * mask
    stacked = [own, mean, has, mask, radius * mask, own_burnt, lost * has, brighter]
    planes: Iterable[Array] = (_squeezed(np.ascontiguousarray(s, np.float32)) for s in stacked)
    whole = np.concatenate([p[..., None] if p.ndim == 2 else p for p in planes], 2)
    return np.ascontiguousarray(whole.transpose(2, 0, 1).reshape(CHANNELS, SIDE, SIDE), np.float32)


def _squeezed(plane: Array) -> Array:
    """To the network's side, with the sharpness that its training views had."""
    plane = np.asarray(cv2.resize(plane, (SHARP, SHARP), interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.float32)


def _carried_on(consensus: Consensus, box: Box, own: Array, mask: Array) -> Array:
    """The others, pulled over the box and its surroundings (push and pull), cut to the box."""
    height, width = consensus.cover.shape
    reach_x, reach_y = round(0.8 * (box[2] - box[0])), round(0.8 * (box[3] - box[1]))
    left, top = max(0, box[0] - reach_x), max(0, box[1] - reach_y)
    right, bottom = min(width, box[2] + reach_x), min(height, box[3] + reach_y)
    total = consensus.total[top:bottom, left:right].copy()
    cover = consensus.cover[top:bottom, left:right].copy()
    inner = np.s_[box[1] - top : box[3] - top, box[0] - left : box[2] - left]
    total[inner] -= own
    cover[inner] -= mask
    filled: Array | None = None
    for cells in (1, 2, 4, 8):
        part, covered = _cells(total, cells), _cells(cover, cells)
        if filled is None:
            filled = np.asarray(part / np.maximum(covered, 1e-4)[..., None], np.float32)
        else:
            below = _enlarged(filled, cells, cells)
            filled = np.asarray((part + 0.02 * below) / (covered + 0.02)[..., None], np.float32)
    assert filled is not None
    return _enlarged(filled, *cover.shape)[inner]


def _enlarged(coarse: Array, height: int, width: int) -> Array:
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _cells(plane: Array, cells: int) -> Array:
    """Means over cells × cells parts of a plane, as adaptive average pooling."""
    height, width = plane.shape[:2]
    sums = cv2.integral(plane).reshape(height + 1, width + 1, -1)
    low_y, high_y = _ends(height, cells)
    low_x, high_x = _ends(width, cells)
    corner = sums[np.ix_(high_y, high_x)] - sums[np.ix_(low_y, high_x)]
    corner = corner - sums[np.ix_(high_y, low_x)] + sums[np.ix_(low_y, low_x)]
    area = ((high_y - low_y)[:, None] * (high_x - low_x)[None]).astype(np.float64)
    means = corner / area[..., None]
    return np.asarray(means if plane.ndim == 3 else means[..., 0], np.float32)


def _ends(length: int, cells: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    index = np.arange(cells)
    return (index * length) // cells, -((-(index + 1) * length) // cells)
