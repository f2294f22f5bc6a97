"""Things made of lines, drawn: whatever of bars, wires, cords and rings one sees the ground through.

Strokes of a few kinds are put together at random, so that no thing is like the last; `benchmarks.studio.structures`,
which judges, draws things that have names. Pictures are drawn `_FINE` times larger and made smaller.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from prodgen_django.studio.color import Float, Pixels

__all__ = ["drawn_lines"]

Rng = np.random.Generator
Stroke = list[np.ndarray]  # polylines, each n×2 in shares of the picture
_FINE = 3


def drawn_lines(rng: Rng, side: int) -> tuple[Pixels, Pixels]:
    """A thing and its alpha: uint8 side×side×3 and side×side."""
    size = side * _FINE
    colour = np.zeros((size, size, 3), np.float32)
    cover = np.zeros((size, size), np.uint8)
    base, thick = _tint(rng), np.exp(rng.uniform(np.log(0.004), np.log(0.035)))
    for _ in range(int(rng.integers(1, 4))):
        kind: Callable[[Rng], Stroke] = _KINDS[int(rng.integers(len(_KINDS)))]
        tint = base if rng.random() < 0.6 else _tint(rng)
        width = max(2, round(thick * rng.uniform(0.5, 1.3) * size))
        _stroked(colour, cover, _turned(kind(rng), rng), width, tint, rng)
    if rng.random() < 0.35:  # a solid part that they hold or hang from
        _solid(colour, cover, base if rng.random() < 0.5 else _tint(rng), rng)
    small = cv2.resize(cover, (side, side), interpolation=cv2.INTER_AREA)
    weight = cv2.resize((cover > 0).astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)
    mixed = cv2.resize(colour * (cover > 0)[..., None], (side, side), interpolation=cv2.INTER_AREA)
    own = mixed / np.maximum(weight, 1e-3)[..., None]
    near = cv2.dilate(own, np.ones((3, 3), np.uint8))  # under the soft edge it has its own colour
    own = np.where(weight[..., None] > 0.3, own, near)
    return np.clip(own, 0, 255).astype(np.uint8), small


def _stroked(colour: Float, cover: Pixels, lines: Stroke, width: int, tint: Float, rng: Rng) -> None:
    """Round bars: lighter along the middle than at their sides."""
    size = len(cover)
    shade = [(1.0, 0.62), (0.7, 0.85), (0.35, rng.uniform(1.0, 1.5))]
    for share, light in shade:
        thick = max(1, round(width * share))
        shown = tuple(float(v) for v in np.clip(tint * light, 0, 255))
        for line in lines:
            points = np.rint(line * size * 16).astype(np.int32)[None]
            cv2.polylines(colour, points, False, shown, thick, cv2.LINE_AA, 4)
            if share == 1.0:
                cv2.polylines(cover, points, False, 255, thick, cv2.LINE_AA, 4)


def _solid(colour: Float, cover: Pixels, tint: Float, rng: Rng) -> None:
    size = len(cover)
    y, x = np.nonzero(cover)
    pick = int(rng.integers(len(y))) if len(y) else 0
    at = np.array([x[pick], y[pick]]) if len(y) else np.array([size // 2, size // 2])
    half = size * rng.uniform(0.03, 0.18, 2)
    part = np.zeros_like(cover)
    if rng.random() < 0.5:
        cv2.ellipse(
            part, tuple(at.tolist()), tuple(half.astype(int).tolist()), 0, 0, 360, 255, -1, cv2.LINE_AA
        )
    else:
        cv2.rectangle(
            part, tuple((at - half).astype(int).tolist()), tuple((at + half).astype(int).tolist()), 255, -1
        )
    slope = 0.8 + 0.4 * np.linspace(0, 1, size, dtype=np.float32)[None, :, None]
    colour[part > 0] = (tint * slope * np.ones((size, 1, 1), np.float32))[part > 0]
    np.maximum(cover, part, out=cover)


def _tint(rng: Rng) -> Float:
    kind = rng.random()
    if kind < 0.3:
        return np.full(3, rng.uniform(190, 250), np.float32)
    if kind < 0.55:
        return np.full(3, rng.uniform(15, 90), np.float32)
    return rng.uniform(20, 235, 3).astype(np.float32)


def _turned(lines: Stroke, rng: Rng) -> Stroke:
    """Somewhat turned, sheared and moved about, as seen from anywhere."""
    turn = rng.normal(0, 0.12) if rng.random() < 0.75 else rng.uniform(0, 2 * np.pi)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[1, rng.normal(0, 0.12)], [0, 1]]) * rng.uniform(0.5, 1.0)
    shift = 0.5 + rng.normal(0, 0.05, 2)
    return [(line - 0.5) @ matrix.T + shift for line in lines]


# -- kinds of strokes, about the middle of a picture of side 1


def _ring(rng: Rng) -> Stroke:
    turn = np.linspace(0, 2 * np.pi, 90)
    power = rng.choice([2.0, 2.0, 4.0, 8.0])
    c, s = np.cos(turn), np.sin(turn)
    shape = np.stack([np.sign(c) * np.abs(c) ** (2 / power), np.sign(s) * np.abs(s) ** (2 / power)], 1)
    half = rng.uniform(0.15, 0.45, 2)
    others = [
        0.5 + rng.normal(0, 0.12, 2) + shape * half * rng.uniform(0.4, 1.0)
        for _ in range(int(rng.integers(0, 3)))
    ]
    return [0.5 + shape * half, *others]


def _bars(rng: Rng) -> Stroke:
    """Parallel bars between two rails, or without."""
    count, wide, high = int(rng.integers(2, 9)), rng.uniform(0.25, 0.45), rng.uniform(0.2, 0.45)
    places = np.linspace(-wide, wide, count)
    lean = rng.normal(0, 0.1)
    lines = [np.array([[0.5 + x, 0.5 - high], [0.5 + x * (1 + lean), 0.5 + high]]) for x in places]
    levels = rng.uniform(-1, 1, int(rng.integers(0, 4))) * high + 0.5
    lines += [np.array([[0.5 - wide, level], [0.5 + wide, level]]) for level in levels]
    return [line[:, ::-1] for line in lines] if rng.random() < 0.5 else lines


def _mesh(rng: Rng) -> Stroke:
    """A net, straight or bulging, square or to a point."""
    across, down = (int(n) for n in rng.integers(3, 12, 2))
    u = np.linspace(-1, 1, 25)
    bulge, taper = rng.uniform(-0.3, 0.5), rng.uniform(0, 0.6)

    def at(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        narrow = 1 - taper * (b + 1) / 2
        return np.stack([0.5 + 0.4 * a * narrow * (1 + bulge * (1 - b * b)), 0.5 + 0.38 * b], 1)

    lines = [at(np.full(25, a), u) for a in np.linspace(-1, 1, across)]
    return lines + [at(u, np.full(25, b)) for b in np.linspace(-1, 1, down)]


def _cord(rng: Rng) -> Stroke:
    """A smooth curve through some points, once or as a loop."""
    points = rng.uniform(0.1, 0.9, (int(rng.integers(3, 8)), 2))
    if rng.random() < 0.5:
        points = np.vstack([points, points[:1]])
    t = np.linspace(0, len(points) - 1, 120)
    line = np.stack([np.interp(t, np.arange(len(points)), points[:, k]) for k in (0, 1)], 1)
    kernel = np.hanning(21) / np.hanning(21).sum()
    return [np.stack([np.convolve(np.pad(line[:, k], 10, "edge"), kernel, "valid") for k in (0, 1)], 1)]


def _limbs(rng: Rng) -> Stroke:
    """Legs or arms from a middle, and what ties them."""
    count = int(rng.integers(2, 7))
    turns = rng.uniform(0, 2 * np.pi) + np.linspace(0, rng.uniform(1, 6.2), count)
    middle = np.array([0.5, rng.uniform(0.3, 0.7)])
    ends = middle + np.stack([np.cos(turns), np.sin(turns)], 1) * rng.uniform(0.15, 0.42, (count, 1))
    lines = [np.stack([middle + rng.normal(0, 0.04, 2), end]) for end in ends]
    if rng.random() < 0.5:
        lines.append(middle + (ends - middle) * rng.uniform(0.3, 1.0))
    return lines


def _bends(rng: Rng) -> Stroke:
    """An outline of straight pieces, closed or open: hooks, hangers, brackets."""
    count = int(rng.integers(3, 8))
    turns = np.sort(rng.uniform(0, 2 * np.pi, count))
    points = 0.5 + np.stack([np.cos(turns), np.sin(turns)], 1) * rng.uniform(0.15, 0.45, (count, 1))
    return [np.vstack([points, points[:1]]) if rng.random() < 0.7 else points]


_KINDS = (_ring, _ring, _bars, _bars, _mesh, _mesh, _cord, _limbs, _bends)
