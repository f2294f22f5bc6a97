"""What light does to smooth products, drawn on them: highlights, mirrored windows, lenses, screens, brushed metal.

A network that has not seen them takes a bright spot inside a pale or glossy body for a hole. All of it lies within the
product, some of it in its ground's own colour, so that only what is about it tells.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from prodgen_django.studio.color import Float

__all__ = ["gleaming"]

Rng = np.random.Generator
_MOST = 4


def gleaming(colour: Float, alpha: Float, ground: Float, rng: Rng) -> Float:
    """The product's `colour` (float32 h×w×3, 0 to 255) with one to `_MOST` of them; `ground` is what it lies on."""
    y, x = np.nonzero(alpha > 0.5)
    if len(y) < 200:
        return colour
    box = np.array([x.min(), y.min(), x.max(), y.max()], np.float32)
    about = np.median(ground.reshape(-1, 3), 0)
    for _ in range(int(rng.integers(1, _MOST + 1))):
        draw: Callable[[tuple[int, ...], Float, Rng], Float] = _SHAPES[int(rng.integers(len(_SHAPES)))]
        pick = int(rng.integers(len(y)))
        cover = draw(alpha.shape, np.array([x[pick], y[pick], *(box[2:] - box[:2])]), rng)
        cover = cv2.GaussianBlur(
            cover, (0, 0), float(np.exp(rng.uniform(np.log(0.4), np.log(0.03 * len(alpha)))))
        )
        weight = (cover * alpha * rng.uniform(0.3, 1))[..., None]
        colour = colour * (1 - weight) + _paint(about, rng) * weight
    return colour.astype(np.float32)


def _paint(ground: Float, rng: Rng) -> Float:
    """White as a lamp, the ground's own, dark as a lens, or any grey."""
    kind = rng.random()
    if kind < 0.35:
        return np.full(3, rng.uniform(225, 255), np.float32)
    if kind < 0.7:
        return (ground * rng.uniform(0.85, 1.1)).clip(0, 255).astype(np.float32)
    if kind < 0.85:
        return np.full(3, rng.uniform(5, 50), np.float32)
    return (rng.uniform(40, 230) * rng.normal(1, 0.04, 3)).clip(0, 255).astype(np.float32)


def _spot(shape: tuple[int, ...], at: Float, rng: Rng) -> Float:
    cover = np.zeros(shape[:2], np.float32)
    axes = [max(1, int(n * rng.uniform(0.03, 0.4))) for n in at[2:]]
    cv2.ellipse(cover, (int(at[0]), int(at[1])), axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return cover


def _window(shape: tuple[int, ...], at: Float, rng: Rng) -> Float:
    """A four-sided pane, at times with a bar across."""
    cover = np.zeros(shape[:2], np.float32)
    half = at[2:] * rng.uniform(0.04, 0.35, 2)
    corners = at[:2] + half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * rng.uniform(0.8, 1.2, (4, 2))
    cv2.fillPoly(cover, [np.rint(corners).astype(np.int32)], 1)
    if rng.random() < 0.3:
        across = np.rint((corners[[0, 1]] + corners[[3, 2]]) / 2).astype(int)
        cv2.line(cover, tuple(across[0].tolist()), tuple(across[1].tolist()), 0, max(1, int(half[1] / 6)))
    return cover


def _streak(shape: tuple[int, ...], at: Float, rng: Rng) -> Float:
    """A band of light along the body, as on cylinders and edges."""
    cover = np.zeros(shape[:2], np.float32)
    turn = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.15)
    reach = max(at[2:]) * rng.uniform(0.2, 1.2)
    step = np.array([np.cos(turn), np.sin(turn)]) * reach / 2
    ends = [tuple(np.rint(at[:2] + side * step).astype(int).tolist()) for side in (-1, 1)]
    cv2.line(cover, ends[0], ends[1], 1, max(1, int(min(at[2:]) * rng.uniform(0.01, 0.25))))
    return cover


def _slope(shape: tuple[int, ...], at: Float, rng: Rng) -> Float:
    """Light that falls off over the whole body, once or in waves, as on brushed metal."""
    turn = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    along = (np.cos(turn) * (columns - at[0]) + np.sin(turn) * (rows - at[1])) / max(at[2:])
    return (0.5 + 0.5 * np.sin(along * rng.uniform(2, 14))).astype(np.float32) ** 2


_SHAPES = (_spot, _spot, _window, _streak, _slope)
