"""Holes to learn on: as a product leaves one, as a box or a brush leaves one, as nothing in particular leaves one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["product_hole", "random_hole"]

Mask = NDArray[np.bool_]
_CANVAS = 128  # a silhouette is drawn this large, then turned and scaled


def random_hole(side: int, rng: np.random.Generator) -> Mask:
    """bool side×side, 4 to 45 % of the area: half of them product-shaped, the rest level sets of smooth noise,
    boxes and brush strokes."""
    while True:
        kind = rng.integers(6)
        hole = np.zeros((side, side), np.uint8)
        if kind < 3:
            return product_hole(side, rng)
        if kind == 3:
            cells = int(rng.integers(3, 6))
            noise = cv2.resize(
                rng.normal(size=(cells, cells)).astype(np.float32), (side, side),
                interpolation=cv2.INTER_CUBIC,
            )  # fmt: skip
            hole = (noise > np.quantile(noise, rng.uniform(0.6, 0.9))).astype(np.uint8)
        elif kind == 4:
            height, width = rng.integers(side // 5, side * 3 // 5, 2)
            top, left = rng.integers(0, side - height), rng.integers(0, side - width)
            hole[top : top + height, left : left + width] = 1
        else:
            points = rng.integers(0, side, (int(rng.integers(3, 8)), 1, 2)).astype(np.int32)
            cv2.polylines(hole, [points], False, 1, thickness=int(rng.integers(side // 20, side // 7)))
        if 0.04 < hole.mean() < 0.45:
            return hole.astype(bool)


def product_hole(side: int, rng: np.random.Generator) -> Mask:
    """bool side×side, 4 to 45 % of the area: the silhouette of a bottle, box, mug, bag, garment or shoe, turned,
    scaled and placed by chance, its edge a little uncertain as a cut-out's is."""
    while True:
        shape = _SHAPES[rng.integers(len(_SHAPES))](rng)
        if rng.random() < 0.5:
            shape = shape[:, ::-1]
        scale = rng.uniform(0.3, 0.95) * side / _CANVAS
        turn = cv2.getRotationMatrix2D((_CANVAS / 2, _CANVAS / 2), rng.normal(0, 25), scale)
        # The middle of the silhouette lands anywhere in the middle half of the picture.
        turn[:, 2] += rng.uniform(0.25, 0.75, 2) * side - _CANVAS / 2
        hole = cv2.warpAffine(np.ascontiguousarray(shape), turn, (side, side), flags=cv2.INTER_NEAREST)
        reach = int(rng.integers(1, 4))
        hole = cv2.dilate(hole, np.ones((reach, reach), np.uint8))
        if 0.04 < hole.mean() < 0.45:
            return hole.astype(bool)


def _canvas() -> NDArray[np.uint8]:
    return np.zeros((_CANVAS, _CANVAS), np.uint8)


def _polygon(points: list[tuple[float, float]]) -> NDArray[np.uint8]:
    """Filled, from (x, y) in 0..1, with rounded corners."""
    canvas = _canvas()
    cv2.fillPoly(canvas, [np.round(np.array(points) * _CANVAS).astype(np.int32)], 1)
    return (cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), 2.5) > 0.5).astype(np.uint8)


def _mirrored(right: list[tuple[float, float]]) -> NDArray[np.uint8]:
    """A left-right symmetric silhouette from its right side, top to bottom."""
    return _polygon(right + [(1 - x, y) for x, y in reversed(right)])


def _bottle(rng: np.random.Generator) -> NDArray[np.uint8]:
    body, neck = rng.uniform(0.1, 0.25), rng.uniform(0.03, 0.09)
    shoulder, top = rng.uniform(0.25, 0.5), rng.uniform(0.05, 0.15)
    return _mirrored(
        [(0.5 + neck, top), (0.5 + neck, shoulder - 0.08), (0.5 + body, shoulder + 0.06), (0.5 + body, 0.95)]
    )


def _box(rng: np.random.Generator) -> NDArray[np.uint8]:
    width, height, lean = rng.uniform(0.15, 0.45), rng.uniform(0.15, 0.45), rng.uniform(-0.08, 0.08)
    return _polygon(
        [
            (0.5 - width, 0.5 - height),
            (0.5 + width, 0.5 - height + lean),
            (0.5 + width, 0.5 + height - lean),
            (0.5 - width, 0.5 + height),
        ]
    )


def _mug(rng: np.random.Generator) -> NDArray[np.uint8]:
    canvas = _box(rng)
    right = int(np.flatnonzero(canvas.any(0))[-1])
    reach = int(rng.integers(8, 18))
    cv2.ellipse(canvas, (min(right, 108), 64), (reach, reach + 6), 0, -90, 90, 1, int(rng.integers(4, 9)))
    return canvas


def _bag(rng: np.random.Generator) -> NDArray[np.uint8]:
    top, bottom, height = rng.uniform(0.2, 0.35), rng.uniform(0.25, 0.42), rng.uniform(0.35, 0.5)
    canvas = _mirrored([(0.5 + top, height), (0.5 + bottom, 0.92)])
    reach = (int(top * 0.7 * _CANVAS), int((height - 0.08) * _CANVAS))
    cv2.ellipse(canvas, (64, int(height * _CANVAS)), reach, 0, 180, 360, 1, int(rng.integers(3, 8)))
    return canvas


def _shirt(rng: np.random.Generator) -> NDArray[np.uint8]:
    body, sleeve, drop = rng.uniform(0.18, 0.26), rng.uniform(0.34, 0.48), rng.uniform(0.3, 0.85)
    cuff = rng.uniform(0.06, 0.12)
    return _mirrored(
        [
            (0.57, 0.1), (0.5 + body, 0.14), (0.5 + sleeve, drop - 0.04), (0.5 + sleeve - cuff, drop),
            (0.5 + body, 0.36), (0.5 + body * rng.uniform(0.9, 1.3), 0.93),
        ]
    )  # fmt: skip


def _trousers(rng: np.random.Generator) -> NDArray[np.uint8]:
    hip, hem, end = rng.uniform(0.14, 0.22), rng.uniform(0.16, 0.3), rng.uniform(0.6, 0.95)
    leg = rng.uniform(0.08, 0.14)
    return _mirrored([(0.5 + hip, 0.06), (0.5 + hem, end), (0.5 + hem - leg, end), (0.505, 0.4)])


def _shoe(rng: np.random.Generator) -> NDArray[np.uint8]:
    toe, ankle = rng.uniform(0.5, 0.62), rng.uniform(0.2, 0.42)
    return _polygon(
        [(0.08, ankle), (0.34, ankle), (0.5, 0.5), (0.85, toe), (0.94, 0.7), (0.93, 0.78), (0.08, 0.78)]
    )


def _blob(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A plate, a hat, a lamp: a circle that wobbles."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = np.full(60, 0.36)
    for k in (2, 3, 4):
        radius += rng.normal(0, 0.05) * np.cos(k * angle + rng.uniform(0, 7))
    width = rng.uniform(0.5, 1.2)
    return _polygon(
        [
            (float(0.5 + r * width * np.cos(a)), float(0.5 + r * np.sin(a)))
            for r, a in zip(radius, angle, strict=True)
        ]
    )


_SHAPES = (_bottle, _box, _mug, _bag, _shirt, _trousers, _shoe, _blob)
