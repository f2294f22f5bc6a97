"""The one stated resampling of a product photograph: the whole of it, laid on a canvas by a 3×3 matrix."""

from __future__ import annotations

from math import ceil
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Matrix", "grown_by", "onto_canvas", "resample", "resampled_size", "stretched"]

Matrix = npt.NDArray[np.float64]
"""3×3, photograph pixels to canvas pixels, pixel centres at whole numbers."""

FOLDED = 99.0
_FINEST = 4  # samples a canvas pixel and direction; a photograph that shrinks further is halved first
_BAND = 256  # rows of the canvas that are made at a time
_ROUNDING = 1e-9


def resample(photo: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """The whole frame to `size` (width, height).

    Area averaging where it gets smaller, Lanczos (8×8) where it gets larger, nothing where it stays.
    """
    height, width = photo.shape[:2]
    if (width, height) == size:
        return photo
    smaller = size[0] <= width and size[1] <= height
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LANCZOS4)


def resampled_size(photo: npt.NDArray[Any], transform: Matrix) -> tuple[int, int]:
    """The whole photograph's width and height on the canvas under a `transform` that only scales and shifts."""
    return round(photo.shape[1] * transform[0, 0]), round(photo.shape[0] * transform[1, 1])


def onto_canvas(
    layer: npt.NDArray[Any], transform: Matrix, shape: tuple[int, int], fill: float = 0
) -> npt.NDArray[Any]:
    """Lay `layer` (the photograph or its alpha, H×W×3 or H×W) on a canvas of `shape` (height, width).

    `transform`: a scale and a shift by whole canvas pixels, or any homography, which turns or rectifies the photograph
    in the same step. What lies outside the photograph is `fill`, or beside one that
    is turned its edge's colours.
    """
    if not _only_scales(transform):
        return _warped(layer, transform, shape, fill)
    width, height = resampled_size(layer, transform)
    scaled = resample(layer, (width, height))
    left = round(transform[0, 2] + 0.5 - 0.5 * transform[0, 0])
    top = round(transform[1, 2] + 0.5 - 0.5 * transform[1, 1])
    canvas = np.full(shape + layer.shape[2:], fill, layer.dtype)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, shape[1]), min(top + height, shape[0])
    if x1 > x0 and y1 > y0:
        canvas[y0:y1, x0:x1] = scaled[y0 - top : y1 - top, x0 - left : x1 - left]
    return canvas


def grown_by(transform: Matrix, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How much the photograph grows at `points` (N×2, photograph pixels) in the direction in which it grows least and
    most: N×2, canvas pixels for each of the photograph, negative where the picture is mirrored."""
    x, y = points[:, 0], points[:, 1]
    u, v, w = (row[0] * x + row[1] * y + row[2] for row in transform)
    rows = [
        (transform[n, :2] - np.outer(value / w, transform[2, :2])) / w[:, None]
        for n, value in enumerate((u, v))
    ]
    local = np.stack(rows, axis=1)
    sizes = np.linalg.svd(local, compute_uv=False)[:, ::-1]
    return np.asarray(sizes * np.sign(np.linalg.det(local) * np.where(w > 0, 1, -1))[:, None])


def stretched(transform: Matrix, shape: tuple[int, ...]) -> float:
    """How much longer a transform makes one direction than another, at the worst corner of a layer of `shape`: 1 where
    it scales, turns and shifts only; `FOLDED` where it mirrors, folds or cannot be undone."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    if not np.isfinite(transform).all():
        return FOLDED
    depths = corners @ transform[2, :2] + transform[2, 2]
    if depths.min() <= 0:
        return FOLDED
    grown = grown_by(transform, corners)
    return FOLDED if grown.min() <= 1e-6 else min(FOLDED, float((grown[:, 1] / grown[:, 0]).max()))


def _only_scales(transform: Matrix) -> bool:
    off = [transform[0, 1], transform[1, 0], transform[2, 0], transform[2, 1], transform[2, 2] - 1]
    return bool(np.abs(off).max() < _ROUNDING and min(transform[0, 0], transform[1, 1]) > 0)


def _warped(
    layer: npt.NDArray[Any], transform: Matrix, shape: tuple[int, int], fill: float
) -> npt.NDArray[Any]:
    """By a homography; several samples a canvas pixel where the photograph shrinks, so that none is skipped."""
    height, width = layer.shape[:2]
    ends = np.array([[0, 0], [width, 0], [0, height], [width, height], [width / 2, height / 2]], np.float64)
    depths = ends @ transform[2, :2] + transform[2, 2]
    shown = ends[depths > 1e-3 * abs(transform[2, 2])]
    least = float(np.abs(grown_by(transform, shown)).min()) if len(shown) else 1.0
    while least < 1 / _FINEST and min(layer.shape[:2]) > 64:
        half = (layer.shape[1] // 2, layer.shape[0] // 2)
        across, down = layer.shape[1] / half[0], layer.shape[0] / half[1]
        layer = cv2.resize(layer, half, interpolation=cv2.INTER_AREA)
        transform = transform @ np.array(
            [[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]]
        )
        least *= 2
    fine = min(_FINEST, max(1, ceil(1 / least - 0.02)))
    # Lanczos overshoots, which a share must not; a photograph's edge goes on, so that no other colour gets into it.
    photo = layer.ndim == 3
    flags = cv2.INTER_LANCZOS4 if photo else cv2.INTER_LINEAR
    border = cv2.BORDER_REPLICATE if photo else cv2.BORDER_CONSTANT
    canvas = np.empty(shape + layer.shape[2:], layer.dtype)
    for top in range(0, shape[0], _BAND):
        rows = min(_BAND, shape[0] - top)
        # The samples of a canvas pixel lie about its centre.
        finer = np.array(
            [[fine, 0, fine / 2 - 0.5], [0, fine, fine * (0.5 - top) - 0.5], [0, 0, 1]], np.float64
        )
        many = cv2.warpPerspective(
            layer,
            finer @ transform,
            (shape[1] * fine, rows * fine),
            flags=flags,
            borderMode=border,
            borderValue=fill,
        )
        smaller = cv2.resize(many, (shape[1], rows), interpolation=cv2.INTER_AREA) if fine > 1 else many
        canvas[top : top + rows] = smaller
    return canvas
