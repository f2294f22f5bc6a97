"""Homographies: applied, judged and composed. Knows nothing of pictures."""

from __future__ import annotations

import numpy as np

from prodgen_django.common.arrays import Matrix, Points, Size

__all__ = ["homogeneous", "plausible", "project", "shifted"]


def project(transform: Matrix, points: Points) -> Points:
    """Apply a homography to N×2 points."""
    moved = points @ transform[:, :2].T + transform[:, 2]
    return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)


def homogeneous(points: Points) -> Matrix:
    """N×2 to N×3 with a last column of ones."""
    return np.concatenate([points, np.ones((len(points), 1))], 1)


def shifted(left: float, top: float) -> Matrix:
    """The change of a transform when `left` columns and `top` lines are cut away."""
    return np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)


def plausible(transform: Matrix, size: Size, other: Size) -> bool:
    """Whether a camera could have seen this: no mirror, no fold, no scale beyond 5, corners stay in a
    quadrilateral."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    homogeneous = np.c_[corners, np.ones(4)] @ transform.T
    depth = homogeneous[:, 2]
    if (depth <= 0).any() and (depth >= 0).any():
        return False
    moved = homogeneous[:, :2] / depth[:, None]
    if not np.isfinite(moved).all():
        return False
    side = np.roll(moved, -1, 0) - moved
    following = np.roll(side, -1, 0)
    turns = side[:, 0] * following[:, 1] - side[:, 1] * following[:, 0]
    if (turns <= 0).any():
        return False
    x, y = moved[:, 0], moved[:, 1]
    area = 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
    if not 1 / 25 < area / (width * height) < 25:
        return False
    depths = np.abs(depth)
    return bool(depths.max() / depths.min() < 5)
