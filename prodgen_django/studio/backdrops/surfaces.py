"""Materials seen straight from above: float32 h×w×3, 0 to 1."""

from __future__ import annotations

import cv2
import numpy as np

from .noise import Float, Shape, blur, color, coordinates, field, fractal, mix, step


def wood(
    shape: Shape, rng: np.random.Generator, light: str, dark: str, boards: float = 5, gap: float = 0.75
) -> Float:
    """Boards that run across the picture, each with grain and rings of its own."""
    height, width = shape
    y, _ = coordinates(shape)
    out = np.zeros((*shape, 3), np.float32)
    edges = np.linspace(0, 1, round(boards) + 1)
    pale, deep = color(light), color(dark)
    for k in range(len(edges) - 1):
        top, bottom = round(edges[k] * height), round(edges[k + 1] * height)
        part = (bottom - top, width)
        if part[0] < 1:
            continue
        # Rings: bands of a field that is drawn out along the board and bent by a slow wave.
        slow = fractal(part, (1.2, 1.6), rng, 3)
        rings = np.sin(
            (slow * 9 + (y[top:bottom] - edges[k]) * boards * 5) * 6.0 + fractal(part, (5, 3), rng, 3) * 5
        )
        fibre = field(part, (70, 3), rng) * 0.5 + field(part, (150, 6), rng) * 0.5
        pores = step(0.72, 0.95, field(part, (120, 16), rng)) * step(0.35, 0.8, field(part, (8, 4), rng))
        share = 0.42 + 0.17 * rings * (0.35 + 0.65 * field(part, (2, 3), rng)) + 0.36 * (fibre - 0.5)
        share += 0.22 * (fractal(part, (1.5, 2), rng, 3) - 0.5) + rng.uniform(-0.13, 0.13)
        board = mix(pale, deep, np.clip(share, 0, 1.15).astype(np.float32))
        board *= (1 - 0.22 * pores)[..., None]
        board *= np.float32(rng.uniform(0.95, 1.04))
        out[top:bottom] = board
        if k:
            line = np.abs(y[top - 3 : top + 4] - edges[k]) * height if top >= 3 else None
            if line is not None:
                seam = np.clip(1 - line / max(1.0, height * 0.0011), 0, 1)
                out[top - 3 : top + 4] *= (1 - gap * seam)[..., None]
    return out


def marble(shape: Shape, rng: np.random.Generator, base: str = "#f3f2f0", vein: str = "#8f9096") -> Float:
    """Clouds, a few long veins and many faint ones."""
    warp_y, warp_x = (fractal(shape, (2.2, 2.2), rng, 5, 0.55) - 0.5 for _ in range(2))
    y, x = coordinates(shape)
    aspect = shape[1] / shape[0]

    def veins(direction: float, count: float, bend: float, thin: float) -> Float:
        along = (y * np.cos(direction) + x * aspect * np.sin(direction)) * count
        wave = along + warp_y * bend + warp_x * bend * 0.6
        distance = np.abs((wave % 1) - 0.5) * 2
        return np.clip(1 - (1 - distance) / thin, 0, 1).astype(np.float32)

    cloud = fractal(shape, (2.5, 2.5), rng, 5, 0.55)
    slant = rng.uniform(0.5, 0.9)
    patchy = step(0.35, 0.7, fractal(shape, (3, 3), rng, 4))
    strong = veins(slant, 1.7, 2.4, 0.045) * (0.25 + 0.75 * patchy)
    halo = veins(slant, 1.7, 2.4, 0.3) ** 2
    faint = veins(slant + 0.5, 3.6, 4.5, 0.03) * step(0.45, 0.7, fractal(shape, (4, 4), rng, 3))
    amount = 0.16 * step(0.4, 0.75, cloud) + 0.16 * halo + 0.5 * strong + 0.22 * faint
    out = mix(color(base), color(vein), np.clip(amount, 0, 1))
    return out * (1 + 0.03 * (fractal(shape, (60, 60), rng, 2) - 0.5))[..., None]


def concrete(shape: Shape, rng: np.random.Generator, base: str, dark: str) -> Float:
    """Trowelled concrete: blotches, fine grain, a few air holes."""
    blotch = fractal(shape, (3, 3), rng, 6, 0.58)
    grain = fractal(shape, (160, 160), rng, 2)
    swept = fractal(shape, (14, 5), rng, 4)
    share = np.clip(0.45 + 1.3 * (blotch - 0.5) + 0.35 * (swept - 0.5) + 0.28 * (grain - 0.5), 0, 1)
    out = mix(color(base), color(dark), share)
    holes = np.zeros(shape, np.float32)
    for _ in range(70):
        cx, cy = rng.random() * shape[1], rng.random() * shape[0]
        radius = max(0.6, rng.gamma(1.6, 0.0009) * shape[0])
        cv2.circle(holes, (round(cx * 8), round(cy * 8)), round(radius * 8), 1.0, -1, cv2.LINE_AA, 3)
    lit = np.roll(holes, max(1, shape[0] // 900), 0)
    out *= (1 - 0.34 * blur(holes, shape[0] / 1500))[..., None]
    return out + (0.05 * np.clip(lit - holes, 0, 1))[..., None]


def terrazzo(shape: Shape, rng: np.random.Generator, base: str, chips: tuple[str, ...]) -> Float:
    """Stone chips of several sizes in a pale ground."""
    out = np.empty((*shape, 3), np.float32)
    out[:] = color(base)
    out *= (1 + 0.05 * (fractal(shape, (40, 40), rng, 3) - 0.5))[..., None]
    side = min(shape)
    for size, count in ((0.021, 420), (0.010, 1500), (0.0045, 3200)):
        for _ in range(round(count * shape[0] * shape[1] / side**2)):
            centre = rng.random(2) * (shape[1], shape[0])
            corners = int(rng.integers(5, 8))
            angles = np.sort(rng.random(corners)) * 2 * np.pi
            radii = side * size * rng.uniform(0.45, 1.0, corners)
            points = (
                centre + np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.6, 1)], 1) * radii[:, None]
            )
            tone = color(chips[int(rng.integers(len(chips)))]) * rng.uniform(0.88, 1.08)
            cv2.fillPoly(out, [np.rint(points * 8).astype(np.int32)], tone.tolist(), cv2.LINE_AA, 3)
    return out * (1 + 0.05 * (fractal(shape, (200, 200), rng, 1) - 0.5))[..., None]


def linen(shape: Shape, rng: np.random.Generator, light: str, dark: str) -> Float:
    """Plain weave with uneven threads, and soft folds that catch the light."""
    y, x = coordinates(shape)
    threads = 190
    aspect = shape[1] / shape[0]
    wobble = (fractal(shape, (7, 7), rng, 2) - 0.5) * 1.2
    warp = np.sin((x * aspect * threads + wobble) * np.pi)
    weft = np.sin((y * threads + wobble) * np.pi)
    weave = np.abs(warp) ** 0.7 * 0.5 + np.abs(weft) ** 0.7 * 0.5
    slub = field(shape, (threads, 9), rng) * 0.5 + field(shape, (9, threads * aspect), rng) * 0.5
    share = np.clip(0.95 - 0.55 * weave + 0.85 * (slub - 0.5), 0, 1).astype(np.float32)
    out = mix(color(light), color(dark), share)
    return out * shade(folds(shape, rng), 0.09)[..., None]


def folds(shape: Shape, rng: np.random.Generator) -> Float:
    """The height of a cloth laid down by hand: long soft ridges."""
    y, x = coordinates(shape)
    height = fractal(shape, (1.6, 1.6), rng, 3) * 0.6
    for _ in range(4):
        angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5)
        bend = (field(shape, (2, 2), rng) - 0.5) * 0.35
        distance = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) - offset + bend
        height += rng.uniform(0.15, 0.4) * np.exp(-((distance / rng.uniform(0.03, 0.09)) ** 2))
    return blur(height.astype(np.float32), shape[0] / 90)


def shade(height: Float, strength: float) -> Float:
    """Light from the upper left on a relief, about 1 on average."""
    slope = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) + cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3)
    slope = slope * (height.shape[0] / 60)
    return (1 - strength * np.tanh(slope)).astype(np.float32)


def plaster(shape: Shape, rng: np.random.Generator, tone: str, mottling: float = 0.03) -> Float:
    """A smooth painted wall: no relief that shows, only a faint and wide unevenness of the paint."""
    out = np.empty((*shape, 3), np.float32)
    out[:] = color(tone)
    cloud = 1 + mottling * (fractal(shape, (2.2, 2.2), rng, 3) - 0.5)
    return out * blur(cloud, shape[0] / 40)[..., None]
