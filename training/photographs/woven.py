"""Rugs and woven hangings, drawn knot by knot; none repeats, so that close-ups of any part can be told apart."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from .patterns import from_array, rgb


def soft_noise(shape: tuple[int, int], cells: int, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise in [-1, 1], ``cells`` bumps along the longer side."""
    small = rng.uniform(
        -1, 1, (max(2, shape[0] * cells // max(shape)), max(2, shape[1] * cells // max(shape)))
    )
    image = Image.fromarray(small.astype(np.float32), "F").resize(shape[::-1], Image.Resampling.BICUBIC)
    return np.asarray(image)


def knotted(knots: np.ndarray, zoom: int, rng: np.random.Generator, abrash: float = 0.10) -> Image.Image:
    """Enlarge a picture of knots (H×W×3 in [0, 1]) and give it the uneven dye and the uneven rows of hand work."""
    h, w = knots.shape[:2]
    rows = (
        rng.normal(0, 0.35, (h, 1)) * abrash
        + soft_noise((h, w), 7, rng) * abrash
        + rng.normal(0, 0.03, (h, w))
    )
    big = np.kron(knots * (1 + rows[..., None]), np.ones((zoom, zoom, 1)))
    y, x = np.mgrid[0 : h * zoom, 0 : w * zoom]
    drift = 0.5 * zoom * soft_noise((h * zoom, w * zoom), 16, rng)
    y2 = np.clip(y + drift, 0, h * zoom - 1).astype(int)
    x2 = np.clip(x + 0.6 * drift[::-1], 0, w * zoom - 1).astype(int)
    weave = 1 - 0.10 * (y % zoom == 0) - 0.06 * (x % zoom == 0)
    return from_array(big[y2, x2] * weave[..., None])


MOTIFS = [
    ["...#...", "..###..", ".##o##.", "##ooo##", ".##o##.", "..###..", "...#..."],
    ["#.....#", "##...##", ".##.##.", "..###..", ".##.##.", "##...##", "#.....#"],
    ["..###..", "..#o#..", "###o###", "#ooooo#", "###o###", "..#o#..", "..###.."],
    ["#..#..#", "#.###.#", "###o###", ".#ooo#.", "###o###", "#.###.#", "#..#..#"],
    ["...#...", "..#o#..", ".#ooo#.", "#######", ".#ooo#.", "..#o#..", "...#..."],
    ["##...##", "#o#.#o#", ".#o#o#.", "..#o#..", ".#o#o#.", "#o#.#o#", "##...##"],
    [".#.#.#.", ".#####.", "##o#o##", "#o###o#", "##o#o##", ".#####.", ".#.#.#."],
    ["#######", "#ooooo#", "#o###o#", "#o#.#o#", "#o###o#", "#ooooo#", "#######"],
]


def kilim(width: int, height: int, palette: list[str], seed: int, zoom: int = 10) -> Image.Image:
    """Bands of motifs, zigzags and combs; ``width`` and ``height`` in knots."""
    rng = np.random.default_rng(seed)
    colours = [rgb(c) for c in palette]
    field = np.empty((height, width, 3))
    field[:] = colours[0]
    y, last = 6, -1
    while y < height - 6:
        ground = colours[rng.integers(len(colours))]
        kind = rng.integers(4)
        if kind == last:
            kind = (kind + 1) % 4
        last = kind
        tall = min(
            int({0: rng.integers(18, 30), 1: rng.integers(12, 20), 2: rng.integers(3, 7), 3: 9}[int(kind)]),
            height - 6 - y,
        )
        band = field[y : y + tall]
        band[:] = ground
        yy, xx = np.mgrid[0:tall, 0:width]
        if kind == 0 and tall >= 14:
            step = 28 if tall >= 22 else 20
            start = int(rng.integers(step))
            scale = 3 if tall >= 22 else 2
            for x in range(start - step, width, step):
                stamp(
                    band,
                    MOTIFS[rng.integers(len(MOTIFS))],
                    x,
                    (tall - 7 * scale) // 2,
                    scale,
                    *_pair(colours, rng),
                )
        elif kind == 1:
            period = int(rng.integers(14, 30))
            wave = abs((xx + rng.integers(period)) % period - period / 2) * tall / period
            for i in range(3):
                band[(yy > wave + i * tall / 4) & (yy < wave + (i + 0.7) * tall / 4)] = colours[
                    rng.integers(len(colours))
                ]
        elif kind == 3:
            teeth = (xx // int(rng.integers(3, 7))) % 2 == (yy > tall // 2)
            band[teeth] = colours[rng.integers(len(colours))]
        y += tall
        if y < height - 8:
            field[y : y + 2] = colours[rng.integers(len(colours))]
            y += 2
    field[:, :5] = field[:, -5:] = colours[1]
    return knotted(field, zoom, rng)


def _pair(colours: list[np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    first, second = rng.permutation(len(colours))[:2]
    return colours[first], colours[second]


def stamp(
    field: np.ndarray, motif: list[str], x: int, y: int, scale: int, line: np.ndarray, heart: np.ndarray
) -> None:
    """Set a motif's knots at (x, y); what lies outside the field is left out."""
    for j, row in enumerate(motif):
        for i, mark in enumerate(row):
            if mark == ".":
                continue
            x0, x1 = max(0, x + i * scale), min(field.shape[1], x + (i + 1) * scale)
            y0, y1 = max(0, y + j * scale), min(field.shape[0], y + (j + 1) * scale)
            if x0 < x1 and y0 < y1:
                field[y0:y1, x0:x1] = line if mark == "#" else heart


def berber(
    width: int, height: int, ground: str, line: str, accents: list[str], seed: int, zoom: int = 10
) -> Image.Image:
    """A cream rug with a wandering lattice of diamonds and a sign in each."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    step = width // 4

    def joint(i: int, j: int) -> tuple[float, float]:
        r = np.random.default_rng(seed * 999 + i * 37 + j)
        return i * step / 2 + r.uniform(-4, 4), j * step * 0.72 / 2 + r.uniform(-4, 4)

    columns, rows = 2 * width // step + 2, int(2 * height / (step * 0.72)) + 2
    for j in range(-1, rows):
        for i in range(-1, columns):
            if (i + j) % 2:
                continue
            a, b, c = joint(i, j), joint(i + 1, j + 1), joint(i - 1, j + 1)
            draw.line([a, b], fill=line, width=3)
            draw.line([a, c], fill=line, width=3)
            centre = joint(i, j + 1)
            if rng.random() < 0.75:
                stampable = np.asarray(image, float) / 255
                motif = MOTIFS[rng.integers(len(MOTIFS))]
                first, second = (
                    rgb(accents[rng.integers(len(accents))]),
                    rgb(accents[rng.integers(len(accents))]),
                )
                stamp(
                    stampable,
                    motif,
                    int(centre[0]) - 10,
                    int(centre[1]) - 10,
                    int(rng.integers(2, 4)),
                    first,
                    second,
                )
                image.paste(from_array(stampable))
    return knotted(np.asarray(image, float) / 255, zoom, rng, 0.07)


def pebbles(width: int, height: int, palette: list[str], seed: int, zoom: int = 10) -> Image.Image:
    """Large rounded shapes over one another, each with its own hatching."""
    rng = np.random.default_rng(seed)
    field = np.empty((height, width, 3))
    field[:] = rgb(palette[0])
    yy, xx = np.mgrid[0:height, 0:width]
    for i in range(26):
        cx, cy = rng.uniform(0, width), rng.uniform(0, height)
        a, b, turn = rng.uniform(14, 0.32 * width), rng.uniform(10, 0.22 * width), rng.uniform(0, math.pi)
        u = (xx - cx) * math.cos(turn) + (yy - cy) * math.sin(turn)
        v = -(xx - cx) * math.sin(turn) + (yy - cy) * math.cos(turn)
        inside = abs(u / a) ** 2.4 + abs(v / b) ** 2.4 + 0.18 * soft_noise((height, width), 9, rng)
        colour = rgb(palette[1 + i % (len(palette) - 1)])
        field[inside < 1] = colour
        hatch = [(u % 9 < 2), (v % 7 < 2), (abs(inside - 0.6) < 0.07), (u % 11 < 2) & (v % 11 < 2)][i % 4]
        field[(inside < 0.86) & hatch] = rgb(palette[1 + (i + 2) % (len(palette) - 1)])
    return knotted(field, zoom, rng)


def hills(width: int, height: int, seed: int, palette: list[str], zoom: int = 10) -> Image.Image:
    """A woven landscape: a sun over hills, each hill with a stitch of its own."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[0:height, 0:width]
    sky, field = rgb(palette[0]), np.empty((height, width, 3))
    field[:] = sky + (rgb(palette[1]) - sky) * (np.floor(yy / height * 14) / 14)[..., None]
    away = np.hypot(xx - 0.66 * width, yy - 0.24 * height)
    for i, r in enumerate((0.23, 0.19, 0.13)):
        field[away < r * width] = rgb(["#f0b75a", "#e88f45", "#d9622f"][i])
    rays = (np.arctan2(yy - 0.24 * height, xx - 0.66 * width) * 14 / math.pi) % 2 < 0.45
    field[rays & (away > 0.25 * width) & (away < 0.33 * width)] = rgb("#f0b75a")
    for _ in range(16):  # birds and clouds, each elsewhere
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0.03, 0.4) * height)
        stamp(
            field,
            ["#...#", ".#.#.", "..#.."] if rng.random() < 0.5 else ["..###..", "#######"],
            x,
            y,
            1 + int(rng.integers(3)),
            rgb("#f6ecd8"),
            sky,
        )
    count = 9
    for i in range(count):
        base = (0.36 + 0.64 * i / count) * height
        phase = rng.uniform(0, 6.3, 3)
        line = base + height * 0.055 * (
            np.sin(xx / width * rng.uniform(3, 7) + phase[0]) + 0.5 * np.sin(xx / width * 13 + phase[1])
        )
        inside = yy > line
        colour, other = (
            rgb(palette[2 + i % (len(palette) - 2)]),
            rgb(palette[2 + (i + 2) % (len(palette) - 2)]),
        )
        field[inside] = colour
        depth = yy - line
        stitch = [
            (depth % 8 < 2),
            ((xx + np.floor(depth / 5) * 4) % 9 < 3) & (depth % 5 < 2),
            ((xx + depth) % 13 < 3),
            (abs(xx % 16 - 8) + depth % 12 < 7),
        ][i % 4]
        field[inside & stitch & (depth > 4)] = other
        for _ in range(7):
            x, motif = int(rng.uniform(0, width)), MOTIFS[rng.integers(len(MOTIFS))]
            stamp(
                field,
                motif,
                x,
                int(base + rng.uniform(0.03, 0.09) * height),
                int(rng.integers(1, 3)),
                *_pair([rgb(c) for c in palette], rng),
            )
    return knotted(field, zoom, rng, 0.06)
