"""Drawn plants: flowers, leaves and branches from a few curves each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Point = tuple[float, float]


def _bezier(a: Point, b: Point, c: Point, n: int = 24) -> list[Point]:
    t = np.linspace(0, 1, n)[:, None]
    p = (1 - t) ** 2 * np.array(a) + 2 * t * (1 - t) * np.array(b) + t**2 * np.array(c)
    return [tuple(q) for q in p]


def leaf(
    draw: ImageDraw.ImageDraw,
    foot: Point,
    angle: float,
    length: float,
    width: float,
    colour: str,
    vein: str = "",
) -> None:
    """A pointed leaf from ``foot`` in direction ``angle`` (radians, y down), with an optional midrib."""
    t = np.linspace(0, 1, 30)
    half = width * np.sin(np.pi * t**0.8) * (1 - 0.2 * t)
    d, n = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    left = [
        (foot[0] + d[0] * length * s + n[0] * h, foot[1] + d[1] * length * s + n[1] * h)
        for s, h in zip(t, half, strict=True)
    ]
    right = [
        (foot[0] + d[0] * length * s - n[0] * h, foot[1] + d[1] * length * s - n[1] * h)
        for s, h in zip(t, half, strict=True)
    ]
    draw.polygon(left + right[::-1], fill=colour)
    if vein:
        tip = (foot[0] + d[0] * length * 0.92, foot[1] + d[1] * length * 0.92)
        draw.line([foot, tip], fill=vein, width=max(2, int(width / 9)))
        for s in (0.25, 0.42, 0.59, 0.75):
            root = (foot[0] + d[0] * length * s, foot[1] + d[1] * length * s)
            for side in (-1, 1):
                reach = width * 0.75 * math.sin(math.pi * s**0.8)
                end = (
                    root[0] + d[0] * reach * 0.8 + side * n[0] * reach,
                    root[1] + d[1] * reach * 0.8 + side * n[1] * reach,
                )
                draw.line([root, end], fill=vein, width=max(1, int(width / 16)))


def daisy(
    draw: ImageDraw.ImageDraw,
    centre: Point,
    radius: float,
    petals: int,
    colour: str,
    heart: str,
    turn: float = 0,
) -> None:
    """A flower seen from above."""
    for i in range(petals):
        a = turn + 2 * math.pi * i / petals
        leaf(draw, centre, a, radius, radius * 0.95 / petals * 2.2, colour)
    r = radius * 0.27
    draw.ellipse([centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r], fill=heart)


def stem(draw: ImageDraw.ImageDraw, path: Sequence[Point], width: int, colour: str) -> None:
    """A line with round joints."""
    draw.line(list(path), fill=colour, width=width, joint="curve")


def meadow() -> Image.Image:
    """A band of field flowers that joins at its ends, for a mug."""
    w, h = 3200, 1200
    image = Image.new("RGB", (w, h), "#ffffff")
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(5)
    colours = [("#e2674a", "#3a2a20"), ("#e9b13c", "#8a4a1e"), ("#5f83bd", "#f0d060"), ("#d98aa0", "#f3e2a0")]
    for i in range(46):
        x = (i + rng.uniform(-0.3, 0.3)) * w / 46
        top = rng.uniform(0.22, 0.66) * h
        lean = rng.uniform(-70, 70)
        green = ["#4f7a4a", "#6f9658", "#37604a"][i % 3]
        for shift in (-w, 0, w):
            path = _bezier(
                (x + shift, h * 0.97), (x + shift + lean * 0.2, (top + h) / 2), (x + shift + lean, top)
            )
            stem(draw, path, 9, green)
            for k in (7, 11, 15):
                side = 1 if (k + i) % 2 else -1
                leaf(draw, path[k], -math.pi / 2 + side * 0.8, 110, 19, green)
            petal, heart = colours[i % 4]
            if i % 3 == 2:
                for j in range(7):
                    at = path[-1 - j]
                    leaf(draw, at, -math.pi / 2 + (0.7 if j % 2 else -0.7), 58, 13, petal)
            else:
                daisy(draw, path[-1], 78 + 20 * (i % 2), 9, petal, heart, i)
    return image


def sprigs(width: int, height: int, ground: str, inks: Sequence[str], seed: int, count: int) -> Image.Image:
    """Block-printed branches, flowers and birds strewn over a cloth; no two are alike."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    taken: list[Point] = []
    unit = math.sqrt(width * height / count)
    for _ in range(count * 14):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if any(math.hypot(x - a, y - b) < unit * 0.78 for a, b in taken):
            continue
        taken.append((x, y))
        ink, other = (inks[i] for i in rng.permutation(len(inks))[:2])
        turn, size = rng.uniform(0, 2 * math.pi), unit * rng.uniform(0.5, 0.72)
        kind = rng.integers(4)
        if kind == 0:
            daisy(draw, (x, y), size * 0.5, int(rng.integers(6, 13)), ink, other, turn)
        else:
            tip = (x + size * math.cos(turn), y + size * math.sin(turn))
            bend = (x + size * 0.5 * math.cos(turn + 0.5), y + size * 0.5 * math.sin(turn + 0.5))
            path = _bezier((x - size * 0.5 * math.cos(turn), y - size * 0.5 * math.sin(turn)), bend, tip)
            stem(draw, path, max(3, int(unit / 50)), ink)
            for k in range(3, 24, int(rng.integers(3, 6))):
                for side in (-1, 1):
                    if kind == 1:
                        leaf(draw, path[k], turn + side * 0.9, size * 0.36, size * 0.09, ink, ground)
                    elif kind == 2:
                        leaf(draw, path[k], turn + side * 0.6, size * 0.45, size * 0.05, ink)
                    else:
                        r = size * 0.055
                        a = turn + side * 1.1
                        q = (path[k][0] + size * 0.2 * math.cos(a), path[k][1] + size * 0.2 * math.sin(a))
                        draw.line([path[k], q], fill=ink, width=max(2, int(unit / 70)))
                        draw.ellipse([q[0] - r, q[1] - r, q[0] + r, q[1] + r], fill=other)
    return image


def runner() -> Image.Image:
    """A table runner: strewn block prints between two bands."""
    image = sprigs(5200, 1300, "#efe7d6", ["#2f5a4a", "#c8643c", "#d9a441", "#33507a"], 3, 150)
    draw = ImageDraw.Draw(image)
    for y in (0, 1180):
        draw.rectangle([0, y, 5200, y + 120], fill="#2f5a4a")
        for i in range(74):
            x = 36 + i * 70
            r = 22 + (i * 7 % 11)
            draw.ellipse(
                [x - r, y + 60 - r, x + r, y + 60 + r], fill=["#efe7d6", "#d9a441", "#c8643c"][i * i % 3]
            )
    return image


def cushion_leaves() -> Image.Image:
    """Large leaves on a dark ground."""
    return sprigs(1600, 1600, "#24433c", ["#8fae7a", "#d9b45a", "#e8d9b8", "#5f8f6f"], 9, 34)


def scarf_flowers() -> Image.Image:
    """Small flowers on a warm ground."""
    return sprigs(1600, 1600, "#c9573d", ["#f3d9a8", "#f0a58a", "#7d2b2b", "#f6ecd8"], 14, 90)
