"""Where the product stands in a picture and what its background looks like, from the picture's border
alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from prodgen_django.common.arrays import Floats, Image, Mask, Matrix, Size

Extent = tuple[float, float, float, float]
"""Left, top, right, bottom in parts of a pixel."""

_ALIKE = 8.0  # grey levels from which two grounds are seen to differ


@dataclass
class Subject:
    """The product's box and its background.

    Attributes:
        box: left, top, right, bottom in pixels, or None where no product stands apart from the background.
        plain: whether the border is one smooth colour (a sweep or a wall), so that it can be extended.
        colour: median RGB of the border, float.
        field: the border's colour as a quadratic in x and y (6 × 3, over [-1, 1]), which follows a light's
            fall-off.
    """

    box: Extent | None
    plain: bool
    colour: Matrix
    field: Matrix


def _terms(x: Matrix, y: Matrix) -> Matrix:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)


def background(field: Matrix, width: int, height: int) -> Floats:
    """The fitted background over the whole picture, float32 height × width × 3."""
    nx, ny = 33, 33
    xs, ys = np.meshgrid(np.linspace(-1, 1, nx), np.linspace(-1, 1, ny))
    coarse = np.clip(_terms(xs, ys) @ field, 1, 255).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def measure(image: Image, box: Extent | None = None, alpha: npt.NDArray[np.generic] | None = None) -> Subject:
    """Measure a picture; a given box or alpha (H×W) is believed, the background is measured in any case."""
    height, width = image.shape[:2]
    scale = min(1.0, 360 / max(height, width))
    size = (max(12, round(width * scale)), max(12, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    ring = np.zeros(small.shape[:2], bool)
    rim = max(2, round(0.03 * min(size)))
    ring[:rim], ring[-rim:], ring[:, :rim], ring[:, -rim:] = True, True, True, True
    ys, xs = np.nonzero(ring)
    x, y = xs / (size[0] - 1) * 2 - 1, ys / (size[1] - 1) * 2 - 1
    values = small[ring].astype(np.float64)
    # A product may touch the border: fit, drop what strays, fit again.
    terms = _terms(x, y)
    keep = np.abs(values - np.median(values, 0)).max(1) < 60
    field = np.zeros((6, 3))
    field[0] = np.median(values, 0)
    for _ in range(4):
        if keep.sum() < 0.3 * len(keep):
            break
        regular = np.diag([0, 1e-3, 1e-3, 1e-2, 1e-2, 1e-2]) * keep.sum()
        field = np.linalg.solve(
            terms[keep].T @ terms[keep] + regular + np.eye(6) * 1e-9, terms[keep].T @ values[keep]
        )
        stray = np.abs(values - terms @ field).max(1)
        keep = stray < max(6.0, 3 * float(np.median(stray[keep])) if keep.any() else 6.0)
    stray = np.abs(values - terms @ field).max(1)
    plain = bool((stray < 12).mean() > 0.8)
    colour = np.median(values[keep] if keep.any() else values, 0)
    if box is None and alpha is not None:
        box = _alpha_box(np.asarray(alpha))
    if box is None and plain:
        box = _contrast_box(small, field, size, (width, height))
    return Subject(box, plain, colour, field)


def common_ground(found: Sequence[Subject]) -> tuple[int, int, int]:
    """RGB for what lies between pictures: their grounds' middle colour where most have about the same, else white."""
    plain = [s.colour for s in found if s.plain]
    if not plain:
        return 255, 255, 255
    middle = np.median(np.stack(plain), 0)
    near = sum(bool(np.abs(colour - middle).max() <= _ALIKE) for colour in plain)
    if near * 2 < len(found) or middle.min() > 243:
        return 255, 255, 255
    red, green, blue = (round(float(v)) for v in middle)
    return red, green, blue


def _alpha_box(alpha: npt.NDArray[np.generic]) -> Extent | None:
    inside = alpha.astype(np.float32) > (0.5 if alpha.dtype != np.uint8 else 127)
    ys, xs = np.nonzero(inside)
    if len(ys) == 0:
        return None
    return float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1)


def _contrast_box(small: Floats, field: Matrix, size: Size, full: tuple[int, int]) -> Extent | None:
    away = np.abs(small - background(field, *size)).max(2)
    marked = (away > 14).astype(np.uint8)
    marked = cv2.morphologyEx(marked, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marked)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = (areas > 0.02 * areas.max()) & (areas > 0.0005 * marked.size)
    if not large.any() or areas.max() < 0.004 * marked.size:
        return None
    kept = [k for k in np.flatnonzero(large) if not _is_shadow(small, field, labels == k + 1)]
    wanted = stats[1:][kept or np.flatnonzero(large)]
    left, top = wanted[:, 0].min(), wanted[:, 1].min()
    right, bottom = (wanted[:, 0] + wanted[:, 2]).max(), (wanted[:, 1] + wanted[:, 3]).max()
    fx, fy = full[0] / size[0], full[1] / size[1]
    return float(left * fx), float(top * fy), float(right * fx), float(bottom * fy)


def _is_shadow(small: Floats, field: Matrix, where: Mask) -> bool:
    """A patch that is only darker than the ground, in the ground's own colour and without an edge: the shadow
    under a product that floats."""
    behind = background(field, small.shape[1], small.shape[0])[where]
    ratio = np.median(small[where] / np.maximum(behind, 1), 0)
    if ratio.max() > 0.97 or np.ptp(ratio) > 0.06:
        return False
    grey = small.mean(2)
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))[where] / 8
    return bool(np.percentile(slope, 95) < 10)
