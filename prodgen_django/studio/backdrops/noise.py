"""Random fields, described in shares of the picture so that a scene looks alike at every size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating[Any]]
Shape = tuple[int, int]


def field(shape: Shape, cells: tuple[float, float], rng: np.random.Generator) -> Float:
    """Smooth noise, 0 to 1, float32 of `shape`, with about `cells` (down, across) bumps over the picture."""
    rows, columns = (max(2, round(c) + 3) for c in cells)
    grid = rng.random((rows, columns), dtype=np.float32)
    step_y, step_x = cells[0] / shape[0], cells[1] / shape[1]
    if cells[0] >= shape[0] or cells[1] >= shape[1]:
        return cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_AREA)
    # The middle of the grid: cubic interpolation has no neighbours at its rim.
    matrix = np.array([[step_x, 0, 1], [0, step_y, 1]], np.float64)
    return cv2.warpAffine(
        grid, matrix, shape[::-1], flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )


def fractal(
    shape: Shape, cells: tuple[float, float], rng: np.random.Generator, octaves: int = 5, keep: float = 0.5
) -> Float:
    """Noise upon finer noise, about 0 to 1; each octave is twice as fine and `keep` times as strong."""
    total = np.zeros(shape, np.float32)
    strength, weight = 1.0, 0.0
    for _ in range(octaves):
        # The grid is drawn even where it is too fine to show, so that a seed means the same at every size.
        total += strength * field(shape, cells, rng)
        weight += strength
        strength *= keep
        cells = (cells[0] * 2, cells[1] * 2)
        if min(shape[0] / cells[0], shape[1] / cells[1]) < 1.5:
            break
    return total / np.float32(weight)


def mix(first: Float, second: Float, share: Float) -> Float:
    """`first` where `share` (h×w, 0 to 1) is 0, `second` where it is 1; colours may be one triple."""
    return first + (second - first) * share[..., None]


def color(code: str) -> Float:
    """ "#rrggbb" as float32 in 0 to 1."""
    return np.array([int(code[k : k + 2], 16) / 255 for k in (1, 3, 5)], np.float32)


def coordinates(shape: Shape) -> tuple[Float, Float]:
    """y and x of pixel centres, each 0 to 1 over the picture."""
    y = ((np.arange(shape[0], dtype=np.float32) + 0.5) / shape[0])[:, None]
    x = ((np.arange(shape[1], dtype=np.float32) + 0.5) / shape[1])[None]
    return np.broadcast_to(y, shape), np.broadcast_to(x, shape)


def step(low: float, high: float, value: Float) -> Float:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def blur(plane: Float, sigma: float) -> Float:
    """Gaussian blur; wide ones at a reduced size, where they look the same and cost little."""
    if sigma < 0.3:
        return plane
    factor = max(1, int(sigma / 4))
    if factor == 1:
        return cv2.GaussianBlur(plane, (0, 0), sigma)
    size = (max(1, plane.shape[1] // factor), max(1, plane.shape[0] // factor))
    small = cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / factor)
    return cv2.resize(small, plane.shape[1::-1], interpolation=cv2.INTER_CUBIC)
