"""What two pictures have in common under a homography: where that is, and how well they agree there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from prodgen_django.common.arrays import Floats, Matrix, Plane, Points

from .features import View
from .geometry import project


def overlap_mask(a: View, b: View, transform: Matrix, rim: int = 6) -> tuple[tuple[int, int], Plane] | None:
    """Where a falls on b, less a rim: the corner of its box in b (registration pixels) and its mask there."""
    height, width = b.grey.shape
    outline = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [a.grey.shape[1] - 1, a.grey.shape[0] - 1]
    on_b = project(transform, outline.astype(np.float64))
    if not np.isfinite(on_b).all() or np.abs(on_b).max() > 1e5:
        return None
    frame = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    shared = cv2.intersectConvexConvex(on_b.astype(np.float32), frame)[1]
    if shared is None or len(shared) < 3:
        return None
    x, y, w, h = cv2.boundingRect(shared.astype(np.float32))
    left, top = max(0, x), max(0, y)
    right, bottom = min(width, x + w), min(height, y + h)
    if right - left < 2 * rim or bottom - top < 2 * rim:
        return None
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillConvexPoly(mask, np.round((shared.reshape(-1, 2) - [left, top]) * 16).astype(np.int32), 255, 8, 4)
    side = 2 * rim + 1
    eroded = cv2.erode(mask, np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return (left, top), np.asarray(eroded, np.uint8)


def occupied(points: Points, mask: Plane, cells: int = 6) -> float:
    """The share of the overlap's bounding box, in cells, that holds a followed point."""
    x, y, w, h = cv2.boundingRect(mask)
    grid = np.zeros((cells, cells), bool)
    column = np.clip(((points[:, 0] - x) / w * cells).astype(int), 0, cells - 1)
    row = np.clip(((points[:, 1] - y) / h * cells).astype(int), 0, cells - 1)
    grid[row, column] = True
    possible = cv2.resize(mask[y : y + h, x : x + w], (cells, cells), interpolation=cv2.INTER_AREA) > 64
    return float((grid & possible).sum() / max(1, possible.sum()))


@dataclass
class Agreement:
    """How well two pictures agree, place by place.

    Attributes:
        correlation: float32 H×W in [-1, 1], over the second picture at a small size.
        weight: float32 H×W, how much texture either shows; 0 where they do not overlap or both are plain.
        inside: uint8 H×W, 255 where they overlap.
    """

    correlation: Floats
    weight: Floats
    inside: Plane

    @property
    def total(self) -> float:
        """The mean correlation of what is textured; 0 where that is next to nothing."""
        weight = float(self.weight.sum())
        return float((self.weight * self.correlation).sum() / weight) if weight >= 30 else 0.0

    @property
    def textured(self) -> float:
        """The share of the overlap that shows texture."""
        return float(np.count_nonzero(self.weight) / max(1, cv2.countNonZero(self.inside)))


def agreement(a: View, b: View, transform: Matrix) -> Agreement | None:
    """Band-passed correlation of both pictures, a's brought onto b's by `transform` (registration pixels); None where
    next to nothing overlaps."""
    scale = _small(b)
    shrink = np.diag([scale, scale, 1.0])
    q = _other(b)
    size = (q.shape[1], q.shape[0])
    mask = cv2.warpPerspective(np.full(a.grey.shape, 255, np.uint8), shrink @ transform, size, flags=0)
    mask = cv2.erode(mask, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    if cv2.countNonZero(mask) < 100:
        return None
    smooth = cv2.GaussianBlur(a.grey, (0, 0), max(0.5, 0.45 / scale))
    warped = cv2.warpPerspective(smooth, shrink @ transform, size, flags=cv2.INTER_LINEAR, borderMode=1)
    p = _band(warped)
    box = (11, 11)
    pp, qq, pq = cv2.blur(p * p, box), cv2.blur(q * q, box), cv2.blur(p * q, box)
    correlation = pq / np.sqrt((pp + 0.3) * (qq + 0.3))
    energy = np.maximum(pp, qq)
    weight = np.minimum(energy, 60.0) * (energy > 1.5) * (mask > 0)
    return Agreement(
        np.asarray(correlation, np.float32), np.asarray(weight, np.float32), np.asarray(mask, np.uint8)
    )


def _small(view: View, pixels: float = 0.1e6) -> float:
    return min(1.0, float(np.sqrt(pixels / view.grey.size)))


def _other(b: View) -> Floats:
    """The second picture's band at the small size; it stays while the first is laid here and there."""
    if b.banded is None:
        size = tuple(max(8, int(side * _small(b))) for side in b.grey.shape[::-1])
        b.banded = _band(np.asarray(cv2.resize(b.grey, size, interpolation=cv2.INTER_AREA), np.uint8))
    return b.banded


def _band(grey: Plane) -> Floats:
    plane = grey.astype(np.float32)
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), 1.2) - cv2.GaussianBlur(plane, (0, 0), 6.0), np.float32)


def summed(seen: Agreement | None) -> tuple[float, float]:
    """(agreement in [-1, 1], share of the overlap that is textured), weighted by where either shows texture.

    A homography that fits a few self-similar spots fails here, as the rest of the overlap shows texture in one
    picture, not in the other.
    """
    if seen is None or float(seen.weight.sum()) < 30:
        return 0.0, 0.0
    return seen.total, seen.textured
